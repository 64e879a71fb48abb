"""Two parties become one, and apart again."""

from decimal import Decimal

import pytest
from django.forms.models import model_to_dict
from pytest_django import DjangoCaptureOnCommitCallbacks

from enrichment.models import Lead
from parties.changes import party_changed
from parties.filing.values import value_pin
from parties.merge import person_file
from parties.merging import CannotMerge, merge_preview, merge_undo, parties_merge
from parties.models import (
    Address,
    Kind,
    Party,
    PartyAddress,
    PartyContact,
    PartyFinances,
    PartyMerge,
    PartyRelationship,
    Person,
)
from tests.parties.people import EMAIL, PHONE, all_at_once, cpf, email, filed, phone, told

pytestmark = pytest.mark.django_db
OTHER = "+5511912345678"


@pytest.fixture
def kept() -> Party:
    return filed(contacts=[phone(PHONE)])


@pytest.fixture
def gone() -> Party:
    """The same person, imported without a document."""
    party = Party.objects.create(kind=Kind.PERSON, name="MARINA A PRADO")
    Person.objects.create(party=party, mother_name="LUCIA ALVES")
    PartyFinances.objects.create(party=party, income=Decimal("5000.00"), credit_score=0)
    for value, kind in ((PHONE, "phone"), (OTHER, "phone"), (EMAIL, "email")):
        PartyContact.objects.create(party=party, value=value, contact_type=kind, is_primary=value in (PHONE, EMAIL))
    address = Address.objects.create(street="R DAS ACACIAS", number="7", city="CAMPINAS", state="SP")
    PartyAddress.objects.create(party=party, address=address, is_primary=True)
    firm = Party.objects.create(kind=Kind.COMPANY, name="FIRMA")
    PartyRelationship.objects.create(from_party=party, to_party=firm, kind="partner", role="SOCIO")
    Lead.objects.create(lead_id="a-lead", party=party)
    return party


def merged(kept: Party, gone: Party) -> PartyMerge:
    return parties_merge(kept_id=kept.pk, gone_id=gone.pk, by="ana")


def everything(party: Party) -> object:
    """All rows of a party, as comparable values."""
    tables = (PartyContact, PartyAddress, PartyFinances, Person)
    rows = {t.__name__: sorted(map(str, t._default_manager.filter(party=party).values_list())) for t in tables}
    ties = sorted(map(str, PartyRelationship.objects.filter(from_party=party).values_list()))
    return {**rows, "ties": ties, "leads": list(party.leads.values_list("pk", flat=True)), **model_to_dict(party)}  # type: ignore[attr-defined]


def test_all_of_one_becomes_part_of_the_other(kept: Party, gone: Party) -> None:
    merged(kept, gone)
    assert not Party.objects.filter(pk=gone.pk).exists()
    assert set(kept.contacts.values_list("value", flat=True)) == {PHONE, OTHER, EMAIL}
    assert Person.objects.get(party=kept).mother_name == "LUCIA ALVES"
    assert PartyFinances.objects.get(party=kept).income == Decimal("5000.00")
    assert PartyAddress.objects.get(party=kept).is_primary
    assert Lead.objects.get().party == kept
    assert PartyRelationship.objects.get().from_party == kept


def test_what_the_kept_one_knows_stands(kept: Party, gone: Party) -> None:
    merged(kept, gone)
    kept.refresh_from_db()
    assert kept.name == "MARINA ALVES PRADO"
    assert kept.contacts.get(value=PHONE, is_primary=True).source == "work_api"


def test_the_preview_changes_nothing_and_tells_the_same(kept: Party, gone: Party) -> None:
    plan = merge_preview(kept_id=kept.pk, gone_id=gone.pk)
    assert {link: len(rows) for link, rows in plan.moved.items() if rows} == {
        "parties.partycontact.party_id": 2,
        "parties.partyaddress.party_id": 1,
        "parties.partyrelationship.from_party_id": 1,
        "enrichment.lead.party_id": 1,
    }
    assert len(plan.doubled) == 1
    assert {"mother_name", "income", "credit_score"} <= {filled.field for filled in plan.filled}
    assert Party.objects.filter(pk=gone.pk).exists()
    assert not PartyMerge.objects.exists()


def test_undone_both_are_as_they_were(kept: Party, gone: Party) -> None:
    kept.refresh_from_db()
    before, gone_before = everything(kept)["ties"], everything(gone)  # type: ignore[index]
    contacts = everything(kept)["PartyContact"]  # type: ignore[index]
    merge_undo(merge_id=merged(kept, gone).pk)
    gone.refresh_from_db()
    assert everything(gone) == gone_before
    now = everything(kept)
    assert (now["ties"], now["PartyContact"]) == (before, contacts)  # type: ignore[index]
    assert Person.objects.get(party=kept).mother_name == ""


