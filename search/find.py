"""Asking the index: the filter of the asker is always in, and what is shown is checked again in the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet

from cms_pages.models import StaffPage
from documents.models import Case, Document, Letter
from people.access import Access
from search import backends
from search.acl import PUBLIC_FILTER, filter_of, public_filter
from search.backends.base import Backend, Outage
from search.document import Results
from search.query import parse
from search.sources import open_pages
from search.words import understood

T = TypeVar("T")
logger = logging.getLogger("search")
#: How long (seconds) a cluster that gave no answer is left alone.
AWAY_SECONDS = 10.0
_away_until = 0.0

STAFF_KINDS = ("case", "letter", "document", "intranet")
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
    query, who = understood(parse(text)), filter_of(access)
    results = _found(lambda one: one.search(query, who, kinds=kinds, facets=facets, after=after, size=size))
    seen: set[str] = set()
    for kind, model in _MODELS.items():
        ids = [hit.object_id for hit in results.hits if hit.kind == kind]
        if ids:
            visible = model.objects.visible_to(access).filter(pk__in=ids).values_list("pk", flat=True)
            seen |= {f"{kind}:{pk}" for pk in visible}
    if pages := [hit.object_id for hit in results.hits if hit.kind == "intranet"]:
        readable: QuerySet[StaffPage] = StaffPage.objects.filter(pk__in=pages).visible_to(access)
        seen |= {f"intranet:{pk}" for pk in readable.values_list("pk", flat=True)}
    return replace(results, hits=tuple(hit for hit in results.hits if hit.key in seen))


def portal(text: str, *, language: str = settings.LANGUAGE_CODE, after: str = "", size: int = 20) -> Results:
    """What anybody may find on the portal in a language: services and pages."""
    query, who = understood(parse(text)), public_filter(language)
    results = _found(lambda one: one.search(query, who, kinds=PUBLIC_KINDS, after=after, size=size))
    seen = set(open_pages().filter(pk__in=[hit.object_id for hit in results.hits]).values_list("pk", flat=True))
    return replace(results, hits=tuple(hit for hit in results.hits if hit.object_id in seen))


def suggest(access: Access | None, text: str) -> list[tuple[str, str]]:
    """Titles while typing: for staff what they may see, for the portal (None) what is public."""
    if access is None:
        return _ask(lambda one: one.suggest(text, PUBLIC_FILTER, kinds=PUBLIC_KINDS))[0]
    who = filter_of(access)
    return _ask(lambda one: one.suggest(text, who, kinds=STAFF_KINDS))[0]


def _found(question: Callable[[Backend], Results]) -> Results:
    results, standby = _ask(question)
    return replace(results, standby=standby)


def _ask(question: Callable[[Backend], T]) -> tuple[T, bool]:
    """The answer, and whether the embedded backend gave it in the cluster's place. A cluster that gave no answer is
    asked again only after a while, so that nobody else waits for it."""
    global _away_until
    cluster = backends.cluster()
    if cluster is None:
        return question(backends.in_database()), False
    if time.monotonic() >= _away_until:
        try:
            return question(cluster), False
        except Outage:
            _away_until = time.monotonic() + AWAY_SECONDS
            logger.warning("Elasticsearch gives no answer; search goes on in the database", exc_info=True)
    return question(backends.in_database()), True
