from enrichment.models.calls import Billed, CallOutcome, Discovery, ProviderCall
from enrichment.models.lead import Lead, Source
from enrichment.models.message import Direction, LeadMessage, MessageState
from enrichment.models.run import Candidate, Run, RunState, RunStep, Tier, Trigger

__all__ = [
    "Billed",
    "CallOutcome",
    "Candidate",
    "Direction",
    "Discovery",
    "Lead",
    "LeadMessage",
    "MessageState",
    "ProviderCall",
    "Run",
    "RunState",
    "RunStep",
    "Source",
    "Tier",
    "Trigger",
]
