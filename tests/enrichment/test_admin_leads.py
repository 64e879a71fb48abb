from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from enrichment.admin.seller_filter import OFFERED
from enrichment.latest import outcomes_keep
from enrichment.models import Candidate, Decision, Lead, LeadMessage, ProviderCall, Run, RunState, RunStep
from parties.models import Party
from tests.back_office import CLEAR, Rows, lead_run, list_url, logged_in, page_url, rows, staff, superuser

pytestmark = pytest.mark.django_db

TELLING = (
    "52998224725",
    "529.982.247-25",
    "98765-4321",
    "987654321",
    "marina.prado@example.com",
    "Marina.Prado@example",
)


@pytest.fixture
def made() -> Rows:
    return rows()


@pytest.fixture
def crowd(made: Rows) -> None:
    """So many others that the planner has a choice worth making."""
    others = [
        Lead(
            lead_id=f"other-{n}",
            crm_id=f"crm-other-{n}",
            source="import",
            seller=f"Corretora {n % 40}",
            customer_name=f"Pessoa Outra{n}",
            phone=f"1197{n:07}",
            phone_value=f"+551197{n:07}",
            phone2=f"1196{n:07}",
            email=f"outra.{n}@example.com",
            email_value=f"outra.{n}@example.com",
            document=f"{n:011}",
            outcome="failed",
            outcome_tier="cache",
            received_at=timezone.now() - timedelta(days=700, minutes=n),
        )
        for n in range(4000)
    ]
    Lead.objects.bulk_create(others)
    Run.objects.bulk_create([Run(lead=lead, trigger="import", state="failed") for lead in others])
    Party.objects.bulk_create([Party(kind="person", cpf_cnpj=f"{n:011}", name=f"Pessoa Outra{n}") for n in range(4000)])
    with connection.cursor() as cursor:
        cursor.execute("analyze leads; analyze runs; analyze parties; analyze party_contacts")


@pytest.fixture
def viewer() -> Client:
    return logged_in(staff("viewer"))


@pytest.fixture
def officer() -> Client:
    return logged_in(staff("officer", CLEAR))


def found(client: Client, **query: str) -> list[Lead]:
    return list(client.get(list_url(Lead), query).context["cl"].result_list)


@pytest.mark.parametrize("model", [Lead, Run, LeadMessage])
def test_a_viewer_sees_nobodys_document_or_contact(made: Rows, viewer: Client, model: type[Lead]) -> None:
    for url in (list_url(model), page_url(made[model])):
        body = viewer.get(url).content.decode()
        assert [telling for telling in TELLING if telling in body] == []


def test_a_viewer_sees_the_masks(made: Rows, viewer: Client) -> None:
    assert "(11) *****-**21" in viewer.get(list_url(Lead)).content.decode()
    body = viewer.get(page_url(made[Lead])).content.decode()
    for mask in ("***.982.***-**", "(11) *****-**21", "m***@example.com", "are masked for you"):
        assert mask in body


def test_whoever_may_sees_the_message_exactly_as_it_was_sent(made: Rows, officer: Client) -> None:
    for row in (made[Lead], made[Run], made[LeadMessage]):
        body = officer.get(page_url(row)).content.decode()
        assert f'<div class="c2s-text">{made[LeadMessage].body}</div>' in body


def test_a_lead_shows_its_whole_story(made: Rows, officer: Client) -> None:
    body = officer.get(page_url(made[Lead])).content.decode()
    for told in (
        page_url(made[Party]), page_url(made[Run]), "Look at what is known", "2 of 2 identifiers known", "12 ms",
        "the phone leads here", "the names agree to 93%", "chosen", "Corretora Exemplo",
        "/admin/webhooks/webhookevent/",
    ):  # fmt: skip
        assert told in body


def test_earlier_runs_follow_the_latest(made: Rows, officer: Client) -> None:
    lead_run(made)
    body = officer.get(page_url(made[Lead])).content.decode()
    first, latest = Run.objects.order_by("id")
    assert body.index(page_url(latest)) < body.index("Earlier runs") < body.index(page_url(first))


