"""docs/security.md names tests, and they exist."""

import re

from tests.production import ROOT

TEXT = (ROOT / "docs/security.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TEXT)
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line and "shown by" not in line]


def test_every_test_that_the_document_names_exists() -> None:
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert NAMED
    assert missing == []


def test_every_line_of_the_document_is_shown_by_a_test() -> None:
    assert [row for row in ROWS if "`tests/" not in row] == []
