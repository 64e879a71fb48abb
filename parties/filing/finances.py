"""What a person earns and owes: the newest word counts, value by value; unknown stays unknown."""

from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

from parties.facts import FinanceFact, PersonFacts
from parties.filing.values import origin_note, outdated, pinned, put, take
from parties.models import Party, PartyFinances

_SINGLE = ("income", "purchasing_power", "credit_score", "risk_level", "social_class")
_RANGE = ("income_min", "income_max")
_CENT = Decimal("0.01")


def finances_file(party: Party, facts: PersonFacts) -> None:
    """The party's row must be locked by the caller."""
    told = facts.finances
    if told is None or told == FinanceFact():
        return
    known = None if party.is_new else PartyFinances.objects.filter(party=party).first()
    held = known or PartyFinances(party=party)
    for field in _SINGLE:
        take(party, held, field, getattr(told, field), facts, key=f"finances.{field}")
    _range_take(party, held, told, facts)
    income_adjust(party, held)
    if held.as_of is None or held.as_of <= facts.told_at:
        held.source, held.as_of = facts.source, facts.told_at
    put(held)


def adjusted(income: Decimal) -> Decimal:
    """Providers report less than people earn."""
    return (income * settings.INCOME_MULTIPLIER).quantize(_CENT, ROUND_HALF_UP)


def _range_take(party: Party, held: PartyFinances, told: FinanceFact, facts: PersonFacts) -> None:
    """Both ends are one value: `Acima de R$ 9000` must not keep the upper end of an older range."""
    if told.income_min is None and told.income_max is None:
        return
    keys = [f"finances.{end}" for end in _RANGE]
    if any(pinned(party, key) or outdated(party, key, facts) for key in keys):
        return
    for end, key in zip(_RANGE, keys, strict=True):
        setattr(held, end, getattr(told, end))
        origin_note(party, key, facts)


def income_adjust(party: Party, held: PartyFinances) -> None:
    """Follows the income on file, also one that staff pinned, unless it is pinned itself."""
    key, income = "finances.income_adjusted", party.origins.get("finances.income", {})
    if held.income is None or pinned(party, key):
        return
    held.income_adjusted = adjusted(held.income)
    party.origins[key] = {name: income[name] for name in ("source", "at") if name in income}
