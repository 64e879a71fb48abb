"""The incident cards speak of commands, figures, alerts and log lines that there are, and stay short."""

import re

import pytest
from django.core.management import get_commands
from django.test import Client

from enrichment.models import AlertKind
from tests.production import ROOT

WRITTEN = (ROOT / "docs" / "operations.md").read_text()
CARDS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)+)", WRITTEN, re.MULTILINE))
FLOWING = " ".join(WRITTEN.split())
CODE = "".join(
    path.read_text() for room in ("c2s_enrich", "enrichment", "webhooks") for path in (ROOT / room).rglob("*.py")
)
# words of the log, up to where a line goes on with its fields
LOGGED = re.compile(r"`([a-z]+(?: [a-z]+)+)(?: …[^`]*)?`")


@pytest.mark.parametrize("card", CARDS)
def test_a_card_is_read_in_half_a_minute(card: str) -> None:
    told = CARDS[card].strip().splitlines()
    assert re.findall(r"^- \*\*(.+?):\*\*", CARDS[card], re.MULTILINE) == ["Looks like", "Press", "Over"]
    assert len(told) <= 11


def test_every_command_and_every_target_of_make_exists() -> None:
    commands = set(re.findall(r"manage\.py ([a-z_0-9]+)", FLOWING))
    assert commands >= {"doctor", "lead_story", "reconcile", "worker", "api_keys", "c2s_webhooks"}
    assert commands - get_commands().keys() == set()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", FLOWING)) <= targets


def test_every_line_of_the_log_that_is_quoted_is_written_somewhere() -> None:
    quoted = set(LOGGED.findall(FLOWING))
    assert {"provider asked", "cache unavailable", "run waits"} <= quoted
    assert [words for words in quoted if words not in CODE] == []


def test_every_alert_is_called_as_it_calls_itself() -> None:
    said = {str(kind.label) for kind in AlertKind}
    named = set(re.findall(r"alert \*([^*]+)\*", FLOWING))
    assert named
    assert named <= said


@pytest.mark.django_db
def test_every_figure_is_one_that_is_exported(client: Client, key: str) -> None:
    text = client.get("/metrics", headers={"X-API-Key": key}).content.decode()
    named = {name.removesuffix("_count") for name in re.findall(r"c2s_enrich_[a-z_]+", WRITTEN)}
    assert [name for name in named if name not in text] == []