def test_of_very_many_runs_the_latest_are_shown_and_the_rest_is_linked(made: Rows, officer: Client) -> None:
    Run.objects.bulk_create([Run(lead=made[Lead], trigger="admin", state="completed") for _ in range(20)])
    answer = officer.get(page_url(made[Lead]))
    assert len(answer.context["page"]["runs"]) == 20
    assert f"{list_url(Run)}?q=lead-0" in answer.content.decode()
    assert officer.get(list_url(Run), {"q": "lead-0"}).context["cl"].result_count == 21


def test_a_lead_without_runs_or_party_has_a_page(officer: Client) -> None:
    lead = Lead.objects.create(lead_id="bare")
    body = officer.get(page_url(lead)).content.decode()
    assert "No run yet." in body
    assert "Nobody was matched." in body


def test_the_list_shows_the_state_of_the_latest_run(made: Rows, officer: Client) -> None:
    lead_run(made)
    Run.objects.filter(pk=made[Run].pk).update(state=RunState.NEEDS_REVIEW, tier="")
    [lead] = found(officer)
    assert (lead.state, lead.tier) == (RunState.NEEDS_REVIEW, "")  # type: ignore[attr-defined]


def test_the_status_filter_looks_at_the_latest_run_only(made: Rows, officer: Client) -> None:
    lead_run(made)
    Run.objects.filter(pk=made[Run].pk).update(state=RunState.FAILED)
    outcomes_keep([made[Lead].pk])
    assert found(officer, status="failed") == [made[Lead]]
    assert found(officer, status="completed") == []
    assert found(officer, status="nonsense") == [made[Lead]]
    Run.objects.create(lead=made[Lead], trigger="admin")
    assert found(officer, status="failed") == []
    assert found(officer, status="queued") == [made[Lead]]


def test_a_run_that_says_a_message_again_is_no_lead_s_outcome(made: Rows, officer: Client) -> None:
    Run.objects.create(lead=made[Lead], trigger="admin", state=RunState.FAILED, repeats=made[LeadMessage].pk)
    outcomes_keep([made[Lead].pk])
    assert found(officer, status="completed") == [made[Lead]]
    assert found(officer, status="failed") == []


FILTERS: list[tuple[dict[str, str], str]] = [
    ({"status": "completed"}, "leads_by_outcome"),
    ({"status": "queued"}, "runs_by_state|runs_waiting"),
    ({"tier": "provider"}, "leads_by_tier"),
    ({"source__exact": "c2s"}, "leads_by_source"),
    ({"seller": "Corretora Exemplo"}, "leads_by_seller"),
    ({"received_at__gte": "2026-01-01 00:00:00-03:00"}, "leads_newest"),
    ({"review": "waiting"}, "leads_by_outcome|runs_to_review"),
]


def test_each_filter_is_answered_by_an_index_and_narrows(made: Rows, officer: Client, crowd: None) -> None:
    for query, index in FILTERS:
        state = {"queued": "queued", "waiting": "needs_review"}.get("".join(query.values()), "completed")
        Run.objects.filter(pk=made[Run].pk).update(state=state, tier="provider")
        outcomes_keep([made[Lead].pk])
        assert found(officer, **query) == [made[Lead]], query
        plan = officer.get(list_url(Lead), query).context["cl"].queryset.order_by().explain()
        assert any(name in plan for name in index.split("|")), (query, plan)
        assert "Seq Scan on leads" not in plan, (query, plan)


def test_a_decided_lead_wears_the_decision_and_is_found_by_it(made: Rows, officer: Client) -> None:
    Decision.objects.create(lead=made[Lead], ruling="reviewed")
    assert found(officer, review="reviewed") == [made[Lead]]
    assert found(officer, review="ignored") == []
    assert "Reviewed" in shown(officer, list_url(Lead))


