"""Every journey by keyboard alone: with `--keyboard`, what a test clicks or fills is reached by Tab and worked by keys.

A click becomes: Tab until the element has the focus, see that nothing hides it, then Enter (Space for a choice, arrows
within radio buttons, tabs and the options of a combo box). What cannot be reached that way fails the journey, and so
does a focus nobody can see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import ElementHandle, Locator, Page

#: A page with more stops than this before the wanted one is no page to use by keyboard.
MOST_STOPS = 400

_WORKED = """element => {
    const label = element.closest('label');
    if (label && label.control) return label.control;
    if (element.closest('[role=option]')) return element.closest('[role=option]');
    return element.closest('a[href], button, input, select, textarea, summary, [contenteditable=true], [tabindex]')
        || element.querySelector('a[href], button, input, summary') || element;
}"""
_HAS_FOCUS = """element => {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    if (element.getAttribute('role') === 'option' && active?.getAttribute('role') === 'combobox')
        return active.getAttribute('aria-activedescendant') === element.id || element.ariaSelected === 'true';
    return active === element || (element.isContentEditable && element.contains(active));
}"""
#: The key that goes on within what has one stop only: radio buttons of a name, tabs of a list, options of a combo box.
_ARROW = """element => {
    const active = document.activeElement;
    if (element.type === 'radio' && active?.type === 'radio' && active.name === element.name
        && active.form === element.form) return 'ArrowDown';
    if (element.getAttribute('role') === 'tab' && active?.getAttribute('role') === 'tab'
        && active.closest('[role=tablist]') === element.closest('[role=tablist]')) return 'ArrowRight';
    if (element.getAttribute('role') === 'option' && active?.getAttribute('role') === 'combobox') return 'ArrowDown';
    return null;
}"""
_KIND = "element => element.tagName === 'INPUT' ? element.type : element.tagName.toLowerCase()"
#: Whether some of it is seen (WCAG 2.4.11), at the latest when the page has scrolled there.
_SEEN = """element => new Promise(resolve => {
    const until = performance.now() + 1500;
    const shows = (x, y) => {
        const hit = document.elementFromPoint(x, y);
        return hit && (element.contains(hit) || hit.contains(element)
            || hit.closest('label')?.control === element || element.labels?.[0]?.contains(hit));
    };
    const ask = () => {
        const box = element.getBoundingClientRect();
        const across = [4, box.width / 2, box.width - 4], down = [4, box.height / 2, box.height - 4];
        if (across.some(x => down.some(y => shows(box.left + x, box.top + y)))) resolve(true);
        else if (performance.now() > until) resolve(false);
        else requestAnimationFrame(ask);
    };
    ask();
})"""


def worked(locator: Locator) -> ElementHandle:
    """The element that keys work on: a label's control, the link around a text."""
    found = locator.element_handle()
    assert found is not None
    element = found.evaluate_handle(_WORKED).as_element()
    assert element is not None
    return element


def reach(locator: Locator, timeout: float | None = None) -> ElementHandle:
    """Move the focus there by Tab; gives the element that is worked."""
    locator.wait_for(state="attached", **({"timeout": timeout} if timeout else {}))
    element = worked(locator)
    page = locator.page
    stops: list[str] = []
    while not element.evaluate(_HAS_FOCUS):
        if stops[-2:] and page.evaluate("() => document.activeElement?.isContentEditable"):
            page.keyboard.press("Escape")  # in a list the text editor keeps Tab for itself
        page.keyboard.press(element.evaluate(_ARROW) or "Tab")
        if not element.evaluate("element => element.isConnected"):
            element = worked(locator)  # an answer of the server has replaced this part of the page
        stops.append(page.evaluate("() => document.activeElement?.outerHTML.slice(0, 120)"))
        assert len(stops) < MOST_STOPS, "\n".join([f"cannot be reached by Tab: {locator}, after", *stops[-12:]])
    if element.get_attribute("role") != "option":
        assert element.evaluate(_SEEN), f"something hides the focus: {element.evaluate('e => e.outerHTML')[:300]}"
    return element


def click(locator: Locator, *, timeout: float | None = None, **_options: Any) -> None:
    """Reach it and press the key that works it."""
    element = reach(locator, timeout)
    kind = element.evaluate(_KIND)
    if element.get_attribute("role") == "option":
        locator.page.keyboard.press("Enter")
    elif kind == "radio":
        if not element.is_checked():
            element.press("Space")
    else:
        element.press("Space" if kind == "checkbox" else "Enter")


def check(locator: Locator, *, timeout: float | None = None, **_options: Any) -> None:
    """Reach it and choose it unless it is chosen."""
    element = reach(locator, timeout)
    if not element.is_checked():
        element.press("Space")


def uncheck(locator: Locator, *, timeout: float | None = None, **_options: Any) -> None:
    """Reach it and take the choice back, if it is chosen."""
    element = reach(locator, timeout)
    if element.is_checked():
        element.press("Space")


def fill(locator: Locator, value: str, *, timeout: float | None = None, **_options: Any) -> None:
    """Reach it, select what stands there, type over it."""
    element = reach(locator, timeout)
    keyboard = locator.page.keyboard
    if element.evaluate(_KIND) == "date":
        year, month, day = value.split("-")
        keyboard.type(day + month + year)
        return
    keyboard.press("Control+a")
    if value:
        keyboard.type(value)
    else:
        keyboard.press("Delete")


def select_option(
    locator: Locator, value: str | Sequence[str] | None = None, *, label: str | None = None,
    index: int | None = None, timeout: float | None = None, **_options: Any
) -> list[str]:  # fmt: skip
    """Reach the list and go down it to the option."""
    element = reach(locator, timeout)
    place = element.evaluate(
        """(select, [value, label, index]) => [...select.options].findIndex((option, place) => index !== null
            ? place === index : label !== null ? option.label.trim() === label : option.value === value)""",
        [value, label, index],
    )
    assert place >= 0, f"no such option: {value or label}"
    now: int = element.evaluate("select => select.selectedIndex")
    for _step in range(abs(place - now)):
        locator.page.keyboard.press("ArrowDown" if place > now else "ArrowUp")
    assert element.evaluate("select => select.selectedIndex") == place, "the arrows do not move through the list"
    return [element.evaluate("select => select.value")]


def take_the_mouse_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on locators and pages are worked by keys."""
    for name, by_keys in (("click", click), ("tap", click), ("check", check), ("uncheck", uncheck), ("fill", fill),
                          ("select_option", select_option)):  # fmt: skip
        monkeypatch.setattr(Locator, name, by_keys)

        def of_page(page: Page, selector: str, *args: Any, _by_keys: Any = by_keys, **options: Any) -> Any:
            return _by_keys(page.locator(selector).first, *args, **options)

        monkeypatch.setattr(Page, name, of_page)
