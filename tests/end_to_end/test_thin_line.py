"""One lead through the whole house: webhook, job, providers, golden record, message in the CRM."""

from collections.abc import Callable
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from enrichment.models import LeadMessage, MessageState, ProviderCall, Run, RunState, Tier
from enrichment.sandbox import Sandbox
from parties.models import Party
from tests.webhook_bodies import event

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_webhook_becomes_a_golden_record_and_a_message(
    sandbox: Sandbox, webhook: Callable[..., Any], perform: Callable[[Run], Run]
) -> None:
    answer = webhook(event())
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "received", "received": 1, "processed": 1, "duplicates": 0, "rejected": 0, "errors": [],
    }  # fmt: skip
    run = perform(Run.objects.get())
    assert (run.state, run.tier, run.same_person, run.message_sent) == (RunState.COMPLETED, Tier.PROVIDER, True, True)
    party = Party.objects.get(cpf_cnpj="52998224725")
    assert (party.name, party.enriched, run.lead.party) == ("MARINA ALVES PRADO", True, party)
    [said] = sandbox.messages(run.lead.lead_id)
    assert "CPF: 529.982.247-25" in said["body"]
    assert LeadMessage.objects.get(direction="out").state == MessageState.SENT
    assert set(ProviderCall.objects.values_list("provider", "operation", "outcome")) == {
        ("diretrix", "phone", "ok"),
        ("diretrix", "email", "ok"),
        ("work_api", "cpf", "ok"),
        ("c2s", "message_create", "ok"),
    }


def test_the_job_is_committed_with_its_event(webhook: Callable[..., Any]) -> None:
    webhook(event())
    run_id = str(Run.objects.get().pk)
    job = ProcrastinateJob.objects.get(args={"run_id": run_id})
    assert (job.task_name, job.status) == ("look_at_run", "todo")


def test_a_repeat_is_answered_by_the_cache_with_the_same_text(
    sandbox: Sandbox, webhook: Callable[..., Any], perform: Callable[[Run], Run]
) -> None:
    sandbox.add_lead(id="other-lead", name="Marina Prado", phone="11987654321", email="marina.prado@example.com")
    webhook(event())
    first = perform(Run.objects.get())
    webhook(event("other-lead", name="Marina Prado"))
    second = perform(Run.objects.get(lead__lead_id="other-lead"))
    assert (first.tier, second.tier) == (Tier.PROVIDER, Tier.CACHE)
    assert [m["body"] for m in sandbox.messages(first.lead.lead_id)] == [
        m["body"] for m in sandbox.messages("other-lead")
    ]
    assert ProviderCall.objects.exclude(provider="c2s").count() == 3
