"""A lead that the CRM gets from us is created once, whatever is slow, down or lost on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from enrichment import crm_leads
from enrichment.actions import Skip, lead_create_again
from enrichment.crm_leads import creations_do_due, crm_lead_create, description_of
from enrichment.intake import Arrival, leads_take_in
from enrichment.models import (
    CreationState,
    CrmCreation,
    Lead,
    LeadMessage,
    MessageState,
    Run,
    RunState,
    Source,
    Trigger,
)
from enrichment.providers.c2s.schemas import LeadCard, lead_in
from enrichment.providers.errors import ProviderError
from enrichment.reconcile import reconcile
from enrichment.sandbox import Sandbox
from enrichment.sandbox.c2s import event_of
from tests.back_office import list_url, page_url, superuser
from tests.c2s_enrich.embedded.processes import eventually
from tests.enrichment.leads import paid_calls
from tests.enrichment.sandbox.holding import held
from webhooks.c2s import events_take_in
from webhooks.google_ads import our_id

pytestmark = pytest.mark.django_db(transaction=True)
Perform = Callable[[Run], Run]

MARINA = {"name": "Marina Alves Prado", "phone": "(11) 98765-4321", "email": "marina.prado@example.com"}


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    """Whose CRM has no leads yet."""
    sandbox.world.crm.clear()
    return sandbox


def form_lead(google_id: str = "form-1", **told: str) -> tuple[Lead, Run]:
    card = LeadCard(lead_id=our_id(google_id), source="Google Ads", **(MARINA | told))  # type: ignore[arg-type]
    arrival = Arrival(card, details={"city": "Campinas"})
    [lead] = leads_take_in(arrivals=[arrival], source=Source.GOOGLE_ADS, trigger=Trigger.GOOGLE_ADS).values()
    return lead, Run.objects.get(lead=lead)


def due() -> None:
    CrmCreation.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def creations(sandbox: Sandbox) -> int:
    return sandbox.calls("c2s", operation="create_lead")


def made(sandbox: Sandbox) -> list[dict[str, Any]]:
    return sandbox.world.crm.leads()


def description(sandbox: Sandbox) -> str:
    [lead] = made(sandbox)
    return str(lead["attributes"]["description"])


@pytest.mark.parametrize("form", ["data.id", "id", "lead_id", "number"])
def test_the_enrichment_stands_in_the_description_and_is_not_said_again(
    sandbox: Sandbox, perform: Perform, form: str
) -> None:
    sandbox.world.crm.created_as = form
    lead, run = form_lead()
    run = perform(run)
    lead.refresh_from_db()
    assert (run.state, run.message_sent, lead.crm_id) == (RunState.COMPLETED, True, str(made(sandbox)[0]["id"]))
    assert "CPF: 529.982.247-25" in description(sandbox)
    assert description(sandbox).endswith(f"\n\nref:{lead.lead_id}")
    assert LeadMessage.objects.get().state == MessageState.SENT
    assert (sandbox.messages(), creations_do_due(), creations(sandbox)) == ([], 0, 1)


def test_the_crm_gets_the_lead_though_the_enrichment_is_late_and_then_the_message(
    sandbox: Sandbox, perform: Perform
) -> None:
    sandbox.faults.set("diretrix", outage="503")
    lead, run = form_lead()
    assert perform(run).state == RunState.QUEUED
    assert creations_do_due() == 0
    due()
    assert creations_do_due() == 1
    assert "Cidade: Campinas" in description(sandbox)
    assert "CPF" not in description(sandbox)
    sandbox.faults.set("diretrix", outage=None)
    assert perform(run).message_sent
    lead.refresh_from_db()
    [said] = sandbox.messages(lead.crm_id)
    assert "CPF: 529.982.247-25" in said["body"]
    assert creations(sandbox) == 1


@pytest.mark.parametrize(
    ("told", "state"),
    [({"phone": "(11) 98123-0000", "email": ""}, RunState.NOT_FOUND), ({"phone": "1", "email": ""}, RunState.SKIPPED)],
)
def test_a_lead_of_whom_nothing_is_found_is_created_all_the_same_and_at_once(
    sandbox: Sandbox, perform: Perform, told: dict[str, str], state: RunState
) -> None:
    _, run = form_lead(**told)
    assert perform(run).state == state
    assert creations_do_due() == 1
    assert len(made(sandbox)) == 1


def test_it_is_tried_until_the_crm_has_it(sandbox: Sandbox, perform: Perform, settings: Settings) -> None:
    settings.BREAKER_FAILURES = 1000
    _lead, run = form_lead()
    sandbox.faults.set("c2s", outage="503")
    run = perform(run)
    assert (run.state, run.attempts) == (RunState.QUEUED, 1)
    for attempt in range(2, 12):
        due()
        assert creations_do_due() == 0
        creation = CrmCreation.objects.get()
        assert (creation.state, creation.attempts) == (CreationState.WAITING, attempt)
        assert creation.error.startswith("c2s: ")
    assert CrmCreation.objects.get().due_at > timezone.now() + timedelta(minutes=50)
    sandbox.faults.set("c2s", outage=None)
    due()
    # the message was ready, so it comes with the lead
    assert creations_do_due() == 1
    assert "CPF: 529.982.247-25" in description(sandbox)
    run = perform(run)
    assert (run.state, run.message_sent, sandbox.messages()) == (RunState.COMPLETED, True, [])
    assert len(made(sandbox)) == 1


@pytest.mark.parametrize("fault", ["lost_answer", "cut", "malformed_json"])
def test_a_lost_answer_creates_nothing_twice(sandbox: Sandbox, perform: Perform, fault: str) -> None:
    sandbox.faults.next("c2s", fault, operation="create_lead")
    lead, run = form_lead()
    run = perform(run)
    lead.refresh_from_db()
    assert (run.state, run.message_sent) == (RunState.COMPLETED, True)
    assert (creations(sandbox), [sent["id"] for sent in made(sandbox)]) == (1, [lead.crm_id])


def test_a_lost_answer_is_looked_for_later_when_it_cannot_be_now(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.next("c2s", "lost_answer", operation="create_lead")
    sandbox.faults.set("c2s", operation="list_leads", outage="503")
    _lead, run = form_lead()
    assert perform(run).state == RunState.QUEUED
    for _ in range(2):
        due()
        assert creations_do_due() == 0
    sandbox.faults.set("c2s", operation="list_leads", outage=None)
    due()
    assert creations_do_due() == 1
    assert (creations(sandbox), len(made(sandbox))) == (1, 1)
    assert perform(run).message_sent
    assert sandbox.messages() == []


def test_a_call_that_was_lost_before_it_arrived_is_made_again(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.next("c2s", "status", operation="create_lead", status=502)
    _lead, run = form_lead()
    perform(run)
    due()
    assert creations_do_due() == 1
    assert len(made(sandbox)) == 1


def test_a_crm_that_rewrites_descriptions_is_searched_by_contact(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, _ = form_lead()
    long_ago, by_chance = "a-lead-of-long-ago", "of-somebody-else"
    events_take_in({"id": long_ago, "attributes": {"customer": MARINA}})
    sandbox.add_lead(id=long_ago, **MARINA)
    sandbox.add_lead(id=by_chance, name="Otávio", phone="(21) 99876-5432", email=None)
    Lead.objects.filter(lead_id=long_ago).update(received_at=timezone.now() - timedelta(days=1))
    CrmCreation.objects.update(unsure_since=timezone.now())
    sandbox.add_lead(id="made-by-us", name="Marina", phone="11987654321", email=None)
    assert crm_lead_create(lead)
    assert (lead.crm_id, creations(sandbox)) == ("made-by-us", 0)


def test_of_many_who_create_at_once_one_does(sandbox: Sandbox) -> None:
    lead, _ = form_lead()

    def create() -> bool:
        try:
            return crm_lead_create(Lead.objects.get(pk=lead.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool, held(sandbox, "c2s"):
        creating = [pool.submit(create) for _ in range(8)]
        assert eventually(lambda: sum(one.done() for one in creating) == 7)
    assert sorted(one.result() for one in creating) == [False] * 7 + [True]
    assert crm_lead_create(lead)
    assert creations(sandbox) == 1


def test_whoever_died_while_creating_may_have_created(sandbox: Sandbox) -> None:
    lead, _ = form_lead()
    assert crm_leads._claim(lead) is not None
    assert not crm_lead_create(lead)
    sandbox.add_lead(id="made-before-it-died", **MARINA, description=description_of(lead, ""))
    CrmCreation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    due()
    assert creations_do_due() == 1
    lead.refresh_from_db()
    assert (lead.crm_id, creations(sandbox)) == ("made-before-it-died", 0)


def test_a_refusal_is_told_and_tried_again_later(sandbox: Sandbox) -> None:
    lead, _ = form_lead()
    sandbox.faults.set("c2s", status=422)
    with pytest.raises(ProviderError, match="refused with 422"):
        crm_lead_create(lead)
    creation = CrmCreation.objects.get()
    assert (creation.state, creation.error, creation.unsure_since) == (
        CreationState.WAITING, "c2s: refused with 422", None,
    )  # fmt: skip


def test_a_lead_that_the_crm_goes_on_refusing_ends_where_staff_see_it(sandbox: Sandbox, perform: Perform) -> None:
    lead, run = form_lead(phone="", email="")
    assert perform(run).state == RunState.SKIPPED
    for _ in range(8):
        due()
        assert creations_do_due() == 0
    creation = CrmCreation.objects.get()
    assert (creation.state, creation.error, creations(sandbox)) == (CreationState.REFUSED, "c2s: refused with 422", 5)
    boss = superuser()
    for page in (reverse("admin:index"), list_url(Lead) + "?review=refused", page_url(lead)):
        assert "refuse" in boss.get(page).content.decode().partition("</nav>")[2]
    Lead.objects.update(phone="(11) 98765-4321", phone_value="+5511987654321")
    boss.post(reverse("admin:enrichment_lead_deed", args=[lead.pk]), {"deed": "create"})
    assert creations_do_due() == 1
    assert len(made(sandbox)) == 1


def test_a_run_that_meets_the_refusal_fails_and_its_message_comes_with_the_next_try(
    sandbox: Sandbox, perform: Perform
) -> None:
    lead, run = form_lead()
    sandbox.faults.set("c2s", status=422)
    for _ in range(5):
        with pytest.raises(ProviderError):
            crm_lead_create(lead)
    run = perform(run)
    assert (run.state, run.error) == (RunState.FAILED, "c2s: refused the lead")
    assert LeadMessage.objects.get(direction="out").state == MessageState.FAILED
    sandbox.faults.set("c2s", status=None)
    assert [done.skipped for done in lead_create_again(leads=[lead])] == [None]
    assert [done.skipped for done in lead_create_again(leads=[lead])] == [Skip.NOT_REFUSED]
    assert creations_do_due() == 1
    assert "CPF: 529.982.247-25" in description(sandbox)
    assert LeadMessage.objects.get(direction="out").state == MessageState.SENT


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_of_ourselves_is_no_refusal_of_the_lead(sandbox: Sandbox, status: int) -> None:
    lead, _run = form_lead()
    sandbox.faults.set("c2s", status=status)
    for _ in range(7):
        with pytest.raises(ProviderError):
            crm_lead_create(lead)
    assert CrmCreation.objects.get().state == CreationState.WAITING


def test_a_request_to_wait_is_obeyed(sandbox: Sandbox) -> None:
    lead, _ = form_lead()
    sandbox.faults.next("c2s", "status", operation="create_lead", status=429, retry_after=600)
    with pytest.raises(ProviderError):
        crm_lead_create(lead)
    assert CrmCreation.objects.get().due_at > timezone.now() + timedelta(minutes=9)


# --- the lead comes back through C2S's own webhook


def echoed(sandbox: Sandbox, action: str = "on_create_lead") -> dict[str, Any]:
    return event_of(made(sandbox)[0], action)


def test_our_own_lead_coming_back_is_the_same_lead_and_costs_nothing(sandbox: Sandbox, perform: Perform) -> None:
    lead, run = form_lead()
    perform(run)
    paid = paid_calls(sandbox)
    receipt = events_take_in(echoed(sandbox))
    assert (receipt.processed, Lead.objects.count()) == (1, 1)
    again = perform(Run.objects.exclude(pk=run.pk).get())
    assert (again.lead, again.message_sent, paid_calls(sandbox)) == (lead, False, paid)
    assert (sandbox.messages(), creations(sandbox)) == ([], 1)


def test_it_may_come_back_before_the_answer_does(sandbox: Sandbox, perform: Perform) -> None:
    lead, run = form_lead()
    sandbox.add_lead(id="came-back-early", **MARINA, description=description_of(lead, ""))
    events_take_in(echoed(sandbox))
    lead.refresh_from_db()
    assert (lead.crm_id, Lead.objects.count()) == ("came-back-early", 1)
    assert CrmCreation.objects.get().state == CreationState.CREATED
    perform(run)
    assert (creations(sandbox), len(sandbox.messages("came-back-early"))) == (0, 1)


def test_it_may_even_come_back_unmarked_and_is_told_nothing_twice(sandbox: Sandbox, perform: Perform) -> None:
    lead, _run = form_lead()
    sandbox.add_lead(id="unmarked", **MARINA)
    events_take_in(echoed(sandbox))
    crm_leads.creation_settle(lead, "unmarked")
    assert [perform(each).state for each in Run.objects.order_by("id")] == [RunState.COMPLETED] * 2
    assert len(sandbox.messages("unmarked")) == 1


def test_the_sweep_knows_our_own_leads(sandbox: Sandbox, perform: Perform) -> None:
    _, run = form_lead()
    perform(run)
    assert (reconcile(), Lead.objects.count()) == (0, 1)


def test_closing_it_in_the_crm_closes_it_here(sandbox: Sandbox, perform: Perform) -> None:
    lead, run = form_lead()
    perform(run)
    events_take_in(echoed(sandbox, "on_close_lead"))
    lead.refresh_from_db()
    assert lead.closed_at is not None


def test_a_description_is_no_longer_than_the_crm_takes(settings: Settings, sandbox: Sandbox) -> None:
    settings.C2S_DESCRIPTION_MAX_LENGTH = 300
    lead, _ = form_lead()
    text = description_of(lead, "\n".join(f"line {n} of the enrichment" for n in range(100)))
    assert len(text) <= 300
    assert "mensagem cortada" in text
    assert text.endswith(f"ref:{lead.lead_id}")
    card = lead_in({"data": {"id": "x", "attributes": {"description": text}}})
    assert card is not None
    assert crm_leads.marks_in(card) == {lead.lead_id}
