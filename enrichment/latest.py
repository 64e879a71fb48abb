"""What became of a lead: the outcome of its latest run. A run that only says a message again tells nothing of that."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from enrichment.models import Lead, Run
from enrichment.models.run import OPEN_STATES

# Kept on the lead, so that an index answers "the newest of those that failed"; an old run that ends late says nothing.
KEEP_OUTCOMES = """
update leads l set outcome = r.state, outcome_tier = r.tier from (
  select distinct on (lead_id) lead_id, state, tier from runs
  where lead_id = any(%(leads)s) and repeats is null and state not in ('queued', 'running') order by lead_id, id desc) r
where r.lead_id = l.id and (l.outcome, l.outcome_tier) is distinct from (r.state, r.tier)
"""


def outcomes_keep(lead_ids: Iterable[UUID]) -> None:
    """In the transaction that ended the runs."""
    if wanted := list(lead_ids):
        with connection.cursor() as cursor:
            cursor.execute(KEEP_OUTCOMES, {"leads": wanted})


def telling_runs(lead: str = "pk") -> QuerySet[Run]:
    """The runs of the lead that the outer query speaks of, the latest first."""
    return Run.objects.filter(lead=OuterRef(lead), repeats=None).order_by("-id")


def latest_run(field: str) -> Subquery:
    return Subquery(telling_runs().values(field)[:1])


def leads_in_state(leads: QuerySet[Lead], state: str) -> QuerySet[Lead]:
    """Those whose latest run is so."""
    if state in OPEN_STATES:
        # few at any time, found by the index of open work
        return leads.filter(pk__in=Run.objects.filter(state=state, repeats=None).values("lead"))
    return leads.filter(~Exists(telling_runs().filter(state__in=OPEN_STATES)), outcome=state)
