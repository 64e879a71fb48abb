"""What the figures rest on, counted: statements, rows read, calls paid. None of it depends on the machine's mood."""

import json
import re
from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enrichment import tiers
from enrichment.models import Run
from enrichment.sandbox import Sandbox
from parties.models import PartyContact
from parties.record import known_by_contacts
from parties.search import parties_named
from tests.enrichment.leads import paid_calls, run_for
from tests.webhook_bodies import event

pytestmark = pytest.mark.django_db(transaction=True)


def statements(deed: Callable[[], object]) -> list[str]:
    """Without the planning that each connection does once: which one the pool lends is not ours to say."""
    with CaptureQueriesContext(connection) as captured:
        deed()
    return [query["sql"] for query in captured if not query["sql"].startswith("prepare ")]


def rows_read(deed: Callable[[], object]) -> int:
    """Rows that the plans' scans touched in tables, kept or thrown away."""
    touched = 0

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal touched
        if re.match(r"\s*(select|with)", sql, re.IGNORECASE):
            with connection.cursor().connection.cursor() as cursor:
                cursor.execute(f"explain (analyze, format json, timing off) {sql}", params)
                touched += _touched(cursor.fetchone()[0][0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        deed()
    return touched


def _touched(plan: dict[str, Any]) -> int:
    own = 0
    if plan["Node Type"].endswith("Scan") and "Relation Name" in plan:
        own = int((plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"])
    return own + sum(_touched(inner) for inner in plan.get("Plans", []))


def test_a_look_up_reads_the_rows_of_whom_it_finds_however_many_there_are() -> None:
    call_command("seed_synthetic", scale=0.001, until=date(2026, 3, 1), stdout=StringIO())
    with connection.cursor() as cursor:
        # the plans of a large database, where walking through a table never pays
        cursor.execute("set enable_seqscan = off")
    try:
        phone = PartyContact.objects.filter(contact_type="whatsapp", party__enriched=True)[0].value
        assert rows_read(lambda: known_by_contacts([phone])) < 60
        assert rows_read(lambda: parties_named("Ana Paula Silva")) < 300
    finally:
        with connection.cursor() as cursor:
            cursor.execute("set enable_seqscan = on")


def test_a_look_up_past_the_cache_is_two_statements(sandbox: Sandbox, perform: Callable[[Run], Run]) -> None:
    lead = perform(run_for(sandbox)).lead
    contact = tiers.CPF.parse(lead.party.cpf_cnpj) if lead.party else None
    assert len(statements(lambda: tiers.entries_stored([contact]))) == 2  # type: ignore[list-item]


def test_taking_in_a_thousand_events_is_as_many_statements_as_one(webhook: Callable[..., Any]) -> None:
    webhook(json.dumps([event("first")]))
    one = statements(lambda: webhook(json.dumps([event("one", phone="(11) 98765-0001")])))
    many = [event(f"many-{n}", phone=f"(11) 98765-{n:04}", email=f"m{n}@example.com") for n in range(40)]
    forty = statements(lambda: webhook(json.dumps(many)))
    assert len(forty) == len(one) <= 9, "\n".join(one)


def test_a_repeat_pays_nobody_and_a_first_lead_three_times(sandbox: Sandbox, perform: Callable[[Run], Run]) -> None:
    perform(run_for(sandbox))
    assert paid_calls(sandbox) == {"phone": 1, "email": 1, "profile": 1}
    again = perform(run_for(sandbox, "lead-2"))
    assert (paid_calls(sandbox), again.tier) == ({"phone": 1, "email": 1, "profile": 1}, "cache")


def test_a_whole_run_asks_the_database_a_bounded_number_of_times(
    sandbox: Sandbox, perform: Callable[[Run], Run]
) -> None:
    perform(run_for(sandbox))
    known = statements(lambda: perform(run_for(sandbox, "lead-2")))
    fresh = statements(
        lambda: perform(run_for(sandbox, "lead-3", name="", phone="11980002255", email="ana.nunes@example.com"))
    )
    assert len(known) <= 40, len(known)
    assert len(fresh) <= 52, len(fresh)
