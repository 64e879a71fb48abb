"""Somebody asks for a lead's enrichment by the lead's id, and may wait for it."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from enrichment.forgotten import PREFIX, erased_id, lead_id_is_forgotten
from enrichment.intake import Arrival, leads_take_in
from enrichment.models import OF_THE_CRM, Lead, Run, Source, Trigger
from enrichment.models.run import OPEN_STATES
from enrichment.runs import runs_start


class ForeignLead(Exception):
    """The id is taken by a lead that came by another door."""


@dataclass(frozen=True, slots=True)
class Demand:
    """The run that answers; `joined` when it was under way already."""

    run: Run
    joined: bool


@transaction.atomic
def lead_demand(*, lead_id: str, trigger: Trigger) -> Demand:
    """A lead that we do not know is a lead of the CRM's: the worker fetches it from there."""
    lead = _locked(lead_id)
    if lead is None and lead_id_is_forgotten(lead_id):
        # the shell that its erasure left is all there may be of it
        return lead_demand(lead_id=erased_id(lead_id), trigger=trigger)
    if lead is None:
        stub = Lead(lead_id=lead_id, crm_id="" if lead_id.startswith(PREFIX) else lead_id, source=Source.C2S)
        Lead.objects.bulk_create([stub], ignore_conflicts=True)
        lead = Lead.objects.select_for_update().get(lead_id=lead_id)
    return _started(lead, trigger)


@transaction.atomic
def lead_bring(arrival: Arrival) -> Demand:
    """A lead that the CRM does not have and is not told of."""
    lead = _locked(arrival.card.lead_id)
    if lead is not None and lead.source != Source.REST:
        raise ForeignLead
    under_way = _under_way(lead) if lead else None
    if under_way is not None:
        return Demand(under_way, joined=True)
    lead = leads_take_in(arrivals=[arrival], source=Source.REST, trigger=Trigger.REST)[arrival.card.lead_id]
    started = _under_way(lead)
    return Demand(started, joined=False) if started else _started(lead, Trigger.REST)


def _locked(lead_id: str) -> Lead | None:
    """By our id, or by the CRM's; a lead known by both names is the one whose own id it is."""
    found = Lead.objects.select_for_update().filter(Q(lead_id=lead_id) | Q(crm_id=lead_id)).order_by("lead_id")
    leads = list(found)
    return next((lead for lead in leads if lead.source not in OF_THE_CRM), leads[0] if leads else None)


def _started(lead: Lead, trigger: Trigger) -> Demand:
    under_way = _under_way(lead)
    if under_way is not None:
        return Demand(under_way, joined=True)
    [run] = runs_start(leads=[lead], trigger=trigger)
    return Demand(run, joined=False)


def _under_way(lead: Lead) -> Run | None:
    """Old data being asked for anew in the background answers nobody, nor does a message said again."""
    open_runs = Run.objects.filter(lead=lead, state__in=OPEN_STATES, repeats=None).exclude(trigger=Trigger.REFRESH)
    return open_runs.order_by("-id").first()
