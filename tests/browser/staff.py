"""Somebody of staff at a screen, who speaks Portuguese on a phone and English at a desk."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, TimeoutError

# a picture takes about as long as the page itself: taken where somebody will look at them
SHOTS = Path(__file__).parents[2] / "test-artefacts" if os.environ.get("SCREENSHOTS") else None
PASSWORD = "a-long-password-1"


@dataclass(frozen=True, slots=True)
class Screen:
    language: str
    width: int

    def __str__(self) -> str:
        return f"{self.language}-{self.width}"


PHONE, DESK = Screen("pt-BR", 390), Screen("en-US", 1440)
HEIGHT = 900
# in milliseconds; a limit that is not reached costs nothing, and a machine may be busy with other tests
PATIENCE = 120_000
# between two pages there is a moment without any: asked again, like one that does not fit yet
_FITS = "document.documentElement?.scrollWidth <= document.documentElement?.clientWidth"

# the browser's own report, kept over page changes: told again to every new document
_LISTEN = """
document.addEventListener("securitypolicyviolation", (event) => {
  const told = JSON.parse(sessionStorage.getItem("forbidden") || "[]");
  told.push(`${location.pathname}: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
  sessionStorage.setItem("forbidden", JSON.stringify(told));
});
"""


def only(screen: Screen) -> pytest.MarkDecorator:
    """For what looks the same in both: each page is looked at in both widths anyway."""
    return pytest.mark.parametrize("staff", [screen], indirect=True, ids=str)


@dataclass(slots=True)
class Staff:
    page: Page
    site: str
    screen: Screen
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        complaints = self.complaints

        def hears(message: ConsoleMessage) -> None:
            if message.type == "error":
                complaints.append(f"{message.text} {message.location['url']}")

        self.page.add_init_script(_LISTEN)
        self.page.on("console", hears)
        self.page.on("pageerror", lambda error: complaints.append(str(error)))

    def alone(self) -> "Staff":
        """In a context of its own, whose clock is nobody else's."""
        mine = self.page.context
        own = context_at(self.screen, cast(Browser, mine.browser))
        own.add_cookies(cast(Any, mine.cookies()))
        return Staff(own.new_page(), self.site, self.screen)

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

    def looks(self, name: str, *, and_goes: bool = False) -> None:
        """On a phone and at a desk: the page is loaded once, and its window is made narrow and wide."""
        viewport = self.page.viewport_size
        assert viewport
        own = viewport["width"]
        self._looks_at(name, own)
        other = next(screen.width for screen in (PHONE, DESK) if screen.width != own)
        self._widen(other)
        self._looks_at(name, other)
        if not and_goes:
            self._widen(own)
        assert not self.complaints, f"{name}: {self.complaints}"

    def _widen(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def forbidden(self) -> list[str]:
        """What the content policy kept this tab from doing, on any page so far."""
        if self.page.url == "about:blank":
            return []
        told: list[str] = self.page.evaluate('JSON.parse(sessionStorage.getItem("forbidden") || "[]")')
        return told

    def _looks_at(self, name: str, width: int) -> None:
        """Nothing sticks out sideways; kept as an artefact where asked."""
        self._fits(name, width)
        if SHOTS:
            SHOTS.mkdir(exist_ok=True)
            self.page.screenshot(path=SHOTS / f"{name}-{self.screen.language}-{width}.png", full_page=True)

    def _fits(self, name: str, width: int) -> None:
        """A chart follows its window a moment later."""
        try:
            self.page.wait_for_function(_FITS, timeout=30_000)
        except TimeoutError as error:
            raise AssertionError(f"{name} can be moved sideways at {width} px") from error


def context_at(screen: Screen, browser: Browser) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": screen.width, "height": HEIGHT},
        locale=screen.language,
        has_touch=screen is PHONE,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    return context
