from enrichment.admin import batches, calls, jobs, leads, legal_basis, messages, party_cache, party_leads, runs

__all__ = ["batches", "calls", "jobs", "leads", "legal_basis", "messages", "party_cache", "party_leads", "runs"]
