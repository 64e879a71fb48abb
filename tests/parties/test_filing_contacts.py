from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from parties.facts import ContactFact
from parties.filing.values import value_pin
from parties.merge import contacts_add, person_file
from parties.models import PartyContact
from tests.parties.people import EMAIL, PHONE, filed, later, phone, told
from tests.parties.people import email as mail

db = pytest.mark.django_db
PHONES, EMAILS = ("phone", "whatsapp"), ("email",)


def contact(value: str = PHONE) -> PartyContact:
    return PartyContact.objects.get(value=value)


def primaries(family: tuple[str, ...]) -> list[str]:
    rows = PartyContact.objects.filter(contact_type__in=family, is_primary=True)
    return list(rows.values_list("value", flat=True))


@db
def test_a_contact_is_added_with_all_that_was_told() -> None:
    filed(contacts=[phone(whatsapp=True, verified=True, confidence=Decimal("0.9"), operator="VIVO", line_type="MOVEL")])
    held = contact()
    assert (held.contact_type, held.is_verified, held.is_primary, held.confidence) == (
        "whatsapp",
        True,
        True,
        Decimal("0.9"),
    )
    assert (held.operator, held.line_type, held.source) == ("VIVO", "MOVEL", "work_api")
    assert held.created_at is not None


@db
def test_what_is_not_told_is_not_invented() -> None:
    filed(contacts=[phone()])
    held = contact()
    assert (held.contact_type, held.is_verified, held.confidence, held.operator, held.line_type) == (
        "phone", False, None, "", "",
    )  # fmt: skip


@db
def test_contacts_gather_and_none_is_doubled() -> None:
    filed(contacts=[phone(1), phone(2), phone(1)])
    filed(contacts=[phone(2), phone(3)], told_at=later())
    filed(contacts=[], told_at=later(2))
    assert PartyContact.objects.count() == 3


@db
def test_the_same_contact_told_twice_in_one_answer_keeps_the_best_of_both() -> None:
    filed(contacts=[phone(operator="TIM"), phone(whatsapp=True, verified=True, confidence=Decimal("0.5"))])
    held = contact()
    assert (held.contact_type, held.is_verified, held.confidence, held.operator) == (
        "whatsapp", True, Decimal("0.50"), "TIM",
    )  # fmt: skip


@db
def test_marks_go_up_and_never_down() -> None:
    filed(contacts=[phone(), mail()])
    stamped = contact().updated_at
    filed(contacts=[phone(whatsapp=True, verified=True, confidence=Decimal("0.9"), operator="VIVO")], told_at=later())
    filed(contacts=[phone(confidence=Decimal("0.3"), operator="TIM"), mail(verified=True)], told_at=later(2))
    held = contact()
    assert (held.contact_type, held.is_verified, held.confidence, held.operator) == (
        "whatsapp", True, Decimal("0.90"), "VIVO",
    )  # fmt: skip
    assert held.updated_at > stamped
    assert contact(EMAIL).is_verified


@db
def test_the_leads_own_contacts_become_the_persons() -> None:
    own = [
        ContactFact(identifier=phone(7).identifier, source="lead"),
        ContactFact(identifier=mail().identifier, source="lead"),
    ]
    person_file(facts=told(contacts=[phone()]), own_contacts=own)
    assert set(PartyContact.objects.values_list("value", "source")) == {
        (PHONE, "work_api"), ("+5511980000007", "lead"), (EMAIL, "lead"),
    }  # fmt: skip


@db
def test_a_contact_that_lead_and_provider_share_is_one() -> None:
    person_file(facts=told(contacts=[phone(whatsapp=True)]), own_contacts=[phone(source="lead")])
    assert (contact().contact_type, contact().source) == ("whatsapp", "work_api")


