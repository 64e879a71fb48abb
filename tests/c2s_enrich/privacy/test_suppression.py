"""Who asked to be forgotten is known again by keyed hashes alone, through every change of keys."""

import pytest
from pytest_django import Settings

from c2s_enrich.privacy.models import Suppressed
from c2s_enrich.privacy.suppression import CONTACT, CPF, is_suppressed, suppress, suppressed_among

pytestmark = pytest.mark.django_db

MARINA = (CPF, "52998224725")


def test_one_query_tells_who_of_many_is_on_the_list(django_assert_num_queries: object) -> None:
    suppress([MARINA, (CONTACT, "marina.prado@example.com")])
    others = [(CPF, f"{number:011d}") for number in range(500)]
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert suppressed_among([MARINA, *others]) == {MARINA}
    # a number is not suppressed as something else
    assert not is_suppressed(CONTACT, MARINA[1])
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert suppressed_among([]) == set()


def test_the_secret_key_may_change_while_the_former_one_is_valid(settings: Settings) -> None:
    suppress([MARINA])
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-" + "x" * 40, [settings.SECRET_KEY]
    assert is_suppressed(*MARINA)


def test_a_key_of_its_own_outlives_every_other(settings: Settings) -> None:
    before = settings.SECRET_KEY
    suppress([MARINA])
    settings.SUPPRESSION_KEYS = ["a-key-of-its-own", before]
    suppress([(CPF, "11144477735")])
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-" + "x" * 40, []
    assert suppressed_among([MARINA, (CPF, "11144477735")]) == {MARINA, (CPF, "11144477735")}


def test_the_list_tells_nobody(settings: Settings) -> None:
    suppress([MARINA])
    assert MARINA[1] not in str(Suppressed.objects.values().get())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-thief-has-none-" + "x" * 40, []
    assert not is_suppressed(*MARINA)
