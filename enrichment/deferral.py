"""A question that only a provider could answer, while nobody else may wait: it becomes a lead whose run finds out."""

from django.db import transaction

from c2s_enrich.sealed_cache import identifier_hash
from enrichment.demand import lead_bring
from enrichment.intake import Arrival
from enrichment.lookup import Gap
from enrichment.memory import kind_of
from enrichment.models import Run
from enrichment.providers.c2s.schemas import LeadCard
from parties.identifiers import CPF, Email, Phone
from parties.names import folded

PREFIX = "enrich-"
ORIGIN = "API enrich"


@transaction.atomic
def gap_defer(gap: Gap, *, name: str, anew: bool) -> Run:
    """The run that will close the gap. The same question asked again while it is open gets the same run."""
    about = gap.about
    card = LeadCard(
        lead_id=_id(gap, name, anew),
        name=name[:255],
        phone=about.value if isinstance(about, Phone) else "",
        email=about.value if isinstance(about, Email) else "",
        source=ORIGIN,
    )
    run = lead_bring(Arrival(card, document=about.value if isinstance(about, CPF) else "")).run
    if anew:
        # in the transaction that makes the run: no worker has seen it yet
        Run.objects.filter(pk=run.pk).update(force_providers=True)
    return run


def _id(gap: Gap, name: str, anew: bool) -> str:
    """The question itself, under a keyed hash: an id stands in logs, and must tell nobody's phone."""
    return PREFIX + identifier_hash(kind_of(gap.about), f"{gap.about.value}|{folded(name)}|{anew}")[:32]
