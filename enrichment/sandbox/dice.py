from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """Numbers that look drawn but follow from the seed: every process throws the same ones."""

    def __init__(self, seed: str) -> None:
        self.seed = seed

    def number(self, label: str, low: int, high: int) -> int:
        digest = blake2b(f"{label}|{self.seed}".encode(), digest_size=8).digest()
        return low + int.from_bytes(digest, "big") % (high - low + 1)

    def pick(self, label: str, choices: Sequence[Item]) -> Item:
        return choices[self.number(label, 0, len(choices) - 1)]

    def chance(self, label: str, percent: int) -> bool:
        return self.number(label, 0, 99) < percent

    def fraction(self, label: str) -> float:
        return self.number(label, 0, 999_999) / 1_000_000

    def code(self, label: str, length: int) -> str:
        return f"{self.number(label, 0, 10**length - 1):0{length}d}"
