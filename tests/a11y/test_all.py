"""`make test-a11y`: every page type x {empty, filled, error} x {320, 1280 px} x {light, dark, contrast}.

A run that is broken off goes on where it was: what was clean with the same sources is remembered below `var/a11y`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from rich.progress import track

from tests.a11y import gate
from tests.a11y.conftest import Town
from tests.a11y.specimens import Specimen

pytestmark = [pytest.mark.a11y, pytest.mark.django_db, pytest.mark.servers("chromium", "java")]

SOURCES = ("theme", "cms_pages", "workflow", "documents", "search", "site", "tests/a11y")


def fingerprint(root: Path) -> str:
    """A digest of everything that can change a page."""
    digest = hashlib.sha256()
    for top in SOURCES:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in {".py", ".html", ".scss", ".js", ".toml", ".po", ".csv", ".svg"}:
                digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


class Clean:
    """What was found clean with these sources."""

    def __init__(self, root: Path) -> None:
        self.path = root / "var" / "a11y" / "clean.json"
        self.sources = fingerprint(root)
        kept = json.loads(self.path.read_text()) if self.path.is_file() else {}
        same = kept.get("sources") == self.sources
        self.names: set[str] = set(kept["names"]) if same else set()
        self.used: Counter[int] = Counter({int(k): v for k, v in kept["used"].items()}) if same else Counter()

    def add(self, *names: str) -> None:
        self.names.update(names)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = {"sources": self.sources, "names": sorted(self.names), "used": dict(self.used)}
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(kept))
        draft.replace(self.path)


def combinations(page: Page, specimen: Specimen, clean: Clean) -> list[str]:
    """The findings of one specimen, as it lies in the window now, at every width in every look."""
    found = []
    for width in gate.WIDTHS:
        for look in gate.LOOKS:
            name = f"{specimen.key}|{width}|{look}"
            if name in clean.names:
                continue
            gate.dress(page, specimen, width, look)
            lines = [*gate.axe(page, admin=specimen.admin, used=clean.used), *gate.sideways(page)]
            found += [f"{name}: {line}" for line in lines]
            if not lines:
                clean.add(name)
    return found


def test_every_page_type_in_every_state_width_and_look(
    town: Town, as_role: Callable[[str], Page], root: Path, tmp_path: Path
) -> None:
    clean, found = Clean(root), []
    for specimen in track(town.specimens, "Every page"):
        page = as_role(specimen.role)
        gate.load(page, town.url, specimen)
        gate.save(page, tmp_path / "html", specimen)
        found += combinations(page, specimen, clean)
        if specimen.state == "filled" and gate.refused(page):
            wrong = Specimen(specimen.name, specimen.path, specimen.role, "error", specimen.admin)
            found += combinations(page, wrong, clean)
    for name, lines in gate.nu(root, (tmp_path / "html").iterdir()).items():
        found += [f"{name}: {line}" for line in lines]
    assert not found, f"{len(found)} findings\n" + "\n".join(found)


def test_what_is_excused_in_wagtail_is_still_there(root: Path) -> None:
    """The list only shrinks: an entry that nothing matches any more goes. Reads what the test above has counted."""
    used = Clean(root).used
    gone = [entry for number, entry in enumerate(gate.KNOWN) if entry["rule"] != "nu" and not used[number]]
    assert not gone, f"found no more, so take them off wagtail.toml: {gone}"
