"""What callers hear who had a lead enriched."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from c2s_enrich.converting import converter
from c2s_enrich.struct_schemas import answered
from enrichment.api.shapes import Status
from enrichment.customer import Answer, TierName, bare_document
from enrichment.outcome import Outcome


class Processed(Answer, frozen=True, omit_defaults=True):
    """For Make: always the same fields, `success` tells."""

    success: bool
    message: str
    lead_id: str
    cpfs_processed: list[str]
    entities_stored: int
    run_id: UUID
    status: Status
    tier: TierName | None
    duplicate_request: bool = False


class Enriched(Answer, frozen=True):
    success: bool
    lead_id: str
    customer_name: str | None
    enriched: bool
    cpfs_enriched: list[str]
    same_person: bool | None
    message_sent: bool
    stored_in_db: bool
    entity_ids: list[UUID]
    run_id: UUID
    tier: TierName | None


class UnderWay(Answer, frozen=True):
    """The run goes on; `Location` says where it can be watched."""

    success: bool
    message: str
    lead_id: str
    run_id: UUID
    status: Status


def processed(outcome: Outcome, *, joined: bool, clear: bool) -> Processed:
    run = outcome.run
    return Processed(
        success=outcome.problem is None,
        message=outcome.sentence,
        lead_id=run.lead.lead_id,
        cpfs_processed=_documents(outcome.cpfs, clear),
        entities_stored=len(outcome.party_ids),
        run_id=run.pk,
        status=run.state,  # type: ignore[arg-type]  # a check constraint knows the same words
        tier=run.tier or None,  # type: ignore[arg-type]
        duplicate_request=joined,
    )


def enriched(outcome: Outcome, *, clear: bool) -> Enriched:
    run = outcome.run
    return Enriched(
        success=True,
        lead_id=run.lead.lead_id,
        customer_name=outcome.name or None,
        enriched=bool(outcome.enriched_cpfs),
        cpfs_enriched=_documents(outcome.enriched_cpfs, clear),
        same_person=run.same_person,
        message_sent=run.message_sent,
        stored_in_db=bool(outcome.party_ids),
        entity_ids=outcome.party_ids,
        run_id=run.pk,
        tier=run.tier or None,  # type: ignore[arg-type]
    )


_under_way = converter(UnderWay)


def accepted(outcome: Outcome) -> HttpResponse:
    """202: the run goes on without its caller."""
    run = outcome.run
    told: dict[str, Any] = {"lead_id": run.lead.lead_id, "run_id": run.pk, "status": run.state}
    told |= {"success": True, "message": outcome.sentence}
    response = answered(_under_way(told), status=202)
    response["Location"] = reverse("run", args=[run.pk])
    return response


def _documents(cpfs: list[str], clear: bool) -> list[str]:
    return [shown for cpf in cpfs if (shown := bare_document(cpf, clear=clear))]
