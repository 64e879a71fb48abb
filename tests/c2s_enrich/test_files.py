"""No form takes a file, and whatever reads or writes a spreadsheet is known by name."""

import re

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import FileField
from django.test import Client, RequestFactory

from tests.production import ROOT

ROOMS = ("c2s_enrich", "parties", "enrichment", "webhooks")
_SHEETS = re.compile(r"^\s*(?:import|from) (?:csv|openpyxl|xlrd|xlsxwriter|pandas)\b|text/csv", re.MULTILINE)


def test_a_file_that_somebody_sends_is_dropped_unread() -> None:
    request = RequestFactory().post("/admin/", {"name": "x", "sheet": SimpleUploadedFile("bomb.xlsx", b"PK" * 1000)})
    assert (request.POST.dict(), dict(request.FILES)) == ({"name": "x"}, {})


@pytest.mark.django_db
def test_the_api_takes_no_forms(client: Client, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    sent = client.post("/api/v1/leads", {"sheet": SimpleUploadedFile("a.csv", b"=1+1")}, headers=headers)
    assert (sent.status_code, sent.json()["code"]) == (415, "not_json")


def test_no_table_holds_files() -> None:
    assert [field for model in apps.get_models() for field in model._meta.fields if isinstance(field, FileField)] == []


def test_only_these_read_or_write_spreadsheets() -> None:
    """Whoever joins them: neutralise cells that begin like a formula, refuse what unpacks to more than it may."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert {path.name for path in files if _SHEETS.search(path.read_text())} == {
        "sheets.py",
        "reading.py",
        "workbook.py",
    }
