"""The page of the cache, and what makes it forget."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich import counters
from enrichment.memory import Entry, remember, remembered
from parties.identifiers import CPF, Email, Phone
from parties.models import Party
from tests.back_office import Rows, cpf_of, logged_in, page_url, party_contact, phone_of, rows, staff, superuser

pytestmark = pytest.mark.django_db

PAGE, ONE, ALL = "/admin/cache/", "/admin/cache/forget/", "/admin/cache/forget/all/"
OTHER = "somebody@example.com"


@pytest.fixture
def made() -> Rows:
    made = rows()
    Party.objects.filter(pk=made[Party].pk).update(enriched=True, enriched_at=timezone.now())
    kept = (Phone(phone_of(0), "BR"), CPF(cpf_of(0)), Email(OTHER))
    remember({identifier: Entry(asked=True) for identifier in kept})
    return made


@pytest.fixture
def manager() -> Client:
    return logged_in(staff("manager", "drop_cache"))


def kept() -> set[str]:
    return remembered([phone_of(0), cpf_of(0), OTHER])


def drop(client: Client, url: str, **typed: str) -> str:
    return client.post(url, typed, follow=True).content.decode()


def test_the_page_says_what_the_cache_is_worth(made: Rows, manager: Client) -> None:
    counters.counted("contactCache", True, 3)
    counters.counted("contactCache", False)
    said = manager.get(PAGE)
    assert "75.0%" in said.content.decode()
    assert said.context["cacheable"] == 1
    assert said.context["memory"].used_memory_human
    assert "MARINA ALVES PRADO" in said.content.decode()


def test_without_redis_it_says_where_things_are_kept(made: Rows, manager: Client, settings: Settings) -> None:
    settings.REDIS_URL = ""
    assert "the program's own memory" in manager.get(PAGE).content.decode()


@pytest.mark.parametrize("typed", ["(11) 98765-4321", "+5511987654321", "011 98765 4321"])
def test_a_contact_is_dropped_however_it_is_typed(made: Rows, manager: Client, typed: str) -> None:
    assert "1 entry was dropped." in drop(manager, ONE, contact=typed)
    assert kept() == {cpf_of(0), OTHER}
    assert "Nothing of it was in the cache." in drop(manager, ONE, contact=typed)


def test_all_of_a_person_is_dropped_by_any_of_its_contacts(made: Rows, manager: Client) -> None:
    drop(manager, ONE, contact="529.982.247-25", whole="yes")
    assert kept() == {OTHER}


def test_what_cannot_be_read_drops_nothing(made: Rows, manager: Client) -> None:
    assert "can be read neither" in drop(manager, ONE, contact="12")
    assert len(kept()) == 3


def test_everything_is_dropped_after_a_question(made: Rows, manager: Client) -> None:
    assert "Drop everything from the cache?" in manager.get(ALL).content.decode()
    assert len(kept()) == 3
    assert "Everything is dropped." in drop(manager, ALL)
    assert kept() == set()


def test_a_partys_page_shows_what_is_kept_and_drops_it(made: Rows, manager: Client) -> None:
    url = f"{PAGE}forget/party/{made[Party].pk}/"
    page = manager.get(page_url(made[Party])).content.decode()
    assert (page.count("remembered"), page.count("not remembered")) == (2, 0)
    assert url in page
    told = drop(manager, url)
    assert "2 entries were dropped." in told
    assert told.count("not remembered") == 2
    assert kept() == {OTHER}


def test_whoever_may_only_look_drops_nothing(made: Rows) -> None:
    viewer = logged_in(staff("viewer"))
    assert "forget" not in viewer.get(PAGE).content.decode() + viewer.get(page_url(made[Party])).content.decode()
    for url in (ONE, ALL, f"{PAGE}forget/party/{made[Party].pk}/"):
        assert viewer.post(url, {"contact": phone_of(0)}).status_code == 403
    assert len(kept()) == 3
    assert "529.982.247-25" not in viewer.get(PAGE).content.decode()


def test_the_page_asks_as_often_for_ten_people_as_for_one(made: Rows) -> None:
    client = superuser()

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    client.get(PAGE)
    for_one = asked()
    for number in range(1, 10):
        party_contact(rows(number), 1)
    Party.objects.update(enriched=True, enriched_at=timezone.now())
    assert asked() == for_one <= 6
