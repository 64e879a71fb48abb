"""The one exception a newcomer sees: a sentence that says what to do."""


class Refused(Exception):
    """Nothing was started, or what was started was stopped again; the text holds no secret."""
