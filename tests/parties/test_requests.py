"""What people ask about their own data, in the admin and from a terminal."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from c2s_enrich.privacy import access_log
from c2s_enrich.privacy.models import AccessEntry
from parties.identifiers import CPF
from parties.models import DEADLINE, DataRequest, Party, RequestState, Wish
from parties.requests.deeds import Answered, erasures_go_on, request_close, request_take, subject_of
from tests.back_office import logged_in, page_url, staff
from tests.enrichment.api.people import MARINA, marina

pytestmark = pytest.mark.django_db

TAKE = {"cpf": "529.982.247-25", "asked_at": "2026-03-02", "why": "asked by letter, showed a document"}


@pytest.fixture
def officer() -> Client:
    return logged_in(staff("officer", "handle_datarequest", "view_document_in_clear"))


def taken(officer: Client, wish: str, **more: str) -> DataRequest:
    answer = officer.post(reverse("admin:parties_datarequest_add"), TAKE | {"wish": wish} | more)
    assert answer.status_code == 302, answer.content.decode()
    return DataRequest.objects.latest("id")


def do(officer: Client, request: DataRequest, deed: str, **given: str) -> Any:
    return officer.post(reverse("admin:parties_datarequest_do", args=[request.pk, deed]), given, follow=True)


def test_a_request_says_who_when_and_why_and_by_which_day(officer: Client) -> None:
    request = taken(officer, "access")
    assert (request.taken_by, request.why, request.state) == ("officer", TAKE["why"], RequestState.OPEN)
    assert request.due_at == request.asked_at + DEADLINE
    body = officer.get(page_url(request)).content.decode()
    assert "17/03/2026" in body or "03/17/2026" in body
    assert MARINA.value not in body
    assert MARINA.value not in str(DataRequest.objects.values().get())


def test_a_number_in_the_text_that_stays_is_refused(officer: Client) -> None:
    answer = officer.post(
        reverse("admin:parties_datarequest_add"), TAKE | {"wish": "access", "why": "CPF 529.982.247-25 wrote"}
    )
    assert (answer.status_code, DataRequest.objects.count()) == (200, 0)


def test_the_access_file_is_a_page_and_json_and_is_noted(officer: Client) -> None:
    party, request = marina(), taken(officer, "access")
    url = reverse("admin:parties_datarequest_file", args=[request.pk])
    page = officer.post(url).content.decode()
    told = json.loads(officer.post(url, {"as": "json"}).content)
    tables = {part["table"]: part for part in told["held"]}
    assert tables["parties"]["rows"][0]["cpf_cnpj"] == MARINA.value
    assert {"people", "party_contacts", "party_finances", "party_enrichments"} <= tables.keys()
    assert {"source": "google_ads", "legal_basis": "consent", "purpose": told["grounds"][0]["purpose"]} in told[
        "grounds"
    ]
    assert "LUCIA ALVES" in page
    access_log.write_out()
    entry = AccessEntry.objects.filter(party_id=party.pk, reason__contains="access request").first()
    assert entry is not None
    assert entry.who == "officer"
    do(officer, request, "done", note="sent by letter")
    assert (DataRequest.objects.get().state, DataRequest.objects.get().sealed) == (RequestState.DONE, "")
    with pytest.raises(Answered):
        subject_of(DataRequest.objects.get())


def test_an_erasure_is_ordered_in_the_admin_and_done_by_the_worker(officer: Client) -> None:
    marina()
    request = taken(officer, "erasure")
    asked = do(officer, request, "erase").content.decode()
    assert "MARINA" in asked
    assert "Phones and e-mail addresses" in asked
    request.refresh_from_db()
    assert request.state == RequestState.OPEN
    do(officer, request, "erase", confirmed="yes")
    assert Party.objects.filter(kind="person").exists()
    assert erasures_go_on() == 1
    request.refresh_from_db()
    assert (request.state, request.done_by) == (RequestState.DONE, "officer")
    assert not Party.objects.filter(kind="person").exists()
    assert "Nothing is left of this person." in officer.get(page_url(request)).content.decode()
    assert erasures_go_on() == 0


def test_an_answered_access_request_speaks_of_no_erasure(officer: Client) -> None:
    told = do(officer, taken(officer, "access"), "done").content.decode()
    assert "the request is answered" in told
    assert "goes on in the background" not in told


def test_an_officer_closes_an_erasure_that_does_not_end_with_a_reason(officer: Client) -> None:
    marina()
    request = taken(officer, "erasure")
    do(officer, request, "erase", confirmed="yes")
    # in a table of nobody's that no erasure knows
    with connection.cursor() as cursor:
        cursor.execute("create table notes_of_nobody (said text)")
        cursor.execute("insert into notes_of_nobody values ('529.982.247-25')")
    assert erasures_go_on() == 0
    assert "Say why" in do(officer, request, "close", note=" ").content.decode()
    do(officer, request, "close", note="a table of another program")
    request.refresh_from_db()
    assert (request.state, request.sealed, request.note) == (RequestState.DONE, "", "a table of another program")
    assert erasures_go_on() == 0


def test_only_whoever_handles_requests_may(officer: Client) -> None:
    request = taken(officer, "erasure")
    manager = logged_in(staff("manager", "view_document_in_clear"))
    assert do(manager, request, "erase", confirmed="yes").status_code == 403
    assert manager.post(reverse("admin:parties_datarequest_file", args=[request.pk])).status_code == 403
    assert manager.get(reverse("admin:parties_datarequest_add")).status_code == 403
    assert DataRequest.objects.get().state == RequestState.OPEN


def test_an_answered_request_is_not_answered_again(officer: Client) -> None:
    request = taken(officer, "erasure")
    do(officer, request, "refuse", note="not the person")
    assert do(officer, request, "erase", confirmed="yes").status_code == 200
    assert DataRequest.objects.get().state == RequestState.REFUSED


def test_what_is_late_is_shown_so(officer: Client) -> None:
    request = request_take(wish=Wish.ACCESS, cpf=MARINA, why="x", by="officer", asked_at=timezone.now() - 2 * DEADLINE)
    assert request.is_overdue
    out = StringIO()
    call_command("privacy", "list", stdout=out)
    assert "OVERDUE" in out.getvalue()
    request_close(request=request, by="officer")
    assert not DataRequest.objects.get().is_overdue


def test_the_command_takes_whom_it_is_about_from_where_no_list_of_processes_shows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    party = marina()
    monkeypatch.setattr("sys.stdin", StringIO(f"{MARINA.value}\n(11) 98765-4321\n"))
    out = StringIO()
    call_command("privacy", "access", "--contact", "-", "--by", "ana", "--why", "asked by letter", stdout=out)
    assert party.name in out.getvalue()


def told_by(*words: str) -> str:
    out = StringIO()
    call_command("privacy", *words, "--cpf", MARINA.value, "--by", "ana", "--why", "asked by letter", stdout=out)
    return out.getvalue()


def test_the_command_gives_corrects_and_erases() -> None:
    party = marina()
    assert MARINA.value in told_by("access")
    assert "<html" in told_by("access", "--html")
    told_by("correction", "--set", "mother_name=LUCIA PRADO", "--set", "birth_date=1984-03-15")
    party.refresh_from_db()
    assert (party.person.mother_name, str(party.person.birth_date)) == ("LUCIA PRADO", "1984-03-15")
    assert party.changes.latest("id").by == "ana"
    assert "Nothing is left of this person." in told_by("erasure")
    assert not Party.objects.filter(kind="person").exists()
    assert set(DataRequest.objects.values_list("state", "done_by")) == {("done", "ana")}


@pytest.mark.parametrize(
    "words",
    [["access"], ["access", "--by", "ana"], ["access", "--by", "ana", "--why", "x", "--cpf", "123"]],
)
def test_the_command_wants_to_know_who_why_and_whom(words: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("privacy", *words)
    assert not DataRequest.objects.exists()


def test_somebody_of_whom_nothing_is_held_is_answered_so() -> None:
    assert CPF(MARINA.value)
    assert json.loads(told_by("access"))["held"][0]["table"] == "data_requests"
    assert "Nothing is left of this person." in told_by("erasure")
