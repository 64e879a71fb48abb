"""After a change of SECRET_KEY: what stands under a former key is brought under the one in use.

Each room registers what it keeps. The cache needs nothing: it reads with every valid key, and ends by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """`left`: what no valid key opens, and what was stored before it could be opened at all."""

    moved: int = 0
    left: int = 0

    def __add__(self, other: "Rekeyed") -> "Rekeyed":
        return Rekeyed(self.moved + other.moved, self.left + other.left)


_steps: dict[str, Callable[[], Rekeyed]] = {}


def rekeys(table: str, step: Callable[[], Rekeyed]) -> None:
    """`step` goes in small batches, and finds nothing to do the second time."""
    _steps[table] = step


def rekey() -> dict[str, Rekeyed]:
    return {table: step() for table, step in _steps.items()}
