"""Leads, their conversations and their runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich.converting import converter
from c2s_enrich.errors import Refusal
from c2s_enrich.models import Scope
from c2s_enrich.privacy.access_log import thing_of
from c2s_enrich.struct_schemas import answered
from enrichment.api import examples
from enrichment.api.asked import choice_in, limit_in, moment_in, text_in
from enrichment.api.clear import seen
from enrichment.api.described import CURSOR, FROM_DATE, LIMIT, TO_DATE, choice, described, query
from enrichment.api.guessing import refuse_guessing
from enrichment.api.paging import cursor_in, next_url, page_of
from enrichment.api.shapes import (
    LeadsPage,
    LeadWithRun,
    MessageShown,
    MessagesPage,
    RunShown,
    lead_shown,
    run_shown,
)
from enrichment.conversation import history
from enrichment.latest import latest_run, leads_in_state
from enrichment.models import Lead, Run, RunState, Source
from enrichment.search import leads_matching
from parties.disclosure import shown_text
from parties.search import identifiers_in

_messages = converter(list[MessageShown])


class LeadsView(APIView):
    """The newest first."""

    scope = Scope.LOOKUP

    @described(
        "leads", LeadsPage, tag="leads", refuses=(400,), example=examples.LEADS,
        parameters=[
            choice("status", "Of the latest run.", RunState.values),
            choice("source", "Which door it came by.", Source.values),
            query("seller", "The seller's name, as the CRM spells it."),
            query("text", "A lead's id, a phone in any format, an e-mail, a CPF, or words of a name."),
            FROM_DATE, TO_DATE, LIMIT, CURSOR,
        ],
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        limit, text = limit_in(request), text_in(request, "text")
        guessing = refuse_guessing(request, {"phone": text} if identifiers_in(text) else {})
        rows = _with_latest_run(_after_cursor(request, _filtered(request)))[: limit + 1]
        page, last = page_of(list(rows), limit)
        if not page:
            guessing()
        clear = seen(request, map(thing_of, page), "name", "contacts")
        return answered(
            LeadsPage(
                results=[lead_shown(lead, lead.run_state, lead.run_pk, clear=clear) for lead in page],
                next=next_url(request, [last.received_at.isoformat(), last.pk]) if last else None,
            )
        )


class LeadView(APIView):
    """One lead with its latest run."""

    scope = Scope.LOOKUP

    @described("lead", LeadWithRun, tag="leads", refuses=(404,), example=examples.LEAD)
    def get(self, request: Request, lead_id: str) -> HttpResponse:
        lead = _lead(lead_id)
        run = _runs().filter(lead=lead, repeats=None).order_by("-id").first()
        clear = seen(request, [thing_of(lead)], "name", "contacts")
        shown = lead_shown(lead, run.state if run else None, run.pk if run else None, clear=clear)
        return answered(LeadWithRun(**msgspec.structs.asdict(shown), run=run_shown(run) if run else None))


class MessagesView(APIView):
    """The latest words of the conversation, newest last; `next` leads to the earlier ones."""

    scope = Scope.LOOKUP

    @described(
        "lead_messages", MessagesPage, tag="leads", refuses=(400, 404), example=examples.MESSAGES,
        parameters=[FROM_DATE, LIMIT, CURSOR],
    )  # fmt: skip
    def get(self, request: Request, lead_id: str) -> HttpResponse:
        limit, since, before = limit_in(request), moment_in(request, "from_date"), cursor_in(request, _moment, UUID)
        lead = _lead(lead_id)
        told = _messages(history(lead))
        wanted = [m for m in told if since is None or m.sent_at >= since]
        if before:
            wanted = [m for m in wanted if (m.sent_at, m.id) < (before[0], before[1])]
        page, more = wanted[-limit:], len(wanted) > limit
        clear = seen(request, [thing_of(lead)], "messages")
        return answered(
            MessagesPage(
                results=[_masked(message) for message in page] if not clear else page,
                next=next_url(request, [page[0].sent_at.isoformat(), page[0].id]) if more else None,
            )
        )


class RunView(APIView):
    """A run: its status and each of its steps."""

    scope = Scope.LOOKUP

    @described("run", RunShown, tag="leads", refuses=(404,), example=examples.RUN)
    def get(self, request: Request, run_id: str) -> HttpResponse:
        run = _runs().filter(pk=UUID(run_id)).first()
        if run is None:
            raise Refusal(404, "No run has this id.", "unknown_run")
        return answered(run_shown(run))


def _lead(lead_id: str) -> Lead:
    lead = Lead.objects.filter(lead_id=lead_id).first() if "\x00" not in lead_id else None
    if lead is None:
        raise Refusal(404, "No lead has this id.", "unknown_lead")
    return lead


def _runs() -> QuerySet[Run]:
    return Run.objects.select_related("lead").prefetch_related("steps")


def _filtered(request: Request) -> QuerySet[Lead]:
    leads = Lead.objects.all()
    if source := choice_in(request, "source", Source.values):
        leads = leads.filter(source=source)
    if seller := text_in(request, "seller"):
        leads = leads.filter(seller__iexact=seller)
    if since := moment_in(request, "from_date"):
        leads = leads.filter(received_at__gte=since)
    if until := moment_in(request, "to_date", end_of_day=True):
        leads = leads.filter(received_at__lte=until)
    if text := text_in(request, "text"):
        leads = leads.filter(leads_matching(text))
    if status := choice_in(request, "status", RunState.values):
        leads = leads_in_state(leads, status)
    return leads


def _after_cursor(request: Request, leads: QuerySet[Lead]) -> QuerySet[Lead]:
    if after := cursor_in(request, _moment, UUID):
        at, pk = after
        leads = leads.filter(received_at__lte=at).filter(Q(received_at__lt=at) | Q(pk__lt=pk))
    return leads


def _with_latest_run(leads: QuerySet[Lead]) -> Any:
    return leads.annotate(run_state=latest_run("state"), run_pk=latest_run("pk")).order_by("-received_at", "-id")


def _moment(written: str) -> datetime:
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError("a moment without a zone")
    return at


def _masked(message: MessageShown) -> MessageShown:
    body, sender = shown_text(message.body, clear=False), shown_text(message.sender, clear=False)
    return msgspec.structs.replace(message, body=body, sender=sender)
