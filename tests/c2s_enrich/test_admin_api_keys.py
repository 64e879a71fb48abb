import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from c2s_enrich.models import ApiKey, api_key_make, api_key_revoke, hash_of_key
from tests.back_office import list_url, logged_in, page_url, staff, superuser

pytestmark = pytest.mark.django_db

ADD = "/admin/c2s_enrich/apikey/add/"
FORM = {"name": "Make scenario", "scopes": ["lookup", "enrich"], "rate_per_second": "5"}


def made(client: Client, **given: Any) -> str:
    return client.post(ADD, FORM | given, follow=True).content.decode()


def revoke(client: Client, *keys: ApiKey) -> str:
    chosen = {"action": "revoke", "_selected_action": [str(key.pk) for key in keys]}
    return client.post(list_url(ApiKey), chosen, follow=True).content.decode()


def test_a_key_is_shown_once_and_only_its_hash_is_kept() -> None:
    client = superuser()
    [shown] = re.findall(r"c2s_[\w-]{43}", made(client))
    key = ApiKey.objects.get()
    assert (key.key_hash, key.name, key.scopes) == (hash_of_key(shown), "Make scenario", ["lookup", "enrich"])
    assert (key.rate_per_second, key.burst) == (5, 10)
    for url in (list_url(ApiKey), page_url(key)):
        assert shown not in client.get(url).content.decode()


def test_a_new_key_travels_in_no_cookie() -> None:
    client = superuser()
    answer = client.post(ADD, FORM)
    [shown] = re.findall(r"c2s_[\w-]{43}", answer.content.decode())
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    assert not [name for name, value in cookies.items() if shown in value]
    assert "no-store" in answer["Cache-Control"]
    assert Session.objects.exists()
    assert not [session for session in Session.objects.all() if shown in str(session.get_decoded())]


def test_the_hash_is_shown_to_nobody() -> None:
    client = superuser()
    made(client)
    key = ApiKey.objects.get()
    assert key.key_hash not in client.get(page_url(key)).content.decode()


def test_making_a_key_is_written_down_without_the_key() -> None:
    client = superuser()
    [shown] = re.findall(r"c2s_[\w-]{43}", made(client))
    entry = LogEntry.objects.get()
    assert entry.object_id == str(ApiKey.objects.get().pk)
    assert shown not in entry.object_repr + entry.change_message


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": []}, {"scopes": ["everything"]}, {"name": ""}, {"rate_per_second": "-1"}, {"rate_per_second": "99999"}],
)
def test_a_key_that_makes_no_sense_is_not_made(wrong: dict[str, Any]) -> None:
    made(superuser(), **wrong)
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_and_stays_visible() -> None:
    client, (key, _) = superuser(), api_key_make(name="old", scopes=["lookup"])
    assert "1 key revoked." in revoke(client, key)
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert "Revoked" in client.get(list_url(ApiKey)).content.decode()
    assert LogEntry.objects.get().change_message == "revoked"


def test_revoking_twice_says_so_and_keeps_the_first_moment() -> None:
    client, (key, _) = superuser(), api_key_make(name="old", scopes=["lookup"])
    fresh, _ = api_key_make(name="new", scopes=["lookup"])
    revoke(client, key)
    first = ApiKey.objects.get(pk=key.pk).revoked_at
    body = revoke(client, key, fresh)
    assert "1 key revoked." in body
    assert "1 key was revoked before." in body
    assert ApiKey.objects.get(pk=key.pk).revoked_at == first


def test_whoever_may_only_look_revokes_nothing() -> None:
    client, (key, _) = logged_in(staff("viewer")), api_key_make(name="old", scopes=["lookup"])
    revoke(client, key)
    assert client.post(f"{page_url(key)[:-7]}revoke_this/", {"_form_submitted": "True"}).status_code == 403
    assert client.get(ADD).status_code == 403
    assert ApiKey.objects.get().revoked_at is None
    assert 'value="revoke"' not in client.get(list_url(ApiKey)).content.decode()


def test_whoever_may_change_keys_revokes_one() -> None:
    client, (key, _) = logged_in(staff("keeper", "change_apikey")), api_key_make(name="old", scopes=["lookup"])
    revoke(client, key)
    assert ApiKey.objects.get().revoked_at is not None


def test_the_button_asks_before_it_revokes() -> None:
    client, (key, _) = superuser(), api_key_make(name="old", scopes=["lookup"])
    url = f"{page_url(key)[:-7]}revoke_this/"
    assert "Revoke this key?" in client.get(url).content.decode()
    assert ApiKey.objects.get().revoked_at is None
    answer = client.post(url, {"_form_submitted": "True"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == page_url(key)
    assert ApiKey.objects.get().revoked_at is not None


def test_the_limit_of_a_key_is_changed_and_nothing_else() -> None:
    client, (key, _) = superuser(), api_key_make(name="old", scopes=["lookup"])
    url = f"{page_url(key)[:-7]}limit_this/"
    for wrong in ("-1", "99999", ""):
        client.post(url, {"_form_submitted": "True", "rate_per_second": wrong})
    client.post(url, {"_form_submitted": "True", "rate_per_second": "3"})
    key.refresh_from_db()
    assert (key.rate_per_second, key.burst, key.scopes) == (3, 6, ["lookup"])
    api_key_revoke(key=key)
    told = client.post(url, {"_form_submitted": "True", "rate_per_second": "9"}, follow=True).content.decode()
    assert "has no limit to change" in told
    assert logged_in(staff("viewer")).post(url, {"_form_submitted": "True", "rate_per_second": "9"}).status_code == 403
    assert ApiKey.objects.get().rate_per_second == 3


def test_scopes_are_told_in_words() -> None:
    api_key_make(name="old", scopes=["pii"])
    assert "See documents and contacts in clear" in superuser().get(list_url(ApiKey)).content.decode()


def test_a_key_is_neither_changed_nor_deleted() -> None:
    client, (key, _) = superuser(), api_key_make(name="old", scopes=["lookup"])
    assert client.post(page_url(key), FORM).status_code == 403
    assert client.post(f"{page_url(key)[:-7]}delete/", {"post": "yes"}).status_code == 403
    assert ApiKey.objects.get().name == "old"


def test_an_expired_key_is_told_from_a_valid_one() -> None:
    api_key_make(name="short", scopes=["lookup"], expires_at=timezone.now())
    assert "Expired" in superuser().get(list_url(ApiKey)).content.decode()
