"""Staff hurry what waits in the queue and take it back, and leave alone what runs."""

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from c2s_enrich.models import ApiKey
from enrichment.admin.calls import OPERATIONS
from enrichment.batches import CANCELLED, batch_start
from enrichment.latest import leads_in_state
from enrichment.models import BatchState, Deed, Lead, LeadMessage, MessageState, ProviderCall, Run, RunState
from enrichment.runs import run_claim, runs_ring_due
from tests.back_office import Rows, list_url, logged_in, page_url, rows, staff, superuser
from tests.enrichment.providers.operations import OPERATIONS as CALLED
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Rows:
    made = rows()
    LeadMessage.objects.all().delete()
    Run.objects.update(state=RunState.QUEUED, attempts=0)
    return made


@pytest.fixture
def manager() -> Client:
    return logged_in(staff("manager", "change_procrastinatejob"))


def act(client: Client, name: str, job: Model) -> str:
    form = {"action": name, "_selected_action": str(job.pk)}
    return client.post(list_url(ProcrastinateJob), form, follow=True).content.decode()


def status(job: Model) -> str:
    return ProcrastinateJob.objects.get(pk=job.pk).status


def test_cancelling_ends_the_run_so_that_no_sweep_rings_again(made: Rows, manager: Client) -> None:
    job, run = made[ProcrastinateJob], made[Run]
    assert "1 job: done." in act(manager, "cancel", job)
    run.refresh_from_db()
    assert (status(job), run.state, run.error) == ("cancelled", RunState.SKIPPED, CANCELLED)
    assert leads_in_state(Lead.objects.all(), RunState.SKIPPED).get() == run.lead
    assert runs_ring_due() == 0
    assert run_claim(run.pk) is None


def test_what_runs_is_never_cancelled(made: Rows, manager: Client) -> None:
    job, run = made[ProcrastinateJob], made[Run]
    assert run_claim(run.pk) is not None
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing' where id = %s", [job.pk])
    for name in ("cancel", "retry"):
        assert "what runs is left alone" in act(manager, name, job)
    run.refresh_from_db()
    assert (status(job), run.state) == ("doing", RunState.RUNNING)


def test_a_run_whose_message_may_be_on_its_way_is_not_taken_back(made: Rows, manager: Client) -> None:
    LeadMessage.objects.create(lead=made[Lead], run=made[Run], direction="out", state=MessageState.SENDING, body="x")
    assert "what runs is left alone" in act(manager, "cancel", made[ProcrastinateJob])
    assert Run.objects.get().state == RunState.QUEUED


def test_a_job_that_was_cancelled_is_tried_again_as_a_new_run(made: Rows, manager: Client) -> None:
    job = made[ProcrastinateJob]
    act(manager, "cancel", job)
    assert "1 job: done." in act(manager, "retry", job)
    assert list(Run.objects.order_by("id").values_list("state", flat=True)) == [RunState.SKIPPED, RunState.QUEUED]


def test_what_waits_is_hurried(made: Rows, manager: Client) -> None:
    act(manager, "retry", made[ProcrastinateJob])
    newest = ProcrastinateJob.objects.latest("id")
    assert (newest.args, newest.priority) == (made[ProcrastinateJob].args, 10)


def test_what_has_ended_is_let_be(made: Rows, manager: Client) -> None:
    Run.objects.update(state=RunState.COMPLETED)
    for name in ("retry", "cancel"):
        assert "has ended" in act(manager, name, made[ProcrastinateJob])
    assert Run.objects.get().state == RunState.COMPLETED


def test_the_job_of_a_batch_takes_back_the_batch(made: Rows, manager: Client) -> None:
    batch = batch_start(deed=Deed.RERUN, lead_ids=[made[Lead].pk], by=None)
    act(manager, "cancel", ProcrastinateJob.objects.latest("id"))
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED


def test_the_button_asks_first(made: Rows, manager: Client) -> None:
    job = made[ProcrastinateJob]
    url = f"{page_url(job)[:-7]}cancel_this/"
    assert "Cancel this job?" in manager.get(url).content.decode()
    assert status(job) == "todo"
    answer = manager.post(url, {"_form_submitted": "True"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == list_url(ProcrastinateJob)
    assert status(job) == "cancelled"


def test_whoever_may_only_look_changes_nothing(made: Rows) -> None:
    viewer, job = logged_in(staff("viewer")), made[ProcrastinateJob]
    act(viewer, "cancel", job)
    assert viewer.post(f"{page_url(job)[:-7]}cancel_this/", {"_form_submitted": "True"}).status_code == 403
    assert status(job) == "todo"


def test_every_call_has_its_words() -> None:
    assert {operation.name for operation in CALLED} <= OPERATIONS.keys()


@pytest.mark.parametrize("model", [ApiKey, ProcrastinateJob, ProviderCall, WebhookEvent])
def test_a_page_asks_as_often_among_ten_rows_as_among_one(made: Rows, model: type[Model]) -> None:
    client = superuser()

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page_url(made[model])).status_code == 200
        return len(captured)

    asked()
    for_one = asked()
    for number in range(1, 10):
        rows(number)
    assert asked() == for_one <= 8
