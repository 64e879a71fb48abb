from enrichment.models.alert import NEWS, Alert, AlertKind, AlertNews, AlertNotice, AlertReading, Channel
from enrichment.models.batch import Batch, BatchItem, BatchState, Deed, ItemState
from enrichment.models.bulk import Brings, BulkChunk, BulkImport, BulkParty, BulkRefusal, BulkState
from enrichment.models.calls import Billed, CallOutcome, Discovery, ProviderCall
from enrichment.models.crm_creation import CreationState, CrmCreation
from enrichment.models.decision import Decision, Ruling
from enrichment.models.figures import HourlyFigures
from enrichment.models.flight import Flight
from enrichment.models.gate import ProviderGate, ProviderSlot, ProviderSpend
from enrichment.models.lead import OF_THE_CRM, Lead, Source
from enrichment.models.message import Direction, LeadMessage, MessageState
from enrichment.models.run import Candidate, Run, RunState, RunStep, Tier, Trigger
from enrichment.models.watermark import Watermark

__all__ = [
    "NEWS",
    "OF_THE_CRM",
    "Alert",
    "AlertKind",
    "AlertNews",
    "AlertNotice",
    "AlertReading",
    "Batch",
    "BatchItem",
    "BatchState",
    "Billed",
    "Brings",
    "BulkChunk",
    "BulkImport",
    "BulkParty",
    "BulkRefusal",
    "BulkState",
    "CallOutcome",
    "Candidate",
    "Channel",
    "CreationState",
    "CrmCreation",
    "Decision",
    "Deed",
    "Direction",
    "Discovery",
    "Flight",
    "HourlyFigures",
    "ItemState",
    "Lead",
    "LeadMessage",
    "MessageState",
    "ProviderCall",
    "ProviderGate",
    "ProviderSlot",
    "ProviderSpend",
    "Ruling",
    "Run",
    "RunState",
    "RunStep",
    "Source",
    "Tier",
    "Trigger",
    "Watermark",
]
