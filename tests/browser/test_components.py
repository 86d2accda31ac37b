"""Every component in every state: accessible in every width and look, by keyboard, and from our own server only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.browser.axe import assert_accessible, assert_no_sideways_scroll

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium")]


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    """The living page of components, served by the theme alone: it must need no other app and no database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.browser.theme_settings", "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _attempt in range(100):
            assert server.poll() is None, "the theme does not start alone"
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/komponenty/"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A narrow phone without a script engine."""
    context = browser.new_context(viewport={"width": 320, "height": 800}, java_script_enabled=False, locale="pl-PL")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_components_are_accessible_in_every_look(page: Page, address: str, width: int, look: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(f"localStorage.setItem('obieg-theme', '{look}')")
    page.goto(address)
    page.wait_for_function("document.body.classList.contains('govuk-frontend-supported')")
    assert page.locator("html").get_attribute("data-theme") == look
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_dark_follows_the_device(page: Page, address: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.emulate_media(color_scheme="light")
    assert dark != page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.emulate_media(forced_colors="active")
    assert_accessible(page, ignore=("color-contrast",))  # the system's colours are not ours to judge


def test_nothing_comes_from_elsewhere_and_the_policy_holds(page: Page, address: str) -> None:
    requests: list[Request] = []
    complaints: list[ConsoleMessage] = []
    page.on("request", lambda request: requests.append(request))
    page.on("console", lambda message: complaints.append(message) if message.type == "error" else None)
    answer = page.goto(address)
    page.wait_for_load_state("networkidle")
    assert answer is not None
    assert "script-src 'self' 'sha256-" in answer.headers["content-security-policy"]
    origin = address.removesuffix("/komponenty/")
    assert [request.url for request in requests if not request.url.startswith(origin)] == []
    assert [message.text for message in complaints] == []
    weight = sum(len(request.response().body()) for request in requests if "/static/" in request.url)  # type: ignore[union-attr]  # every request was answered
    assert weight < 200_000, "unpacked; about half of it travels"


def test_focus_goes_to_the_error_summary_and_on_to_the_field(page: Page, address: str) -> None:
    page.goto(address)
    summary = page.locator("[data-error-summary]")
    page.wait_for_function("document.activeElement?.hasAttribute('data-error-summary')")
    summary.get_by_role("link").nth(1).click()
    assert page.evaluate("document.activeElement.id") == "id_pesel"


def test_the_time_out_warning_is_accessible(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate("document.querySelector('[data-session-warning]').showModal()")
    assert_accessible(page, within="dialog")


def test_every_stop_of_the_keyboard_is_seen(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("document.activeElement?.hasAttribute('data-error-summary')")
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    seen: set[str] = set()
    for _step in range(60):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
            return {name: e.outerHTML.slice(0, 90), drawn: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
            inside: b.bottom > 0 && b.top < window.innerHeight} }"""
        )
        assert style["drawn"], f"focus cannot be seen on {style['name']}"
        assert style["inside"], f"focus is outside the window on {style['name']}"
        seen.add(style["name"])
    assert len(seen) > 40


def test_works_without_a_script(phone: Page, address: str) -> None:
    phone.goto(address)
    assert phone.locator("[data-theme-choice]").first.is_visible() is False
    phone.locator(".ob-menu > summary").click()
    assert phone.locator(".ob-menu .ob-nav__link").first.is_visible()
    for panel in ("tab-who", "tab-cost", "tab-time"):
        assert phone.locator(f"#{panel}").is_visible()


def test_comforts_of_the_script(page: Page, address: str) -> None:
    page.goto(address)
    pesel = page.locator("#empty_pesel")
    pesel.fill("440514 01458")
    assert pesel.input_value() == "44051401458"
    page.get_by_role("tab").nth(1).click()
    assert page.locator("#tab-cost").is_visible() and page.locator("#tab-who").is_hidden()
    page.locator("#empty_papers").set_input_files(
        [{"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"x" * 2048}]
    )
    assert page.locator(".ob-drop .ob-file__name").first.inner_text() == "plan.pdf"
    page.locator(".ob-strip [data-theme-choice=dark]").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
