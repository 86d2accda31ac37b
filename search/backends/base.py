"""What every search backend can do. One contract suite (`tests/contracts/test_search.py`) runs against each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from search.acl import Filter
from search.document import IndexDocument, Results
from search.query import Query

#: Totals are exact up to here and said as "more than" beyond.
TOTAL_LIMIT = 10_000
FACETS = ("kind", "unit", "state", "class", "year")


class Outage(Exception):
    """The place where things are found gives no answer now."""


class Backend(ABC):
    """A place where things are found. Every question carries the permission filter; there is no way without one."""

    name: str

    @abstractmethod
    def put(self, documents: Iterable[IndexDocument]) -> None:
        """Index or replace; a document with a lower version than the one there is ignored."""

    @abstractmethod
    def remove(self, keys: Sequence[str]) -> None:
        """Take things out; absent ones are no error."""

    @abstractmethod
    def search(
        self,
        query: Query,
        who: Filter,
        *,
        kinds: Sequence[str] = (),
        facets: dict[str, str] | None = None,
        after: str = "",
        size: int = 20,
    ) -> Results:
        """Things that match, best first. `facets` narrows ("unit" -> "OR"). `after` is a cursor from `following`."""

    @abstractmethod
    def suggest(self, text: str, who: Filter, *, kinds: Sequence[str] = (), size: int = 8) -> list[tuple[str, str]]:
        """Titles that begin to match what is typed, as (title, url); filtered like everything else."""

    @abstractmethod
    def keys(self) -> Iterable[tuple[str, int, str]]:
        """All (key, version, permission tokens as one string), in key order: for the drift check."""

    @contextmanager
    def rebuilding(self) -> Iterator[Backend]:
        """Where everything is read anew into: an empty index beside the old one, in whose place it is put at the end;
        or, where none is needed, this one itself."""
        yield self

    @abstractmethod
    def clear(self) -> None:
        """Empty the index."""
