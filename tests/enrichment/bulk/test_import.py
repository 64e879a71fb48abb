"""Files become golden records: by the rules of any source, once however often they come, and through any death."""

import io
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_redis import get_redis_connection

from c2s_enrich.privacy import suppression
from enrichment.bulk import checking, filing, importing
from enrichment.bulk.checking import check
from enrichment.bulk.file import file_of, piece_take
from enrichment.bulk.importing import import_cancel, import_go_on, import_look, import_make, import_start
from enrichment.models import Brings, BulkChunk, BulkImport, BulkParty, BulkState
from parties.filing.values import value_pin
from parties.identifiers import CPF
from parties.models import (
    Cause,
    Company,
    Kind,
    Party,
    PartyAddress,
    PartyChange,
    PartyContact,
    RealEstateProperty,
    Wish,
)
from parties.requests.deeds import erasure_order, erasure_perform, request_take
from tests import nursery
from tests.back_office import cpf_of
from tests.enrichment.bulk.files import HEAD, as_csv, as_xlsx, brought_in, looked_at, people
from tests.web_server import database_url

pytestmark = pytest.mark.django_db

TABLES = (
    "parties", "people", "companies", "party_contacts", "addresses", "party_addresses", "party_changes",
    "real_estate_properties", "property_ownerships",
)  # fmt: skip
ANA = ("ANA LIMA PRADO", cpf_of(1), "(11) 98765-4321", "ana@example.com")


def counts(bulk: BulkImport) -> tuple[int, int, int, int]:
    return bulk.made, bulk.changed, bulk.unchanged, bulk.refused


def everything(*, besides: str = "") -> dict[str, list[str]]:
    """Every row as it stands; without keys and dates, where two imports are compared."""
    dropped = "- array['id','party_id','address_id','property_id','from_party_id','created_at','updated_at','origins']"
    told = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"select (to_jsonb(t) {besides and dropped})::text from {table} t order by 1")
            told[table] = [row for (row,) in cursor.fetchall()]
    return told


def test_who_is_known_is_completed_and_who_is_not_is_made() -> None:
    ana = Party.objects.create(kind=Kind.PERSON, cpf_cnpj=cpf_of(1), name="Ana Prado")
    PartyContact.objects.create(party=ana, contact_type="phone", value="+551133334444", is_primary=True)
    value_pin(ana, "occupation")
    head = (
        "Nome",
        "CPF",
        "Celular",
        "E-mail",
        "Profissão",
        "Mãe",
        "Nascimento",
        "Rua",
        "Nº",
        "Cidade",
        "UF",
        "Fantasia",
    )
    place = ("R DAS ACACIAS", "12", "CAMPINAS", "SP")
    rows = [
        (*ANA, "MEDICA", "LUCIA", "14/03/1984", *place, ""),
        (
            "FIRMA LTDA",
            "12ABC34501DE35",
            "11 3333-5555",
            "",
            "",
            "",
            "",
            "Rua das Acácias",
            "12",
            "Campinas",
            "SP",
            "FIRMA",
        ),
        (*ANA[:2], "", "", "", "", "", *place),
    ]
    bulk = brought_in(as_csv((head, *rows)), Brings.PARTIES)
    assert (bulk.state, counts(bulk)) == (BulkState.DONE, (1, 1, 0, 0))
    ana.refresh_from_db()
    assert (ana.name, ana.person.mother_name, ana.person.occupation) == ("Ana Prado", "LUCIA", "")
    assert ana.origins["mother_name"]["source"] == "import"
    primaries = ana.contacts.filter(is_primary=True).values_list("value", flat=True)
    assert set(primaries) == {"+551133334444", "ana@example.com"}
    [change] = PartyChange.objects.filter(party=ana)
    assert (change.cause, change.by) == (Cause.SOURCE, "import")
    assert {"person.mother_name", "contacts.+5511987654321"} <= change.values.keys()
    firm = Party.objects.get(cpf_cnpj="12ABC34501DE35")
    assert (firm.kind, Company.objects.get(party=firm).legal_name) == (Kind.COMPANY, "FIRMA LTDA")
    assert PartyAddress.objects.filter(is_primary=True).count() == 2
    assert PartyAddress.objects.values("address").distinct().count() == 1
    assert set(BulkParty.objects.values_list("party_id", flat=True)) == {ana.pk, firm.pk}


@pytest.mark.parametrize("made", [as_csv, as_xlsx])
def test_the_same_file_again_changes_nothing(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 7)
    nameless = [("BIA SOUZA", "", "11 97777-1234", ""), ("BEATRIZ SOUZA", "", "11 97777-1234", "bia@example.com")]
    content = made((HEAD, *people(20), *nameless, *people(3)))
    assert counts(brought_in(content))[:2] == (21, 1)
    before = everything()
    again = brought_in(content)
    assert (again.made, again.changed, again.refused) == (0, 0, 0)
    assert everything() == before


