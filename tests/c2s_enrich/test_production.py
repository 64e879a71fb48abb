"""What production tells browsers, as its own settings make it."""

import json

from tests.deployment_check import main
from tests.production import environment, manage

_ASK = """
import json
from django.conf import settings
from django.test import Client
answer = Client().get("/nowhere", secure=True, headers={"host": "c2s-enrich.example.com"})
plain = Client().get("/admin/", headers={"host": "c2s-enrich.example.com"})
names = ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
         "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE", "DEBUG")
told = {name: getattr(settings, name) for name in names}
print(json.dumps([dict(answer.headers), plain["Location"], told]))
"""


def test_the_deployment_check_finds_nothing() -> None:
    assert main() == 0


def test_browsers_are_held_to_https_and_cookies_to_this_host() -> None:
    said = manage("shell", "--no-imports", "-c", _ASK, env=environment())
    headers, location, told = json.loads(said.stdout.splitlines()[-1])
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert location == "https://c2s-enrich.example.com/admin/"
    assert told == {
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "DEBUG": False,
    }
