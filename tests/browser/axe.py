"""The accessibility gate: axe-core on a Playwright page. ``assert_accessible(page)`` is the whole interface."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: WCAG 2.2 AA, the European norm, and axe's own advice.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice")

_axe = Axe()


def options_for(ignore: tuple[str, ...] = ()) -> dict[str, Any]:
    """What axe is asked for: all rules of `TAGS` but the ignored ones."""
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": list(TAGS)}, "resultTypes": ["violations"]}
    if ignore:
        options["rules"] = {rule: {"enabled": False} for rule in ignore}
    return options


def violations(page: Page, *, within: str | None = None, ignore: tuple[str, ...] = ()) -> list[str]:
    """One line per violated rule and element: ``rule (impact): selector – help``; empty when the page is clean.

    ``within`` limits the look to one CSS selector; ``ignore`` names axe rules that do not apply (say why at the call).
    """
    found = _axe.run(page, context=within, options=options_for(ignore)).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} – {rule['help']}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def assert_accessible(page: Page, *, within: str | None = None, ignore: tuple[str, ...] = ()) -> None:
    """Fails with every violation listed; see `violations`."""
    found = violations(page, within=within, ignore=ignore)
    assert not found, f"{page.url}: {len(found)} accessibility violations\n" + "\n".join(found)


def assert_no_sideways_scroll(page: Page) -> None:
    """Nothing is wider than the window (WCAG 1.4.10)."""
    wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
        [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
        .slice(0, 5).map(e => e.tagName + '.' + e.className)"""
    )
    assert not wide, f"{page.url} scrolls sideways at {page.viewport_size}: {wide}"
