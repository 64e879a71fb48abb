"""Staff bring in a file: piece by piece, looked at first, worked off by the queue, within permissions."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from c2s_enrich.privacy import access_log
from c2s_enrich.privacy.models import AccessEntry
from enrichment.bulk import checking, reading
from enrichment.bulk import file as pieces
from enrichment.bulk.checking import check_go_on, checks_ring_due
from enrichment.bulk.importing import import_go_on
from enrichment.models import BulkImport, BulkState
from enrichment.sweeps import sweeps
from parties.models import Party
from tests.back_office import CLEAR, cpf_of, logged_in, staff
from tests.enrichment.bulk.files import HEAD, as_csv, people

pytestmark = pytest.mark.django_db
ADD = "/admin/enrichment/bulkimport/add/"
RUN = "run_bulkimport"


@pytest.fixture
def manager() -> Client:
    return logged_in(staff("manager", CLEAR, RUN))


def uploaded(client: Client, content: bytes, brings: str = "contacts") -> Any:
    told = {"brings": brings, "file_name": "people.csv", "size": str(len(content))}
    answer = client.post(ADD, told)
    if answer.status_code != 200:
        return answer
    room = answer.json()
    for number in range(room["pieces"]):
        piece = content[number * room["size"] : (number + 1) * room["size"]]
        sent = client.post(f"{room['piece']}{number}/", piece, content_type="application/octet-stream")
        assert sent.status_code == 204
    return client.post(room["look"])


def url(name: str, bulk: BulkImport, *more: str) -> str:
    return reverse(f"admin:enrichment_bulkimport_{name}", args=[bulk.pk, *more])


def test_a_file_goes_up_is_looked_at_corrected_started_and_worked_off(
    manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 200)
    monkeypatch.setattr("enrichment.admin.imports.PIECE", 200)
    content = as_csv((("Nome", "CPF", "x", "y"), *people(8), ("ANA", "1", "", "")))
    page = manager.get(uploaded(manager, content).json()["url"])
    bulk = BulkImport.objects.get()
    assert (bulk.state, bulk.by.username) == (BulkState.READY, "manager")
    assert bulk.columns == ["name", "document", "phone", "email"]
    assert "CPF or CNPJ: This is shorter than it must be." in page.content.decode()
    manager.post(url("start", bulk), {"column": ["name", "document", "", "email"]})
    assert manager.get(url("change", bulk)).context["page"]["check"].refused == 1
    manager.post(url("start", bulk), {"column": ["name", "document", "", "email"], "start": "yes"})
    job = ProcrastinateJob.objects.get(args__import_id=str(bulk.pk))
    assert (job.args, job.priority) == ({"import_id": str(bulk.pk)}, -10)
    assert manager.get(url("progress", bulk)).json()["open"]
    import_go_on(UUID(job.args["import_id"]))
    told = manager.get(url("progress", bulk)).json()
    assert (told["open"], told["percent"], told["counts"]["made"], told["counts"]["refused"]) == (False, 100, 8, 1)
    assert Party.objects.filter(contacts__contact_type="phone").count() == 0


def test_a_long_file_is_looked_at_whole_by_a_worker_while_the_page_shows_its_first_rows(
    manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 10)
    page = manager.get(uploaded(manager, as_csv((HEAD, *people(33), ("ANA", "1", "", "")))).json()["url"])
    bulk = BulkImport.objects.get()
    assert looked_at(page) == (10, 10, 0)
    assert "data-progress" in page.content.decode()
    assert ProcrastinateJob.objects.filter(args__import_id=str(bulk.pk)).count() == 1
    # a worker that dies in the middle: the next one goes on behind it
    with monkeypatch.context() as broken:
        broken.setattr(checking, "rows_of", rows_of_a_worker_that_dies)
        with pytest.raises(OSError, match="gone"):
            check_go_on(bulk.pk)
    told = manager.get(url("progress", bulk)).json()
    assert (told["open"], told["counts"]) == (True, {"looked_at": 20, "good": 20, "bad": 0})
    BulkImport.objects.update(check_due_at="2026-01-01T00:00Z")
    assert checks_ring_due() == 1
    check_go_on(bulk.pk)
    assert manager.get(url("progress", bulk)).json()["counts"] == {"looked_at": 34, "good": 33, "bad": 1}
    page = manager.get(url("change", bulk))
    assert looked_at(page) == (34, 33, 1)
    assert "CPF or CNPJ: This is shorter than it must be." in page.content.decode()
    assert "data-progress" not in page.content.decode()
    # other columns: all of it again; and what is started is no longer looked at
    manager.post(url("start", bulk), {"column": ["name", "", "", "email"]})
    assert looked_at(manager.get(url("change", bulk))) == (10, 10, 0)
    manager.post(url("start", bulk), {"column": ["name", "", "", "email"], "start": "yes"})
    check_go_on(bulk.pk)
    assert BulkImport.objects.get().checked["rows"] == 0


def rows_of_a_worker_that_dies(*where: Any, **after: int) -> Iterator[reading.Row]:
    yield from islice(reading.rows_of(*where, **after), 22)
    raise OSError("gone")


def looked_at(page: Any) -> tuple[int, int, int]:
    tally = page.context["page"]["check"]
    return tally.rows, tally.good, tally.refused


def test_a_file_that_turns_out_to_be_unreadable_further_down_says_so_before_anything_comes_in(
    manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr(reading, "MOST_ROWS", 25)
    uploaded(manager, as_csv((HEAD, *people(30))))
    bulk = BulkImport.objects.get()
    check_go_on(bulk.pk)
    assert "There are more than a million rows" in manager.get(url("change", bulk)).content.decode()
    bulk.refresh_from_db()
    assert (bulk.state, bulk.chunks.count()) == (BulkState.FAILED, 0)


def test_a_lost_bell_is_rung_again(manager: Client) -> None:
    uploaded(manager, as_csv((HEAD, *people(2))))
    BulkImport.objects.update(state=BulkState.RUNNING, due_at="2026-01-01T00:00Z")
    [again] = [sweep for sweep in sweeps() if sweep.name == "imports"]
    assert again.deed() == 1
    bulk = BulkImport.objects.get()
    assert ProcrastinateJob.objects.filter(args__import_id=str(bulk.pk)).count() == 1
    # and what nobody started within a day is let go
    BulkImport.objects.update(state=BulkState.READY, due_at="2026-01-01T00:00Z")
    again.deed()
    bulk.refresh_from_db()
    assert (bulk.state, bulk.chunks.count()) == (BulkState.CANCELLED, 0)


def test_what_a_worker_that_died_had_is_taken_over_by_whoever_hears_the_bell(manager: Client) -> None:
    uploaded(manager, as_csv((HEAD, *people(2))))
    BulkImport.objects.update(state=BulkState.RUNNING, owner="dead", due_at="2026-01-01T00:00Z")
    [again] = [sweep for sweep in sweeps() if sweep.name == "imports"]
    again.deed()
    bulk = BulkImport.objects.get()
    import_go_on(bulk.pk)
    bulk.refresh_from_db()
    assert (bulk.state, bulk.made) == (BulkState.DONE, 2)


def test_what_was_refused_is_given_back_disarmed_and_masked_for_who_may_not_see(manager: Client) -> None:
    rows = [("=1+1", cpf_of(1), "123", "ana@example.com")]
    uploaded(manager, as_csv((HEAD, *rows)))
    bulk = BulkImport.objects.get()
    manager.post(url("start", bulk), {"column": bulk.columns, "start": "yes"})
    import_go_on(bulk.pk)
    clear = manager.get(url("refused", bulk, "csv")).getvalue().decode()
    assert f"'=1+1;{cpf_of(1)};123;ana@example.com" in clear
    assert "Phone: This is shorter than it must be." in clear
    masked = logged_in(staff("vera", RUN)).get(url("refused", bulk, "csv")).getvalue().decode()
    assert cpf_of(1) not in masked
    assert "ana@example.com" not in masked
    access_log.write_out()
    assert set(AccessEntry.objects.filter(thing_id=str(bulk.pk)).values_list("who", flat=True)) == {"manager"}


def test_rubbish_gets_one_sentence_and_leaves_nothing(manager: Client, settings: Settings) -> None:
    answer = uploaded(manager, b"\x89PNG\r\n\x1a\n")
    assert (answer.status_code, answer.json()["why"][:18]) == (400, "This is no table: ")
    bulk = BulkImport.objects.get()
    assert (bulk.state, bulk.chunks.count()) == (BulkState.FAILED, 0)
    assert "This is no table" in manager.get(url("change", bulk)).content.decode()
    settings.IMPORT_MAX_MB = 1
    assert uploaded(manager, b"x" * 1024 * 1025).json()["why"] == "The file is larger than it may be: divide it."
    assert uploaded(manager, b"").json()["why"] == "The file is empty."


def test_a_piece_that_nobody_waits_for_is_refused(manager: Client) -> None:
    room = manager.post(ADD, {"brings": "contacts", "file_name": "a.csv", "size": "10"}).json()
    for piece, content in (("0/", b"short"), ("1/", b"x" * 10), ("0/", b"x" * 11)):
        sent = manager.post(room["piece"] + piece, content, content_type="application/octet-stream")
        assert sent.status_code == 400
    assert manager.post(room["look"]).json()["why"] == "The file did not arrive whole: upload it again."


def test_who_may_look_only_brings_nothing_in(manager: Client) -> None:
    uploaded(manager, as_csv((HEAD, *people(2))))
    bulk, viewer = BulkImport.objects.get(), logged_in(staff("vera"))
    assert viewer.post(ADD, {"brings": "contacts", "size": "9"}).status_code == 403
    for name in ("start", "cancel", "look"):
        assert viewer.post(url(name, bulk)).status_code == 403
    page = viewer.get(url("change", bulk)).content.decode()
    assert cpf_of(0) not in page
    assert Client(enforce_csrf_checks=True).post(url("cancel", bulk)).status_code in (302, 403)
