"""Leads, their conversations and their runs."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from enrichment.conversation import history_forget
from enrichment.latest import outcomes_keep
from enrichment.models import Lead, LeadMessage, Run, RunState, RunStep, Source, Trigger
from tests.enrichment.api.conftest import Caller

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=123456)


def lead(number: int, *, state: str = "", minutes: float = 0, **fields: Any) -> Lead:
    given = {
        "customer_name": "Marina Prado",
        "phone": "(11) 98765-4321",
        "phone_value": "+5511987654321",
        "email": "Marina.Prado@example.com",
        "email_value": "marina.prado@example.com",
    }
    at = NOW - timedelta(minutes=minutes or number)
    made = Lead.objects.create(lead_id=f"lead-{number}", received_at=at, **given | fields)
    if state:
        Run.objects.create(lead=made, trigger=Trigger.WEBHOOK, state=state)
        outcomes_keep([made.pk])
    return made


def said(to: Lead, *bodies: str, sender: str = "Marina") -> None:
    for n, body in enumerate(bodies):
        LeadMessage.objects.create(
            lead=to,
            direction="in",
            state="received",
            sender=sender,
            body=body,
            fingerprint=f"{n:064}",
            sent_at=NOW + timedelta(hours=n),
        )


def listed(caller: Caller, **parameters: Any) -> list[str]:
    answer = caller.get("leads", **parameters)
    assert answer.status_code == 200, answer.content
    return [shown["lead_id"] for shown in answer.json()["results"]]


def test_the_newest_come_first_with_their_latest_run(agent: Caller) -> None:
    lead(1, state=RunState.FAILED)
    last = Run.objects.create(lead=lead(2), trigger=Trigger.ADMIN, state=RunState.COMPLETED)
    Run.objects.create(lead=Lead.objects.get(lead_id="lead-1"), trigger=Trigger.ADMIN, state=RunState.COMPLETED)
    lead(3)
    results = agent.get("leads/").json()["results"]
    assert [(r["lead_id"], r["status"]) for r in results] == [
        ("lead-1", "completed"),
        ("lead-2", "completed"),
        ("lead-3", None),
    ]
    assert results[1]["run_id"] == str(last.pk)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"status": "failed"}, ["lead-2"]),
        ({"status": "completed"}, ["lead-1"]),
        ({"source": "google_ads"}, ["lead-3"]),
        ({"seller": "joana corretora"}, ["lead-2"]),
        ({"text": "11 98888 7777"}, ["lead-3"]),
        ({"text": "OUTRA@example.com"}, ["lead-2"]),
        ({"text": "lead-1"}, ["lead-1"]),
        ({"text": "zuleica"}, ["lead-3"]),
        ({"from_date": (NOW - timedelta(minutes=1.5)).isoformat()}, ["lead-1"]),
        ({"to_date": (NOW - timedelta(minutes=1.5)).isoformat()}, ["lead-2", "lead-3"]),
        ({"to_date": "2020-01-31"}, []),
        ({"status": "failed", "source": "google_ads"}, []),
    ],
)
def test_each_filter_narrows(agent: Caller, given: dict[str, str], expected: list[str]) -> None:
    first = lead(1, state=RunState.FAILED)
    Run.objects.create(lead=first, trigger=Trigger.ADMIN, state=RunState.COMPLETED)
    outcomes_keep([first.pk])
    lead(2, state=RunState.FAILED, seller="Joana Corretora", email_value="outra@example.com")
    lead(3, source=Source.GOOGLE_ADS, customer_name="Zuleica", phone_value="+5511988887777")
    assert listed(agent, **given) == expected


def test_a_day_counts_whole_in_our_time_zone(agent: Caller) -> None:
    lead(1)
    Lead.objects.update(received_at="2026-03-01T23:30:00-03:00")
    assert listed(agent, from_date="2026-03-01", to_date="2026-03-01") == ["lead-1"]
    assert listed(agent, from_date="2026-03-02") == []
    assert listed(agent, to_date="2026-02-28") == []


def test_pages_hold_every_lead_once_though_more_come_meanwhile(agent: Caller) -> None:
    for number in range(1, 8):
        lead(number, minutes=number // 2 + 1)  # some came at the same moment
    seen: list[str] = []
    url, late = "leads", 100
    while url:
        page = agent.get(url, **({"limit": 3} if url == "leads" else {})).json()
        seen += [shown["lead_id"] for shown in page["results"]]
        assert page["next"] is None or page["next"].startswith("http://testserver/api/v1/leads?")
        url, late = page["next"], late + 1
        lead(late, minutes=0.1)
    assert sorted(seen) == [f"lead-{n}" for n in range(1, 8)]


def test_contacts_are_masked_without_pii(viewer: Caller, agent: Caller) -> None:
    lead(1, customer_name="11 98765-4321")
    shown = viewer.get("leads/lead-1").json()
    assert (shown["phone"], shown["email"]) == ("(11) *****-**21", "m***@example.com")
    assert "98765" not in shown["customer_name"]
    assert agent.get("leads").json()["results"][0]["phone"] == "+5511987654321"


def test_what_was_typed_is_shown_where_it_reads_as_nothing(agent: Caller, viewer: Caller) -> None:
    lead(1, phone="ligar depois", phone_value="", email="", email_value="")
    assert [agent.get("leads/lead-1").json()[k] for k in ("phone", "email")] == ["ligar depois", None]
    assert "ligar" not in viewer.get("leads/lead-1").json()["phone"]


@pytest.mark.parametrize("path", ["leads/lead-1", "leads/lead-1/"])
def test_one_lead_comes_with_its_latest_run(agent: Caller, path: str) -> None:
    run = Run.objects.create(lead=lead(1), trigger=Trigger.WEBHOOK, state=RunState.COMPLETED, tier="cache")
    RunStep.objects.create(run=run, name="recall", outcome="done", tier="cache", ms=3)
    shown = agent.get(path).json()
    assert shown["run"]["steps"] == [{"name": "recall", "outcome": "done", "ms": 3, "tier": "cache"}]
    assert shown["run"] == agent.get(f"runs/{run.pk}/").json()


def test_what_nobody_knows_is_404(agent: Caller) -> None:
    for path, code in (
        ("leads/nobody", "unknown_lead"),
        ("leads/nobody/messages", "unknown_lead"),
        (f"runs/{lead(1).pk}", "unknown_run"),
    ):
        answer = agent.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert agent.get("leads/%00").status_code in (400, 404)


def test_messages_come_newest_last_and_go_back_page_by_page(agent: Caller) -> None:
    said(lead(1), "um", "dois", "três", "quatro", "cinco")
    first = agent.get("leads/lead-1/messages", limit=2).json()
    second = agent.get(first["next"]).json()
    third = agent.get(second["next"]).json()
    bodies = [[m["body"] for m in page["results"]] for page in (first, second, third)]
    assert bodies == [["quatro", "cinco"], ["dois", "três"], ["um"]]
    assert third["next"] is None


def test_messages_from_a_moment_on(agent: Caller) -> None:
    said(lead(1), "um", "dois", "três")
    since = (NOW + timedelta(minutes=30)).isoformat()
    told = agent.get("leads/lead-1/messages/", from_date=since).json()["results"]
    assert [message["body"] for message in told] == ["dois", "três"]


def test_messages_are_masked_without_pii(viewer: Caller, agent: Caller) -> None:
    said(lead(1), "meu CPF é 529.982.247-25, fone (11) 98765-4321", sender="marina.prado@example.com")
    seen, clear = (c.get("leads/lead-1/messages").json()["results"][0] for c in (viewer, agent))
    assert "529" not in seen["body"]
    assert "98765" not in seen["body"]
    assert "marina.prado" not in seen["sender"]
    assert "529.982.247-25" in clear["body"]


def test_a_history_is_remembered_until_somebody_speaks(
    agent: Caller,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    said(lead(1), "um")
    agent.get("leads/lead-1/messages")
    with django_assert_num_queries(1):
        assert len(agent.get("leads/lead-1/messages").json()["results"]) == 1
    with django_capture_on_commit_callbacks(execute=True):
        LeadMessage.objects.all().delete()
        history_forget(Lead.objects.all())
    assert agent.get("leads/lead-1/messages").json()["results"] == []


@pytest.mark.parametrize(
    ("path", "given", "field"),
    [
        ("leads", {"status": "happy"}, "status"),
        ("leads", {"source": "letter"}, "source"),
        ("leads", {"from_date": "yesterday"}, "from_date"),
        ("leads", {"to_date": "2026-02-31"}, "to_date"),
        ("leads", {"from_date": "0001-01-01T00:00:00"}, "from_date"),
        ("leads", {"limit": "-1"}, "limit"),
        ("leads", {"cursor": "ÿ"}, "cursor"),
        ("leads", {"cursor": "W10="}, "cursor"),
        ("leads/lead-1/messages", {"from_date": "x"}, "from_date"),
        ("leads/lead-1/messages", {"limit": "x"}, "limit"),
        ("leads/lead-1/messages", {"cursor": "x"}, "cursor"),
    ],
)
def test_bad_input_is_400_and_names_the_field(agent: Caller, path: str, given: dict[str, str], field: str) -> None:
    lead(1)
    answer = agent.get(path, **given)
    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])


def test_a_list_is_one_query_however_many_there_are(
    agent: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    agent.get("leads")
    for numbers in ((1,), range(2, 12)):
        for number in numbers:
            lead(number, state=RunState.COMPLETED)
        with django_assert_num_queries(1):
            agent.get("leads", status="completed", source="c2s")


def test_a_run_that_says_a_message_again_is_nobodys_latest_run(agent: Caller) -> None:
    made = lead(1, state=RunState.NOT_FOUND)
    Run.objects.create(lead=made, trigger=Trigger.ADMIN, state=RunState.COMPLETED, repeats=made.pk)
    assert agent.get("leads").json()["results"][0]["status"] == "not_found"
    assert agent.get("leads/lead-1").json()["run"]["status"] == "not_found"
    assert listed(agent, status="not_found") == ["lead-1"]