def test_what_came_since_stays_with_the_kept_one(kept: Party, gone: Party) -> None:
    record = merged(kept, gone)
    person_file(facts=told(contacts=[email("new@example.com")]))
    Person.objects.filter(party=kept).update(mother_name="ANOTHER")
    merge_undo(merge_id=record.pk)
    assert kept.contacts.filter(value="new@example.com").exists()
    assert Person.objects.get(party=kept).mother_name == "ANOTHER"


def test_a_pinned_blank_stays_blank(kept: Party, gone: Party) -> None:
    value_pin(kept, "mother_name")
    merged(kept, gone)
    assert Person.objects.get(party=kept).mother_name == ""


def test_a_document_goes_over_and_comes_back(kept: Party, gone: Party) -> None:
    record = merged(gone, kept)
    gone.refresh_from_db()
    assert gone.cpf_cnpj == cpf().value
    merge_undo(merge_id=record.pk)
    gone.refresh_from_db()
    assert gone.cpf_cnpj is None
    assert Party.objects.get(cpf_cnpj=cpf().value).pk == kept.pk


@pytest.mark.parametrize("case", ["same_party", "party_is_gone", "different_kinds"])
def test_what_cannot_be_one_is_refused(kept: Party, case: str) -> None:
    company = Party.objects.create(kind=Kind.COMPANY)
    other = {"same_party": kept.pk, "party_is_gone": PartyMerge().pk, "different_kinds": company.pk}[case]
    with pytest.raises(CannotMerge, match=case):
        parties_merge(kept_id=kept.pk, gone_id=other, by="ana")


def test_a_merge_is_undone_once(kept: Party, gone: Party) -> None:
    record = merged(kept, gone)
    merge_undo(merge_id=record.pk)
    with pytest.raises(CannotMerge, match="undone_before"):
        merge_undo(merge_id=record.pk)


def test_the_latest_merge_is_undone_first(kept: Party, gone: Party) -> None:
    first = merged(kept, gone)
    merged(kept, Party.objects.create(kind=Kind.PERSON))
    with pytest.raises(CannotMerge, match="later_ones_first"):
        merge_undo(merge_id=first.pk)


def test_a_document_that_came_back_meanwhile_stops_the_undoing(kept: Party, gone: Party) -> None:
    other = filed(cpf=cpf(111444777))
    record = merged(kept, other)
    filed(cpf=cpf(111444777))
    with pytest.raises(CannotMerge, match="document_is_back"):
        merge_undo(merge_id=record.pk)


def test_whoever_caches_either_is_told(
    kept: Party, gone: Party, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    heard: list[dict[str, frozenset[object]]] = []

    def listener(**news: frozenset[object]) -> None:
        heard.append(news)

    party_changed.connect(listener)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            merged(kept, gone)
    finally:
        party_changed.disconnect(listener)
    assert {kept.pk, gone.pk} <= heard[0]["party_ids"]
    assert {PHONE, OTHER, EMAIL} <= heard[0]["contact_values"]


@pytest.mark.django_db(transaction=True)
def test_of_two_merges_of_the_same_pair_one_wins(kept: Party, gone: Party) -> None:
    def attempt(stays: Party, goes: Party) -> str:
        try:
            merged(stays, goes)
        except CannotMerge as refusal:
            return refusal.code
        return "merged"

    outcomes = all_at_once([lambda: attempt(kept, gone), lambda: attempt(gone, kept)])
    assert sorted(outcomes) == ["merged", "party_is_gone"]
    assert Party.objects.filter(kind=Kind.PERSON).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_filing_that_meets_a_merge_loses_nothing(kept: Party, gone: Party) -> None:
    facts = told(contacts=[email("new@example.com")])
    all_at_once([lambda: person_file(facts=facts), lambda: parties_merge(kept_id=gone.pk, gone_id=kept.pk, by="ana")])
    assert PartyContact.objects.get(value="new@example.com").party.cpf_cnpj == cpf().value
    assert Party.objects.filter(cpf_cnpj=cpf().value).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_undoings_one_wins(kept: Party, gone: Party) -> None:
    record = merged(kept, gone)

    def attempt() -> bool:
        try:
            merge_undo(merge_id=record.pk)
        except CannotMerge:
            return False
        return True

    assert sorted(all_at_once([attempt, attempt])) == [False, True]
    assert kept.contacts.count() == 1
