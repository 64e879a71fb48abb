"""Plain values made into structs.

msgspec looks through a kind when it is first used. Two threads that come at that moment end the whole process with a
segmentation fault, so each kind is looked through while its module is imported.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def converter(kind: type[T]) -> Callable[[Any], T]:
    msgspec.json.Decoder(kind)
    return partial(msgspec.convert, type=kind)
