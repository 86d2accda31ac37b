"""What every journey shares: the town with its portal, people in their own browsers, pictures, a watchful console."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from journal import follow, jobs, seal
from people.models import User
from tests.browser import keyboard
from tests.browser.axe import assert_accessible, assert_no_sideways_scroll
from tests.factories.people import PASSWORD
from tests.factories.portal import Portal, portal
from tests.factories.workflow import Office, office

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def work_off() -> None:
    """What `manage.py work` does all day, until nothing is left: seal, let the followers hear, run the jobs."""
    for _round in range(20):
        done = seal.seal_round() + sum(follow.run_until_idle(name) for name in follow.names()) + jobs.run_waiting()
        if not done:
            return
    raise AssertionError("the background work does not come to an end")


@pytest.fixture(autouse=True)
def hands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--keyboard` the journeys have no mouse."""
    if request.config.getoption("--keyboard"):
        keyboard.take_the_mouse_away(monkeypatch)


@dataclass
class City:
    """The office, its portal, and the address of both."""

    office: Office
    portal: Portal
    url: str


@pytest.fixture
def city(transactional_db: None, live_server: Any) -> City:
    """A working town with a portal, served over HTTP."""
    town = office()
    made = portal(town.units)
    work_off()
    return City(town, made, live_server.url)


class Watch:
    """Hears what a page complains of: script errors, blocked content, anything that failed to load."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._answered: set[str] = set()

    def over(self, page: Page) -> Page:
        page.on("response", self._response)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        return page

    def _response(self, response: Response) -> None:
        if response.request.resource_type == "document":
            self._answered.add(response.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.text.startswith(("htmx:sendAbort", "htmx:afterRequest")):
            return  # the page was left while it asked the server something
        # A page that answers with a refusal (422, 404) is reported by Chromium as a failed load; the test judges it.
        refused = "the server responded with a status of" in message.text
        if message.type == "error" and not (refused and message.location.get("url") in self._answered):
            self.complaints.append(f"{message.location.get('url')}: {message.text}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test when a page complained."""
    watching = Watch()
    yield watching
    assert not watching.complaints, "\n".join(watching.complaints)


@pytest.fixture
def opened(browser: Browser, browser_context_args: dict[str, Any], watch: Watch) -> Iterator[Callable[..., Page]]:
    """`opened(**options)`: a page in a browser of its own (no cookies of others)."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**{**browser_context_args, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        return watch.over(context.new_page())

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def guest(opened: Callable[..., Page]) -> Page:
    """Somebody without an account, at a desktop."""
    return opened()


def code_for(secret: str) -> str:
    """What the app on the phone shows now: the middle one of the codes that are accepted."""
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


@pytest.fixture
def sign_in(opened: Callable[..., Page], city: City) -> Callable[[User], Page]:
    """`sign_in(user)`: the user signed in at the portal's login page, in a browser of their own; staff with a code."""

    def enter(user: User) -> Page:
        secret = generate_totp_secret() if user.is_staff else ""
        if secret:
            TOTP.activate(user, secret)
        page = opened()
        page.goto(city.url + "/konto/login/")
        page.fill("[name=login]", user.email)
        page.fill("[name=password]", PASSWORD)
        page.click("main form button[type=submit]")
        if secret:
            page.fill("[name=code]", code_for(secret))
            page.get_by_role("button", name="Zaloguj").last.click()
        expect(page, page.locator("body").inner_text()[:800]).not_to_have_url(re.compile("/login/|/2fa/"))
        return page

    return enter


@pytest.fixture
def look(root: Path) -> Callable[..., None]:
    """`look(page, "name")`: the gate of accessibility on desktop and phone, and a picture of both (var/screenshots)."""
    folder = root / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)

    def shoot(page: Page, name: str, *, ignore: tuple[str, ...] = ()) -> None:
        before = page.viewport_size
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]  # a dict of the two lengths
            if "/admin/" in page.url:  # the admin scrolls inside its frame: open the window to all of it
                tall = page.evaluate("document.querySelector('#main')?.scrollHeight ?? 0")
                page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(tall, 6000))})
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(400)  # the side bar glides out of the way
            # Hiding the caret would put inline styles into the page, which our policy refuses and htmx then copies.
            page.screenshot(path=str(folder / f"{name}-{size['width']}.png"), full_page=True, caret="initial")
            assert_accessible(page, ignore=ignore)
            assert_no_sideways_scroll(page)
        if before:
            page.set_viewport_size(before)

    return shoot
