from enrichment.admin import (
    alerts,
    batches,
    calls,
    imports,
    jobs,
    leads,
    legal_basis,
    messages,
    party_cache,
    party_leads,
    runs,
)

__all__ = [
    "alerts",
    "batches",
    "calls",
    "imports",
    "jobs",
    "leads",
    "legal_basis",
    "messages",
    "party_cache",
    "party_leads",
    "runs",
]
