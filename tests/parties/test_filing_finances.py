from decimal import Decimal

import pytest
from pytest_django import Settings

from parties.facts import FinanceFact
from parties.filing.values import value_pin
from parties.models import PartyFinances
from tests.parties.people import NOON, filed, later

pytestmark = pytest.mark.django_db


def test_the_adjusted_income_is_exact() -> None:
    filed(finances=FinanceFact(income=Decimal("6089.28"), income_min=Decimal(1630), income_max=Decimal(4082)))
    held = PartyFinances.objects.get()
    assert (held.income, held.income_adjusted) == (Decimal("6089.28"), Decimal("11569.63"))
    assert (held.income_min, held.income_max) == (Decimal("1630.00"), Decimal("4082.00"))
    assert (held.source, held.as_of) == ("work_api", NOON)


@pytest.mark.parametrize(
    ("income", "multiplier", "adjusted"),
    [
        ("0.00", "1.9", "0.00"),
        ("0.05", "1.9", "0.10"),  # 0.095: half a cent goes up, as people round
        ("1234567890.12", "1.9", "2345678991.23"),
        ("0.10", "3", "0.30"),
        ("6089.28", "1", "6089.28"),
    ],
)
def test_money_is_decimal_to_the_cent(income: str, multiplier: str, adjusted: str, settings: Settings) -> None:
    settings.INCOME_MULTIPLIER = Decimal(multiplier)
    filed(finances=FinanceFact(income=Decimal(income)))
    assert str(PartyFinances.objects.get().income_adjusted) == adjusted


def test_the_newest_word_wins_in_whatever_order_it_arrives() -> None:
    words = {day: FinanceFact(income=Decimal(day * 1000), credit_score=day) for day in (1, 2, 3)}
    for day in (2, 3, 1):
        filed(finances=words[day], told_at=later(day))
    held = PartyFinances.objects.get()
    assert (held.income, held.income_adjusted, held.credit_score) == (3000, 5700, 3)
    assert held.as_of == later(3)


def test_an_empty_word_takes_nothing_away() -> None:
    full = FinanceFact(
        income=Decimal(1000),
        income_min=Decimal(500),
        income_max=Decimal(1500),
        purchasing_power="MEDIO",
        credit_score=681,
        risk_level="BAIXO",
        social_class="CLASSE MEDIA",
    )
    filed(finances=full)
    filed(finances=FinanceFact(credit_score=700), told_at=later())
    filed(finances=FinanceFact(), told_at=later(2))
    filed(finances=None, told_at=later(3))
    held = PartyFinances.objects.values().get()
    assert (held.pop("credit_score"), held.pop("as_of")) == (700, later())
    assert {name: held[name] for name in held if name not in ("party_id", "source", "income_adjusted")} == {
        "income": 1000, "income_min": 500, "income_max": 1500, "purchasing_power": "MEDIO", "risk_level": "BAIXO",
        "social_class": "CLASSE MEDIA",
    }  # fmt: skip


def test_a_score_of_nought_is_a_score() -> None:
    filed(finances=FinanceFact(credit_score=0))
    assert PartyFinances.objects.get().credit_score == 0


def test_nothing_told_makes_no_row() -> None:
    filed(finances=FinanceFact())
    assert not PartyFinances.objects.exists()


def test_an_open_range_does_not_keep_the_end_of_an_older_one() -> None:
    filed(finances=FinanceFact(income_min=Decimal(1630), income_max=Decimal(4082)))
    filed(finances=FinanceFact(income_min=Decimal(9000)), told_at=later())
    held = PartyFinances.objects.get()
    assert (held.income_min, held.income_max) == (Decimal(9000), None)


@pytest.mark.parametrize(
    ("pin", "income", "adjusted", "top", "score"),
    [
        ("finances.income", 5000, 9500, 9999, 2),
        ("finances.income_adjusted", 8000, 7777, 9999, 2),
        ("finances.income_max", 8000, 15200, 6000, 2),
        ("finances.credit_score", 8000, 15200, 9999, 1),
    ],
)
def test_a_pinned_figure_stays(pin: str, income: int, adjusted: int, top: int, score: int) -> None:
    party = filed(finances=FinanceFact(income=Decimal(4000), income_max=Decimal(6000), credit_score=1))
    edits = {"finances.income": {"income": 5000}, "finances.income_adjusted": {"income_adjusted": 7777}}
    PartyFinances.objects.filter(party=party).update(**edits.get(pin, {"risk_level": "BAIXO"}))
    value_pin(party, pin)
    news = FinanceFact(income=Decimal(8000), income_max=Decimal(9999), credit_score=2)
    filed(finances=news, told_at=later())
    held = PartyFinances.objects.get()
    assert (held.income, held.income_adjusted, held.income_max, held.credit_score) == (income, adjusted, top, score)
