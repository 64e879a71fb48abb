"""What this room holds of people, how long, and what becomes of it when somebody is forgotten."""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from c2s_enrich.privacy.registry import Holding, hold, holds_nobody
from c2s_enrich.privacy.retention import Rule, keep
from c2s_enrich.privacy.subject import Subject
from enrichment.forgotten import erased_id
from webhooks.models import WebhookEvent


def register() -> None:
    hold(
        Holding(
            WebhookEvent,
            what=_("What came in by webhook, as it came: the lead's contact and its conversation"),
            why=_("so that nothing is lost, and what failed can be taken in again"),
            of=lambda subject: Q(lead__in=subject.ids["enrichment.lead"]) | Q(external_id__in=subject.lead_ids),
            kept="events",
            erase=_empty,
            scrub=("payload", "text", "error", "request_id"),
        )
    )
    holds_nobody(
        {
            "webhooks.legacyimport": "how far an import is: counts and a key",
            "webhooks.legacyalias": "two keys that are one record; neither tells whose",
        }
    )
    keep(Rule("events", _("What came in by webhook"), WebhookEvent))


def _empty(events: QuerySet[WebhookEvent], _subject: Subject) -> int:
    """That something came stays; a repeat of it is known by the id that the erased lead goes by."""
    found = list(events.only("pk", "external_id"))
    for event in found:
        try:
            with transaction.atomic():
                external_id = erased_id(event.external_id)
                WebhookEvent.objects.filter(pk=event.pk).update(external_id=external_id, payload=None, text="")
        except IntegrityError:
            # the same was emptied before
            event.delete()
    return len(found)
