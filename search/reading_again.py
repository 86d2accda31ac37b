"""Reading everything into the search index again, as a work that people begin and watch."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, ngettext

from journal import works
from search.backends import each
from search.sync import reindex


def run(tick: works.Tick) -> str:
    """Rebuild each index; searching goes on meanwhile."""
    count = sum(reindex(backend, tick) for backend in each())
    return ngettext("%(n)d thing indexed", "%(n)d things indexed", count) % {"n": count}


works.register(
    "reindex", label=gettext_lazy("Read everything into the search index again"), run=run,
    about=gettext_lazy("Needed after a change of how words are read. Searching goes on meanwhile."),
)  # fmt: skip
