"""Several slow things side by side."""

from threading import get_ident

import pytest

from enrichment.discover import at_once

DEEDS = dict.fromkeys(("first", "last"), get_ident)


@pytest.mark.django_db(transaction=True)
def test_one_of_them_is_done_here() -> None:
    threads = at_once(DEEDS)
    assert threads["first"] != threads["last"] == get_ident()
    assert at_once({}) == {}


@pytest.mark.django_db
def test_in_a_transaction_none_is_or_it_would_wait_for_what_the_others_wait_for() -> None:
    assert get_ident() not in at_once(DEEDS).values()
    assert at_once({"only": get_ident}) == {"only": get_ident()}
