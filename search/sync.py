"""The index follows the journal: what an entry touched is read again and put, merged per thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from documents.models import Document
from journal.follow import Follower, TryLater
from journal.models import Entry
from search import sources
from search.backends.base import Backend, Outage
from search.backends.embedded import EmbeddedBackend

#: Entries that change who may see a case or how all its things are shown.
_WHOLE_CASE = frozenset(
    {
        "case.sealed",
        "case.unsealed",
        "case.shared",
        "case.unshared",
        "case.registered",
        "case.transferred",
        "case.passed_on",
        "case.clearance_changed",
    }
)


#: Which follower of the journal keeps which backend.
FOLLOWERS = {"embedded": "search", "elasticsearch": "search_cluster"}


class Search(Follower):
    """Keeps one search index in step. Idempotent: a document is always read as it stands now."""

    batch = 200

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.name = FOLLOWERS[backend.name]
        self.in_database = backend.name == EmbeddedBackend.name

    def handle(self, entries: Sequence[Entry]) -> None:
        whole = {e.case_id for e in entries if e.case_id and e.action in _WHOLE_CASE}
        things: dict[str, set[int]] = {"case": set(), "letter": set(), "document": set()}
        for entry in entries:
            if entry.case_id and entry.case_id not in whole:
                things["case"].add(entry.case_id)
            _app, _dot, model = entry.label.partition(":")[0].rpartition(".")
            if model in things:
                things[model].add(int(entry.object_id))
            elif model == "delivery" and "letter" in entry.data:
                things["letter"].add(int(entry.data["letter"]))  # a letter is found by where it is on its way
        try:
            self._hear(whole, things)
        except Outage as outage:
            raise TryLater(str(outage)) from outage

    def _hear(self, whole: set[int], things: dict[str, set[int]]) -> None:
        backend = self.backend
        for case_id in sorted(whole):
            backend.put(sources.of_case(case_id))
        backend.put(sources.cases(things["case"]))
        letter_ids = things["letter"]
        backend.put(sources.letters(letter_ids))
        # A document that was read may have brought others of its letter with it (the readable form of a filing).
        of_letters = letter_ids | set(
            Document.objects.filter(pk__in=things["document"], letter__isnull=False).values_list("letter_id", flat=True)
        )
        document_ids = things["document"] | set(
            Document.objects.filter(letter_id__in=of_letters).values_list("pk", flat=True)
        )
        backend.put(sources.documents(document_ids))


def reindex(backend: Backend, progress: Callable[[int, int], None] | None = None) -> int:
    """Read everything again into the index; returns how many things. Safe while the follower runs: who read a thing
    earlier has the lower version and loses. `progress` is told how many of how many are done."""
    total, done = sources.count(), 0
    with backend.rebuilding() as place:
        for chunk in sources.everything():
            place.put(chunk)
            done += len(chunk)
            if progress:
                progress(done, max(total, done))
    return done
