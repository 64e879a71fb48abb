import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from parties.facts import AddressFact, CompanyFact, FinanceFact
from parties.merge import person_file
from parties.models import Kind, Party, PartyContact, PartyEnrichment, PropertyOwnership, RealEstateProperty
from parties.record import Known, known_by_contacts, known_by_documents, known_by_ids
from tests.parties.people import EMAIL, NOON, PHONE, cnpj, cpf, email, filed, later, phone, told

Look = Callable[[], list[Known]]
MANY = 4_000


def enriched(number: int = 529982247, day: float = 0, **facts: Any) -> Party:
    given = {"contacts": [phone()], **facts}
    return person_file(facts=told(cpf=cpf(number), told_at=later(day), **given), profile={"of": number})


def documents(known: list[Known]) -> list[str | None]:
    return [k.record.document for k in known]


@pytest.mark.django_db
class TestLookUp:
    def test_nothing_asked_is_answered_without_a_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert known_by_contacts([]) == known_by_documents([]) == known_by_ids([]) == []

    def test_one_query_whatever_is_asked(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        parties = [
            enriched(
                111444777 + i,
                contacts=[phone(), email(), phone(i)],
                companies=[CompanyFact(cnpj=cnpj(i + 1), kind="partner")],
                addresses=[AddressFact(street="R A", cep="13010001")],
                finances=FinanceFact(income=Decimal(1)),
            )
            for i in range(10)
        ]
        looks: list[tuple[Look, int]] = [
            (lambda: known_by_contacts([PHONE]), 10),
            (lambda: known_by_contacts(["nobody@example.com"]), 0),
            (lambda: known_by_documents([party.cpf_cnpj or "" for party in parties]), 10),
            (lambda: known_by_ids([party.pk for party in parties]), 10),
        ]
        for look, found in looks:
            with django_assert_num_queries(1):
                assert len(look()) == found

    def test_of_several_contacts_the_owners_are_asked_for_first(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        enriched(111444777, contacts=[phone(), email()])
        enriched(222555888, day=1)
        asked = [PHONE, EMAIL, "+5511900000000", "nobody@example.com"]
        with django_assert_num_queries(2):
            found = known_by_contacts(asked)
        with django_assert_num_queries(1):
            again = known_by_contacts(asked, read=[known.record for known in found])
        with django_assert_num_queries(1):
            assert known_by_contacts(asked[2:]) == []
        assert [(k.record, k.via) for k in again] == [(k.record, k.via) for k in found]
        assert [len(k.via) for k in found] == [1, 2]

    def test_a_phone_of_several_gives_all_of_them_the_newest_first(self) -> None:
        for number, day in ((111444777, 1), (222555888, 3), (333666999, 2)):
            enriched(number, day)
        assert documents(known_by_contacts([PHONE])) == [cpf(n).value for n in (222555888, 333666999, 111444777)]

    def test_people_enriched_at_the_same_moment_come_in_one_order(self) -> None:
        ids = [enriched(111444777 + i).pk for i in range(5)]
        assert [k.record.party_id for k in known_by_contacts([PHONE])] == sorted(ids)

    @pytest.mark.parametrize("asked", [[PHONE], [EMAIL], [PHONE, EMAIL]])
    def test_whoever_is_not_enriched_is_not_known_by_either_contact(self, asked: list[str]) -> None:
        person_file(facts=told(contacts=[phone(), email()]))
        assert known_by_contacts(asked) == []

    def test_each_record_says_which_contacts_led_to_it(self) -> None:
        enriched(111444777, 2, contacts=[phone()])
        enriched(222555888, 1, contacts=[email(), phone(1)])
        enriched(333666999, 0, contacts=[phone(), email()])
        assert [k.via for k in known_by_contacts([EMAIL, PHONE])] == [{PHONE}, {EMAIL}, {PHONE, EMAIL}]

    def test_a_placeholder_phone_does_not_crowd_out_the_owner_of_the_email(self) -> None:
        owner = enriched(day=-1, contacts=[email()])
        crowd = Party.objects.bulk_create(
            Party(kind=Kind.PERSON, cpf_cnpj=cpf(i + 1).value, enriched=True, enriched_at=NOON) for i in range(60)
        )
        PartyContact.objects.bulk_create(PartyContact(party=p, contact_type="phone", value=PHONE) for p in crowd)
        found = known_by_contacts([PHONE, EMAIL])
        assert len(found) == 51
        assert found[-1].record.party_id == owner.pk

    def test_the_stored_profile_is_the_latest_one(self) -> None:
        party = enriched(day=2)
        person_file(facts=told(told_at=later(1)), profile={"older": True})
        assert known_by_contacts([PHONE])[0].profile == {"of": 529982247}
        PartyEnrichment.objects.create(party=party, provider="work_api", profile={"tie": 2}, enriched_at=later(2))
        assert known_by_ids([party.pk])[0].profile == {"tie": 2}

    def test_a_document_finds_whoever_has_it_enriched_or_not(self) -> None:
        filed(companies=[CompanyFact(cnpj=cnpj(), kind="partner")])
        [person, firm] = sorted(known_by_documents([cpf().value, cnpj().value]), key=lambda k: k.record.kind)[::-1]
        assert (person.record.kind, person.record.enriched, person.profile) == ("person", False, None)
        assert (firm.record.document, firm.record.enriched_at, firm.via) == (cnpj().value, None, {cnpj().value})


@pytest.mark.django_db
class TestWhatItHolds:
    def test_a_bare_party_is_all_unknown(self) -> None:
        party = Party.objects.create(kind=Kind.COMPANY)
        record = known_by_ids([party.pk])[0].record
        assert (record.document, record.name, record.sex, record.birth_date, record.deceased) == (
            None,
            "",
            "",
            None,
            None,
        )
        assert (record.contacts, record.places, record.finances, record.ties, record.owned) == ([], [], None, [], [])

    def test_decimals_come_back_to_the_last_cent(self) -> None:
        money = FinanceFact(
            income=Decimal("123456789012.10"), income_min=Decimal("0.07"), income_max=Decimal("999999999999.99")
        )
        party = enriched(finances=money, contacts=[phone(confidence=Decimal("0.90"))])
        home = RealEstateProperty.objects.create(assessed_value=Decimal("1234567.89"), area_m2=Decimal("70.10"))
        PropertyOwnership.objects.create(property=home, party=party, share=Decimal("0.3333"))
        record = known_by_contacts([PHONE])[0].record
        assert record.finances is not None
        assert record.finances.income == Decimal("123456789012.10")
        assert (record.finances.income_min, record.finances.income_max) == (money.income_min, money.income_max)
        assert str(record.contacts[0].confidence) == "0.90"
        assert [str(v) for v in (record.owned[0].assessed_value, record.owned[0].area_m2, record.owned[0].share)] == [
            "1234567.89", "70.10", "0.3333",
        ]  # fmt: skip

    def test_parts_come_in_the_order_of_their_worth(self) -> None:
        enriched(
            contacts=[phone(1), phone(2, confidence=Decimal("0.5")), phone(3, primary=True), email()],
            companies=[
                CompanyFact(cnpj=cnpj(1), kind="partner", until=date(2020, 1, 1)),
                CompanyFact(cnpj=cnpj(2), kind="partner"),
            ],
            addresses=[AddressFact(street="R A", cep="13010001"), AddressFact(street="R B", cep="13010001")],
        )
        record = known_by_documents([cpf().value])[0].record
        assert [c.value[-1] for c in record.phones] == ["3", "2", "1"]
        assert [c.value for c in record.emails] == [EMAIL]
        assert [t.cnpj for t in record.ties] == [cnpj(2).value, cnpj(1).value]
        assert [p.street for p in record.places] == ["R A", "R B"]

    def test_what_was_sold_is_no_longer_owned(self) -> None:
        party = enriched()
        home = RealEstateProperty.objects.create(city="CAMPINAS")
        PropertyOwnership.objects.create(property=home, party=party, end_date=date(2020, 1, 1))
        assert known_by_contacts([PHONE])[0].record.owned == []

    def test_a_company_is_shown_by_its_trade_name_then_its_legal_name(self) -> None:
        enriched(companies=[CompanyFact(cnpj=cnpj(), kind="partner")])
        firm = Party.objects.get(kind=Kind.COMPANY)
        shown = []
        for column, value in (("legal_name", "PADARIA EXEMPLO LTDA"), ("trade_name", "PADARIA EXEMPLO")):
            setattr(firm.company, column, value)
            firm.company.save()
            shown.append(known_by_contacts([PHONE])[0].record.ties[0].name)
        assert shown == ["PADARIA EXEMPLO LTDA", "PADARIA EXEMPLO"]


FILL = """
insert into parties (id, kind, cpf_cnpj, name, folded_name, enriched, enriched_at, origins, created_at, updated_at)
  select gen_random_uuid(), 'person', lpad(i::text, 11, '0'), 'P', 'p', true, now(), '{}', now(), now()
  from generate_series(1, %(many)s) i;
insert into party_contacts (id, party_id, contact_type, value, is_primary, is_verified, source, operator, line_type,
    created_at, updated_at)
  select gen_random_uuid(), id, 'phone', '+55119' || right(cpf_cnpj, 8), true, false, '', '', '', now(), now()
  from parties union all
  select gen_random_uuid(), id, 'email', 'p' || cpf_cnpj || '@example.com', true, false, '', '', '', now(), now()
  from parties;
insert into party_enrichments (id, party_id, provider, profile, enriched_at)
  select gen_random_uuid(), id, 'work_api', '{}', now() from parties, generate_series(1, 2);
insert into people select id, null, '', '', '', '', '', '', '', '', '', null, null from parties;
insert into companies select id, '', '', '', '', null from parties;
insert into party_finances (party_id, purchasing_power, risk_level, social_class, source)
  select id, '', '', '', '' from parties;
insert into addresses (id, street, number, complement, neighborhood, city, state, cep, place_key, created_at)
  select id, '', '', '', '', '', '', '', cpf_cnpj, now() from parties;
insert into party_addresses (id, party_id, address_id, is_primary, source, seen_at)
  select gen_random_uuid(), id, id, true, '', now() from parties;
insert into party_relationships (id, from_party_id, to_party_id, kind, role, source, created_at, seen_at)
  select gen_random_uuid(), id, lead(id, 1) over (order by id), 'partner', '', '', now(), now() from parties
  order by id limit %(many)s - 1;
insert into real_estate_properties (id, iptu_number, street, number, neighborhood, city, state, cep, created_at)
  select id, cpf_cnpj, '', '', '', '', '', '', now() from parties;
insert into property_ownerships (id, property_id, party_id) select gen_random_uuid(), id, id from parties;
set constraints all immediate;
analyze;
"""


@pytest.fixture(scope="module")
def crowded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Every table that a record is read from, with so many rows that a plan shows its true colours."""
    tables = "parties, addresses, real_estate_properties"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(FILL % {"many": MANY})
        yield
        cursor.execute(f"truncate {tables} cascade; analyze")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "look",
    [
        lambda party: known_by_contacts(["+551190000123"]),
        lambda party: known_by_contacts(["+5511900000123", "p00000000456@example.com"]),
        lambda party: known_by_documents([party.cpf_cnpj]),
        lambda party: known_by_ids([party.pk]),
    ],
    ids=["a phone", "phone and e-mail", "document", "id"],
)
def test_every_look_up_goes_by_an_index_alone(crowded: None, look: Callable[[Party], list[Known]]) -> None:
    party = Party.objects.all()[0]
    with CaptureQueriesContext(connection) as asked:
        look(party)
    scans = {scan for query in asked for scan in _scans(_plan(query["sql"]))}
    tables = {table for _, table in scans}
    assert {"parties", "party_contacts", "party_enrichments", "party_addresses", "party_relationships"} <= tables
    assert {kind for kind, _ in scans} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}, scans


def _plan(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"explain (format json) {sql}")
        [[plan]] = cursor.fetchall()
    top: dict[str, Any] = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return top


def _scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "Relation Name" in node:
        yield node["Node Type"], node["Relation Name"]
    for inner in node.get("Plans", []):
        yield from _scans(inner)
