"""One lead's whole story, and the request id that leads from its webhook to every provider that was asked."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from enrichment.actions import lead_ignore
from enrichment.models import Lead, ProviderGate, Run
from enrichment.pipeline import STEPS
from enrichment.sandbox import Sandbox
from tests.webhook_bodies import event

pytestmark = pytest.mark.django_db(transaction=True)
REQUEST = "made-up-request-7"
PRIVATE = ("Marina", "MARINA", "11987654321", "98765-4321", "52998224725", "529.982", "marina.prado", "Prado")


def told(*words: str) -> list[str]:
    out = StringIO()
    call_command("lead_story", *words, stdout=out)
    return out.getvalue().splitlines()


def test_a_leads_story_is_told_in_order_with_its_log_lines_and_without_anybodys_data(
    sandbox: Sandbox,
    webhook: Callable[..., Any],
    perform: Callable[[Run], Run],
    written: Callable[[bool], Callable[[], list[str]]],
    django_user_model: Any,
    tmp_path: Path,
) -> None:
    lines = written(True)
    webhook(event(), **{"X-Request-ID": REQUEST})
    # staff have the CRM not told for a while, which is a wait and no attempt
    ProviderGate.objects.update_or_create(provider="c2s", defaults={"enabled": False})
    run = perform(Run.objects.get())
    assert "is due again: c2s: switched off by staff" in told(run.lead.lead_id)[-1]
    ProviderGate.objects.filter(provider="c2s").update(enabled=True)
    run = perform(run)
    lead_ignore(leads=[run.lead], by=django_user_model.objects.create_user("ana.staff"))

    asked = [line for line in map(json.loads, lines()) if line["event"] == "provider asked"]
    assert {line["operation"] for line in asked} == {"phone", "email", "cpf", "message_create"}
    assert {(line["request_id"], line["run"]) for line in asked} == {(REQUEST, str(run.pk))}

    log = tmp_path / "log"
    of_a_terminal = f'12:00:00 run waits  run={run.pk} why="asked about 529.982.247-25"'
    of_others = ['{"event": "another", "request_id": "another"}', "12:00:00 run waits  run=another", "{broken", "[]"]
    in_front = [f"worker-1  | {line}" for line in lines()]
    log.write_text("\n".join([*in_front, of_a_terminal, *of_others]))
    story = told(run.lead.lead_id, "--log", str(log))
    kinds = [line.split()[2] for line in story if line[:2] == "20"]
    assert [kind for kind in kinds if kind in ("webhook", "run", "message", "staff")] == [
        "webhook", "run", "message", "run", "staff",
    ]  # fmt: skip
    steps = [line.split()[4].rstrip(":") for line in story if line.split()[2:3] == ["step"]]
    assert steps == [step.__name__ for step in STEPS] * 2
    # of two walks with one attempt's number neither reaches back beyond the other
    assert kinds.index("run") < kinds.index("step")
    assert kinds.count("call") == 4
    assert kinds.count("log") == len([line for line in map(json.loads, lines()) if line.get("request_id") == REQUEST])
    whole = "\n".join(story)
    assert f"c2s on_create_lead processed, request {REQUEST}" in whole
    assert "discover: 2 of 2 contacts answered, provider, " in whole
    assert "diretrix phone: ok 200, " in whole
    assert "run waits  run=" in story[-1]
    assert "another" not in whole
    assert [private for private in PRIVATE if private in whole] == []
    assert told(str(run.pk)) == told(str(Lead.objects.get().pk))


def test_a_lead_that_nobody_knows_is_said_so() -> None:
    with pytest.raises(CommandError, match="No lead here"):
        told("nobody")
