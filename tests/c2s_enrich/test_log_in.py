"""The way into the admin: a password, a second factor, and out again when nobody does anything."""

import re
import time
from base64 import b32decode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from tests.back_office import logged_in, staff, superuser

pytestmark = pytest.mark.django_db

PASSWORD = "an-unguessable-sentence"
CODE = "/admin/second-factor/"


@pytest.fixture
def ana() -> User:
    return User.objects.create_superuser("ana", password=PASSWORD)


def log_in(client: Client, password: str = PASSWORD, name: str = "ana", **extra: str) -> int:
    answer = client.post("/admin/login/?next=/admin/", {"username": name, "password": password}, **extra)  # type: ignore[arg-type]
    return answer.status_code


def code_of(device: TOTPDevice) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():06d}"


def with_factor(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, confirmed=True)


def test_after_some_wrong_passwords_even_the_right_one_is_refused(client: Client, ana: User) -> None:
    assert [log_in(client, "wrong") for _ in range(5)] == [200, 200, 200, 200, 429]
    answer = client.post("/admin/login/", {"username": "ana", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()


def test_the_log_tells_of_locks_and_not_of_every_log_in(
    client: Client, ana: User, caplog: pytest.LogCaptureFixture
) -> None:
    log_in(client)
    assert [record for record in caplog.records if record.name.startswith("axes")] == []
    for _ in range(5):
        log_in(client, "wrong")
    assert any("AXES: Locking out" in record.getMessage() for record in caplog.records)


def test_the_lock_ends(client: Client, ana: User) -> None:
    for _ in range(5):
        log_in(client, "wrong")
    with time_machine.travel(time.time() + 16 * 60):
        assert log_in(client) == 302


def test_a_colleague_at_the_same_address_still_gets_in(client: Client, ana: User) -> None:
    User.objects.create_superuser("bia", password=PASSWORD)
    for _ in range(6):
        log_in(client, "wrong")
    assert log_in(Client(), name="bia") == 302


def test_a_stranger_elsewhere_locks_nobody_out(client: Client, ana: User) -> None:
    for _ in range(6):
        log_in(client, "wrong", REMOTE_ADDR="203.0.113.9")
    assert log_in(client) == 302


def test_an_address_that_tries_many_names_is_refused_them_all(client: Client, ana: User) -> None:
    for number in range(49):
        AccessAttempt.objects.create(username=f"name-{number}", ip_address="127.0.0.1", failures_since_start=1)
    assert log_in(client) == 302
    log_in(client, "wrong", name="one-more")
    assert log_in(client) == 429
    assert log_in(client, REMOTE_ADDR="203.0.113.9") == 302
    with time_machine.travel(time.time() + 16 * 60):
        assert log_in(client) == 302


@pytest.mark.parametrize("password", ["wrong", PASSWORD])
def test_nobody_learns_which_names_exist(client: Client, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer and the same work: one password is hashed, whoever is asked about."""
    User.objects.create_superuser("known", password="another-unguessable-sentence")
    User.objects.create_user("gone", password=PASSWORD, is_staff=True, is_active=False)
    User.objects.create_user("customer", password=PASSWORD)
    hasher, hashed = type(get_hasher()), []
    encode = hasher.encode

    def counted(self: BasePasswordHasher, given: str, *rest: Any) -> str:
        hashed.append(given)
        return encode(self, given, *rest)

    monkeypatch.setattr(hasher, "encode", counted)
    pages = set()
    for name in ("known", "unknown", "gone", "customer"):
        answer = client.post("/admin/login/", {"username": name, "password": password})
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        pages.add((answer.status_code, page.replace(f'"{name}"', '""')))
        assert hashed == [password], name
        hashed.clear()
    assert len(pages) == 1


def test_logging_in_leads_to_no_foreign_site(client: Client, ana: User) -> None:
    foreign = [f"next={quote(given)}" for given in ("https://evil.example/", "//evil.example/", r"/\evil.example")]
    for query in foreign:
        answer = client.post(f"/admin/login/?{query}", {"username": "ana", "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    device = with_factor(ana)
    for query in [*foreign, "next=javascript:alert(1)", "next=http:evil.example", "next=/%09/evil.example"]:
        TOTPDevice.objects.update(last_t=-1)
        answer = logged_in(ana).post(f"{CODE}?{query}", {"code": code_of(device)})
        assert (answer.status_code, answer["Location"]) == (302, "/admin/"), query


def test_the_right_password_in_time_forgets_the_wrong_ones(client: Client, ana: User) -> None:
    for _ in range(2):
        assert [log_in(client, "wrong") for _ in range(4)] == [200] * 4
        assert log_in(client) == 302


def test_a_session_that_nobody_uses_ends(client: Client, ana: User, settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 10
    log_in(client)
    assert client.get("/admin/").status_code == 200
    with time_machine.travel(time.time() + 9 * 60):
        assert client.get("/admin/").status_code == 200
    with time_machine.travel(time.time() + 18 * 60):
        assert client.get("/admin/").status_code == 200
    with time_machine.travel(time.time() + 29 * 60):
        answer = client.get("/admin/")
        assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/")
        assert "nothing was done" in client.get(answer["Location"]).content.decode()


def test_a_page_that_refreshes_itself_keeps_no_session_alive(client: Client, ana: User, settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 10
    log_in(client)
    client.get("/admin/")
    with time_machine.travel(time.time() + 6 * 60):
        assert client.get("/admin/", headers={"X-Background": "refresh"}).status_code == 200
    with time_machine.travel(time.time() + 12 * 60):
        assert client.get("/admin/").status_code == 302


def test_who_has_no_second_factor_needs_none(ana: User) -> None:
    assert logged_in(ana).get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["/admin/", "/admin/enrichment/lead/", "/admin/password_change/"])
def test_who_has_one_sees_nothing_before_the_code(ana: User, path: str) -> None:
    with_factor(ana)
    answer = logged_in(ana).get(path)
    parts = urlsplit(answer["Location"])
    assert (answer.status_code, parts.path, parse_qs(parts.query)) == (302, CODE, {"next": [path]})


def test_the_code_opens_the_page_that_was_asked_for(ana: User) -> None:
    client, device = logged_in(ana), with_factor(ana)
    answer = client.post(f"{CODE}?next=/admin/enrichment/lead/", {"code": code_of(device)})
    assert answer["Location"] == "/admin/enrichment/lead/"
    assert client.get("/admin/").status_code == 200


def test_a_code_is_good_for_once(ana: User) -> None:
    device = with_factor(ana)
    code = code_of(device)
    assert logged_in(ana).post(CODE, {"code": code}).status_code == 302
    assert logged_in(ana).post(CODE, {"code": code}).status_code == 200


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "1234567890123"])
def test_a_wrong_code_opens_nothing(ana: User, code: str) -> None:
    client = logged_in(ana)
    with_factor(ana)
    assert client.post(CODE, {"code": code}).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_where_it_is_a_must_everybody_enrols_first(ana: User, settings: Settings) -> None:
    settings.ADMIN_TOTP_REQUIRED = True
    client = logged_in(ana)
    assert client.get("/admin/")["Location"].startswith(CODE)
    page = client.get(CODE).content.decode()
    device = TOTPDevice.objects.get(user=ana, confirmed=False)
    assert 'src="data:image/svg+xml' in page
    assert client.post(CODE, {"code": "000000"}).status_code == 200
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert client.post(CODE, {"code": code_of(device)}).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert TOTPDevice.objects.get(user=ana).confirmed


def test_the_key_on_the_page_is_the_devices(ana: User) -> None:
    client = logged_in(ana)
    spelled = client.get(CODE).context["secret"].replace(" ", "")
    padded = spelled + "=" * (-len(spelled) % 8)
    assert b32decode(padded) == TOTPDevice.objects.get(user=ana).bin_key


def test_the_key_of_a_factor_in_use_is_never_shown(ana: User) -> None:
    with_factor(ana)
    assert "data:image/svg" not in logged_in(ana).get(CODE).content.decode()


@pytest.mark.parametrize(("required", "left"), [(False, 0), (True, 1)])
def test_a_factor_is_given_back_unless_it_is_a_must(ana: User, settings: Settings, required: bool, left: int) -> None:
    client, device = logged_in(ana), with_factor(ana)
    client.post(CODE, {"code": code_of(device)})
    settings.ADMIN_TOTP_REQUIRED = required
    client.post(CODE)
    assert TOTPDevice.objects.filter(user=ana, confirmed=True).count() == left


def test_nobody_gives_it_back_before_showing_it(ana: User) -> None:
    with_factor(ana)
    logged_in(ana).post(CODE)
    assert TOTPDevice.objects.filter(user=ana, confirmed=True).exists()


@pytest.mark.parametrize(
    ("client_of", "left"),
    [(superuser, 0), (lambda: logged_in(staff("reader", "view_user")), 1)],
    ids=["administrator", "reader"],
)
def test_an_administrator_helps_who_lost_the_phone(client_of: Callable[[], Client], left: int) -> None:
    bia = User.objects.create_user("bia", password=None, is_staff=True)
    with_factor(bia)
    client_of().post("/admin/auth/user/", {"action": "forget_second_factor", "_selected_action": str(bia.pk)})
    assert TOTPDevice.objects.filter(user=bia).count() == left


def test_the_second_factor_is_for_staff_alone(client: Client) -> None:
    assert client.get(CODE)["Location"].startswith("/admin/login/")
