from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models.signals import post_save

from c2s_enrich.ids import uuid7
from parties import changes
from parties.facts import AddressFact, CompanyFact, FinanceFact
from parties.filing.values import value_pin
from parties.merge import contacts_add, person_file
from parties.models import (
    Address,
    Company,
    DataRequest,
    Kind,
    Party,
    PartyAddress,
    PartyChange,
    PartyContact,
    PartyEnrichment,
    PartyFinances,
    PartyMerge,
    PartyRelationship,
    Person,
    PropertyOwnership,
    RealEstateProperty,
)
from tests.parties.people import EMAIL, PHONE, cnpj, cpf, email, later, phone, told

pytestmark = pytest.mark.django_db(transaction=True)

NEW = CompanyFact(cnpj=cnpj(7), kind="partner")
News = list[tuple[set[UUID], set[str]]]


@pytest.fixture
def party() -> Party:
    """Marina with one row of everything."""
    person = person_file(
        facts=told(
            contacts=[phone(), email()],
            addresses=[AddressFact(street="R A", cep="13010001")],
            companies=[CompanyFact(cnpj=cnpj(), kind="partner")],
            finances=FinanceFact(credit_score=1),
        ),
        profile={},
    )
    home = RealEstateProperty.objects.create(city="CAMPINAS")
    PropertyOwnership.objects.create(property=home, party=person)
    return person


@pytest.fixture
def heard(party: Party) -> Iterator[News]:
    """What was announced since Marina was filed."""
    news: News = []

    def listen(party_ids: frozenset[UUID], contact_values: frozenset[str], **_: Any) -> None:
        news.append((set(party_ids), set(contact_values)))

    changes.party_changed.connect(listen)
    yield news
    changes.party_changed.disconnect(listen)


def firm() -> Party:
    return Party.objects.get(kind=Kind.COMPANY)


# the tie comes last: its two ends are told of
PARTS: tuple[Any, ...] = (
    Person,
    PartyFinances,
    PartyContact,
    PartyEnrichment,
    PartyAddress,
    PropertyOwnership,
    PartyRelationship,
)


def test_a_save_of_any_part_is_told_of_its_party(party: Party, heard: News) -> None:
    for part in PARTS:
        part.objects.order_by("pk")[0].save()
    assert [ids for ids, _ in heard] == [{party.pk}] * (len(PARTS) - 1) + [{party.pk, firm().pk}]


def test_a_delete_of_any_part_is_told_of_its_party(party: Party, heard: News) -> None:
    for part in PARTS:
        part.objects.all().delete()
    assert [ids for ids, _ in heard] == [{party.pk}] * (len(PARTS) - 1) + [{party.pk, firm().pk}]
    assert [values for _, values in heard if values] == [{PHONE, EMAIL}]


def test_every_model_of_a_golden_record_is_listened_to() -> None:
    # notes about records, and part of none
    notes = (DataRequest, PartyChange, PartyMerge)
    models = [model for model in apps.get_app_config("parties").get_models() if model not in notes]
    deaf = [model for model in models if not post_save.has_listeners(model)]
    assert not deaf, "name it in parties.changes.listen_to_models"


@pytest.mark.parametrize("model", [Address, RealEstateProperty])
def test_a_place_is_told_of_for_all_whose_record_shows_it(party: Party, heard: News, model: Any) -> None:
    model.objects.get().save()
    model.objects.get().delete()
    model.objects.create(city="SANTOS")
    assert [ids for ids, _ in heard] == [{party.pk}, {party.pk}]


def test_a_company_is_told_of_by_its_own_name(party: Party, heard: News) -> None:
    Company.objects.get().save()
    assert heard == [({Company.objects.get().party_id}, set())]


def test_a_filing_tells_of_the_person_alone_however_many_share_a_company(party: Party, heard: News) -> None:
    person_file(facts=told(companies=[CompanyFact(cnpj=cnpj(), kind="partner"), NEW], told_at=later()))
    assert [ids for ids, _ in heard] == [{party.pk}]