def test_without_a_document_a_contact_and_a_name_that_fits_tell_who_it_is() -> None:
    ana = Party.objects.create(kind=Kind.PERSON, cpf_cnpj=cpf_of(1), name="ANA LIMA PRADO")
    PartyContact.objects.create(party=ana, contact_type="phone", value="+5511987654321")
    rows = [("Ana Prado", "", ANA[2], "ana.p@example.com"), ("CARLOS NUNES", "", ANA[2], "carlos@example.com")]
    brought_in(as_csv((HEAD, *rows)))
    assert set(ana.contacts.values_list("value", flat=True)) == {"+5511987654321", "ana.p@example.com"}
    carlos = Party.objects.exclude(pk=ana.pk).get()
    assert (carlos.name, carlos.cpf_cnpj, carlos.contacts.count()) == ("CARLOS NUNES", None, 2)


def test_what_does_not_come_in_is_kept_with_its_reason() -> None:
    rows = [
        ("ANA", "529.982.247-24", "", "ana@example.com"),
        ("BIA", cpf_of(2), "123", "bia@example.com"),
        ("CAIO", cpf_of(3), "(11) 99999-9999", ""),
        ("@@", "", "11 98765-4321", ""),
        (*people(1)[0][:2], "", "=cmd|' /C calc'!A0"),
    ]
    bulk = brought_in(as_csv((HEAD, *rows)))
    assert counts(bulk) == (1, 0, 0, 4)
    told = [(r.row, r.is_whole, r.why) for r in bulk.refusals.order_by("row")]
    assert told == [
        (2, True, "document:check_digits"),
        (3, False, "phone:too_short"),
        (4, True, "phone:fake"),
        (5, True, "name:not_a_name"),
        (6, True, "email:no_at_sign"),
    ]
    assert bulk.refusals.get(row=3).cells == ["BIA", cpf_of(2), "123", "bia@example.com"]


def test_who_asked_to_be_forgotten_never_comes_in_and_is_not_kept_among_the_refused() -> None:
    suppression.suppress([(suppression.CPF, cpf_of(1)), (suppression.CONTACT, "ana@example.com")])
    rows = [
        ANA,
        ("ANA LIMA", "", "11 97777-0000", "ana@example.com"),
        ("BIA", cpf_of(2), "1133334444", "ana@example.com"),
    ]
    bulk = brought_in(as_csv((HEAD, *rows)))
    assert counts(bulk) == (1, 0, 0, 2)
    assert list(bulk.refusals.values_list("why", "cells").distinct()) == [("row:forgotten", [])]
    assert list(PartyContact.objects.values_list("value", flat=True)) == ["+551133334444"]


def test_who_asks_to_be_forgotten_while_rows_are_filed_does_not_slip_in(monkeypatch: pytest.MonkeyPatch) -> None:
    suppression.suppress([(suppression.CPF, cpf_of(9))])
    filed = filing.parties_file

    def meanwhile(rows: Any) -> Any:
        told = filed(rows)
        if not suppression.is_suppressed(suppression.CPF, cpf_of(1)):
            suppression.suppress([(suppression.CPF, cpf_of(1))])
            raise_after.append(True)
        return told

    raise_after: list[bool] = []
    monkeypatch.setattr(importing, "parties_file", meanwhile)
    # the rollback of the first try takes the made-up list along, so the second finds it empty again
    with pytest.raises(filing.Overtaken):
        brought_in(as_csv((HEAD, ANA)))
    assert len(raise_after) == importing._TRIES
    assert not Party.objects.exists()


def test_an_erasure_drops_files_that_wait_and_rows_that_tell_of_the_person() -> None:
    bulk = brought_in(as_csv((HEAD, ("ANA", cpf_of(1), "12", ""))))
    content = as_csv((HEAD, ANA))
    waiting = import_make(brings=Brings.CONTACTS, file_name="w.csv", size=len(content))
    piece_take(bulk=waiting, number=0, content=content)
    request = request_take(wish=Wish.ERASURE, cpf=CPF(cpf_of(1)), why="asked", by="officer")
    erasure_order(request=request, by="officer")
    assert erasure_perform(request.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error, BulkChunk.objects.count()) == (BulkState.CANCELLED, "dropped", 0)
    assert not bulk.refusals.exists()


