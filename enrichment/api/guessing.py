"""Keys that see masks: an identifier that nobody is known by is a guess, of which so many may be made in an hour."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from rest_framework.request import Request

from c2s_enrich.api_keys import caller_of
from c2s_enrich.errors import Refusal
from c2s_enrich.privacy import access_log, masked_search
from enrichment.api.clear import in_clear

log = structlog.get_logger(__name__)
_IDENTIFIERS = ("cpf", "email", "phone")


def refuse_guessing(request: Request, given: Mapping[str, Any]) -> Callable[[], None]:
    """Before the answer; what it gives back is called where nobody was known."""
    caller = caller_of(request)
    asked = [name for name in _IDENTIFIERS if given.get(name)]
    if in_clear(request) or not asked:
        return lambda: None
    who = f"key {caller.key.pk}"
    if not masked_search.is_allowed(who, masked_search.OF_A_KEY):
        log.warning("masked searches throttled", key=str(caller.key.pk))
        raise Refusal(
            429, "This key asked about too many people whom nobody knows: try again in an hour.", retry_after=3600
        )

    def missed() -> None:
        masked_search.count(who)
        access_log.seen_by_key(request, [("parties.party", "", None)], fields=[f"search by {name}" for name in asked])

    return missed