def test_a_deleted_company_is_told_of_with_its_people(party: Party, heard: News) -> None:
    key = firm().pk
    Party.objects.filter(pk=key).delete()
    assert heard == [({key, party.pk}, {cnpj().value})]


@pytest.mark.parametrize("delete", [lambda party: party.delete(), lambda party: Party.objects.all().delete()])
def test_a_deleted_party_takes_all_its_values_with_it(
    party: Party, heard: News, delete: Callable[[Party], None]
) -> None:
    key = party.pk
    delete(party)
    [(ids, values)] = heard
    assert key in ids
    assert {cpf().value, PHONE, EMAIL} <= values


def test_a_corrected_contact_is_told_of_with_what_it_was(party: Party, heard: News) -> None:
    contact = PartyContact.objects.get(value=PHONE)
    contact.value = "+5511912345678"
    contact.save()
    assert heard == [({party.pk}, {PHONE, "+5511912345678"})]


def test_a_contact_moved_to_another_party_is_told_of_for_both(party: Party, heard: News) -> None:
    other = firm()
    contact = PartyContact.objects.get(value=PHONE)
    contact.party = other
    contact.save(update_fields=["party"])
    assert heard == [({party.pk, other.pk}, {PHONE})]


def test_a_corrected_document_is_told_of_with_what_it_was(party: Party, heard: News) -> None:
    party.cpf_cnpj = cpf(111444777).value
    party.save()
    assert heard == [({party.pk}, {cpf().value, cpf(111444777).value})]


@pytest.mark.parametrize(
    "deed",
    [
        lambda party: person_file(facts=told(contacts=[phone(1)], told_at=later()), profile={}),
        lambda party: contacts_add(party_id=party.pk, facts=[phone(1)]),
        lambda party: value_pin(party, "name"),
        lambda party: changes.announce([party.pk]),
        lambda party: Party.objects.create(pk=uuid7(), kind=Kind.PERSON),
    ],
    ids=["filing", "contacts", "pin", "bulk", "create"],
)
def test_every_deed_is_told_of_once_and_after_its_commit(
    party: Party, heard: News, deed: Callable[[Party], object]
) -> None:
    with transaction.atomic():
        deed(party)
        assert heard == []
    assert len(heard) == 1


def test_all_of_one_commit_is_one_piece_of_news(party: Party, heard: News) -> None:
    ids = {uuid7() for _ in range(5)}
    with transaction.atomic():
        for number in ids:
            with transaction.atomic():
                changes.announce([number], [str(number)])
        party.save()
        assert heard == []
    assert heard == [(ids | {party.pk}, {cpf().value, *map(str, ids)})]


def test_nothing_is_told_of_what_was_rolled_back(party: Party, heard: News) -> None:
    with transaction.atomic():
        party.delete()
        transaction.set_rollback(True)
    assert heard == []
    changes.announce([UUID(int=7)])
    assert heard == [({UUID(int=7)}, set())]


def test_a_savepoint_rolled_back_is_left_out_of_the_news(party: Party, heard: News) -> None:
    with transaction.atomic():
        changes.announce([UUID(int=1)])
        with transaction.atomic():
            changes.announce([UUID(int=2)])
            transaction.set_rollback(True)
        with transaction.atomic():
            changes.announce([UUID(int=3)])
    assert heard == [({UUID(int=1), UUID(int=3)}, set())]


def test_a_listener_that_breaks_neither_breaks_the_deed_nor_deafens_the_others(party: Party, heard: News) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError

    changes.party_changed.connect(broken)
    changes.party_changed.receivers.insert(0, changes.party_changed.receivers.pop())
    try:
        party.save()
    finally:
        changes.party_changed.disconnect(broken)
    assert len(heard) == 1


def test_a_listener_may_change_parties_itself(party: Party, heard: News) -> None:
    def follow(**_: Any) -> None:
        if len(heard) < 3:
            changes.announce([UUID(int=len(heard))])

    changes.party_changed.connect(follow)
    try:
        party.save()
    finally:
        changes.party_changed.disconnect(follow)
    assert len(heard) == 3


def test_nothing_to_say_is_not_said(heard: News) -> None:
    changes.announce([])
    assert heard == []
