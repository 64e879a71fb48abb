"""Beside another system: everything is done, and nothing is written to the CRM."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from enrichment.crm_leads import creations_do_due
from enrichment.models import CrmCreation, Direction, LeadMessage, MessageState, Run, RunState
from enrichment.sandbox import Sandbox
from parties.models import Party
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
