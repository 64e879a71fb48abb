"""Buttons, the list's actions, batches and the review queue, used by those who may and by those who may not."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from enrichment.batches import batch_start
from enrichment.models import Batch, BatchState, Candidate, CrmCreation, Decision, Deed, Lead, Run, RunState, Source
from tests.back_office import CLEAR, Rows, list_url, logged_in, page_url, rows, staff

pytestmark = pytest.mark.django_db

CODENAMES = {
    Deed.RERUN: "rerun_lead",
    Deed.FORCE: "force_lead",
    Deed.RESEND: "resend_lead",
    Deed.CREATE: "resend_lead",
    Deed.REVIEWED: "review_lead",
    Deed.IGNORE: "review_lead",
}
ACTIONS = {
    Deed.RERUN: "rerun_many",
    Deed.FORCE: "force_many",
    Deed.RESEND: "resend_many",
    Deed.CREATE: "create_many",
    Deed.REVIEWED: "reviewed_many",
    Deed.IGNORE: "ignore_many",
}
each_deed = pytest.mark.parametrize("deed", Deed)


@pytest.fixture
def made() -> Rows:
    return rows()


@pytest.fixture
def viewer() -> Client:
    return logged_in(staff("viewer"))


@pytest.fixture
def agent() -> Client:
    return logged_in(staff("agent", *CODENAMES.values()))


def deed_url(lead: Lead) -> str:
    return reverse("admin:enrichment_lead_deed", args=[lead.pk])


def to_review(made: Rows) -> Run:
    run: Run = made[Run]
    Run.objects.filter(pk=run.pk).update(state=RunState.NEEDS_REVIEW)
    Candidate.objects.create(run=run, cpf="39053344705", name="PAULO LIMA", score="0.4", reasons=["email_leads_here"])
    return run


REVIEW = "/admin/enrichment/lead/review/"


def test_every_deed_has_a_permission_an_action_and_words() -> None:
    from enrichment.admin.deeds import BUTTONS, PERMISSIONS, SAID, LeadDeeds
    from enrichment.batches import DEEDS

    for told in (PERMISSIONS, SAID, DEEDS, {button.deed: button for button in BUTTONS}, CODENAMES, ACTIONS):
        assert set(told) == set(Deed), "a deed needs a line in each of these"
    assert set(LeadDeeds.actions) == set(ACTIONS.values())


@each_deed
def test_only_whoever_may_does_a_deed_to_one(made: Rows, viewer: Client, deed: Deed) -> None:
    form = {"deed": deed.value, "confirmed": "yes"}
    assert viewer.post(deed_url(made[Lead]), form).status_code == 403
    assert (Run.objects.count(), Decision.objects.count()) == (1, 0)
    client = logged_in(staff("one", CODENAMES[deed]))
    to_review(made)
    CrmCreation.objects.create(lead=made[Lead], state="refused", due_at=timezone.now())
    assert client.post(deed_url(made[Lead]), form).status_code == 302
    tried = CrmCreation.objects.filter(state="waiting").count()
    assert Run.objects.count() + Decision.objects.count() + tried == 2


@each_deed
def test_only_whoever_may_does_a_deed_to_many(made: Rows, viewer: Client, deed: Deed) -> None:
    form = {"action": ACTIONS[deed], "_selected_action": str(made[Lead].pk), "confirmed": "yes"}
    Batch.objects.all().delete()
    viewer.post(list_url(Lead), form)
    assert not Batch.objects.exists()
    client = logged_in(staff("one", CODENAMES[deed]))
    answer = client.post(list_url(Lead), form)
    batch = Batch.objects.get()
    assert (batch.deed, batch.total, answer["Location"]) == (deed, 1, page_url(batch))


@pytest.mark.parametrize("form", [{}, {"deed": "nonsense"}])
def test_a_deed_that_nobody_knows_is_refused(made: Rows, agent: Client, form: dict[str, str]) -> None:
    assert agent.post(deed_url(made[Lead]), form).status_code == 403


@pytest.mark.parametrize("name", ["deed", "choose"])
def test_looking_changes_nothing(made: Rows, agent: Client, name: str) -> None:
    assert agent.get(reverse(f"admin:enrichment_lead_{name}", args=[made[Lead].pk])).status_code == 405


def test_the_price_is_shown_before_and_confirmed(made: Rows, agent: Client, settings: Settings) -> None:
    settings.PRICE_DIRETRIX, settings.PRICE_WORK_API = 2, 5
    Lead.objects.update(document="")
    form = {"deed": "force"}
    body = agent.post(deed_url(made[Lead]), form).content.decode()
    assert "R$ 14.00" in body
    assert Run.objects.count() == 1
    agent.post(deed_url(made[Lead]), form | {"confirmed": "yes"})
    assert Run.objects.latest("id").force_providers


def test_a_re_run_of_many_tells_what_the_unknown_may_cost(made: Rows, agent: Client, settings: Settings) -> None:
    settings.PRICE_DIRETRIX, settings.PRICE_WORK_API = 2, 5
    unknown = rows(1)[Lead]
    Lead.objects.update(document="")
    Lead.objects.filter(pk=unknown.pk).update(party=None)
    form = {"action": "rerun_many", "_selected_action": [str(made[Lead].pk), str(unknown.pk)]}
    assert "R$ 14.00" in agent.post(list_url(Lead), form).content.decode()


def test_a_batch_is_confirmed_and_takes_all_that_match(made: Rows, agent: Client) -> None:
    rows(1)
    Lead.objects.filter(pk=made[Lead].pk).update(source=Source.REST)
    Batch.objects.all().delete()
    url = f"{list_url(Lead)}?source__exact=c2s"
    rows(2)
    Batch.objects.all().delete()
    form = {"action": "rerun_many", "select_across": "1", "_selected_action": str(made[Lead].pk)}
    page = agent.post(url, form)
    assert "This is done to 2 leads" in page.content.decode()
    assert not Batch.objects.exists()
    agent.post(url, form | {"confirmed": "yes"})
    batch = Batch.objects.get()
    assert set(batch.items.values_list("lead__source", flat=True)) == {"c2s"}
    assert batch.items.count() == 2


def test_too_many_leads_are_refused(made: Rows, agent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.admin.deeds.MOST_LEADS", 0)
    monkeypatch.setattr("enrichment.batches.MOST_LEADS", 0)
    Batch.objects.all().delete()
    form = {"action": "ignore_many", "_selected_action": str(made[Lead].pk)}
    assert "narrow the list" in agent.post(list_url(Lead), form).content.decode()
    agent.post(list_url(Lead), form | {"confirmed": "yes"})
    assert not Batch.objects.exists()


def test_a_batch_tells_how_far_it_is(made: Rows, viewer: Client) -> None:
    url = reverse("admin:enrichment_batch_progress", args=[made[Batch].pk])
    state = json.loads(viewer.get(url).content)
    assert (state["open"], state["percent"], state["counts"]["skipped"]) == (True, 100, 1)
    assert logged_in(staff("nobody", may_view=False)).get(url).status_code == 403
    assert "the lead is closed" in viewer.get(page_url(made[Batch])).content.decode()


def test_only_whoever_may_do_the_deed_cancels_its_batch(made: Rows, viewer: Client) -> None:
    batch = batch_start(deed=Deed.FORCE, lead_ids=[made[Lead].pk], by=None)
    url = reverse("admin:enrichment_batch_cancel", args=[batch.pk])
    assert viewer.post(url).status_code == 403
    assert logged_in(staff("cheap", "rerun_lead")).post(url).status_code == 403
    assert logged_in(staff("dear", "force_lead")).post(url).status_code == 302
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED


def test_the_buttons_are_those_of_ones_permissions(made: Rows, viewer: Client) -> None:
    assert deed_url(made[Lead]) not in viewer.get(page_url(made[Lead])).content.decode()
    body = logged_in(staff("cheap", "rerun_lead")).get(page_url(made[Lead])).content.decode()
    assert 'value="rerun"' in body
    assert 'value="force"' not in body


def test_a_preview_is_masked(made: Rows, viewer: Client) -> None:
    url = reverse("admin:enrichment_lead_preview", args=[made[Lead].pk])
    assert "52998224725" not in viewer.get(url).content.decode().replace(".", "").replace("-", "")
    assert logged_in(staff("nobody", may_view=False)).get(url).status_code == 403
    assert Run.objects.count() == 1


def test_another_candidate_is_chosen_on_the_page_of_the_lead(made: Rows, viewer: Client, agent: Client) -> None:
    run = to_review(made)
    second = run.candidates.get(cpf="39053344705")
    url = reverse("admin:enrichment_lead_choose", args=[made[Lead].pk])
    assert viewer.post(url, {"candidate": second.pk}).status_code == 403
    assert f'value="{second.pk}"' in agent.get(page_url(made[Lead])).content.decode()
    assert agent.post(url, {"candidate": "0"}).status_code == 404
    assert agent.post(url, {"candidate": second.pk}).status_code == 302
    assert Lead.objects.get().chosen_cpf == "39053344705"


def test_the_review_queue_is_worked_off_and_the_next_one_opens(made: Rows, agent: Client) -> None:
    run, other = to_review(made), to_review(rows(1))
    body = agent.get(REVIEW).content.decode()
    for told in ("Marina Prado", "PAULO LIMA", 'data-key="1"', 'data-key="2"', 'data-key="r"', 'data-key="i"'):
        assert told in body
    second = run.candidates.get(cpf="39053344705")
    answer = agent.post(REVIEW, {"run": run.pk, "decision": f"choose:{second.pk}"}, follow=True)
    assert answer.context["run"] == other
    answer = agent.post(REVIEW, {"run": other.pk, "decision": "reviewed"}, follow=True)
    assert answer.context["run"] is None
    assert [d.ruling for d in Decision.objects.order_by("id")] == ["chosen", "reviewed"]


def test_what_somebody_else_decided_is_not_decided_again(made: Rows, agent: Client) -> None:
    run = to_review(made)
    agent.post(REVIEW, {"run": run.pk, "decision": "ignore"})
    answer = agent.post(REVIEW, {"run": run.pk, "decision": "reviewed"}, follow=True)
    assert "nothing is waiting for a review" in answer.content.decode()
    assert Decision.objects.count() == 1


def test_the_review_queue_is_for_those_who_decide(made: Rows, viewer: Client) -> None:
    run = to_review(made)
    assert viewer.get(REVIEW).status_code == 403
    assert viewer.post(REVIEW, {"run": run.pk, "decision": "ignore"}).status_code == 403


@pytest.mark.parametrize("form", [{}, {"run": "nonsense"}, {"decision": "reviewed"}])
def test_a_review_of_nothing_is_not_found(made: Rows, agent: Client, form: dict[str, Any]) -> None:
    assert agent.post(REVIEW, form).status_code == 404


def test_the_review_queue_masks_what_one_may_not_see(made: Rows, agent: Client) -> None:
    to_review(made)
    body = agent.get(REVIEW).content.decode()
    assert [told for told in ("52998224725", "529.982.247-25", "98765-4321", "marina.prado@") if told in body] == []
    officer = logged_in(staff("officer", CLEAR, "review_lead"))
    assert "529.982.247-25" in officer.get(REVIEW).content.decode()


def test_a_review_asks_the_database_as_often_for_ten_candidates_as_for_one(made: Rows, agent: Client) -> None:
    run = to_review(made)
    agent.get(REVIEW)
    with CaptureQueriesContext(connection) as few:
        agent.get(REVIEW)
    for number in range(8):
        Candidate.objects.create(run=run, cpf=f"{number:011}", score=0)
    with CaptureQueriesContext(connection) as many:
        agent.get(REVIEW)
    assert len(few) == len(many)


def test_the_next_review_is_found_by_its_index(made: Rows) -> None:
    from enrichment.reviews import runs_to_review

    connection.cursor().execute("set local enable_seqscan = off; set local enable_sort = off")
    assert "runs_to_review" in runs_to_review()[:1].explain()


def test_the_crm_is_linked_where_its_addresses_are_known(made: Rows, viewer: Client, settings: Settings) -> None:
    assert "Open in the CRM" not in viewer.get(page_url(made[Lead])).content.decode()
    settings.CRM_LEAD_URL = "https://crm.example/leads/{id}"
    assert 'href="https://crm.example/leads/lead-0"' in viewer.get(page_url(made[Lead])).content.decode()


def test_a_page_watches_a_run_to_its_end(made: Rows, viewer: Client) -> None:
    url = reverse("admin:enrichment_lead_state", args=[made[Lead].pk])
    assert url not in viewer.get(page_url(made[Lead])).content.decode()
    Run.objects.update(state=RunState.RUNNING)
    assert url in viewer.get(page_url(made[Lead])).content.decode()
    assert json.loads(viewer.get(url).content) == {"open": True}


def test_who_decided_what_is_told(made: Rows, viewer: Client) -> None:
    lead = made[Lead]
    by = User.objects.create_user("ana", password=None)
    Decision.objects.create(lead=lead, ruling="chosen", cpf="39053344705", by=by)
    body = viewer.get(page_url(lead)).content.decode()
    assert "Person chosen" in body
    assert "ana" in body
    assert "39053344705" not in body
