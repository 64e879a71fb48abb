from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from c2s_enrich.ids import uuid7
from parties.facts import AddressFact, CompanyFact, FinanceFact, PersonFacts
from parties.filing.values import value_pin
from parties.merge import contacts_add, person_file
from parties.models import Kind, Party, PartyContact, PartyEnrichment
from tests.parties.people import NOON, all_at_once, cnpj, cpf, email, filed, later, phone, told


@pytest.mark.django_db
class TestEnrichments:
    def test_the_row_keeps_the_profile_and_the_party_the_newest_date(self) -> None:
        run = uuid7()
        for day in (5, 2):
            party = person_file(facts=told(told_at=later(day)), profile={"day": day}, run_id=run)
        assert (party.enriched, party.enriched_at) == (True, later(5))
        rows = PartyEnrichment.objects.values_list("provider", "profile", "run_id", "enriched_at")
        assert list(rows) == [("work_api", {"day": day}, run, later(day)) for day in (5, 2)]

    def test_a_person_without_a_profile_is_not_enriched(self) -> None:
        assert not filed(source="diretrix").enriched
        assert not PartyEnrichment.objects.exists()

    def test_what_is_enriched_stays_so(self) -> None:
        person_file(facts=told(), profile={})
        party = filed(source="diretrix", told_at=later())
        assert (party.enriched, party.enriched_at) == (True, NOON)


@contextmanager
def slow_inserts(table: str) -> Iterator[None]:
    """Each row takes its time, so that two filings are surely between the same rows at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create function dawdle() returns trigger language plpgsql as "
            "$$ begin perform pg_sleep(0.004); return new; end $$;"
            f"create trigger dawdle before insert on {table} for each row execute function dawdle()"
        )
        try:
            yield
        finally:
            cursor.execute("drop function dawdle() cascade")


def crowd(number: int) -> PersonFacts:
    return told(
        contacts=[phone(i, whatsapp=True) for i in range(number)] + [email(f"m{i}@example.com") for i in range(number)],
        addresses=[AddressFact(street="RUA A", number=str(i + 1), city="CAMPINAS", state="SP") for i in range(number)],
        companies=[CompanyFact(cnpj=cnpj(i + 1), kind="partner", role="SOCIO") for i in range(number)],
        finances=FinanceFact(income=Decimal(1)),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("again", [False, True])
def test_filing_costs_the_same_for_one_and_for_ten(again: bool) -> None:
    counts = []
    for number in (1, 10):
        with transaction.atomic():
            if again:
                person_file(facts=crowd(number), profile={})
            with CaptureQueriesContext(
                connection,
            ) as asked:
                person_file(facts=crowd(number), profile={})
            counts.append(len(asked))
            transaction.set_rollback(True)
    assert counts[0] == counts[1] <= 38


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_a_filing_that_breaks_leaves_nothing_behind(self) -> None:
        facts = crowd(2)
        with patch("parties.merge.finances_file", side_effect=RuntimeError), pytest.raises(RuntimeError):
            person_file(facts=facts, profile={})
        assert not Party.objects.exists()
        assert not PartyContact.objects.exists()

    def test_twenty_runs_that_file_one_new_cpf_at_once_make_one_party_with_all_contacts(self) -> None:
        def deed(number: int) -> Any:
            contacts = [phone(number, primary=True), email(f"m{number}@example.com", primary=True), phone(99)]
            return lambda: person_file(facts=told(contacts=contacts, occupation=f"O{number}"), profile={}).pk

        assert len(set(all_at_once([deed(number) for number in range(20)]))) == 1
        party = Party.objects.get()
        assert PartyContact.objects.filter(party=party).count() == 41
        assert PartyEnrichment.objects.count() == 20
        for family in (["email"], ["phone", "whatsapp"]):
            assert PartyContact.objects.filter(contact_type__in=family, is_primary=True).count() == 1

    @pytest.mark.parametrize("table", ["parties", "addresses"])
    def test_people_who_share_companies_or_addresses_never_wait_in_a_circle(self, table: str) -> None:
        shared: dict[str, list[Any]] = {
            "companies": [CompanyFact(cnpj=cnpj(i), kind="partner", role="SOCIO") for i in range(1, 11)],
            "addresses": [AddressFact(street="RUA A", number=str(i), cep="13010001") for i in range(1, 11)],
        }
        if table == "addresses":
            # whoever waits for a company no longer meets anybody at the addresses
            del shared["companies"]

        def deed(number: int) -> Any:
            way = 1 if number % 2 else -1
            facts = told(cpf=cpf(111444777 + number), **{part: rows[::way] for part, rows in shared.items()})
            return lambda: person_file(facts=facts)

        with slow_inserts(table):
            all_at_once([deed(number) for number in range(10)])
        people = Party.objects.filter(kind=Kind.PERSON)
        assert [p.addresses.count() for p in people] == [10] * 10
        assert [p.relationships.count() for p in people] == [len(shared.get("companies", []))] * 10
        assert [p.addresses.filter(is_primary=True).count() for p in people] == [1] * 10

    def test_a_pin_and_filings_at_once_lose_nothing(self) -> None:
        party = person_file(facts=told(occupation="ARQUITETO"))
        deeds = [lambda d=day: person_file(facts=told(sex="female", told_at=later(d))) for day in range(6)]
        all_at_once([*deeds, lambda: value_pin(party, "occupation"), lambda: value_pin(party, "name")])
        origins = Party.objects.get().origins
        assert (origins["occupation"]["pinned"], origins["name"]["pinned"]) == (True, True)
        assert origins["sex"] == {"source": "work_api", "at": later(5).isoformat()}

    def test_what_only_points_at_the_person_need_not_wait_for_a_filing(self) -> None:
        party = person_file(facts=told())

        def point() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                # of this transaction alone: the connection goes back to where others take it from
                cursor.execute("set local lock_timeout = '2s'")
                PartyContact.objects.create(party_id=party.pk, contact_type="phone", value="+5511900000000")

        with transaction.atomic():
            person_file(facts=told(told_at=later()))
            all_at_once([point])
        assert PartyContact.objects.count() == 1


@pytest.mark.django_db
def test_contacts_of_a_known_party_are_added_and_the_party_counts_as_changed() -> None:
    party = filed()
    Party.objects.filter(pk=party.pk).update(updated_at=NOON)
    contacts_add(party_id=party.pk, facts=[phone(), email()])
    assert party.contacts.count() == 2
    assert Party.objects.get().updated_at > NOON


@pytest.mark.django_db
def test_a_contact_known_already_changes_nothing() -> None:
    party = filed(contacts=[phone()])
    Party.objects.filter(pk=party.pk).update(updated_at=NOON)
    contacts_add(party_id=party.pk, facts=[phone(source="lead")])
    assert Party.objects.get().updated_at == NOON
    assert PartyContact.objects.get().source == "work_api"


@pytest.mark.django_db
def test_contacts_for_a_party_that_is_gone_are_an_error_and_not_silence() -> None:
    with pytest.raises(Party.DoesNotExist):
        contacts_add(party_id=UUID(int=1), facts=[phone()])


@pytest.mark.django_db
def test_the_database_itself_refuses_a_second_party_of_one_cpf() -> None:
    filed()
    with pytest.raises(IntegrityError), transaction.atomic():
        Party.objects.bulk_create([Party(kind=Kind.PERSON, cpf_cnpj=cpf().value)])
