"""Whoever is shown somebody in clear is noted, at no cost to the page, and the note stays."""

import ast
import re
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich.ids import uuid7_floor
from c2s_enrich.models import Scope, api_key_make
from c2s_enrich.privacy import access_log
from c2s_enrich.privacy.models import AccessEntry, Looker
from c2s_enrich.privacy.retention import retention_do
from enrichment.models import Lead, Run, RunState
from enrichment.sandbox import Sandbox
from parties.models import Kind, Party, PartyContact
from tests.back_office import SHOWN, Rows, list_url, logged_in, page_url, rows, staff, superuser
from tests.enrichment.api.people import MARINA, marina
from tests.enrichment.leads import run_for
from tests.production import ROOT
from tests.web_server import web_server

# how the rows of tests/back_office.py look in clear
CLEAR = re.compile(r"529\.?982\.?247-?25|\(11\) 98765-4321|\+?5511987654321|marina\.prado@example\.com", re.IGNORECASE)


def noted() -> list[AccessEntry]:
    assert access_log.write_out()
    # one of the rows to look at is an entry itself
    return list(AccessEntry.objects.exclude(who="agent").order_by("id"))


def pages(made: Rows) -> Iterator[str]:
    for model in SHOWN:
        if model is not AccessEntry:
            yield list_url(model)
            yield page_url(made[model])
    party, lead = made[Party], made[Lead]
    other = Party.objects.create(kind=Kind.PERSON, name="MARINA PRADO")
    yield reverse("admin:parties_party_edit_this", args=[party.pk])
    yield reverse("admin:parties_party_edit_row", args=[party.pk, "contacts", made[PartyContact].pk])
    yield reverse("admin:parties_party_merge_this", args=[party.pk]) + "?q=marina"
    yield reverse("admin:parties_party_merge_this", args=[other.pk]) + f"?other={party.pk}"
    yield reverse("admin:enrichment_lead_review")
    yield reverse("admin:enrichment_lead_preview", args=[lead.pk])
    yield reverse("desk:cache")


@pytest.mark.django_db
def test_every_page_that_shows_somebody_in_clear_is_noted() -> None:
    made, client = rows(), superuser()
    Run.objects.filter(pk=made[Run].pk).update(state=RunState.NEEDS_REVIEW)
    Party.objects.filter(pk=made[Party].pk).update(enriched=True, enriched_at=timezone.now())
    shown, unnoted = [], []
    for url in pages(made):
        before = len(noted())
        answer = client.get(url)
        assert answer.status_code == 200, url
        if CLEAR.search(answer.content.decode()):
            shown.append(url)
            unnoted += [url] if len(noted()) == before else []
    assert not unnoted, "call `note_seen` where this page is drawn"
    assert len(shown) >= 12, shown


@pytest.mark.django_db
def test_whoever_sees_masks_only_is_not_noted() -> None:
    made, client = rows(), logged_in(staff("a viewer"))
    for model in SHOWN:
        client.get(list_url(model))
        client.get(page_url(made[model]))
    assert noted() == []


@pytest.mark.django_db
def test_an_entry_says_who_saw_whom_and_what_and_why() -> None:
    made = rows()
    logged_in(staff("ana", "view_document_in_clear")).get(page_url(made[Lead]))
    [entry] = noted()
    assert (entry.kind, entry.who, entry.thing, entry.thing_id) == (
        "staff",
        "ana",
        "enrichment.lead",
        str(made[Lead].pk),
    )
    assert (entry.party_id, entry.reason) == (made[Party].pk, "enrichment_lead_change")
    assert "contacts" in entry.fields


@pytest.mark.django_db(transaction=True)
def test_every_answer_in_clear_is_noted(client: Client, sandbox: Sandbox, key: str) -> None:
    party, run = marina(), run_for(sandbox)
    headers = {"Authorization": f"Bearer {key}"}
    asked = [
        f"/api/v1/contributor/customer?cpf={MARINA.value}",
        # the second and third time it lies ready in the cache
        f"/api/v1/contributor/customer?cpf={MARINA.value}",
        f"/api/v1/contributor/customer?cpf={MARINA.value}",
        f"/api/v1/customers/{party.pk}",
        "/api/v1/parties?name=marina",
        "/api/v1/leads",
        f"/api/v1/leads/{run.lead.lead_id}",
        f"/api/v1/work/modules/cpf?documento={MARINA.value}",
        "/api/v1/work/modules/telefone?documento=11987654321",
    ]
    for url in asked:
        before = len(noted())
        answer = client.get(url, headers=headers)
        assert answer.status_code == 200, url
        entries = noted()[before:]
        assert entries, url
        assert {(entry.kind, entry.who) for entry in entries} == {("key", "tests")}
    masked = api_key_make(name="masked", scopes=[Scope.LOOKUP], rate_per_second=0)[1]
    client.get(asked[0], headers={"Authorization": f"Bearer {masked}"})
    assert not [entry for entry in noted() if entry.who == "masked"]


