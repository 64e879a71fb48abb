"""Searches of staff who see masks: by a name as often as they like, by a number so many times an hour."""

import structlog
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from c2s_enrich.privacy import access_log, masked_search
from c2s_enrich.privacy.models import Looker
from parties.disclosure import sees_clear
from parties.search import identifiers_in

log = structlog.get_logger(__name__)


def may_search(request: HttpRequest, term: str) -> bool:
    if sees_clear(request.user) or not identifiers_in(term):
        return True
    name = request.user.get_username()
    if not masked_search.is_allowed(f"staff {name}", masked_search.OF_STAFF):
        log.warning("masked searches throttled", user=request.user.pk)
        messages.error(request, _("You searched by CPF, phone or e-mail too often: try again in an hour."))
        return False
    masked_search.count(f"staff {name}")
    # not for what, and not whether anybody was found
    where = request.resolver_match.url_name if request.resolver_match else ""
    thing = ("parties.party", "", None)
    access_log.seen_by(Looker.STAFF, name, [thing], fields=["search by identifier"], reason=str(where or ""))
    return True
