"""What staff do to leads, one by one and many at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from enrichment.actions import (
    Done,
    Skip,
    candidate_choose,
    lead_ignore,
    lead_mark_reviewed,
    lead_rerun,
    lead_resend,
)
from enrichment.batches import BULK, TooMany, batch_cancel, batch_progress, batch_start, batch_step, batches_ring_due
from enrichment.demand import lead_demand
from enrichment.models import (
    Batch,
    BatchItem,
    BatchState,
    Decision,
    Deed,
    ItemState,
    Lead,
    LeadMessage,
    Ruling,
    Run,
    RunState,
    Source,
    Trigger,
)
from enrichment.preview import lead_preview, price_at_most
from enrichment.reviews import review_next, reviews_waiting
from enrichment.sandbox import Sandbox
from parties.models import Party
from tests.enrichment.leads import paid_calls, run_for

pytestmark = pytest.mark.django_db(transaction=True)
Perform = Callable[[Run], Run]
PAULO = "39053344705"
NOBODY_ASKED = {"phone": 0, "email": 0, "profile": 0}


@pytest.fixture
def by() -> User:
    return User.objects.create_user("agent", password=None)


@pytest.fixture(autouse=True)
def _empty_queue(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")


def ended(sandbox: Sandbox, perform: Perform, lead_id: str = "lead-1", **given: Any) -> Run:
    return perform(run_for(sandbox, lead_id, **given))


def performed(perform: Perform, done: Done) -> Run:
    assert done.run is not None, done.skipped
    return perform(done.run)


def conflict(sandbox: Sandbox, perform: Perform, **given: Any) -> Run:
    """The phone is Marina's, the e-mail somebody else's."""
    sandbox.add_person(cpf=PAULO, name="PAULO LIMA", phones=[], emails=["paulo.lima@example.com"])
    run = ended(sandbox, perform, email="paulo.lima@example.com", **given)
    assert (run.state, run.candidates.filter(chosen=True).count()) == (RunState.NEEDS_REVIEW, 2)
    return run


def test_a_rerun_pays_nothing_for_what_is_known(sandbox: Sandbox, perform: Perform) -> None:
    lead = ended(sandbox, perform).lead
    paid = paid_calls(sandbox)
    [done] = lead_rerun(leads=[lead])
    run = performed(perform, done)
    assert (run.trigger, run.state, paid_calls(sandbox)) == (Trigger.ADMIN, RunState.COMPLETED, paid)


def test_a_forced_rerun_asks_the_providers_anew(sandbox: Sandbox, perform: Perform) -> None:
    lead = ended(sandbox, perform).lead
    [done] = lead_rerun(leads=[lead], force_providers=True)
    performed(perform, done)
    assert paid_calls(sandbox) == {"phone": 2, "email": 2, "profile": 2}


@pytest.mark.parametrize(
    ("fields", "why"), [({"is_test": True}, Skip.TEST), ({"closed_at": "2026-01-01T00:00Z"}, Skip.CLOSED)]
)
def test_some_leads_are_not_run_again(fields: dict[str, Any], why: Skip, by: User) -> None:
    lead = Lead.objects.create(lead_id="lead-1", **fields)
    assert [done.skipped for done in (*lead_rerun(leads=[lead]), *lead_resend(leads=[lead]))] == [why, why]
    assert not Run.objects.exists()


def test_a_lead_that_is_being_worked_on_is_not_run_twice(sandbox: Sandbox) -> None:
    run = run_for(sandbox)
    assert [done.skipped for done in lead_rerun(leads=[run.lead])] == [Skip.UNDER_WAY]


def test_a_run_that_waits_for_its_next_attempt_is_hurried(sandbox: Sandbox) -> None:
    run = run_for(sandbox)
    Run.objects.filter(pk=run.pk).update(attempts=3, next_at="2099-01-01T00:00Z", lease_owner="somebody")
    [done] = lead_rerun(leads=[run.lead], force_providers=True)
    assert done.run == run
    run.refresh_from_db()
    assert (run.force_providers, run.lease_owner, Run.objects.count()) == (True, "", 1)


def test_a_message_is_sent_again_because_somebody_asked(sandbox: Sandbox, perform: Perform) -> None:
    lead = ended(sandbox, perform).lead
    paid = paid_calls(sandbox)
    [done] = lead_resend(leads=[lead])
    run = performed(perform, done)
    first, second = [message["body"] for message in sandbox.messages("lead-1")]
    assert first == second
    assert (run.state, run.message_sent, paid_calls(sandbox)) == (RunState.COMPLETED, True, paid)
    assert [step.name for step in run.steps.all()] == ["repeat"]


def test_a_tie_between_two_people_is_told_once_however_often_it_is_forced(sandbox: Sandbox, perform: Perform) -> None:
    run = conflict(sandbox, perform, name="")
    assert run.candidates.values("score").distinct().count() == 1
    for confirmed_last in (PAULO, "52998224725"):
        Party.objects.filter(cpf_cnpj=confirmed_last).update(enriched_at="2026-11-01T00:00Z")
        Party.objects.exclude(cpf_cnpj=confirmed_last).update(enriched_at="2026-10-01T00:00Z")
        cache.clear()
        performed(perform, lead_rerun(leads=[run.lead], force_providers=True)[0])
    assert len(sandbox.messages("lead-1")) == 1
    assert Run.objects.filter(state=RunState.NEEDS_REVIEW).count() == 3


def test_a_message_said_again_answers_nobody_who_asks_for_the_lead(sandbox: Sandbox, perform: Perform) -> None:
    lead = ended(sandbox, perform).lead
    lead_resend(leads=[lead])
    assert not lead_demand(lead_id="lead-1", trigger=Trigger.MAKE).joined
    Run.objects.exclude(repeats=None).update(next_at="2099-01-01T00:00Z")
    Run.objects.filter(repeats=None, state=RunState.QUEUED).delete()
    assert run_for(sandbox).repeats is None


def test_after_a_lost_answer_a_message_is_not_sent_a_third_time(sandbox: Sandbox, perform: Perform) -> None:
    lead = ended(sandbox, perform).lead
    [done] = lead_resend(leads=[lead])
    sandbox.faults.next("c2s", "lost_answer", operation="create_message")
    performed(perform, done)
    assert len(sandbox.messages("lead-1")) == 2
    assert LeadMessage.objects.filter(lead=lead, state="sent").count() == 2


def test_what_was_never_said_is_not_said_again(sandbox: Sandbox, perform: Perform) -> None:
    silent = run_for(sandbox).lead
    elsewhere = Lead.objects.create(lead_id="rest-1", source=Source.REST)
    assert {done.skipped for done in lead_resend(leads=[silent, elsewhere])} == {Skip.SILENT, Skip.NOT_IN_CRM}


def test_a_preview_sends_and_pays_nothing(sandbox: Sandbox, perform: Perform) -> None:
    run = run_for(sandbox)
    fresh = lead_preview(run.lead)
    assert (fresh.text, fresh.asks, paid_calls(sandbox)) == ("", 2, NOBODY_ASKED)
    sent = LeadMessage.objects.get(run=perform(run)).body
    before = (paid_calls(sandbox), len(sandbox.messages("lead-1")), Run.objects.count())
    preview = lead_preview(run.lead)
    assert (preview.text, preview.asks) == (sent, 0)
    assert (paid_calls(sandbox), len(sandbox.messages("lead-1")), Run.objects.count()) == before


def test_a_lead_without_a_usable_contact_has_no_preview() -> None:
    assert lead_preview(Lead(lead_id="x", phone="0000")).is_unusable


def test_another_candidate_becomes_the_person_and_is_not_paid_for_again(
    sandbox: Sandbox, perform: Perform, by: User
) -> None:
    run = conflict(sandbox, perform)
    paid = paid_calls(sandbox)
    second = run.candidates.get(cpf=PAULO)
    again = performed(perform, candidate_choose(candidate=second, by=by))
    assert (again.state, again.lead.party.cpf_cnpj) == (RunState.COMPLETED, second.cpf)  # type: ignore[union-attr]
    assert paid_calls(sandbox) == paid
    decision = Decision.objects.get()
    assert (decision.ruling, decision.cpf, decision.by, decision.run) == (Ruling.CHOSEN, second.cpf, by, run)
    assert "chosen_by_staff" in again.candidates.get(chosen=True).reasons


def test_a_choice_holds_for_later_runs(sandbox: Sandbox, perform: Perform, by: User) -> None:
    run = conflict(sandbox, perform)
    candidate = run.candidates.get(cpf=PAULO)
    performed(perform, candidate_choose(candidate=candidate, by=by))
    later = performed(perform, lead_rerun(leads=[run.lead], force_providers=True)[0])
    assert later.candidates.get(chosen=True).cpf == candidate.cpf
    assert review_next() is None


def test_a_reviewed_lead_leaves_the_queue(sandbox: Sandbox, perform: Perform, by: User) -> None:
    run = conflict(sandbox, perform)
    assert (review_next(), reviews_waiting()) == (run, 1)
    assert [done.skipped for done in lead_mark_reviewed(leads=[run.lead], by=by)] == [None]
    assert (review_next(), reviews_waiting()) == (None, 0)
    assert [done.skipped for done in lead_mark_reviewed(leads=[run.lead], by=by)] == [Skip.NOTHING_TO_REVIEW]
    assert Decision.objects.get().ruling == Ruling.REVIEWED


def test_the_queue_goes_round(sandbox: Sandbox, by: User) -> None:
    runs = [
        Run.objects.create(
            lead=Lead.objects.create(lead_id=f"lead-{n}"), trigger=Trigger.REST, state=RunState.NEEDS_REVIEW
        )
        for n in range(3)
    ]
    seen = [review_next(), *(review_next(after=run.pk) for run in runs)]
    assert seen == [*runs, runs[0]]


def test_a_repeated_message_does_not_hide_that_a_lead_needs_review(
    sandbox: Sandbox, perform: Perform, by: User
) -> None:
    run = conflict(sandbox, perform)
    performed(perform, lead_resend(leads=[run.lead])[0])
    assert review_next() == run


def test_an_ignored_lead_is_let_alone_until_it_is_run_again(sandbox: Sandbox, perform: Perform, by: User) -> None:
    run = run_for(sandbox)
    assert [done.skipped for done in lead_ignore(leads=[run.lead], by=by)] == [None]
    assert [done.skipped for done in lead_ignore(leads=[run.lead], by=by)] == [Skip.IGNORED]
    assert (perform(run).state, paid_calls(sandbox)) == (RunState.SKIPPED, NOBODY_ASKED)
    assert performed(perform, lead_rerun(leads=[run.lead])[0]).state == RunState.COMPLETED


def test_the_price_is_an_upper_bound(settings: Settings) -> None:
    settings.PRICE_DIRETRIX, settings.PRICE_WORK_API = 2, 5
    Lead.objects.create(lead_id="both", phone_value="+5511987654321", email_value="a@example.com")
    Lead.objects.create(lead_id="known", phone_value="+5511987654321", document="52998224725")
    Lead.objects.create(lead_id="chosen", phone_value="+5511987654321", chosen_cpf="52998224725")
    price = price_at_most(Lead.objects.all())
    assert (price.leads, price.discoveries, price.profiles, price.amount) == (3, 3, 4, 26)


def worked_off(batch: Batch, perform: Perform) -> dict[str, str]:
    for _ in range(20):
        batch_step(batch.pk)
        batch.refresh_from_db()
        if batch.state != BatchState.OPEN:
            break
        for run in Run.objects.filter(state=RunState.QUEUED):
            perform(run)
    return {item.lead.lead_id: f"{item.state} {item.why}".strip() for item in batch.items.select_related("lead")}


def test_a_batch_says_what_was_done_what_not_and_why(sandbox: Sandbox, perform: Perform, by: User) -> None:
    known = ended(sandbox, perform).lead
    closed = Lead.objects.create(lead_id="closed", closed_at="2026-01-01T00:00Z")
    empty = Lead.objects.create(lead_id="empty", source=Source.REST)
    batch = batch_start(deed=Deed.RERUN, lead_ids=[known.pk, closed.pk, empty.pk, known.pk], by=by)
    told = worked_off(batch, perform)
    assert told["lead-1"] == "done"
    assert told["closed"] == "skipped closed"
    assert told["empty"].startswith("skipped no usable contact")
    progress = batch_progress(batch)
    assert (batch.state, progress.percent, progress.done, progress.skipped) == (BatchState.DONE, 100, 1, 2)


def test_a_batch_goes_behind_everything_else(sandbox: Sandbox, by: User) -> None:
    lead = Lead.objects.create(lead_id="lead-1", phone="(11) 98765-4321")
    batch_step(batch_start(deed=Deed.RERUN, lead_ids=[lead.pk], by=by).pk)
    assert set(ProcrastinateJob.objects.values_list("priority", flat=True)) == {BULK}


def test_a_batch_starts_as_many_runs_as_there_is_room_for(by: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.batches.STEP", 3)
    leads = [Lead.objects.create(lead_id=f"lead-{n}", phone="(11) 98765-4321") for n in range(8)]
    batch = batch_start(deed=Deed.RERUN, lead_ids=[lead.pk for lead in leads], by=by)
    for _ in range(3):
        batch_step(batch.pk)
    assert (Run.objects.count(), batch_progress(batch).waiting) == (3, 5)


def test_a_cancelled_batch_begins_nothing_more(by: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.batches.STEP", 1)
    leads = [Lead.objects.create(lead_id=f"lead-{n}", phone="(11) 98765-4321") for n in range(3)]
    batch = batch_start(deed=Deed.RERUN, lead_ids=[lead.pk for lead in leads], by=by)
    batch_step(batch.pk)
    assert (batch_cancel(batch=batch), batch_cancel(batch=batch)) == (True, False)
    batch_step(batch.pk)
    assert set(BatchItem.objects.values_list("state", flat=True)) == {ItemState.CANCELLED}
    assert Run.objects.get().state == RunState.SKIPPED


def test_deeds_without_runs_are_done_in_the_step(sandbox: Sandbox, perform: Perform, by: User) -> None:
    run = conflict(sandbox, perform)
    batch = batch_start(deed=Deed.REVIEWED, lead_ids=[run.lead.pk], by=by)
    batch_step(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, Decision.objects.get().by) == (BatchState.DONE, by)


def test_a_batch_whose_bell_was_lost_is_rung_again(by: User) -> None:
    lead = Lead.objects.create(lead_id="lead-1")
    batch_start(deed=Deed.IGNORE, lead_ids=[lead.pk], by=by)
    assert (batches_ring_due(), batches_ring_due()) == (1, 0)


def test_a_batch_has_a_limit(by: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.batches.MOST_LEADS", 1)
    leads = [Lead.objects.create(lead_id=f"lead-{n}") for n in range(2)]
    with pytest.raises(TooMany):
        batch_start(deed=Deed.RERUN, lead_ids=[lead.pk for lead in leads], by=by)
    assert not Batch.objects.exists()
