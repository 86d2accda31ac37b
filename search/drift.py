"""Does the index say the same as the database? Asked both ways, for versions and for who may find what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from journal import health
from search import sources
from search.backends.base import Backend
from search.document import IndexDocument
from search.sync import FOLLOWERS


@dataclass
class Drift:
    """Keys ("letter:12") by what is wrong with them."""

    missing: list[str] = field(default_factory=list)
    """In the database, not in the index."""
    surplus: list[str] = field(default_factory=list)
    """In the index, not in the database."""
    outdated: list[str] = field(default_factory=list)
    """In both, with another version."""
    permission: list[str] = field(default_factory=list)
    """In both, open to other people in the index than in the database."""
    checked: int = 0
    behind: int = 0
    """Entries that the index has not heard of yet: what they touched may stand in the lists above."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus or self.outdated or self.permission)

    @property
    def wrong(self) -> set[str]:
        return {*self.missing, *self.surplus, *self.outdated, *self.permission}


def check(backend: Backend, progress: Callable[[int, int], None] | None = None) -> Drift:
    """Compare. Reads all keys of the index into memory, the database in chunks and without texts."""
    drift = Drift(behind=int(health.ages().get(f"lag_{FOLLOWERS[backend.name]}", 0)))
    indexed: dict[str, tuple[int, str]] = {}
    for key, version, permission in backend.keys():  # noqa: SIM118  (a method of the backend, no dict)
        indexed[key] = (version, permission)
    total = sources.count()
    for chunk in sources.everything(text=False):
        for document in chunk:
            drift.checked += 1
            there = indexed.pop(document.key, None)
            if there is None:
                drift.missing.append(document.key)
            elif there[1] != document.permission:
                drift.permission.append(document.key)
            elif there[0] != document.version:
                drift.outdated.append(document.key)
        if progress:
            progress(drift.checked, max(total, drift.checked))
    drift.surplus = sorted(indexed)
    return drift


def repair(backend: Backend, drift: Drift) -> int:
    """Take out what is wrong and put it in again as it stands now; returns how many were put."""
    backend.remove(sorted(drift.wrong))
    put = 0
    for chunk in sources.iter_chunks(_read(drift.wrong - set(drift.surplus))):
        backend.put(chunk)
        put += len(chunk)
    return put


def _read(keys: set[str]) -> Iterator[IndexDocument]:
    ids: dict[str, list[int]] = {}
    for key in sorted(keys):
        kind, _colon, number = key.partition(":")
        ids.setdefault(kind, []).append(int(number))
    yield from sources.cases(ids.get("case", ()))
    yield from sources.letters(ids.get("letter", ()))
    yield from sources.documents(ids.get("document", ()))
    pages = sources.open_pages().filter(pk__in=[*ids.get("page", ()), *ids.get("service", ())])
    yield from (sources.page(found) for found in pages.specific(defer=False))
