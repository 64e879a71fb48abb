from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parties.facts import ContactFact, FinanceFact
from parties.merge import person_file
from parties.models import Party, PartyContact, PartyFinances
from tests.parties.people import email, later, phone, told

PHONES, EMAILS = ("phone", "whatsapp"), ("email",)


class _Undo(Exception):
    """Leaves the example's transaction without its rows."""


marks = {
    "primary": st.booleans(),
    "verified": st.booleans(),
    "confidence": st.none() | st.decimals(0, 1, places=2),
    "operator": st.sampled_from(["", "VIVO", "TIM"]),
}
one_phone = st.builds(phone, st.integers(0, 3), whatsapp=st.booleans(), **marks)
one_email = st.builds(email, st.sampled_from(["a@example.com", "b@example.com"]), **marks)
filing = st.lists(one_phone | one_email, max_size=6)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(filing, max_size=5), st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_whatever_is_told_in_whatever_order_no_rule_is_broken(
    filings: list[list[ContactFact]], days: list[int]
) -> None:
    with suppress(_Undo), transaction.atomic():
        before: dict[str, tuple[bool, bool, Decimal]] = {}
        newest = 0
        for number, (facts, day) in enumerate(zip(filings, days, strict=False)):
            word = FinanceFact(income=Decimal(100 * day + number))
            party = person_file(facts=told(contacts=facts, told_at=later(day), finances=word))
            newest = 100 * day + number if day >= newest // 100 else newest
            assert PartyFinances.objects.get().income == newest
            before = _checked(party, before)
            assert {fact.identifier.value for fact in facts} <= set(before)
        raise _Undo


def _checked(party: Party, before: dict[str, tuple[bool, bool, Decimal]]) -> dict[str, tuple[bool, bool, Decimal]]:
    rows = list(PartyContact.objects.filter(party=party))
    after = {c.value: (c.contact_type == "whatsapp", c.is_verified, c.confidence or Decimal(0)) for c in rows}
    assert set(before) <= set(after), "a contact was lost"
    assert all(all(new >= old for new, old in zip(after[v], before[v], strict=True)) for v in before), (
        "a mark went down"
    )
    for family in (PHONES, EMAILS):
        members = [row for row in rows if row.contact_type in family]
        assert sum(row.is_primary for row in members) == bool(members), "not exactly one primary"
    return after
