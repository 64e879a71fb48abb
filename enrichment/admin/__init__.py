from enrichment.admin import batches, calls, jobs, leads, messages, party_cache, party_leads, runs

__all__ = ["batches", "calls", "jobs", "leads", "messages", "party_cache", "party_leads", "runs"]
