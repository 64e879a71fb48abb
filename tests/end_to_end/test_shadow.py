"""Beside another system: everything is done, and nothing is written to the CRM."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import localdate
from pytest_django import Settings

from enrichment.crm_leads import creations_do_due
from enrichment.models import CrmCreation, Direction, Lead, LeadMessage, MessageState, Run, RunState
from enrichment.reconcile import reconcile
from enrichment.sandbox import Sandbox
from enrichment.shadow import cpfs_in
from parties.identifiers import CPF
from parties.models import Party
from tests.back_office import CLEAR, cpf_of, logged_in, staff
from tests.enrichment.leads import run_for
from webhooks.google_ads import form_take_in

pytestmark = pytest.mark.django_db
FORM = {
    "lead_id": "google-lead-1",
    "user_column_data": [
        {"column_id": "FULL_NAME", "string_value": "Marina Prado"},
        {"column_id": "PHONE_NUMBER", "string_value": "(11) 98765-4321"},
    ],
}


def test_in_shadow_leads_are_enriched_and_the_crm_hears_nothing(
    sandbox: Sandbox, settings: Settings, perform: Callable[..., Run]
) -> None:
    settings.DELIVERY = "shadow"
    run = perform(run_for(sandbox, "lead-1"))
    form = form_take_in(FORM)
    assert form.lead is not None
    of_form = perform(form.lead.runs.get())
    assert (run.state, of_form.state) == (RunState.COMPLETED, RunState.COMPLETED)
    assert not run.message_sent
    assert Party.objects.filter(enriched=True).exists()
    assert creations_do_due() == CrmCreation.objects.count() == 0
    kept = LeadMessage.objects.filter(direction=Direction.OUT)
    assert {message.state for message in kept} == {MessageState.SHADOW}
    assert kept.count() == 2
    assert sandbox.calls("c2s", operation="create_message") == sandbox.calls("c2s", operation="create_lead") == 0
    assert [step.outcome for step in run.steps.filter(name="deliver")] == ["kept, not sent: another system speaks"]


def report(**options: object) -> str:
    told = StringIO()
    call_command("shadow_report", stdout=told, **options)
    return told.getvalue()


def counts(told: str) -> list[int]:
    return [int(cell) for cell in told.splitlines()[-1].split()[1:]]


def test_the_report_tells_whom_the_predecessor_named_and_whom_we_would_have(
    sandbox: Sandbox, settings: Settings, perform: Callable[..., Run], tmp_path: Path
) -> None:
    settings.DELIVERY = "shadow"
    sandbox.world.crm.clear()
    for name in ("agreed", "apart", "unheard", "silent"):
        perform(run_for(sandbox, name))
    perform(run_for(sandbox, "unknown", name="Ze Ninguem", phone="", email=""))
    ours = next(iter(cpfs_in(LeadMessage.objects.filter(lead__lead_id="agreed").get().body)))
    other = CPF(cpf_of(7))
    # the predecessor, live beside us, into the same conversations; and a broker, who names nobody
    sandbox.world.crm.say("agreed", f"Enriquecido!\nCPF {ours}\nRenda: R$ 1.000,00")
    sandbox.world.crm.say("apart", f"Nome: Outra Pessoa\nCPF: {other.formatted}")
    sandbox.world.crm.say("unknown", f"cpf:{other.value}")
    sandbox.world.crm.say("silent", "Liguei para o cliente, 11987654321, volta amanhã")
    # what it says comes with the sweep, and starts no run
    runs = Run.objects.count()
    reconcile()
    assert Run.objects.count() == runs
    sandbox.world.crm.say("unheard", f"CPF: {CPF(ours).formatted}")
    file = tmp_path / "apart.csv"
    with pytest.raises(CommandError, match="2 leads to look at") as ended:
        report(csv=file)
    assert ended.value.returncode == 1
    written = file.read_text("utf-8-sig")
    assert [line.split(";")[1:3] for line in written.splitlines()[1:]] == [
        ["unknown", "theirs"], ["silent", "ours"], ["unheard", "ours"], ["apart", "differs"],
    ]  # fmt: skip
    assert other.masked in written
    assert not any(cpf in written for cpf in (ours, other.value, other.formatted))
    page = logged_in(staff("vera", CLEAR)).get("/admin/shadow/")
    assert page.context["whole"].counts == [4, 2, 1, 1, 2, 1, 0]
    shown = page.content.decode()
    assert f"/admin/enrichment/lead/{Lead.objects.get(lead_id='apart').pk}/change/" in shown
    assert other.masked in shown
    assert other.formatted not in shown
    # once the two that are apart are gone: the conversations nobody brought are asked for
    Lead.objects.filter(lead_id__in=["apart", "unknown"]).delete()
    assert counts(report(ask=True)) == [3, 2, 2, 0, 1, 0, 0]
    # known by its sender, a broker's word counts for nothing, and its own counts even where it names nobody
    settings.SHADOW_SENDER = "seller"
    assert counts(report()) == [3, 3, 2, 0, 1, 0, 0]
    settings.SHADOW_SENDER = "robot"
    assert counts(report()) == [3, 0, 0, 0, 3, 0, 0]
    assert counts(report(until=localdate() - timedelta(days=1))) == [0] * 7


def test_eleven_digits_are_a_cpf_where_they_are_called_or_written_so() -> None:
    cpf = cpf_of(3)
    assert cpfs_in(f"tel {cpf}") == cpfs_in("CPF: 111.111.111-11") == cpfs_in(f"CPF {cpf}0") == set()
    for text in (f"CPF {cpf}", f"CPF/Documento, CPF:{CPF(cpf).formatted}.", f"({CPF(cpf).formatted})", f"*CPF*: {cpf}"):
        assert cpfs_in(text) == {cpf}, text
