"""SQL that was written against the predecessor's tables goes on working."""

from decimal import Decimal

import psycopg
import pytest
from django.db import connection

from enrichment.analytics.views import views
from parties.models import Kind, Party, PartyContact
from tests.enrichment.analytics.known import CPF, EMAIL, PHONE, everything_known, one, rows
from tests.parties.people import cpf
from tests.webhooks.legacy.predecessor import database

pytestmark = pytest.mark.django_db

_COLUMNS = """
select table_name, column_name, udt_name from information_schema.columns
where table_schema = 'core' and table_name not like 'mv_%'
"""
# the query by which the predecessor knew somebody, and those by which it was watched
KNOWN = """
SELECT p.id, p.cpf_cnpj, pe.normalized_data
FROM core.party_contacts pc
JOIN core.parties p ON pc.party_id = p.id
LEFT JOIN core.party_enrichments pe ON pe.party_id = p.id
WHERE (pc.value = %s AND pc.contact_type IN ('phone', 'whatsapp'))
   OR (pc.value = %s AND pc.contact_type = 'email')
AND p.enriched = true
ORDER BY p.updated_at DESC
LIMIT 1
"""
WATCHED = {
    """SELECT COUNT(DISTINCT pc.value) as n FROM core.party_contacts pc JOIN core.parties p ON pc.party_id = p.id
       WHERE p.enriched = true""": 3,
    "SELECT COUNT(*) as n FROM core.party_enrichments WHERE created_at > NOW() - INTERVAL '7 days'": 1,
    "SELECT COUNT(*) as n FROM core.party_enrichments WHERE normalized_data IS NOT NULL": 1,
    "SELECT COUNT(*) as n FROM core.parties WHERE enriched = true": 1,
    "SELECT COUNT(*) as n FROM core.party_contacts WHERE contact_type = 'whatsapp'::core.contact_type_enum": 1,
}


def test_every_column_of_the_predecessor_is_there_with_its_type() -> None:
    with database() as dsn, psycopg.connect(dsn) as predecessor:
        there = set(predecessor.execute(_COLUMNS).fetchall())
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        here = set(cursor.fetchall())
    assert len(there) > 90
    assert there <= here


def test_the_predecessors_queries_find_what_they_found() -> None:
    known = everything_known()
    for phone, email in ((PHONE, ""), ("", EMAIL)):
        found = one(KNOWN, phone, email)
        assert (found["id"], found["cpf_cnpj"]) == (known.person.pk, CPF)
    assert {query: one(query)["n"] for query in WATCHED} == WATCHED


def test_a_row_reads_as_it_read_there() -> None:
    known = everything_known()
    person = one("select * from core.parties where id = %s", known.person.pk)
    assert (person["party_type"], person["full_name"], person["normalized_name"], person["father_name"]) == (
        "person", "Marina Alves", "marina alves", None,
    )  # fmt: skip
    company = one("select * from core.companies")
    assert (company["cnpj"], company["legal_name"], company["company_size"]) == ("11222333000181", "PRADO LTDA", None)
    home = one(
        "select a.*, pa.is_primary, pa.confidence_score from core.party_addresses pa"
        " join core.addresses a on a.id = pa.address_id"
    )
    assert (home["zip_code"], home["formatted_address"], home["confidence_score"]) == (
        "13000000", "Rua A, 1, Campinas, SP", Decimal(1),
    )  # fmt: skip
    owned = one(
        "select o.share, p.assessed_value from core.property_ownerships o join core.real_estate_properties p"
        " on p.id = o.property_id where o.party_id = %s", known.person.pk,
    )  # fmt: skip
    assert owned == {"share": Decimal("0.5000"), "assessed_value": Decimal(501_234)}
    assert one("select relationship_type from core.party_relationships") == {"relationship_type": "Sócio"}
    assert one("select document_cpf, mothers_name from core.people") == {"document_cpf": CPF, "mothers_name": "LUCIA"}


def test_a_look_up_through_the_views_uses_the_indexes_of_the_tables() -> None:
    # of an empty table the planner believes whatever stood in it before
    people = Party.objects.bulk_create(Party(kind=Kind.PERSON, cpf_cnpj=cpf(n).value) for n in range(1, 1001))
    PartyContact.objects.bulk_create(
        PartyContact(party=party, contact_type="email", value=f"one-{n}@example.com") for n, party in enumerate(people)
    )
    with connection.cursor() as cursor:
        cursor.execute("analyze parties, party_contacts")
    by_value = "select p.id from core.party_contacts pc join core.parties p on p.id = pc.party_id where pc.value = 'x'"
    for query, index in (
        (by_value, "party_contacts_by_value"),
        ("select full_name from core.parties where cpf_cnpj = '52998224725'", "parties_one_per_document"),
    ):
        plan = str(rows(f"explain {query}"))
        assert index in plan
        # what is not asked of the views is not read for them
        assert "people" not in plan


_SAID = """
select n.nspname || '.' || c.relname as name, obj_description(c.oid, 'pg_class') as said
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('core', 'analytics') and c.relkind in ('v', 'm')
"""


def test_every_view_says_in_the_database_what_it_is() -> None:
    assert {row["name"]: row["said"] for row in rows(_SAID)} == {view.name: view.comment for view in views()}
