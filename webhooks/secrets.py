"""No secret, no entry; several are valid while they rotate, and comparing takes the same time for all."""

import hmac
from collections.abc import Iterable

from c2s_enrich.errors import Refusal


def require(given: str, valid: Iterable[str]) -> None:
    offered = given.encode("utf-8", "replace")
    # all are compared, however early one fits
    if not sum(hmac.compare_digest(offered, secret.encode()) for secret in valid):
        raise Refusal(401, "The webhook secret is missing or wrong.", "wrong_secret")
