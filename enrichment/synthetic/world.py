"""How much of everything there is, and who is who: all of it follows from a seed, a scale and a day.

Nothing is kept in memory: whatever a row needs of another one is computed again from that one's number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import cycle
from typing import NamedTuple

YEARS_BACK = timedelta(days=730)
LEADS_SINCE = timedelta(days=180)
_MASK = 2**64 - 1
# odd and no multiple of five: multiplying by it is a bijection modulo any power of ten
_SCATTER = 37_038_427


class Counts(NamedTuple):
    """At scale 1 as many as the service that this one replaces had in production."""

    people: int = 1_124_247
    companies: int = 412_528
    contacts: int = 2_594_856
    enrichments: int = 695_294
    properties: int = 801_768
    ownerships: int = 1_002_210
    relationships: int = 604_450
    leads: int = 200_000


@dataclass(frozen=True)
class World:
    seed: int
    scale: float
    until: date

    @cached_property
    def counts(self) -> Counts:
        return Counts(*(max(1, round(count * self.scale)) for count in Counts()))

    @cached_property
    def end(self) -> datetime:
        return datetime.combine(self.until, time.min, UTC)

    def moment(self, number: int, count: int, span: timedelta = YEARS_BACK) -> datetime:
        """When the so-and-so-manieth of a kind came: they came evenly."""
        return self.end - span + span * (number / count)

    def dice(self, number: int, kind: int) -> int:
        """64 bits that look drawn: one throw is enough for several choices."""
        thrown = (number * 0x9E3779B97F4A7C15 + (self.seed * 64 + kind) * 0xD1B54A32D192ED03) & _MASK
        thrown ^= thrown >> 29
        thrown = thrown * 0xBF58476D1CE4E5B9 & _MASK
        return thrown ^ thrown >> 32

    def scattered(self, number: int, digits: int) -> str:
        """So many digits, different for each number, in no visible order."""
        return f"{(number * _SCATTER + self.seed * 7_919 + 20_417_631) % 10**digits:0{digits}d}"


def key(table: int, moment: datetime, number: int) -> str:
    """A UUID of version 7 like all others, for what is the so-and-so-manieth row of its table."""
    stamp = f"{int(moment.timestamp() * 1000):012x}"
    return f"{stamp[:8]}-{stamp[8:]}-7{table:03x}-8000-{number:012x}"


def shares(total: int, among: int, weights: Sequence[int]) -> Iterator[int]:
    """`total` things dealt out among so many, some of whom get more: exactly `total` in the end."""
    whole, rest = divmod(among, len(weights))
    weight_of_all = whole * sum(weights) + sum(weights[:rest])
    weighed = dealt = 0
    for weight, _ in zip(cycle(weights), range(among), strict=False):
        weighed += weight
        due = total * weighed // weight_of_all if weight_of_all else 0
        yield due - dealt
        dealt = due
