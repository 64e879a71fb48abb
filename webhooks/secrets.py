"""No secret, no entry; several are valid while they rotate, and comparing takes the same time for all."""

import hmac
from collections.abc import Iterable

from django.http import HttpRequest
from rest_framework.request import Request

from c2s_enrich.errors import Refusal
from c2s_enrich.throttling import address_of, failure_note


def require(request: HttpRequest | Request, given: str, valid: Iterable[str]) -> None:
    """Let nobody in without one of the valid secrets."""
    if not fits(given, valid):
        if given:
            failure_note(address_of(request))
        raise Refusal(401, "The webhook secret is missing or wrong.", "wrong_secret")


def fits(given: str, valid: Iterable[str]) -> bool:
    """All are compared, however early one fits."""
    offered = given.encode("utf-8", "replace")
    return sum(hmac.compare_digest(offered, secret.encode()) for secret in valid) > 0
