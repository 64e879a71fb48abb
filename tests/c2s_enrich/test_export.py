"""Lists taken along as spreadsheets: what is filtered, as far as one may see it, and nothing that a sheet would run."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from c2s_enrich import sheets
from c2s_enrich.privacy.models import AccessEntry
from c2s_enrich.sheets import xlsx_bytes
from c2s_enrich.spreadsheet_cells import cell, unmarked
from enrichment.models import Lead, Run
from parties.models import Kind, Party, PartyContact
from tests.back_office import CLEAR, SHOWN, list_url, logged_in, rows, staff

LEADS, FORMULA = "/admin/enrichment/lead/export", '=HYPERLINK("http://x.example","here")'


@pytest.fixture
def agent(db: None) -> Client:
    return logged_in(staff("ana", CLEAR))


def exported(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return answer.getvalue()


def table(client: Client, address: str) -> list[dict[str, str]]:
    text = exported(client, address).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (FORMULA, f"'{FORMULA}"),
        ("+5511987654321", "'+5511987654321"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("\t=1+1", "'\t=1+1"),
        ("\r\nMARINA", "'\r\nMARINA"),
        ("\u3000＝1", "'\u3000＝1"),
        ("MARINA = ANA", "MARINA = ANA"),
        ("", ""),
        (None, ""),
        (Decimal("-2.50"), Decimal("-2.50")),
        (True, "True"),
    ],
)
def test_a_cell_is_shown_and_never_run(value: Any, shown: Any) -> None:
    assert cell(value) == shown
    if isinstance(value, str):
        assert unmarked(str(cell(value))) == value


@pytest.mark.django_db
def test_whoever_sees_masked_pages_exports_masked_rows_and_others_are_noted_row_by_row(agent: Client) -> None:
    for number in range(3):
        rows(number)
    Party.objects.create(kind=Kind.COMPANY, name="FIRMA")
    address = "/admin/parties/party/export/csv/?kind__exact=person"
    masked = table(logged_in(staff("vera")), address)
    assert [row["CPF/CNPJ"] for row in masked] == ["***.982.***-**", "***.982.***-**", "***.982.***-**"]
    assert not AccessEntry.objects.exclude(who="agent").exists()
    assert table(agent, address)[-1]["CPF/CNPJ"] == "529.982.247-25"
    noted = AccessEntry.objects.filter(who="ana", reason="parties_party_export")
    assert set(noted.values_list("party_id", flat=True)) == set(
        Party.objects.filter(kind=Kind.PERSON).values_list("pk", flat=True)
    )


@pytest.mark.django_db
def test_an_exported_lead_says_on_what_ground_and_its_name_is_no_formula(agent: Client) -> None:
    made = rows()
    Lead.objects.update(customer_name=FORMULA)
    Lead.objects.create(lead_id="of another kind", source="google_ads")
    [row] = table(agent, f"{LEADS}/csv/?status=completed&p=2")
    assert row["Customer"] == f"'{FORMULA}"
    assert (row["CPF"], row["E-mail"], row["Lead id"]) == ("529.982.247-25", "marina.prado@example.com", "lead-0")
    assert (row["Legal basis"], row["Status"]) == ("Legitimate interest (art. 7, IX)", "Completed")
    [run] = table(agent, "/admin/enrichment/run/export/csv/")
    assert (run["Lead id"], run["Legal basis"]) == (made[Run].lead.lead_id, "Legitimate interest (art. 7, IX)")
    book = load_workbook(io.BytesIO(exported(agent, f"{LEADS}/xlsx/?status=completed")), read_only=True)
    [head, first] = book.worksheets[0].iter_rows()
    found = next(first[i] for i, cell in enumerate(head) if cell.value == "Customer")
    assert (found.value, found.data_type) == (f"'{FORMULA}", "s")


@pytest.mark.django_db
@pytest.mark.parametrize("model", SHOWN)
def test_every_list_can_be_exported(agent: Client, model: Any) -> None:
    rows()
    if hasattr(model, "_meta") and model._meta.app_label != "auth":
        assert len(table(agent, f"{list_url(model)}export/csv/")) >= 1


@pytest.mark.django_db
def test_a_long_list_is_read_with_a_cursor_of_the_servers_in_a_fixed_number_of_queries(agent: Client) -> None:
    made = rows()
    PartyContact.objects.bulk_create(
        PartyContact(party=made[Party], contact_type="email", value=f"a{n}@example.com") for n in range(2000)
    )
    answer = agent.get("/admin/parties/partycontact/export/csv/")
    given = iter(answer.streaming_content)
    first = next(given)
    assert 0 < first.count(b"\n") < 1999
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_cursors")
        assert cursor.fetchone()[0] == 1
    assert (first + b"".join(given)).count(b"\n") == 2002


def test_a_sheet_that_is_full_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_A_SHEET", 2)
    told = [["name", "sum"], *([f"n\x0b{n} <&>", Decimal(n)] for n in range(5))]
    book = load_workbook(io.BytesIO(b"".join(xlsx_bytes(told))), read_only=True)
    found = [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
    assert [len(sheet) for sheet in found] == [3, 3, 2]
    assert found[2] == [("name", "sum"), ("n4 <&>", 4)]


@pytest.mark.django_db
def test_a_filter_that_is_none_and_a_format_that_is_none_are_refused(agent: Client) -> None:
    asked = ("csv/?cpf_cnpj__startswith=529", "csv/?updated_at__gte=rubbish", "xls/")
    assert [agent.get(f"/admin/parties/party/export/{each}").status_code for each in asked] == [400, 400, 404]
