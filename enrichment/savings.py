"""What a run did not have to pay for, because somebody had paid before."""

from django.conf import settings

from c2s_enrich import counters
from enrichment.models import RunState, Tier
from enrichment.passage import Passage
from parties.identifiers import CPF


def run_counted(p: Passage) -> None:
    """Who answered this run, and the provider's calls that the cache and the database stood in for."""
    if p.run.state == RunState.SKIPPED:
        return
    counters.answered("notFound" if p.run.state == RunState.NOT_FOUND else p.run.tier or "notFound")
    contacts = sum(answer.tier != Tier.PROVIDER for i, answer in p.answers.items() if not isinstance(i, CPF))
    profiles = sum(c.cpf not in p.fetched and bool(c.record and c.record.enriched) for c in p.chosen)
    money = contacts * settings.PRICE_DIRETRIX + profiles * settings.PRICE_WORK_API
    counters.saved(calls=contacts + profiles, money=money)
