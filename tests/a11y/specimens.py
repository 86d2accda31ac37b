"""What there is to look at: every page type and every screen of ours, in the demo town. Prints it as JSON.

Runs in the settings of the town (`python -m tests.a11y.specimens`), after `seed_demo`. Nothing is listed by hand: pages
come from the page models, screens from the URLconf and the roles that `url_matrix.toml` opens them to. A model without
a live page gets one made of its own fields.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import django


@dataclass(frozen=True)
class Specimen:
    """One thing to look at: an address, who looks, in which state it is, whether Wagtail's frame is around it."""

    name: str
    path: str
    role: str
    state: str
    admin: bool = False

    @property
    def key(self) -> str:
        return f"{self.name} ({self.state})"


def main() -> None:
    """Print {"cookies": {role: session}, "specimens": [...], "models": [...], "bare": [...]}."""
    django.setup()
    json.dump(importlib.import_module("tests.a11y.town").describe(), sys.stdout)  # needs loaded apps


def read(text: str) -> tuple[list[Specimen], dict[str, Any]]:
    """What `main` printed."""
    found = json.loads(text[text.index("{") :])
    return [Specimen(**each) for each in found.pop("specimens")], found


def as_rows(specimens: Iterator[Specimen]) -> list[dict[str, Any]]:
    """For the JSON."""
    return [asdict(each) for each in specimens]


if __name__ == "__main__":
    main()
