"""The way of one lead, in eight steps. Every door ends here."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from c2s_enrich import tracing
from c2s_enrich.disk_full import trouble_told
from c2s_enrich.patience import DATABASE_AWAY
from c2s_enrich.pool import stepping_back
from c2s_enrich.privacy.suppression import PersonSuppressed
from c2s_enrich.request_id import use_request_id
from c2s_enrich.rows import renewing, rows_store, rows_together
from enrichment import flights, profiles, steps
from enrichment.alerts.news import news_of_high_value
from enrichment.choose import SEVERAL, Verdict
from enrichment.leases import TakenOver, lease_let_go
from enrichment.models import Candidate, RunState, Trigger
from enrichment.passage import Ended, Passage
from enrichment.providers.errors import ProviderError, RateLimited, Withheld
from enrichment.providers.exchange import current_run
from enrichment.runs import (
    BULK,
    UNHURRIED,
    ladder_step,
    run_claim,
    run_finish,
    run_postpone,
    runs_start,
)
from enrichment.savings import run_counted

log = structlog.get_logger(__name__)


def run_perform(run_id: UUID) -> None:
    """Carry the run through its steps, unless somebody else is doing so or it is done."""
    run = run_claim(run_id)
    if run is None:
        return
    use_request_id(run.request_id)
    token, flying = current_run.set(run.pk), flights.current.set(run)
    passage = Passage(run=run, lead=run.lead)
    try:
        with tracing.continued(
            "run", run.request_id, since=None if run.started_at else run.created_at,
            run=str(run.pk), lead=run.lead.lead_id, trigger=run.trigger, attempt=run.attempts,
        ) as span:  # fmt: skip
            _walk(passage)
            span.note(state=run.state, tier=run.tier, error=run.state if run.state == RunState.FAILED else None)
    except TakenOver:
        log.info("run was taken over", run=str(run.pk))
    except DATABASE_AWAY as error:
        # if even this cannot be written, the lease runs out and somebody takes the run over
        connection.close()
        run_postpone(run, after=timedelta(seconds=2), error=f"database: {trouble_told(error)}", counts=False)
    finally:
        lease_let_go(run.lease_owner)
        current_run.reset(token)
        flights.current.reset(flying)


STEPS = (
    steps.identify,
    steps.recall,
    steps.discover,
    steps.choose,
    steps.profile,
    steps.file,
    steps.compose,
    steps.deliver,
)

REPEATING = (steps.repeat,)

# Whoever is about to ask goes first to the database: the sooner the providers think, the less all wait for them.
# Served as they come, runs that were begun together stay together, and all want a connection at once.
_TELLING = {steps.profile, steps.file, steps.compose, steps.deliver}
_LETS_PASS = 1.0

# of a candidate, what a later attempt may see otherwise
_JUDGED = ("score", "reasons", "chosen", "by_phone", "by_email")


def _walk(passage: Passage) -> None:
    try:
        for step in STEPS if passage.run.repeats is None else REPEATING:
            with passage.step(step.__name__), stepping_back(_LETS_PASS if step in _TELLING else 0):
                step(passage)
            _fault_hook(step.__name__)
        ending = _ending(passage)
    except Ended as ended:
        ending = ended
    except PersonSuppressed:
        # asked to be forgotten while this run was under way: what it had learnt goes no further
        passage.verdict, passage.found = Verdict(), []
        ending = Ended(RunState.SKIPPED, steps.FORGOTTEN)
    except ProviderError as error:
        _wait_or_give_up(passage, error)
        return
    except (TakenOver, *DATABASE_AWAY):
        raise
    except Exception as error:
        _note_steps(passage)
        log.exception("run broke", run=str(passage.run.pk))
        run_finish(passage.run, state=RunState.FAILED, error=f"internal error: {type(error).__name__}")
        raise
    _finish(passage, ending)


@transaction.atomic
def _finish(p: Passage, ending: Ended) -> None:
    _note_steps(p)
    p.run.tier = p.slowest_tier
    ended = run_finish(p.run, state=ending.state, error=ending.why)
    if ended:
        run_counted(p)
    if ended and p.run.trigger not in UNHURRIED:
        news_of_high_value(p.lead.pk, [found.record for found in p.found])
    if ended and p.run.trigger != Trigger.REFRESH and any(profiles.is_stale(f.record) for f in p.found):
        runs_start(leads=[p.lead], trigger=Trigger.REFRESH, priority=BULK)


def _fault_hook(step: str) -> None:
    """Between any two steps: where tests let the worker die."""
    if settings.FAULT_HOOK:
        import_string(settings.FAULT_HOOK)(step)


def _ending(p: Passage) -> Ended:
    if p.run.repeats:
        return Ended(RunState.COMPLETED, "")
    if p.verdict.is_conflict:
        return Ended(RunState.NEEDS_REVIEW, "phone and e-mail lead to different people")
    if any(found.name_differs for found in p.found):
        return Ended(RunState.NEEDS_REVIEW, "the name found differs from the lead's")
    if doubts := [found.doubt for found in p.found if found.doubt]:
        return Ended(RunState.NEEDS_REVIEW, doubts[0])
    if p.chosen[0].confidence < settings.NAME_MATCH_MIN:
        return Ended(RunState.NEEDS_REVIEW, SEVERAL)
    if p.missing or any(found.is_partial for found in p.found):
        return Ended(RunState.PARTIAL, f"missing: {', '.join(p.missing) or 'profile'}")
    return Ended(RunState.COMPLETED, "")


@transaction.atomic
def _wait_or_give_up(p: Passage, error: ProviderError) -> None:
    """A failure that may pass climbs the ladder; a lasting one, or the ladder's end, ends the run."""
    _note_steps(p)
    if isinstance(error, RateLimited | Withheld):
        wait = 1.0 if error.retry_after is None else error.retry_after
        run_postpone(p.run, after=timedelta(seconds=wait), error=str(error), counts=False)
        return
    after = None if error.permanent else ladder_step(p.run.attempts)
    if after is not None:
        run_postpone(p.run, after=after, error=str(error))
        return
    p.run.tier = p.slowest_tier
    run_finish(p.run, state=RunState.FAILED, error=str(error))


def _note_steps(p: Passage) -> None:
    ranked = p.verdict.ranked[:20]
    chosen = {c.cpf for c in p.chosen}
    candidates = [
        Candidate(
            run_id=p.run.pk,
            cpf=c.cpf,
            name=c.name,
            by_phone=c.by_phone,
            by_email=c.by_email,
            score=round(min(1.0, c.confidence), 2),
            reasons=list(c.reasons),
            chosen=c.cpf in chosen,
        )
        for c in ranked
    ]
    with rows_together():
        rows_store(p.steps)
        rows_store(candidates, on_conflict=renewing("run_id", "cpf", columns=_JUDGED))