@db
class TestPrimary:
    def test_each_family_has_exactly_one_even_when_told_twice(self) -> None:
        filed(contacts=[phone(1, primary=True), phone(2, primary=True, whatsapp=True)])
        filed(contacts=[mail("a@example.com", primary=True), mail("b@example.com", primary=True)], told_at=later())
        filed(contacts=[phone(3, primary=True), mail("c@example.com", primary=True)], told_at=later(2))
        assert primaries(PHONES) == ["+5511980000002"]
        assert primaries(EMAILS) == ["a@example.com"]

    @pytest.mark.parametrize(
        ("told_of", "first"),
        [
            ([phone(1), phone(2)], 1),
            ([phone(1, confidence=Decimal("0.5")), phone(2, confidence=Decimal("0.9"))], 2),
            ([phone(1, confidence=Decimal("0.9")), phone(2, whatsapp=True)], 2),
            ([phone(1, whatsapp=True), phone(2, primary=True)], 2),
        ],
    )
    def test_the_named_one_counts_most_then_whatsapp_then_confidence(
        self, told_of: list[ContactFact], first: int
    ) -> None:
        filed(contacts=told_of)
        assert primaries(PHONES) == [f"+551198000000{first}"]

    def test_a_phone_that_turns_out_to_have_whatsapp_stays_primary(self) -> None:
        filed(contacts=[phone()])
        filed(contacts=[phone(whatsapp=True)], told_at=later())
        assert primaries(PHONES) == [PHONE]

    def test_another_takes_over_once_the_primary_is_deleted(self) -> None:
        filed(contacts=[phone(1), phone(2)])
        PartyContact.objects.filter(is_primary=True).delete()
        filed(contacts=[phone(2)], told_at=later())
        assert primaries(PHONES) == ["+5511980000002"]

    @pytest.mark.parametrize(
        ("kind", "first", "second"),
        [("email", "a@example.com", "b@example.com"), ("phone", "+551133334444", "+551133334445")],
    )
    def test_the_database_itself_refuses_a_second_primary(self, kind: str, first: str, second: str) -> None:
        party = filed()
        PartyContact.objects.create(party=party, contact_type=kind, value=first, is_primary=True)
        other = "whatsapp" if kind == "phone" else kind
        with pytest.raises(IntegrityError, match="one_primary"), transaction.atomic():
            PartyContact.objects.create(party=party, contact_type=other, value=second, is_primary=True)


@db
@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"contact_type": "fax", "value": PHONE}, "canonical|type_is_known"),
        ({"contact_type": "phone", "value": "11987654321"}, "canonical"),
        ({"contact_type": "whatsapp", "value": "(11) 98765-4321"}, "canonical"),
        ({"contact_type": "phone", "value": EMAIL}, "canonical"),
        ({"contact_type": "email", "value": "Marina@Example.com"}, "canonical"),
        ({"contact_type": "email", "value": PHONE}, "canonical"),
        ({"contact_type": "phone", "value": PHONE, "confidence": Decimal("1.01")}, "share"),
        ({"contact_type": "phone", "value": PHONE, "confidence": Decimal("-0.01")}, "share"),
    ],
)
def test_the_database_itself_refuses_a_contact_nobody_could_find(columns: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PartyContact.objects.bulk_create([PartyContact(party=filed(), **columns)])


@db
def test_the_database_itself_refuses_a_doubled_contact() -> None:
    party = filed(contacts=[phone()])
    with pytest.raises(IntegrityError, match="once_per_party"), transaction.atomic():
        PartyContact.objects.create(party=party, contact_type="whatsapp", value=PHONE)


@db
class TestPins:
    def test_the_marks_of_a_pinned_contact_stay(self) -> None:
        party = filed(contacts=[phone(1), phone(2)])
        value_pin(party, "contacts.+5511980000002")
        filed(contacts=[phone(2, whatsapp=True, verified=True, operator="VIVO", primary=True)], told_at=later())
        held = contact("+5511980000002")
        assert (held.contact_type, held.is_verified, held.is_primary, held.operator) == ("phone", False, False, "")

    def test_a_pinned_contact_that_staff_deleted_does_not_come_back(self) -> None:
        party = filed(contacts=[phone(1), phone(2)])
        PartyContact.objects.filter(value="+5511980000001").delete()
        value_pin(party, "contacts.+5511980000001")
        contacts_add(party_id=party.pk, facts=[phone(1), phone(3)])
        assert not PartyContact.objects.filter(value="+5511980000001").exists()
        assert primaries(PHONES) == ["+5511980000002"]

    def test_a_free_contact_becomes_primary_before_a_pinned_one(self) -> None:
        party = filed(contacts=[phone(1), phone(2)])
        PartyContact.objects.update(is_primary=False)
        value_pin(party, "contacts.+5511980000001")
        filed(contacts=[phone(2)], told_at=later())
        assert primaries(PHONES) == ["+5511980000002"]


@pytest.mark.django_db(transaction=True)
def test_a_contact_that_staff_add_at_the_same_moment_costs_none() -> None:
    """Staff's form takes no lock: its rows, the primary mark among them, appear while the filing is under way."""
    party, written, filing = filed(), Event(), Event()

    def staff() -> None:
        with transaction.atomic():
            PartyContact.objects.create(party=party, contact_type="phone", value=PHONE, is_primary=True)
            written.set()
            filing.wait(0.3)
        connection.close()

    thread = Thread(target=staff)
    thread.start()
    assert written.wait(60)
    person_file(facts=told(contacts=[phone(whatsapp=True), phone(1, primary=True), mail()]))
    thread.join()
    assert set(PartyContact.objects.values_list("value", flat=True)) == {PHONE, "+5511980000001", EMAIL}
    assert (primaries(PHONES), primaries(EMAILS)) == ([PHONE], [EMAIL])
