"""The town's own colours: checked for contrast before they are saved, served as a small style sheet. Pure.

A chosen colour stands for a family: what is laid under it, on it and beside it is derived here, and everything the
theme writes in it is held to WCAG 2.2 1.4.3 (4.5:1); the high-contrast look to 1.4.6 (7:1). The grounds are those of
the theme's tokens (a test holds them equal).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

LOOKS = ("light", "dark", "contrast")
NAMES = ("brand", "accent")


@dataclass(frozen=True)
class Look:
    """The grounds of one look, what is written on a filled ground, and the ratio asked for."""

    paper: str
    surface: str
    sunken: str
    on_dark: str
    on_light: str
    ratio: float


GROUNDS: Mapping[str, Look] = {
    "light": Look("#faf6ee", "#ffffff", "#f2ebde", "#ffffff", "#1f2a2b", 4.5),
    "dark": Look("#12191a", "#1a2324", "#222d2e", "#eee8dc", "#06201d", 4.5),
    "contrast": Look("#000000", "#000000", "#000000", "#ffffff", "#000000", 7.0),
}
FOOT_INK = "#f3efe6"


def ratio(one: str, other: str) -> float:
    """Contrast ratio of two colours (#rrggbb), 1 to 21: WCAG 2.2, definition of contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [c / 255 for c in _channels(colour)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mix(one: str, other: str, share: float) -> str:
    """`share` of the first colour (0 to 1), the rest of the second."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def family(look: str, name: str, colour: str) -> dict[str, str]:
    """The theme's tokens that follow from one chosen colour in one look."""
    ground = GROUNDS[look]
    soft = ground.paper if look == "contrast" else mix(colour, ground.surface, 0.1 if look == "light" else 0.16)
    made = {name: colour, f"{name}-soft": soft}
    if name != "brand":
        return made
    strong = mix(colour, "#000000" if look == "light" else "#ffffff", 0.7)
    made |= {"brand-strong": strong, "on-brand": _written_on(look, colour), "link": colour, "link-hover": strong}
    if look == "light":
        made["foot"] = mix(colour, "#000000", 0.55)
    return made


def _written_on(look: str, colour: str) -> str:
    ground = GROUNDS[look]
    return max((ground.on_dark, ground.on_light), key=lambda ink: ratio(ink, colour))


def unreadable(look: str, name: str, colour: str) -> list[str]:
    """One sentence for each place where text in the colour, or on it, would be hard to read; empty when none."""
    ground, made = GROUNDS[look], family(look, name, colour)
    pairs = [(_("on the page"), colour, ground.paper), (_("on a card"), colour, ground.surface),
             (_("on a sunken ground"), colour, ground.sunken),
             (_("on its own light ground"), colour, made[f"{name}-soft"])]  # fmt: skip
    if name == "brand":
        pairs.append((_("as the ground of a button"), made["on-brand"], colour))
        if "foot" in made:
            pairs.append((_("as the ground of the footer"), FOOT_INK, made["foot"]))
    return [
        _("%(colour)s %(where)s has a contrast of %(found)s:1; at least %(needed)s:1 is needed.")
        % {"colour": colour, "where": where, "found": f"{int(found * 100) / 100:.2f}", "needed": f"{ground.ratio:g}"}
        for where, ink, under in pairs
        if (found := ratio(ink, under)) < ground.ratio
    ]


def sheet(chosen: Mapping[tuple[str, str], str]) -> str:
    """A style sheet that puts the chosen colours over the theme's; empty when nothing is chosen."""
    tokens = {look: _tokens(look, chosen) for look in LOOKS}
    parts = []
    if tokens["light"]:
        parts.append(f':root:not([data-theme="dark"],[data-theme="contrast"]){{{tokens["light"]}}}')
    if tokens["dark"]:
        parts.append(
            "@media (prefers-color-scheme:dark){"
            f':root:not([data-theme="light"],[data-theme="contrast"]){{{tokens["dark"]}}}}}'
            f':root[data-theme="dark"]{{{tokens["dark"]}}}'
        )
    if tokens["light"] and not tokens["dark"]:
        # The light colours must not reach a reader whose device asks for dark.
        parts[0] = f'@media (prefers-color-scheme:light){{{parts[0]}}}:root[data-theme="light"]{{{tokens["light"]}}}'
    if tokens["contrast"]:
        parts.append(f':root[data-theme="contrast"]{{{tokens["contrast"]}}}')
    return "\n".join(parts)


def _tokens(look: str, chosen: Mapping[tuple[str, str], str]) -> str:
    made: dict[str, str] = {}
    for name in NAMES:
        if colour := chosen.get((look, name)):
            made |= family(look, name, colour)
    return "".join(f"--{token}:{value};" for token, value in made.items())


def digest(chosen: Mapping[tuple[str, str], str]) -> str:
    """Names one choice of colours, for the address of its style sheet."""
    return hashlib.sha256(sheet(chosen).encode()).hexdigest()[:12]