def test_what_somebody_reviewed_no_longer_asks_for_it(made: Rows, officer: Client) -> None:
    Run.objects.update(state=RunState.NEEDS_REVIEW)
    for url in (list_url(Lead), list_url(Run), page_url(made[Lead]), page_url(made[Run])):
        Run.objects.update(reviewed_at=None)
        assert "Needs review" in shown(officer, url)
        Run.objects.update(reviewed_at=timezone.now())
        assert "Needs review" not in shown(officer, url)


def shown(client: Client, url: str) -> str:
    """Without the filters, which name every state."""
    body = client.get(url).content.decode()
    return body.partition('id="result_list"')[2].partition("</table>")[0] or body


@pytest.mark.parametrize(
    "term",
    [
        "lead-0", "11987654321", "(11) 98765-4321", "+55 (11) 98765 4321", "marina prado", "Márina Prado", "MARINA",
        "529.982.247-25", " lead-0 ",
    ],
)  # fmt: skip
def test_a_lead_is_found_by_whatever_is_at_hand(made: Rows, officer: Client, term: str) -> None:
    other = rows(1)
    Lead.objects.filter(pk=other[Lead].pk).update(customer_name="Otávio Brito", email_value="otavio@example.com")
    Party.objects.filter(pk=other[Party].pk).update(folded_name="otavio brito")
    assert found(officer, q=term) == [made[Lead]]


def test_a_lead_is_found_by_its_e_mail(made: Rows, officer: Client) -> None:
    assert found(officer, q="MARINA.Prado@example.com") == [made[Lead]]


def test_a_lead_that_nobody_was_matched_with_is_found_by_name(officer: Client) -> None:
    lead = Lead.objects.create(lead_id="unknown", customer_name="Zuleica Fonseca")
    assert found(officer, q="fonseca zul") == [lead]
    assert found(officer, q="fonseca ana") == []


SEARCHES = [
    ("lead-0", {"lead_id"}),
    ("crm-0", {"leads_by_crm_id"}),
    ("(11) 98765-4321", {"leads_by_phone", "leads_by_second_phone"}),
    ("marina.prado@example.com", {"leads_by_email"}),
    ("529.982.247-25", {"leads_by_document"}),
    ("prado marina", {"leads_by_name", "parties_name_words"}),
]


def test_every_search_is_answered_by_indexes_alone(made: Rows, officer: Client, crowd: None) -> None:
    Lead.objects.filter(pk=made[Lead].pk).update(crm_id="crm-0")
    plans: list[str] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if (sql.startswith("SELECT") and '"leads"' in sql) or '"part' in sql:
            with connection.cursor().connection.cursor() as cursor:
                cursor.execute(f"explain {sql}", params)
                plans.append("\n".join(row[0] for row in cursor.fetchall()))
        return execute(sql, params, many, context)

    for term, indexes in SEARCHES:
        plans.clear()
        with connection.execute_wrapper(explained):
            assert found(officer, q=term) == [made[Lead]]
        assert [index for index in indexes if not any(index in plan for plan in plans)] == [], (term, plans)
        assert not any(f"Seq Scan on {table}" in "".join(plans) for table in ("leads", "runs", "parties")), (
            term,
            plans,
        )


@pytest.mark.parametrize("term", ["21 99888-7766", "+55 (21) 99888-7766", "021998887766"])
def test_a_lead_is_found_by_its_second_phone(made: Rows, officer: Client, term: str) -> None:
    Lead.objects.create(lead_id="elsewhere", phone2="(11) 99888-7766")
    Lead.objects.update_or_create(pk=made[Lead].pk, defaults={"phone2": "55 21 998887766"})
    assert found(officer, q=term) == [made[Lead]]


def test_a_lead_is_found_by_the_cpf_it_typed(officer: Client) -> None:
    lead = Lead.objects.create(lead_id="typed", document="390.533.447-05")
    assert found(officer, q="39053344705") == [lead]


