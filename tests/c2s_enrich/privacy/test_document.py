"""docs/privacy.md says what the code does."""

import re

from django.conf import settings

from c2s_enrich.privacy.legal_basis import SOURCES
from c2s_enrich.privacy.registry import Holding, holdings
from c2s_enrich.roles import PRIVACY_OFFICER, ROLES
from parties.disclosure import PERMISSION
from parties.models.request import DEADLINE
from tests.production import ROOT

TEXT = (ROOT / "docs/privacy.md").read_text()


def line_of(holding: Holding) -> str:
    """The line that the table should have."""
    table, goes_with = holding.model._meta.db_table, holding.goes_with.partition(".")[2]
    kept = (
        f"`RETENTION_{holding.kept.upper()}`"
        if holding.kept
        else f"with its {goes_with}"
        if goes_with
        else "as its lead"
    )
    return f"| `{table}` | {holding.what} | {holding.why} | {kept} |"


def test_the_document_has_a_line_for_every_table_with_people_in_it() -> None:
    wanted = {line_of(holding) for holding in holdings()}
    told = set(re.findall(r"^\| `.*\|$", TEXT, re.MULTILINE))
    assert wanted == {line for line in told if not line.startswith("| `RETENTION_")}, (
        "put these lines into docs/privacy.md"
    )


def test_the_document_names_every_time_limit_with_its_default() -> None:
    for name in (n for n in dir(settings) if n.startswith("RETENTION_")):
        assert f"`{name}` = {getattr(settings, name)}" in TEXT, name


def test_the_document_tells_of_the_deadline_the_sources_and_who_may_see() -> None:
    assert f"{DEADLINE.days} days" in TEXT
    for source in SOURCES:
        assert f"`LEGAL_BASIS_{source.upper()}`" in TEXT
    may_see = [role for role, permissions in ROLES.items() if PERMISSION in permissions]
    assert f"In clear: {', '.join(sorted(may_see))}" in TEXT
    assert PRIVACY_OFFICER in TEXT
