"""Somebody of staff at a screen, who speaks Portuguese on a phone and English at a desk."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Browser, Page

SHOTS = Path(__file__).parents[2] / "test-artefacts"
PASSWORD = "a-long-password-1"


@dataclass(frozen=True, slots=True)
class Screen:
    language: str
    width: int

    def __str__(self) -> str:
        return f"{self.language}-{self.width}"


PHONE, DESK = Screen("pt-BR", 390), Screen("en-US", 1440)


@dataclass(slots=True)
class Staff:
    page: Page
    site: str
    screen: Screen

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    def enter(self) -> None:
        """With a session: the form is tried by a journey of its own."""
        client = Client()
        client.force_login(User.objects.create_superuser("boss", password=None))
        session = client.cookies["sessionid"].value
        self.page.context.add_cookies([{"name": "sessionid", "value": session, "url": self.site}])

    def log_in(self) -> None:
        User.objects.create_superuser("ana", password=PASSWORD)
        self.open("/admin/")
        self.looks("log-in")
        self.page.fill("input[name=username]", "ana")
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_selector("[data-figures]")

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def reads(self, english: str) -> None:
        """In the language of the browser."""
        with translation.override(self.screen.language.lower()):
            text = gettext(english)
        self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def looks(self, name: str) -> None:
        """Kept as an artefact; nothing sticks out sideways."""
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}-{self.screen}.png", full_page=True)
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(too_wide) <= 0, f"{name} can be moved sideways"


def staff_at(screen: Screen, browser: Browser, site: str) -> Staff:
    page = browser.new_page(
        viewport={"width": screen.width, "height": 900},
        locale=screen.language,
        has_touch=screen is PHONE,
        reduced_motion="reduce",
    )
    page.set_default_timeout(20_000)
    return Staff(page, site, screen)
