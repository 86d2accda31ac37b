"""The gate: one specimen at one width in one look; what axe and the Nu checker find, less what is Wagtail's own."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.a11y.specimens import Specimen
from tests.browser.axe import _axe, options_for

WIDTHS = (320, 1280)
LOOKS = ("light", "dark", "contrast")
#: Findings in Wagtail's own markup. May only shrink: `test_all` fails for an entry that is found no more.
KNOWN: list[dict[str, str]] = tomllib.loads(Path(__file__).with_name("wagtail.toml").read_text()).get("finding", [])

_MATCHES = """([target, selectors]) => {
    const element = document.querySelector(target);
    return element ? selectors.map(selector => !!element.closest(selector)) : selectors.map(() => false);
}"""

_STILL = """() => Promise.race([
    new Promise(resolve => setTimeout(resolve, 3000)),
    Promise.allSettled(document.getAnimations().filter(
        each => each.effect?.getComputedTiming().endTime !== Infinity).map(each => each.finished))])"""


def load(page: Page, url: str, specimen: Specimen) -> None:
    """Go there and wait until the page stands still."""
    page.goto(url + specimen.path, wait_until="load")
    if specimen.admin:
        page.wait_for_load_state("networkidle")


def dress(page: Page, specimen: Specimen, width: int, look: str) -> None:
    """Make the window that wide and put the look on: the portal's choice, Wagtail's theme."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(
        reduced_motion="reduce",
        color_scheme="dark" if look == "dark" else "light",
        contrast="more" if look == "contrast" else "no-preference",
    )
    if not specimen.admin:
        page.evaluate("look => document.documentElement.setAttribute('data-theme', look)", look)
    page.wait_for_timeout(150 if specimen.admin else 30)
    page.evaluate(_STILL)  # a message that is fading in has no colours yet


def axe(page: Page, *, used: Counter[int] | None = None, admin: bool) -> list[str]:
    """One line per finding; in the admin, what `wagtail.toml` names is counted in `used` and left out."""
    found = _axe.run(page, options=options_for()).response["violations"]
    lines = []
    for rule in found:
        for node in rule["nodes"]:
            target = node["target"][-1] if isinstance(node["target"][-1], str) else node["target"][-1][-1]
            if admin and _known(page, rule["id"], target, used):
                continue
            summary = " ".join(str(node["failureSummary"]).split())
            lines.append(f"{rule['id']} ({rule['impact']}): {target} {node['html'][:160]} – {summary[:300]}")
    return lines


def _known(page: Page, rule: str, target: str, used: Counter[int] | None) -> bool:
    places = [number for number, entry in enumerate(KNOWN) if entry["rule"] == rule]
    fits = page.evaluate(_MATCHES, [target, [KNOWN[number]["selector"] for number in places]]) if places else []
    hit = [number for number, fit in zip(places, fits, strict=True) if fit]
    if used is not None:
        used.update(hit[:1])
    return bool(hit)


def sideways(page: Page) -> list[str]:
    """What is wider than the window."""
    wide: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
        [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
        .slice(0, 3).map(e => 'reflow: wider than the window: ' + e.tagName + '.' + e.className)"""
    )
    return wide


def save(page: Page, folder: Path, specimen: Specimen) -> None:
    """Keep what the server answered and what the browser made of it, for the Nu checker."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", specimen.key.lower())
    answer = page.request.get(page.url)
    (folder / f"{name}.server.html").write_text(answer.text(), encoding="utf-8")


def nu(root: Path, files: Iterable[Path]) -> dict[str, list[str]]:
    """By file name, the errors and warnings of the Nu checker."""
    paths = sorted(str(path) for path in files)
    done = subprocess.run([str(root / "scripts/vnu/vnu"), *paths], capture_output=True, text=True)
    assert not done.returncode, done.stderr[-2000:]
    found: dict[str, list[str]] = {}
    for message in json.loads(done.stdout)["messages"]:
        if message["type"] == "info" and message.get("subType") != "warning":
            continue
        if not_ours(message):
            continue
        name = Path(message["url"].removeprefix("file:")).name
        found.setdefault(name, []).append(f"nu: {message['message']} … {message.get('extract', '')[:160]!r}")
    return found


def not_ours(message: dict[str, Any]) -> bool:
    """Whether a message is about Wagtail's own markup, by its words and its place."""
    admin = [entry for entry in KNOWN if entry["rule"] == "nu"]
    text = f"{message['message']} {message.get('extract', '')}"
    return any(re.search(entry["selector"], text, re.DOTALL) for entry in admin)


def refused(page: Page) -> bool:
    """Send the page's form as it is, with nothing filled in: whether the page now says what is wrong with it."""
    sent = page.evaluate(
        """() => {
        const form = [...document.querySelectorAll('main form[method=post]')].find(form =>
            form.querySelector('input:not([type=hidden],[type=submit],[type=checkbox]), textarea, select'));
        if (!form) return false;
        for (const field of form.querySelectorAll('input'))
            if (!['hidden', 'radio', 'checkbox', 'submit', 'file'].includes(field.type)) field.value = '';
        for (const field of form.querySelectorAll('textarea')) field.value = '';
        form.noValidate = true;
        return true; }"""
    )
    if not sent:
        return False
    with page.expect_navigation(wait_until="load"):
        page.evaluate(
            """() => { const forms = [...document.querySelectorAll('main form[method=post]')];
            const form = forms.find(form => form.noValidate);
            HTMLFormElement.prototype.submit.call(form) }"""
        )
    return page.locator(".govuk-error-summary, [aria-invalid=true], .w-field__errors, .error-message").count() > 0
