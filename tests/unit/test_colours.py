"""The town's own colours: the arithmetic of contrast, and that the grounds are the theme's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cms_pages import colours


def test_contrast_is_counted_as_wcag_counts_it() -> None:
    assert colours.ratio("#000000", "#ffffff") == pytest.approx(21)
    assert colours.ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert colours.ratio("#ffffff", "#777777") == colours.ratio("#777777", "#ffffff")


@pytest.mark.parametrize("look", colours.LOOKS)
def test_the_grounds_are_those_of_the_theme(look: str, root: Path) -> None:
    sheet = (root / "theme/static/theme/src/scss/_tokens.scss").read_text(encoding="utf-8")
    block = sheet.split(f"@mixin {look} {{", 1)[1].split("\n}", 1)[0]
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))
    long = {
        name: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:]) for name, value in tokens.items()
    }
    ground = colours.GROUNDS[look]
    assert (long["paper"], long["surface"], long["sunken"]) == (ground.paper, ground.surface, ground.sunken)
    for name in colours.NAMES:
        assert not colours.unreadable(look, name, long[name]), "the built-in colours pass their own check"


def test_a_pale_colour_is_refused_with_its_ratio() -> None:
    found = colours.unreadable("light", "brand", "#7fb8b0")
    assert found and any("2." in text and "4.5" in text for text in found)
    assert colours.unreadable("contrast", "accent", "#0e5a54")
    assert any("7" in text for text in colours.unreadable("contrast", "accent", "#808080"))


def test_the_sheet_puts_light_colours_over_light_looks_only() -> None:
    sheet = colours.sheet({("light", "brand"): "#7a1f3d"})
    assert sheet.startswith("@media (prefers-color-scheme:light)") and "--brand:#7a1f3d" in sheet
    assert 'data-theme="dark"]{' not in sheet
    both = colours.sheet({("light", "brand"): "#7a1f3d", ("dark", "brand"): "#f0a8c0"})
    assert ':root[data-theme="dark"]{--brand:#f0a8c0' in both
    assert colours.sheet({}) == ""
    assert colours.digest({}) != colours.digest({("dark", "accent"): "#f0a8c0"})
