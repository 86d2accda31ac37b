"""What a backend is given to index and what it gives back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IndexDocument:
    """One thing as the index keeps it. `version` only grows for a thing; an older one loses."""

    kind: str
    """case, letter, document, service or page."""
    object_id: int
    title: str
    url: str
    scopes: frozenset[str]
    readers: frozenset[str] = frozenset()
    sealed: bool = False
    clearance: int = 0
    reference: str = ""
    people: str = ""
    body: str = ""
    pages: tuple[str, ...] = ()
    """Text of attachment pages, from page 1."""
    unit_symbol: str = ""
    class_symbol: str = ""
    state: str = ""
    day: dt.date | None = None
    version: int = 0

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.object_id}"

    @property
    def permission(self) -> str:
        """Who may find it, as one comparable string."""
        return permission_text(self.scopes, self.readers, sealed=self.sealed, clearance=self.clearance)


def permission_text(scopes: Iterable[str], readers: Iterable[str], *, sealed: bool, clearance: int) -> str:
    """Permission data of one thing as one comparable string, for the drift check."""
    return f"{'!' if sealed else ''}{clearance}:{','.join(sorted(scopes))}:{','.join(sorted(readers))}"


@dataclass(frozen=True, slots=True)
class Hit:
    """One found thing: where, and the words that matched (safe HTML with <mark>)."""

    key: str
    kind: str
    object_id: int
    title_html: str
    snippet_html: str
    reference: str
    people: str
    unit_symbol: str
    state: str
    day: dt.date | None
    url: str
    page: int
    """Page of the attachment where it was found; 0 for the thing's own fields."""


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits. `total` counts up to the limit; `more` says that there are more than that."""

    hits: tuple[Hit, ...]
    total: int
    more: bool
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """facet name (kind, unit, state, class, year) -> values with counts, largest first."""
    following: str = ""
    """Cursor of the next page, empty at the end."""
    standby: bool = False
    """The cluster gave no answer; the embedded backend did."""