def test_a_file_waits_in_sealed_pieces_and_goes_when_it_has_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.bulk.file.PIECE", 100)
    content = as_xlsx((HEAD, *people(30)))
    bulk = import_make(brings=Brings.CONTACTS, file_name="p.xlsx", size=len(content))
    for number in reversed(range(-(-len(content) // 100))):
        piece_take(bulk=bulk, number=number, content=content[number * 100 : number * 100 + 100])
    assert file_of(bulk).read() == content
    assert not any(content[:40] in bytes(piece) for piece in BulkChunk.objects.values_list("content", flat=True))
    import_look(bulk, file_of(bulk))
    import_start(bulk)
    import_go_on(bulk.pk)
    bulk.refresh_from_db()
    assert (bulk.state, bulk.made, BulkChunk.objects.count()) == (BulkState.DONE, 30, 0)


def test_a_cancelled_import_stops_at_the_next_chunk_and_keeps_what_came_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    content = as_csv((HEAD, *people(30)))
    bulk = looked_at(content)
    import_start(bulk)
    import_go_on(bulk.pk, file=io.BytesIO(content), progress=lambda seen: import_cancel(bulk) and None)
    bulk.refresh_from_db()
    assert (bulk.state, bulk.made, Party.objects.count()) == (BulkState.CANCELLED, 10, 10)


def test_the_number_of_queries_does_not_grow_with_the_rows() -> None:
    def queries(rows: int, first: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            brought_in(as_csv((HEAD, *people(rows, first))))
        return len(captured)

    queries(1, 0)
    assert queries(2, 10) == queries(40, 20)
    assert queries(2, 10) == queries(40, 20)


def test_properties_are_one_per_town_and_number_and_tied_to_their_owners() -> None:
    head = ("IPTU", "Rua", "Número", "Cidade", "UF", "Área", "Proprietário", "CPF do proprietário", "Participação")
    rows = [
        ("001.002", "R DAS ACACIAS", "12", "Campinas", "SP", "82,50", ANA[0], ANA[1], "50%"),
        ("001.002", "", "", "CAMPINAS", "SP", "", "BIA SOUZA", cpf_of(2), "0,5"),
        ("", "RUA A", "1", "CAMPINAS", "SP", "", "", "", ""),
    ]
    content = as_csv((head, *rows))
    bulk = brought_in(content, Brings.PROPERTIES)
    assert counts(bulk) == (1, 0, 0, 1)
    place = RealEstateProperty.objects.get()
    assert (place.street, str(place.area_m2)) == ("R DAS ACACIAS", "82.50")
    assert sorted((o.party.name, str(o.share)) for o in place.owners.all()) == [
        ("ANA LIMA PRADO", "0.5000"), ("BIA SOUZA", "0.5000"),
    ]  # fmt: skip
    before = everything()
    assert counts(brought_in(content, Brings.PROPERTIES)) == (0, 0, 1, 1)
    assert everything() == before


def test_a_look_at_a_file_is_remembered_sealed_under_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_csv((HEAD, *people(30), ("ANA", "1", "", "")))
    bulk = looked_at(content)
    first = check(bulk, io.BytesIO(content))
    tally = first.tally
    assert (len(first.shown), tally.rows, tally.refused, tally.commonest) == (20, 31, 1, [("document:too_short", 1)])
    redis = get_redis_connection("default")
    kept = [(key, redis.get(key)) for key in redis.scan_iter() if redis.type(key) == b"string"]
    assert kept
    assert all(word not in key + value for key, value in kept for word in (b"PRADO", bulk.digest.encode()))
    assert 0 < max(redis.ttl(key) for key, _ in kept) <= 1980
    # the file itself is not read again
    assert check(bulk, io.BytesIO(b"")) == first


def test_what_cannot_be_read_is_said_and_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "photo.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(CommandError, match="This is no table"):
        call_command("import_contacts", str(tmp_path / "photo.csv"))
    assert BulkImport.objects.get().state == BulkState.FAILED


def test_the_command_looks_first_where_it_is_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 2)
    (tmp_path / "people.csv").write_bytes(as_csv((("a", "b", "c", "d"), *people(4), ("ANA", "1", "", ""))))
    call_command("import_contacts", str(tmp_path / "people.csv"), "--dry-run", "--columns", "name,document,,email")
    told = capsys.readouterr().out
    assert "(left out)" in told
    assert "5 rows looked at, 1 would be refused" in told
    assert not Party.objects.exists()


@pytest.fixture
def uninterrupted(transactional_db: None, tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_bytes(
        as_csv((HEAD, *people(90), ("BIA SOUZA", "", "11 97777-1234", ""), ("X", "1", "", ""), *people(5)))
    )
    return file


def test_an_import_that_is_killed_goes_on_where_it_stopped(uninterrupted: Path, tmp_path: Path) -> None:
    refused = tmp_path / "refused.csv"
    env = os.environ | {"DB_URL": database_url(), "DATABASE_URL": ""}
    dying = ["-m", "tests.enrichment.bulk.dying", str(uninterrupted), "2"]
    assert nursery.run(dying, env).returncode == -signal.SIGKILL
    assert Party.objects.count() == 40
    call_command("import_contacts", str(uninterrupted), "--refused", str(refused))
    bulk = BulkImport.objects.get()
    assert (bulk.state, bulk.rows_read, bulk.made, bulk.refused) == (BulkState.DONE, 97, 91, 1)
    assert "The check digits" not in refused.read_text()
    assert refused.read_bytes().count(b"\r\n") == 2
    killed = everything(besides="keys")
    for model in (Party, BulkImport):
        model.objects.all().delete()
    call_command("import_contacts", str(uninterrupted), "--refused", str(refused))
    assert everything(besides="keys") == killed
