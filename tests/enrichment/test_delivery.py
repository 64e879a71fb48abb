"""Said once: the intent before the call, a look before repeating, and nothing twice within a day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from enrichment import conversation
from enrichment.conversation import heard_keep, history
from enrichment.delivery import message_deliver
from enrichment.leases import TakenOver
from enrichment.models import Direction, Lead, LeadMessage, MessageState, Run, RunState
from enrichment.providers.c2s import client as c2s
from enrichment.providers.c2s.schemas import Said
from enrichment.providers.errors import ProviderError, RateLimited, Rejected, Unavailable
from enrichment.runs import run_claim, run_finish
from enrichment.sandbox import Sandbox
from tests.enrichment.leads import run_for

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # other threads must see what was written

TEXT = "✅ DADOS PESSOAIS\nNome: MARINA ALVES PRADO\n\nref:0123456789abcdef"
OTHER = "✅ DADOS PESSOAIS\nNome: MARINA PRADO SOUZA\n\nref:fedcba9876543210"


def claimed(sandbox: Sandbox, lead_id: str = "lead-1") -> Run:
    run = run_claim(run_for(sandbox, lead_id).pk)
    assert run is not None
    return run


def ended(run: Run) -> None:
    run_finish(run, state=RunState.COMPLETED)


def said(sandbox: Sandbox, lead_id: str = "lead-1") -> list[str]:
    return [message["body"] for message in sandbox.messages(lead_id)]


def outgoing() -> list[tuple[str, str]]:
    return list(LeadMessage.objects.filter(direction=Direction.OUT).values_list("state", "body"))


def intend(run: Run, text: str = TEXT) -> LeadMessage:
    """What a worker that died left behind."""
    return LeadMessage.objects.create(
        lead=run.lead,
        run=run,
        direction=Direction.OUT,
        state=MessageState.SENDING,
        body=text,
        fingerprint=text.rpartition("\n")[2],
    )


def test_the_intent_is_written_before_the_call(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[tuple[str, str]]] = []
    monkeypatch.setattr(c2s, "message_create", lambda *_: seen.append(outgoing()))
    assert message_deliver(run=claimed(sandbox), text=TEXT)
    assert seen == [[(MessageState.SENDING, TEXT)]]
    assert outgoing() == [(MessageState.SENT, TEXT)]


@pytest.mark.parametrize("fault", ["lost_answer", "cut", "malformed_json"])
def test_after_a_lost_answer_we_look_and_say_nothing_again(sandbox: Sandbox, fault: str) -> None:
    sandbox.faults.next("c2s", fault, operation="create_message")
    assert message_deliver(run=claimed(sandbox), text=TEXT)
    assert said(sandbox) == [TEXT]
    assert outgoing() == [(MessageState.SENT, TEXT)]


def test_what_was_not_even_sent_is_sent_by_the_next_attempt(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    sandbox.faults.set("c2s", outage="refuse")
    with pytest.raises(Unavailable):
        message_deliver(run=run, text=TEXT)
    assert outgoing() == [(MessageState.SENDING, TEXT)]
    sandbox.faults.set("c2s", outage=None)
    assert message_deliver(run=run, text=TEXT)
    assert said(sandbox) == [TEXT]


def test_when_we_cannot_look_we_do_not_repeat(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    sandbox.faults.next("c2s", "lost_answer", operation="create_message")
    sandbox.faults.set("c2s", "get_lead", outage="503")
    with pytest.raises(Unavailable):
        message_deliver(run=run, text=TEXT)
    sandbox.faults.set("c2s", "get_lead", outage=None)
    assert message_deliver(run=run, text=TEXT)
    assert said(sandbox) == [TEXT]


def test_a_worker_that_died_before_the_call_leaves_it_to_the_next(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    intend(run)
    assert message_deliver(run=run, text=TEXT)
    assert said(sandbox) == [TEXT]


def test_a_worker_that_died_after_the_call_said_it(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    intend(run)
    c2s.message_create("lead-1", TEXT)
    assert message_deliver(run=run, text=TEXT)
    assert said(sandbox) == [TEXT]
    assert outgoing() == [(MessageState.SENT, TEXT)]


def test_an_unsaid_intent_takes_the_newer_text(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    intend(run)
    assert message_deliver(run=run, text=OTHER)
    assert said(sandbox) == [OTHER]
    assert outgoing() == [(MessageState.SENT, OTHER)]


def test_what_another_run_of_the_lead_may_have_said_is_looked_up_too(sandbox: Sandbox) -> None:
    first = claimed(sandbox)
    intend(first)
    c2s.message_create("lead-1", TEXT)
    Run.objects.filter(pk=first.pk).update(state=RunState.QUEUED, attempts=1)
    assert not message_deliver(run=claimed(sandbox), text=TEXT)
    assert said(sandbox) == [TEXT]


def test_what_another_run_said_meanwhile_is_not_said_by_the_interrupted_one(sandbox: Sandbox) -> None:
    first = claimed(sandbox)
    Run.objects.filter(pk=first.pk).update(state=RunState.QUEUED, attempts=1)
    second = claimed(sandbox)
    assert message_deliver(run=second, text=TEXT)
    ended(second)
    Run.objects.filter(pk=first.pk).update(next_at=Now())
    again = run_claim(first.pk)
    assert again is not None
    intend(again)
    assert not message_deliver(run=again, text=TEXT)
    assert said(sandbox) == [TEXT]


def test_the_same_lead_is_not_told_the_same_within_a_day(sandbox: Sandbox) -> None:
    first = claimed(sandbox)
    assert message_deliver(run=first, text=TEXT)
    ended(first)
    assert not message_deliver(run=claimed(sandbox), text=TEXT)
    assert said(sandbox) == [TEXT]


def test_the_same_lead_is_told_something_new(sandbox: Sandbox) -> None:
    first = claimed(sandbox)
    message_deliver(run=first, text=TEXT)
    ended(first)
    assert message_deliver(run=claimed(sandbox), text=OTHER)
    assert said(sandbox) == [TEXT, OTHER]


@pytest.mark.parametrize(("hours", "again"), [(23, False), (25, True)])
def test_the_same_lead_is_told_the_same_after_a_day(sandbox: Sandbox, hours: int, again: bool) -> None:
    first = claimed(sandbox)
    message_deliver(run=first, text=TEXT)
    ended(first)
    LeadMessage.objects.filter(direction=Direction.OUT).update(sent_at=Now() - timedelta(hours=hours))
    assert message_deliver(run=claimed(sandbox), text=TEXT) is again
    assert len(said(sandbox)) == 1 + again


def test_the_day_is_a_setting(sandbox: Sandbox, settings: Settings) -> None:
    settings.RESEND_AFTER_HOURS = 0
    first = claimed(sandbox)
    message_deliver(run=first, text=TEXT)
    ended(first)
    second = claimed(sandbox)
    assert message_deliver(run=second, text=TEXT)
    assert said(sandbox) == [TEXT, TEXT]


def test_another_lead_of_the_same_person_gets_its_message(sandbox: Sandbox) -> None:
    for lead_id in ("lead-1", "lead-2"):
        assert message_deliver(run=claimed(sandbox, lead_id), text=TEXT)
        assert said(sandbox, lead_id) == [TEXT]


def test_a_lead_that_was_closed_meanwhile_is_told_nothing(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    Lead.objects.update(closed_at=Now())
    assert not message_deliver(run=run, text=TEXT)
    assert (said(sandbox), outgoing()) == ([], [])


def test_a_run_that_was_taken_over_says_nothing(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    Run.objects.update(lease_owner="somebody-else")
    with pytest.raises(TakenOver):
        message_deliver(run=run, text=TEXT)
    assert (said(sandbox), outgoing()) == ([], [])


def test_being_asked_to_slow_down_leaves_nothing_to_look_up(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    sandbox.faults.next("c2s", "status", status=429, retry_after=0, operation="create_message")
    with pytest.raises(RateLimited):
        message_deliver(run=run, text=TEXT)
    assert message_deliver(run=run, text=TEXT)
    assert (said(sandbox), sandbox.calls("c2s", "get_lead")) == ([TEXT], 0)


@committed
def test_a_refused_message_is_visible_as_failed(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    sandbox.faults.set("c2s", "create_message", status=403)
    with pytest.raises(Rejected):
        message_deliver(run=run, text=TEXT)
    assert outgoing() == [(MessageState.FAILED, TEXT)]
    assert history(run.lead) == []
    sandbox.faults.set("c2s", "create_message", status=None)
    assert message_deliver(run=run, text=TEXT)
    assert outgoing() == [(MessageState.SENT, TEXT)]


@committed
@pytest.mark.parametrize("wanted", [False, True])
def test_nobody_is_told_only_where_wanted_and_once(
    sandbox: Sandbox, settings: Settings, perform: Callable[[Run], Run], wanted: bool
) -> None:
    settings.NOTIFY_NOT_FOUND = wanted
    for _ in range(2):
        assert perform(run_for(sandbox, phone="(11) 98123-0000", email="")).state == RunState.NOT_FOUND
    assert len(said(sandbox)) == wanted


@committed
@pytest.mark.parametrize("wanted", [False, True])
def test_a_fake_contact_is_never_told(
    sandbox: Sandbox, settings: Settings, perform: Callable[[Run], Run], wanted: bool
) -> None:
    settings.NOTIFY_NOT_FOUND = wanted
    assert perform(run_for(sandbox, phone="(11) 99999-9999", email="")).state == RunState.SKIPPED
    assert said(sandbox) == []


def heard(lead: Lead, *bodies: str) -> None:
    heard_keep([(lead, [Said("customer", body, None) for body in bodies])])


def spoken(lead: Lead) -> list[str]:
    return [message["body"] for message in history(lead)]


@committed
def test_the_history_has_no_doubles(sandbox: Sandbox, webhook: Any) -> None:
    run = claimed(sandbox)
    message_deliver(run=run, text=TEXT)
    for _ in range(2):
        heard(run.lead, "Quero visitar", TEXT)
    assert sorted(spoken(run.lead)) == sorted(["Quero visitar", TEXT])


@committed
def test_the_history_is_remembered_and_dropped_when_somebody_speaks(
    sandbox: Sandbox, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    run = claimed(sandbox)
    heard(run.lead, "Quero visitar")
    assert spoken(run.lead) == ["Quero visitar"]
    with django_assert_num_queries(0):
        assert spoken(run.lead) == ["Quero visitar"]
    heard(run.lead, "Ainda está livre?")
    assert len(spoken(run.lead)) == 2
    message_deliver(run=run, text=TEXT)
    assert TEXT in spoken(run.lead)


@committed
def test_the_history_is_remembered_for_about_five_minutes(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    history(run.lead)
    [left] = [cache.ttl(key) for key in cache.keys("c2s:k:*")]  # type: ignore[attr-defined]
    assert conversation.HISTORY_TTL == 300
    assert 260 < left <= 330


def test_no_text_and_no_lead_is_in_an_error(sandbox: Sandbox) -> None:
    run = claimed(sandbox)
    sandbox.faults.set("c2s", outage="503")
    with pytest.raises(ProviderError) as caught:
        message_deliver(run=run, text=TEXT)
    assert "MARINA" not in str(caught.value)


def test_in_shadow_the_message_is_kept_as_it_would_have_been_sent(sandbox: Sandbox, settings: Settings) -> None:
    settings.DELIVERY = "shadow"
    run = claimed(sandbox)
    assert not message_deliver(run=run, text=TEXT)
    assert (said(sandbox), outgoing()) == ([], [(MessageState.SHADOW, TEXT)])
    # the conversation that others are shown does not have it
    assert history(run.lead) == []
    ended(run)
    # the other system told the broker: once we speak, the same is not said again, unless somebody asks for it
    settings.DELIVERY = "send"
    again = claimed(sandbox)
    assert not message_deliver(run=again, text=TEXT)
    assert message_deliver(run=again, text=TEXT, again=True)
    assert said(sandbox) == [TEXT]


@committed
def test_what_a_customer_ends_with_a_reference_of_their_own_is_kept(sandbox: Sandbox) -> None:
    words = ["Olá\nref: APT-0012", "ref:0012", "Casa\nref:fc19d3f9211d9a1", "ref:fc19d3f9211d9a10 é esse?"]
    run = claimed(sandbox)
    heard(run.lead, *words, "Nosso texto\n\nref:fc19d3f9211d9a10", "O do formulário\n\nref:google-" + "0" * 32)
    assert sorted(spoken(run.lead)) == sorted(words)