@pytest.mark.parametrize("term", ["davila jose", "D'Ávila", "JOSÉ d’avila", "joao", "lima-davila"])
def test_a_name_is_found_however_it_is_spelled(officer: Client, term: str) -> None:
    lead = Lead.objects.create(lead_id="spelled", customer_name="Jose\u0301 João/Lima-D'Ávila ")
    assert found(officer, q=term) == [lead]


@pytest.mark.parametrize("term", ["'", "a' | 'b", "!&|():*", "🏠", "x"])
def test_what_nobody_is_called_finds_nobody(made: Rows, officer: Client, term: str) -> None:
    assert found(officer, q=term) == []


@pytest.mark.parametrize("model", [Run, LeadMessage])
def test_runs_and_messages_are_found_by_their_lead(made: Rows, officer: Client, model: type[Run]) -> None:
    rows(1)
    for term in ("lead-0", "(11) 98765-4321"):
        assert list(officer.get(list_url(model), {"q": term}).context["cl"].result_list) == [made[model]]


def test_a_run_shows_what_it_paid(made: Rows, officer: Client) -> None:
    ProviderCall.objects.update(price="0.35")
    assert "1 · R$ 0.35" in officer.get(page_url(made[Run])).content.decode()


def test_every_attempt_of_a_run_is_told_apart(made: Rows, officer: Client) -> None:
    RunStep.objects.create(run=made[Run], attempt=2, name="recall", outcome="work_api: unavailable", ms=5)
    body = officer.get(page_url(made[Run])).content.decode()
    assert body.index("Attempt 1") < body.index("Attempt 2") < body.index("Work API: unavailable")


def test_links_lead_only_where_one_may_go(made: Rows) -> None:
    client = logged_in(staff("narrow", "view_lead", may_view=False))
    body = client.get(page_url(made[Lead])).content.decode()
    assert f'href="{page_url(made[Party])}"' not in body.partition("Candidates")[0]
    assert "/admin/webhooks/webhookevent/" not in body


def test_a_seller_is_found_by_part_of_a_name_however_many_there_are(made: Rows, officer: Client) -> None:
    Lead.objects.bulk_create(
        Lead(lead_id=f"of-{n}", source="import", seller=f"Corretor {n:03} Assunção") for n in range(OFFERED + 5)
    )
    last = Lead.objects.get(lead_id=f"of-{OFFERED + 4}")
    assert found(officer, seller=f"assuncao {OFFERED + 4}") == found(officer, seller=last.seller) == [last]
    assert found(officer, seller="corretora exem") == [made[Lead]]
    assert found(officer, seller="nobody") == []
    assert officer.get(list_url(Lead)).content.decode().count('<option value="Corretor') == OFFERED


def test_what_a_customer_writes_is_text_and_no_markup(made: Rows) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    Lead.objects.update(customer_name=nasty, email=nasty, seller=nasty, product=nasty)
    LeadMessage.objects.update(body=nasty, sender=nasty)
    Candidate.objects.update(name=nasty, reasons=[nasty])
    Run.objects.update(error=nasty)
    RunStep.objects.update(outcome=nasty, name=nasty[:20])
    client = superuser()
    for row in (made[Lead], made[Run], made[LeadMessage]):
        for url in (page_url(row), list_url(type(row))):
            assert "<img src=x" not in client.get(url).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_sample_lead_is_shown_with_its_run_and_its_message(
    sandbox: Any, webhook: Callable[..., Any], perform: Callable[[Run], Run]
) -> None:
    from tests.webhook_bodies import event

    webhook(event())
    run = perform(Run.objects.get())
    body = superuser().get(page_url(run.lead)).content.decode()
    for told in (
        "MARINA ALVES PRADO",
        "529.982.247-25",
        "Completed",
        "Fetch the profile",
        "1 of 1 profiles",
        "DADOS PESSOAIS",
    ):
        assert told in body