# a company's number is nobody's own; a contact that is checked was sent by the caller; the warm answer notes itself
_NOT_OF_PEOPLE = {"companies.py", "validation.py", "clear.py", "warm.py"}


def test_no_answer_decides_by_itself_whether_it_is_in_clear() -> None:
    """Through `seen`, so that it is noted."""
    for path in (ROOT / "enrichment/api").glob("*.py"):
        if path.name not in _NOT_OF_PEOPLE:
            assert "Scope.PII" not in path.read_text(), path.name


def test_no_page_discloses_without_saying_what() -> None:
    for room in ("parties", "enrichment", "webhooks"):
        for path in [*(ROOT / room).glob("admin.py"), *(ROOT / room / "admin").glob("*.py")]:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and _shows_in_clear(node):
                    names = {
                        t.id
                        for s in node.body
                        if isinstance(s, ast.Assign)
                        for t in s.targets
                        if isinstance(t, ast.Name)
                    }
                    assert "discloses" in names, f"{path.name}: {node.name}"


def _shows_in_clear(node: ast.ClassDef) -> bool:
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
    return "Disclosing" in bases or (
        "in_clear" in ast.unparse(node) and any("admin.register" in ast.unparse(d) for d in node.decorator_list)
    )


@pytest.mark.django_db
def test_a_page_pays_no_query_for_it_and_many_entries_are_one_statement() -> None:
    made, client = rows(), superuser()
    with CaptureQueriesContext(connection) as asked:
        client.get(page_url(made[Party]))
    assert not [query for query in asked if 'into "access_log"' in query["sql"]]
    access_log.seen_by(Looker.COMMAND, "ana", [access_log.thing_of(made[Party])] * 300, fields=["x"], reason="")
    with CaptureQueriesContext(connection) as written:
        access_log.write_out()
    assert len(written) == 1
    assert AccessEntry.objects.filter(who="ana").count() == 300


def old_entry() -> AccessEntry:
    at = timezone.now() - timedelta(days=800)
    return AccessEntry.objects.create(id=uuid7_floor(at), at=at, kind="staff", who="ana", thing="parties.party")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "deed",
    ["update access_log set who = 'nobody'", "delete from access_log", "truncate access_log",
     "select set_config('c2s.access_log_until', now()::text, true); delete from access_log"],
)  # fmt: skip
def test_the_database_itself_keeps_the_log_as_it_is(deed: str) -> None:
    AccessEntry.objects.create(kind="staff", who="ana", thing="parties.party")
    with pytest.raises(Error, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed)
    assert AccessEntry.objects.get().who == "ana"


@pytest.mark.django_db
def test_retention_alone_lets_go_of_what_is_old(settings: Settings) -> None:
    old_entry()
    young = AccessEntry.objects.create(kind="staff", who="ana", thing="parties.party")
    assert retention_do() == {"access_log": 1}
    assert list(AccessEntry.objects.all()) == [young]


@pytest.mark.django_db
def test_the_privacy_officer_finds_who_saw_somebody() -> None:
    made = rows()
    client = logged_in(staff("officer", "view_document_in_clear"))
    body = client.get(list_url(AccessEntry) + "?q=529.982.247-25").content.decode()
    assert str(made[AccessEntry].who) in body
    assert (
        "agent" not in client.get(list_url(AccessEntry) + "?q=111.444.777-35").content.decode().split("result_list")[-1]
    )


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_a_server_is_told_to_stop(tmp_path: Path) -> None:
    party = marina()
    key = api_key_make(name="portal", scopes=[Scope.LOOKUP, Scope.PII], rate_per_second=0)[1]
    with web_server(tmp_path) as server:
        for _ in range(40):
            assert server.ask(f"/api/v1/customers/{party.pk}", Authorization=f"Bearer {key}")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=120)
    assert AccessEntry.objects.filter(party_id=party.pk, who="portal").count() == 40, server.log.read_text()[-2000:]
