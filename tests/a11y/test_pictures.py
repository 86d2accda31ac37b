"""Pictures of every page type at phone and desktop width, by one command: `make screenshots DIR=...`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.a11y import gate
from tests.a11y.conftest import Town

pytestmark = [pytest.mark.screenshots, pytest.mark.django_db, pytest.mark.servers("chromium")]


def test_pictures(town: Town, as_role: Callable[[str], Page]) -> None:
    folder = Path(os.environ.get("DIR") or "var/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    for specimen in town.specimens:
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        for width in (390, 1280):
            gate.dress(page, specimen, width, "light")
            name = re.sub(r"[^a-zA-Z0-9]+", "-", specimen.key).strip("-")
            page.screenshot(path=str(folder / f"{name}-{width}.png"), full_page=True, caret="initial")
        if not specimen.admin:
            page.emulate_media(forced_colors="active")
            page.screenshot(path=str(folder / f"{name}-forced-colours.png"), full_page=True, caret="initial")
            page.emulate_media(forced_colors="none")
    assert len(list(folder.glob("*.png"))) >= 2 * len({each.key for each in town.specimens})
