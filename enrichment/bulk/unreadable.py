"""A file that cannot be read, with the one reason that is told."""

from typing import Literal, get_args

Why = Literal[
    "empty", "not_a_table", "old_excel", "nuls", "one_column", "too_many_columns", "too_many_rows", "no_rows",
    "broken", "bomb", "too_large", "broken_quotes", "incomplete",
    "gaps", "too_slow",
]  # fmt: skip
WHYS: tuple[Why, ...] = get_args(Why)


class Unreadable(Exception):
    """Why, and what the file had of what is limited."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why
