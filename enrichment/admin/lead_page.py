"""What the page of one lead shows: who wrote, who that is, what was done, what was said."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from c2s_enrich.back_office import may_view
from enrichment.actions import SAID_STATES
from enrichment.admin.deeds import BUTTONS, may_do
from enrichment.admin.told import message_told, runs_told
from enrichment.admin.wording import said_outcome
from enrichment.models import CreationState, CrmCreation, Deed, Direction, Lead, LeadMessage, Run, RunState
from enrichment.models.run import OPEN_STATES
from parties.disclosure import sees_clear, shown_contact, shown_document, shown_text
from parties.models import Party

RUNS_SHOWN = 20
MESSAGES_SHOWN = 200
DECISIONS_SHOWN = 10


def lead_page(lead: Lead, *, request: HttpRequest) -> dict[str, Any]:
    clear = sees_clear(request.user)
    refusal = _refusal(lead)
    runs = runs_told(Run.objects.filter(lead=lead).order_by("-id")[: RUNS_SHOWN + 1], clear=clear)
    idle = set(_idle_deeds(lead, bool(refusal)))
    newest = LeadMessage.objects.filter(lead=lead).order_by("-sent_at", "-id")[:MESSAGES_SHOWN]
    return {
        "in_clear": clear,
        "name": shown_text(lead.customer_name, clear=clear),
        "contact": list(contact_told(lead, clear)),
        "circumstances": list(circumstances_told(lead, clear)),
        "party_name": shown_text(lead.party.name, clear=clear) if lead.party else "",
        "party_document": shown_document(lead.party.cpf_cnpj, clear=clear) if lead.party else "",
        "may_view_party": may_view(request, Party),
        "latest": next((run for run in runs if run.row.repeats is None), runs[0] if runs else None),
        "deeds": [button for button in BUTTONS if button.deed not in idle and may_do(request, button.deed)],
        "refusal": refusal and said_outcome(refusal),
        "may_choose": may_do(request, Deed.REVIEWED),
        "is_open": any(run.row.state in OPEN_STATES for run in runs),
        "decisions": list(decisions_told(lead, clear)),
        "crm_url": crm_url(lead),
        "runs": runs[:RUNS_SHOWN],
        "has_more_runs": len(runs) > RUNS_SHOWN,
        "messages": [message_told(m, clear=clear) for m in reversed(newest)],
    }


def contact_told(lead: Lead, clear: bool) -> Iterator[tuple[Any, str, str]]:
    """Label, value, and what was typed where that reads otherwise."""
    phone = shown_contact(lead.phone_value, clear=clear)
    email = shown_contact(lead.email_value, clear=clear)
    yield _("Phone"), phone, _typed(lead.phone, phone, clear)
    yield _("Second phone"), shown_contact(lead.phone2, clear=clear), ""
    yield _("E-mail"), email, _typed(lead.email, email, clear)
    yield _("CPF"), shown_document(lead.document, clear=clear), ""


def _idle_deeds(lead: Lead, refused: bool) -> Iterator[Deed]:
    """Deeds that would do nothing to this lead."""
    if not refused:
        yield Deed.CREATE
    if not Run.objects.filter(lead=lead, state=RunState.NEEDS_REVIEW, reviewed_at=None).exists():
        yield Deed.REVIEWED
    if not LeadMessage.objects.filter(lead=lead, direction=Direction.OUT, state__in=SAID_STATES).exists():
        yield Deed.RESEND
    if lead.ignored_at:
        yield Deed.IGNORE


def _refusal(lead: Lead) -> str:
    """Why the CRM does not take it, if it said so."""
    refused = CrmCreation.objects.filter(pk=lead.pk, state=CreationState.REFUSED)
    return refused.values_list("error", flat=True).first() or ""


def _moment(at: datetime | None) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT") if at else ""


def _typed(typed: str, shown: str, clear: bool) -> str:
    as_typed = shown_contact(typed, clear=False) if not clear else typed
    return "" if as_typed == shown else as_typed


def circumstances_told(lead: Lead, clear: bool) -> Iterator[tuple[Any, Any]]:
    yield _("Received"), _moment(lead.received_at)
    yield _("Came by"), lead.get_source_display()
    yield _("Origin"), shown_text(lead.lead_source, clear=clear)
    yield _("Seller"), shown_text(lead.seller, clear=clear)
    yield _("Product"), shown_text(lead.product, clear=clear)
    yield _("Status in the CRM"), shown_text(lead.crm_status, clear=clear)
    yield _("Closed"), _moment(lead.closed_at)
    yield _("Lead id"), lead.lead_id


def decisions_told(lead: Lead, clear: bool) -> Iterator[tuple[str, str, str, str]]:
    """What, about whom, by whom, when."""
    for decision in lead.decisions.select_related("by").order_by("-id")[:DECISIONS_SHOWN]:
        by = decision.by.get_username() if decision.by else ""
        document = shown_document(decision.cpf, clear=clear)
        yield decision.get_ruling_display(), document, by, _moment(decision.at)


def crm_url(lead: Lead) -> str:
    """Where the CRM shows the lead; empty when nobody told us how its addresses look."""
    template: str = settings.CRM_LEAD_URL
    known = template and lead.conversation_id
    return template.replace("{id}", quote(lead.conversation_id, safe="")) if known else ""
