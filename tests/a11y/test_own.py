"""What no checker finds: sizes of targets, focus under bars, larger spacing, the system's colours, less motion."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.a11y import gate
from tests.a11y.conftest import Town
from tests.a11y.specimens import Specimen

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.servers("chromium")]

#: WCAG 2.5.8: 24 px, or a circle of 24 px around it that meets no other target; links within a sentence are free.
_SMALL = """() => {
    const shown = e => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) && e.getClientRects().length;
    const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
        .filter(e => shown(e) && !e.disabled && !e.closest('.ob-sr, .govuk-visually-hidden, .ob-skip'));
    const middle = r => [r.left + r.width / 2, r.top + r.height / 2];
    const inline = e => e.tagName === 'A' && getComputedStyle(e).display === 'inline';
    const rectOf = e => { const label = e.labels?.[0], r = e.getBoundingClientRect();
        if (!label || !['radio', 'checkbox'].includes(e.type)) return r;
        const l = label.getBoundingClientRect(); return l.width * l.height > r.width * r.height ? l : r; };
    return all.filter(e => !inline(e)).filter(e => { const r = rectOf(e);
        if (r.width === 0 || (r.width >= 23.5 && r.height >= 23.5)) return false;
        const [x, y] = middle(r);
        return all.some(o => { if (o === e) return false; const q = rectOf(o);
            const dx = Math.max(q.left - x, 0, x - q.right), dy = Math.max(q.top - y, 0, y - q.bottom);
            return Math.hypot(dx, dy) < 12; });
    }).map(e => e.outerHTML.slice(0, 120)); }"""

_SPACED = """*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}
p{margin-bottom:2em!important}"""

_CLIPPED = """() => [...document.querySelectorAll('main *, header *, footer *')].filter(e => {
    if (!e.checkVisibility() || !e.childNodes.length || e.closest('.ob-sr, .govuk-visually-hidden, svg')) return false;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) return false;
    const s = getComputedStyle(e);
    if (e.clientWidth <= 1 && e.clientHeight <= 1) return false;  // only to be heard
    return (s.overflowX === 'hidden' || s.overflowX === 'clip') && e.scrollWidth > e.clientWidth + 1
        || (s.overflowY === 'hidden' || s.overflowY === 'clip') && e.scrollHeight > e.clientHeight + 1;
}).map(e => e.outerHTML.slice(0, 120))"""

_COVERED = """() => { const e = document.activeElement;
    if (!e || e === document.body || e.tagName === 'IFRAME') return null;
    const r = e.getBoundingClientRect();
    if (!r.width || !r.height) return null;
    const points = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].map(([x, y]) =>
        [r.left + r.width * x, r.top + r.height * y]);
    const free = points.some(([x, y]) => { const top = document.elementFromPoint(x, y);
        return top && (top === e || e.contains(top) || top.contains(e)
            || [...(e.labels ?? [])].some(l => l.contains(top))); });
    return free ? '' : e.outerHTML.slice(0, 120); }"""


def portal(town: Town) -> list[Specimen]:
    """The public side, each page type once."""
    return town.of("filled", admin=False)


def test_targets_are_large_enough_or_far_enough_apart(town: Town, as_role: Callable[[str], Page]) -> None:
    found = []
    for specimen in portal(town):
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        for width in gate.WIDTHS:
            gate.dress(page, specimen, width, "light")
            found += [f"{specimen.key} {width}: {line}" for line in page.evaluate(_SMALL)]
    assert not found, "\n".join(found)


def test_wider_spacing_of_text_hides_nothing(town: Town, as_role: Callable[[str], Page]) -> None:
    found = []
    for specimen in portal(town):
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        gate.dress(page, specimen, 320, "light")
        page.evaluate(
            """css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
            document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; }""",
            _SPACED,
        )
        found += [f"{specimen.key}: {line}" for line in [*page.evaluate(_CLIPPED), *gate.sideways(page)]]
    assert not found, "\n".join(found)


def test_what_has_the_focus_is_never_covered(town: Town, as_role: Callable[[str], Page]) -> None:
    found = []
    for specimen in portal(town):
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        gate.dress(page, specimen, 320, "light")
        for _step in range(40):
            page.keyboard.press("Tab")
            covered = page.evaluate(_COVERED)
            if covered:  # the page may still be scrolling there
                page.wait_for_timeout(400)
                covered = page.evaluate(_COVERED)
            if covered:
                found.append(f"{specimen.key}: {covered}")
    assert not found, "\n".join(found)


def test_the_systems_colours_leave_every_page_usable(town: Town, as_role: Callable[[str], Page]) -> None:
    bare = []
    for specimen in portal(town):
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(forced_colors="active")
        bare += page.evaluate(
            """name => [...document.querySelectorAll('main button, main .ob-button, main input:not([type=hidden])')]
            .filter(e => e.checkVisibility() && !e.closest('.ob-sr') && !['radio', 'checkbox', 'file'].includes(e.type)
                && getComputedStyle(e).borderTopStyle === 'none' && getComputedStyle(e).outlineStyle === 'none'
                && getComputedStyle(e).textDecorationLine === 'none')
            .map(e => name + ': nothing is drawn around ' + e.outerHTML.slice(0, 100))""",
            specimen.key,
        )
        page.emulate_media(forced_colors="none")
    assert not bare, "\n".join(bare)


def test_nothing_moves_for_whom_motion_disturbs(town: Town, as_role: Callable[[str], Page]) -> None:
    found = []
    for specimen in portal(town):
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        page.emulate_media(reduced_motion="reduce")
        found += page.evaluate(
            """name => [...document.querySelectorAll('body *')].filter(e => { const s = getComputedStyle(e);
                const longest = text => Math.max(...text.split(',').map(t => parseFloat(t) || 0));
                const moves = s.transitionProperty.split(',').some(p => /all|transform|left|top|width|height/.test(p));
                return (moves && longest(s.transitionDuration) > 0.01)
                    || (s.animationName !== 'none' && longest(s.animationDuration) > 0.01); })
            .slice(0, 3).map(e => name + ': ' + e.outerHTML.slice(0, 100))""",
            specimen.key,
        )
    assert not found, "\n".join(found)
