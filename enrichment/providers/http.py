"""The one door outwards: the only module that speaks HTTP."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError

from enrichment.providers.errors import BadPayload, ProviderError, RateLimited, Rejected, Unavailable

MAX_ANSWER_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_TOO_SLOW = "the answer took too long"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    provider: str

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            # `from None`: the decoder's own error carries the document, and with it people
            raise BadPayload(self.provider, "the answer is not JSON", status=self.status) from None


@dataclass(frozen=True)
class Door:
    """A provider's pooled session with its limits. One per process and provider; threads share it."""

    provider: str
    base_url: str
    connect_timeout: float
    read_timeout: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    pool_size: int = 64

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # no proxy and no .netrc of the machine's
        session.headers.update({"Accept": "application/json", "User-Agent": "c2s-enrich", **self.headers})
        session.headers["Accept-Encoding"] = "identity"  # a small answer cannot unfold into a huge one
        if self.auth:
            # bytes: text would be sent as latin-1, and fail on anything else
            session.auth = (self.auth[0].encode(), self.auth[1].encode())  # type: ignore[assignment]
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=self.pool_size)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        normal: frozenset[int] = frozenset(),
        repeatable: bool = False,
    ) -> Answer:
        """One exchange. Statuses in `normal` are answers; every other failure is one of our errors.

        `repeatable`: free and without effect, so it is tried once more when the connection failed.
        """
        try:
            return self._once(method, path, params, body, normal)
        except Unavailable as error:
            if not repeatable or error.status is not None or error.what == _TOO_SLOW:
                raise
        return self._once(method, path, params, body, normal)

    def _once(
        self, method: str, path: str, params: Mapping[str, str] | None, body: Any, normal: frozenset[int]
    ) -> Answer:
        deadline = time.monotonic() + self.read_timeout
        try:
            with self._session.request(
                method,
                self.base_url + path,
                params=params,
                json=body,
                timeout=(self.connect_timeout, self.read_timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._read(response, deadline, normal)
        except ProviderError:
            raise
        except (requests.RequestException, TransportError, OSError) as error:
            # `from None`: the library's own texts carry the address, and with it tokens and people
            raise _transport_failure(self.provider, error) from None

    def _read(self, response: requests.Response, deadline: float, normal: frozenset[int]) -> Answer:
        status = response.status_code
        if not 200 <= status < 300 and status not in normal:
            raise error_for_status(self.provider, status, response.headers.get("Retry-After"))
        body = bytearray()
        # read1 returns what has arrived: waiting for full chunks would let a slow drip pass the deadline
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise BadPayload(self.provider, "the answer is too long", status=status)
            if time.monotonic() > deadline:
                raise Unavailable(self.provider, _TOO_SLOW, maybe_done=True)
        return Answer(status, bytes(body), self.provider)


def _transport_failure(provider: str, error: Exception) -> Unavailable:
    cause: Any = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(error, requests.ConnectTimeout) or isinstance(cause, NewConnectionError):
        return Unavailable(provider, "no connection")
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError) or isinstance(cause, ReadTimeoutError):
        return Unavailable(provider, _TOO_SLOW, maybe_done=True)
    return Unavailable(provider, "the connection broke off", maybe_done=True)


def error_for_status(provider: str, status: int, retry_after: str | None = None) -> ProviderError:
    """The closed table of what an HTTP status means to us, also for statuses found inside a body."""
    if status == 429:
        return RateLimited(provider, retry_after=_seconds(retry_after), status=status)
    if status >= 500 or status in (408, 425):
        return Unavailable(provider, f"answered {status}", status=status)
    if 300 <= status < 400:
        return Rejected(provider, "answered with a redirect", status=status)
    return Rejected(provider, f"refused with {status}", status=status)


def _seconds(text: str | None) -> float | None:
    """`Retry-After` in seconds; its date form is as good as none."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
