"""What can go wrong outside; each leaf says what to do. No text here ever holds an address, token or person."""

TOO_SLOW = "the answer took too long"


class ProviderError(Exception):
    permanent = False
    maybe_done = False  # the request may have had its effect, and may have been billed

    def __init__(self, provider: str, what: str, *, status: int | None = None) -> None:
        super().__init__(f"{provider}: {what}")
        self.provider, self.what, self.status = provider, what, status


class Unavailable(ProviderError):
    """Down, slow or failing: try again later. `maybe_done` when the request may have had its effect."""

    def __init__(self, provider: str, what: str, *, status: int | None = None, maybe_done: bool = False) -> None:
        super().__init__(provider, what, status=status)
        self.maybe_done = maybe_done


class RateLimited(ProviderError):
    """Too fast: try again after `retry_after` seconds."""

    def __init__(self, provider: str, *, retry_after: float | None = None, status: int | None = 429) -> None:
        super().__init__(provider, "too many requests", status=status)
        self.retry_after = retry_after


class Withheld(ProviderError):
    """Not even asked, by a limit of our own: try again after `retry_after` seconds. It cost nothing."""

    def __init__(self, provider: str, what: str, *, retry_after: float) -> None:
        super().__init__(provider, what)
        self.retry_after = retry_after


class Rejected(ProviderError):
    """Refused for good (credentials, permission, bad request): do not repeat."""

    permanent = True


class BadPayload(ProviderError):
    """Answered something that is not what the contract says: do not repeat, tell somebody."""

    permanent = True
    maybe_done = True
