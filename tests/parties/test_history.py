"""Every change of a golden record says who, when, what stood there and what stands there now."""

from decimal import Decimal

import pytest
from django.test import Client

from parties.editing.contacts import contact_remove, contact_save
from parties.editing.values import party_edit
from parties.facts import FinanceFact
from parties.identifiers import Email
from parties.merging import merge_undo, parties_merge
from parties.models import Cause, Kind, Party, PartyChange, PartyContact
from tests.back_office import logged_in, page_url, staff
from tests.parties.people import EMAIL, PHONE, filed, later, phone

pytestmark = pytest.mark.django_db


def last() -> PartyChange:
    return PartyChange.objects.latest("id")


def test_a_record_that_is_only_just_made_has_no_history() -> None:
    filed(sex="female", contacts=[phone()])
    assert not PartyChange.objects.exists()


def test_what_a_source_tells_anew_is_noted_and_what_it_repeats_is_not() -> None:
    party = filed(marital_status="SOLTEIRA", contacts=[phone()])
    filed(marital_status="CASADA", contacts=[phone(), phone(7)], told_at=later())
    change = last()
    assert (change.party_id, change.cause, change.by) == (party.pk, Cause.SOURCE, "work_api")
    assert change.values == {
        "person.marital_status": ["SOLTEIRA", "CASADA"],
        "contacts.+5511980000007": [None, "phone"],
    }
    filed(marital_status="CASADA", contacts=[phone(), phone(7)], told_at=later(2))
    assert PartyChange.objects.count() == 1


def test_what_staff_edit_is_noted_with_their_name() -> None:
    party = filed(contacts=[phone()])
    party_edit(party_id=party.pk, values={"name": "MARINA PRADO"}, by="ana")
    contact_save(party_id=party.pk, contact=Email(EMAIL), by="ana")
    contact_remove(party_id=party.pk, contact_id=party.contacts.get(value=PHONE).pk, by="rui")
    noted = [(c.cause, c.by, c.values) for c in PartyChange.objects.order_by("id")]
    assert noted == [
        (Cause.STAFF, "ana", {"name": ["MARINA ALVES PRADO", "MARINA PRADO"]}),
        (Cause.STAFF, "ana", {f"contacts.{EMAIL}": [None, "email"]}),
        (Cause.STAFF, "rui", {f"contacts.{PHONE}": ["phone", None]}),
    ]


def test_a_merge_and_its_undoing_are_noted() -> None:
    kept, gone = filed(), Party.objects.create(kind=Kind.PERSON, name="MARINA P")
    PartyContact.objects.create(party=gone, contact_type="email", value=EMAIL)
    merge = parties_merge(kept_id=kept.pk, gone_id=gone.pk, by="ana")
    assert (last().cause, last().by, last().values) == (Cause.MERGE, "ana", {f"contacts.{EMAIL}": [None, "email"]})
    merge_undo(merge_id=merge.pk, by="rui")
    assert (last().cause, last().by, last().values) == (Cause.PARTED, "rui", {f"contacts.{EMAIL}": ["email", None]})


def test_the_page_shows_it_and_masks_it_for_whoever_may_not_read() -> None:
    party = filed(contacts=[phone()])
    party_edit(party_id=party.pk, values={"name": "MARINA PRADO"}, by="ana")
    contact_remove(party_id=party.pk, contact_id=party.contacts.get().pk, by="ana")
    clear: Client = logged_in(staff("boss", "view_document_in_clear"))
    seen, masked = (c.get(page_url(party)).content.decode() for c in (clear, logged_in(staff("viewer"))))
    assert "MARINA ALVES PRADO" in seen
    assert "(11) 98765-4321" in seen
    assert "MARINA ALVES PRADO" in masked
    assert "98765-4321" not in masked


def test_money_is_kept_to_the_cent() -> None:
    filed(finances=FinanceFact(income=Decimal("6089.28")))
    filed(finances=FinanceFact(income=Decimal("7000.10")), told_at=later())
    assert last().values["finances.income"] == ["6089.28", "7000.10"]
