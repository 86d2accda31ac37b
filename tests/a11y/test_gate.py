"""The gate in every test run: each page type and screen at both widths, in the dark, and with what was typed wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.a11y import gate
from tests.a11y.conftest import Town

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.servers("chromium")]

#: A form without a question and a notice without its days are not published; the one home page is the site's root.
NEVER_BARE = {"FormPage", "HomePage", "NoticePage"}


def test_every_page_type_has_a_specimen(town: Town) -> None:
    filled = {each.name for each in town.of("filled")}
    missing = [name for name in town.about["models"] if name not in filled]
    assert not missing, f"no page of these types can be shown: {missing} (see tests/a11y/town.py)"
    bare = {each.name for each in town.of("empty")}
    assert sorted(set(town.about["models"]) - bare - NEVER_BARE) == []


def test_every_page_type_at_each_width_and_in_the_dark(town: Town, as_role: Callable[[str], Page]) -> None:
    found = []
    for specimen in town.of("filled"):
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        for width, look in ((1280, "light"), (320, "dark")):
            gate.dress(page, specimen, width, look)
            lines = [*gate.axe(page, admin=specimen.admin), *gate.sideways(page)]
            found += [f"{specimen.key} {width} {look}: {line}" for line in lines]
    assert not found, f"{len(found)} findings\n" + "\n".join(found)


def test_what_was_typed_wrong_is_said_accessibly(town: Town, as_role: Callable[[str], Page]) -> None:
    found, said = [], 0
    for specimen in town.of("filled", admin=False):
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        if gate.refused(page):
            said += 1
            gate.dress(page, specimen, 320, "light")
            found += [f"{specimen.key}: {line}" for line in [*gate.axe(page, admin=False), *gate.sideways(page)]]
    assert not found, f"{len(found)} findings\n" + "\n".join(found)
    assert said >= 4, "no form was seen with an error"


@pytest.mark.servers("java")
def test_the_html_is_valid(town: Town, as_role: Callable[[str], Page], root: Path, tmp_path: Path) -> None:
    for specimen in town.of("filled", admin=False):
        gate.load(as_role(specimen.role), town.url, specimen)
        gate.save(as_role(specimen.role), tmp_path, specimen)
    found = gate.nu(root, tmp_path.iterdir())
    assert not found, "\n".join(f"{name}: {line}" for name, lines in found.items() for line in lines)
