"""Who may have a lead enriched, and sees whose document."""

from typing import Any

import pytest

from enrichment.models import Lead
from enrichment.sandbox import Sandbox
from tests.enrichment.api.conftest import Caller, Callers
from tests.enrichment.api.process.marina import PORTAL_LEAD, in_crm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("worker")
def test_documents_are_masked_for_a_key_that_may_not_see_them(sandbox: Sandbox, with_scopes: Callers) -> None:
    masked = with_scopes("enrich")
    assert masked.get("leads/process", id=in_crm(sandbox)).json()["cpfs_processed"] == ["***.982.***-**"]
    assert masked.post("c2s/enrich/lead-1").json()["cpfs_enriched"] == ["***.982.***-**"]


def test_a_key_without_the_scope_enriches_nothing(agent: Caller) -> None:
    answers = [
        agent.get("leads/process", id="lead-1"),
        agent.post("c2s/enrich/lead-1"),
        agent.post("leads", PORTAL_LEAD),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "scope_missing")] * 3
    assert Lead.objects.count() == 0


def test_nobody_enriches_without_a_key(client: Any) -> None:
    answers = [
        client.get("/api/v1/leads/process?id=lead-1"),
        client.post("/api/v1/c2s/enrich/lead-1"),
        client.post("/api/v1/leads", PORTAL_LEAD, content_type="application/json"),
    ]
    assert [answer.status_code for answer in answers] == [401] * 3
