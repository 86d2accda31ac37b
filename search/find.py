"""Asking the index: the filter of the asker is always in, and what is shown is checked again in the database."""

from __future__ import annotations

from dataclasses import replace

from documents.models import Case, Document, Letter
from people.access import Access
from search.acl import PUBLIC_FILTER, filter_of
from search.backends import current
from search.document import Results
from search.query import parse
from search.sources import open_pages
from search.words import understood

STAFF_KINDS = ("case", "letter", "document")
PUBLIC_KINDS = ("service", "page")
_MODELS: dict[str, type[Case] | type[Letter] | type[Document]] = {"case": Case, "letter": Letter, "document": Document}


def staff(
    access: Access,
    text: str,
    *,
    kinds: tuple[str, ...] = STAFF_KINDS,
    facets: dict[str, str] | None = None,
    after: str = "",
    size: int = 20,
) -> Results:
    """What a member of staff may find. Rows whose right was taken away since indexing are dropped: one query a kind."""
    results = current().search(
        understood(parse(text)), filter_of(access), kinds=kinds, facets=facets, after=after, size=size
    )
    seen: set[str] = set()
    for kind, model in _MODELS.items():
        ids = [hit.object_id for hit in results.hits if hit.kind == kind]
        if ids:
            visible = model.objects.visible_to(access).filter(pk__in=ids).values_list("pk", flat=True)
            seen |= {f"{kind}:{pk}" for pk in visible}
    return replace(results, hits=tuple(hit for hit in results.hits if hit.key in seen))


def portal(text: str, *, after: str = "", size: int = 20) -> Results:
    """What anybody may find on the portal: services and pages."""
    results = current().search(understood(parse(text)), PUBLIC_FILTER, kinds=PUBLIC_KINDS, after=after, size=size)
    seen = set(open_pages().filter(pk__in=[hit.object_id for hit in results.hits]).values_list("pk", flat=True))
    return replace(results, hits=tuple(hit for hit in results.hits if hit.object_id in seen))


def suggest(access: Access | None, text: str) -> list[tuple[str, str]]:
    """Titles while typing: for staff what they may see, for the portal (None) what is public."""
    if access is None:
        return current().suggest(text, PUBLIC_FILTER, kinds=PUBLIC_KINDS)
    return current().suggest(text, filter_of(access), kinds=STAFF_KINDS)
