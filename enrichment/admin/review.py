"""The review queue: the lead on one side, whoever it may be on the other; one key decides, the next one opens."""

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from enrichment import actions
from enrichment.actions import Done, Skip
from enrichment.admin.deeds import SAID, LeadDeeds, tell
from enrichment.admin.lead_page import circumstances_told, contact_told
from enrichment.admin.wording import said_outcome, said_reason
from enrichment.models import Candidate, Deed, Lead, Run
from enrichment.reviews import COUNTED_AT_MOST, review_next, reviews_waiting, runs_to_review
from parties.disclosure import sees_clear, shown_contact, shown_document, shown_text
from parties.record import Record, Tie, known_by_documents

CANDIDATES_SHOWN = 9
CONTACTS_SHOWN = 6
TIES_SHOWN = 3


class ReviewQueue(LeadDeeds):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.review_view)
        return [path("review/", view, name="enrichment_lead_review"), *super().get_urls()]

    def review_view(self, request: HttpRequest) -> HttpResponseBase:
        if not (self.has_view_permission(request) and self.has_review_permission(request)):
            raise PermissionDenied
        if request.method == "POST":
            return self._decide(request)
        run = review_next(after=_uuid(request.GET.get("after", "")))
        clear = sees_clear(request.user)
        if clear and run:
            self.note_seen(request, [run.lead])
        context = self.admin_site.each_context(request) | {
            "title": _("Review queue"),
            "opts": self.opts,
            "page": {"in_clear": clear},
            "waiting": reviews_waiting(),
            "most": COUNTED_AT_MOST,
            "run": run,
            **(_shown(run, clear) if run else {}),
        }
        return TemplateResponse(request, "admin/enrichment/lead/review.html", context)

    def _decide(self, request: HttpRequest) -> HttpResponseBase:
        run = get_object_or_404(Run.objects.select_related("lead"), pk=_uuid(request.POST.get("run", "")))
        if runs_to_review().filter(pk=run.pk).exists():
            tell(request, *self._decided(request, run))
        else:
            tell(request, Done(run.lead, Skip.NOTHING_TO_REVIEW), "")
        return redirect(f"{reverse('admin:enrichment_lead_review')}?after={run.pk}")

    def _decided(self, request: HttpRequest, run: Run) -> tuple[Done, Any]:
        by = cast(Any, request.user)
        match request.POST.get("decision", "").partition(":"):
            case ("choose", _colon, number) if number.isdecimal():
                candidate = get_object_or_404(run.candidates, pk=int(number))
                return actions.candidate_choose(candidate=candidate, by=by), _(
                    "Chosen. The lead is run again with this person."
                )
            case ("reviewed", *_rest):
                return actions.lead_mark_reviewed(leads=[run.lead], by=by)[0], SAID[Deed.REVIEWED]
            case ("ignore", *_rest):
                return actions.lead_ignore(leads=[run.lead], by=by)[0], SAID[Deed.IGNORE]
        raise PermissionDenied


def _shown(run: Run, clear: bool) -> dict[str, Any]:
    lead = run.lead
    candidates = list(run.candidates.order_by("-chosen", "-score", "id")[:CANDIDATES_SHOWN])
    known = {k.record.document: k.record for k in known_by_documents([c.cpf for c in candidates])}
    return {
        "lead": lead,
        "name": shown_text(lead.customer_name, clear=clear),
        "contact": list(contact_told(lead, clear)),
        "circumstances": [(label, value) for label, value in circumstances_told(lead, clear) if value],
        "why": said_outcome(run.error),
        "candidates": [
            _candidate(number, c, known.get(c.cpf), lead, clear) for number, c in enumerate(candidates, start=1)
        ],
    }


def _candidate(number: int, candidate: Candidate, record: Record | None, lead: Lead, clear: bool) -> dict[str, Any]:
    return {
        "key": number,
        "row": candidate,
        "percent": int(candidate.score * 100),
        "name": record.name if record and record.name else candidate.name,
        "document": shown_document(candidate.cpf, clear=clear),
        "reasons": [said_reason(code) for code in candidate.reasons],
        "record": record,
        "contacts": list(_contacts(record, lead, clear)) if record else [],
        "place": record.places[0] if record and record.places else None,
        "ties": [_firm(tie, clear) for tie in record.ties[:TIES_SHOWN]] if record else [],
    }


def _firm(tie: Tie, clear: bool) -> str:
    return tie.name or shown_document(tie.cnpj, clear=clear)


def _contacts(record: Record, lead: Lead, clear: bool) -> Iterator[tuple[str, bool]]:
    """Those that the lead typed first, and marked."""
    own = {lead.phone_value, lead.email_value}
    ordered = sorted(record.contacts, key=lambda contact: contact.value not in own)
    for contact in ordered[:CONTACTS_SHOWN]:
        yield shown_contact(contact.value, clear=clear), contact.value in own


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
