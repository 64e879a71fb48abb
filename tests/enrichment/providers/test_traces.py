"""A full run, good and bad, and then a search through everything it wrote."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection

from enrichment.models import ProviderCall, Run
from enrichment.sandbox import Sandbox
from parties.models import Party, PartyContact
from tests.enrichment.providers.leaks import IDENTIFIERS, SECRETS
from tests.webhook_bodies import event

pytestmark = pytest.mark.django_db(transaction=True)

# They exist to hold people; secrets must not be there either.
HOLD_PEOPLE = {"leads", "lead_messages", "webhook_events", "run_candidates", "discoveries"}
OF_THE_RECORD = {table._meta.db_table for table in Party._meta.apps.get_app_config("parties").get_models()}
COLUMNS = """
select table_name, column_name from information_schema.columns join information_schema.tables
  using (table_schema, table_name)
where table_schema = 'public' and table_type = 'BASE TABLE'
  and data_type in ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY', 'bytea', 'USER-DEFINED')
"""
PEOPLE = {
    "lead-good": {"name": "Marina Alves Prado"},
    "lead-nobody": {"name": "Visitante", "phone": "(11) 98765-1100", "email": "ninguem@example.com"},
    "lead-others": {"name": "Nome Que Nao Combina", "phone": "(11) 98765-4388", "email": "casal.feliz@example.com"},
    "lead-refused": {"name": "Rui Barreto", "phone": "(21) 98765-0031", "email": "rui.barreto@example.com"},
    "lead-broken": {"name": "Ana Brito", "phone": "(31) 98765-0032", "email": "ana.brito@example.com"},
    "lead-lost": {"name": "Lia Nunes", "phone": "(51) 98765-0033", "email": "lia.nunes@example.com"},
    "lead-unsaid": {"name": "Ivo Sales", "phone": "(61) 98765-0034", "email": "ivo.sales@example.com"},
    "lead-fake": {"name": "Teste", "phone": "(11) 99999-9999", "email": "teste@teste"},
}
FAULTS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "lead-refused": [("diretrix", "status", {"status": 401})],
    "lead-broken": [("work_api", "malformed_json", {})],
    "lead-lost": [("work_api", "cut", {})],
    "lead-unsaid": [("c2s", "lost_answer", {})],
}


@pytest.fixture
def written_by_runs(
    sandbox: Sandbox,
    webhook: Callable[..., Any],
    perform: Callable[[Run], Run],
    written: Callable[[], str],
    settings: Any,
) -> str:
    """What was logged while leads of every kind went through."""
    settings.BREAKER_FAILURES = 100
    for lead_id, customer in PEOPLE.items():
        sandbox.add_lead(id=lead_id, **{"phone": "(11) 98765-4321", "email": "marina.prado@example.com"} | customer)
        assert webhook(event(lead_id, **customer)).status_code == 200
        for provider, mode, details in FAULTS.get(lead_id, []):
            sandbox.faults.next(provider, mode, calls=2, **details)
        perform(Run.objects.get(lead__lead_id=lead_id))
        sandbox.faults.reset()
    return written()


def test_no_secret_and_no_identifier_is_left_behind(written_by_runs: str) -> None:
    people = known_people()
    assert "+5511987654321" in people
    assert shown_in(written_by_runs, (*SECRETS, *people)) == set()
    for (table, column), values in all_values().items():
        holds_people = table in HOLD_PEOPLE | OF_THE_RECORD
        sought = SECRETS if holds_people else (*SECRETS, *people)
        assert shown_in(values, sought) == set(), f"{table}.{column}"


def test_the_runs_met_every_kind_of_ending(written_by_runs: str) -> None:
    outcomes = set(ProviderCall.objects.values_list("outcome", flat=True))
    assert outcomes == {"ok", "nobody", "rejected", "unavailable", "bad_payload"}
    states = set(Run.objects.values_list("state", flat=True))
    assert {"completed", "not_found", "needs_review", "skipped"} <= states
    assert "provider asked" in written_by_runs


def test_the_search_sees_every_table() -> None:
    seen = {table for table, _ in all_values()}
    assert {"provider_calls", "run_steps", "runs", "procrastinate_jobs", "leads", "parties"} <= seen
    assert seen >= HOLD_PEOPLE


def known_people() -> set[str]:
    """Every document, contact and name that any run met, in the forms it can be written in."""
    with connection.cursor() as cursor:
        cursor.execute("select cpf from run_candidates")
        candidates = {row[0] for row in cursor.fetchall()}
    documents = {*candidates, *Party.objects.exclude(cpf_cnpj=None).values_list("cpf_cnpj", flat=True)}
    contacts = set(PartyContact.objects.values_list("value", flat=True))
    typed = {value for customer in PEOPLE.values() for key, value in customer.items() if key != "name"}
    names = set(Party.objects.exclude(name="").values_list("name", flat=True))
    national = {contact[3:] for contact in contacts if contact.startswith("+55")}
    return {*IDENTIFIERS, *documents, *contacts, *typed, *names, *national}


def all_values() -> dict[tuple[str, str], str]:
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            cursor.execute(f'select "{column}" from "{table}"')
            found[table, column] = " ".join(_as_text(row[0]) for row in cursor.fetchall())
    return found


def shown_in(text: str, sought: Iterable[str]) -> set[str]:
    return {one for one in sought if one and one.lower() in text.lower()}


def _as_text(value: Any) -> str:
    if isinstance(value, memoryview | bytes):
        return bytes(value).decode(errors="replace")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
