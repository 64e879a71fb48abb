"""1: how fast identifiers are read, against libphonenumber alone."""

import time
from collections.abc import Callable, Iterator

import phonenumbers

from enrichment.synthetic import reach
from parties.identifiers import Phone
from tests.bench.frame import Figure, compared, told
from tests.bench.house import House

_FORMS = ("{}", "+55{}", "({0:.2}) {0}", "0{}", "55 {}")
_COUNT = 1000


def figures(house: House) -> Iterator[Figure]:
    phones = [_FORMS[n % len(_FORMS)].format(reach.mobile(house.world, n)[3:]) for n in range(_COUNT)]
    phones = [phone if not phone.startswith("(") else f"({phone[1:3]}) {phone[7:]}" for phone in phones]

    def libphonenumber() -> list[float]:
        return [_rate(lambda text: phonenumbers.is_valid_number(phonenumbers.parse(text, "BR")), phones)]

    yield told(compared("phones read", lambda: [_rate(Phone.parse, phones)], libphonenumber, "per second"))


def _rate(read: Callable[[str], object], texts: list[str]) -> float:
    began = time.perf_counter()
    for text in texts:
        read(text)
    return len(texts) / (time.perf_counter() - began)
