"""How each thing of the house becomes an index document. Nothing below knows of this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from django.db.models import Q
from django.urls import reverse
from wagtail.models import Page

from cms_pages.models import (
    AccessibilityStatementPage,
    BipIndexPage,
    BipPage,
    ContentPage,
    FaqPage,
    FileListPage,
    FormPage,
    GuidePage,
    NewsPage,
    PrivacyPage,
    ServicePage,
    UnitPage,
)
from cms_pages.models.events import EventPage
from cms_pages.models.intranet import STAFF_TYPES, StaffPage
from cms_pages.models.news import NoticePage
from documents.models import Case, Document, DocumentVersion, Letter, TextPage
from journal.clock import warsaw_day
from people.access import readers_of
from search.acl import public_scope, unit_scope
from search.document import IndexDocument
from workflow.states import with_state

#: Pages of one file that are indexed; the rest is found by its beginning.
PAGE_LIMIT = 500
#: Things read at a time when everything is read.
CHUNK = 200
_PAGES_WITH_TEXT = (
    AccessibilityStatementPage,
    BipIndexPage,
    BipPage,
    ContentPage,
    FaqPage,
    FileListPage,
    GuidePage,
    NewsPage,
    PrivacyPage,
    ServicePage,
    UnitPage,
    EventPage,
    NoticePage,
)


class _Rights:
    """Who may find what belongs to a case; each case is asked once."""

    def __init__(self) -> None:
        self._readers: dict[int, frozenset[str]] = {}

    def of(self, case: Case | None) -> dict[str, Any]:
        if case is None:
            return {"sealed": False, "clearance": 0, "readers": frozenset()}
        if case.pk not in self._readers:
            self._readers[case.pk] = readers_of(case, "read_case")
        return {"sealed": case.sealed, "clearance": case.clearance, "readers": self._readers[case.pk]}


def _version(thing: Letter | Document, case: Case | None) -> int:
    """Grows with the thing and with its case: whoever read before the case was sealed must lose to who read after."""
    return thing.version + (case.version if case else 0)


def cases(ids: Iterable[int]) -> Iterator[IndexDocument]:
    """Cases with their parties."""
    rights = _Rights()
    rows = (
        with_state(Case.objects.filter(pk__in=list(ids)))
        .select_related("unit", "classification")
        .prefetch_related("parties")
    )
    for case in rows:
        yield IndexDocument(
            kind="case",
            object_id=case.pk,
            title=case.title,
            reference=case.reference or "",
            people=" · ".join(p.name for p in case.parties.all()),
            scopes=frozenset({f"C{case.unit_id}"}),
            unit_symbol=case.unit.symbol,
            class_symbol=case.classification.symbol if case.classification else "",
            state=case.state,  # type: ignore[attr-defined]  # annotated by with_state
            day=warsaw_day(case.received_at),
            version=case.version,
            url=reverse("desk:case", args=[case.pk]),
            **rights.of(case),
        )


def letters(ids: Iterable[int]) -> Iterator[IndexDocument]:
    """Letters with their correspondent and answers."""
    rights = _Rights()
    rows = Letter.objects.filter(pk__in=list(ids)).select_related(
        "unit", "case", "case__classification", "correspondent"
    )
    for letter in rows:
        scopes = {f"L{letter.unit_id}"} | ({f"C{letter.case.unit_id}"} if letter.case else set())
        answers = "\n".join(f"{a['label']}: {a['display']}" for a in letter.answers)
        moment = letter.received_at or letter.sent_at or letter.registered_at
        yield IndexDocument(
            kind="letter",
            object_id=letter.pk,
            title=letter.subject,
            reference=" ".join(filter(None, [letter.register_number, letter.case.reference if letter.case else ""])),
            people=letter.correspondent.name if letter.correspondent else "",
            body="\n".join(filter(None, [answers, letter.remarks, letter.correspondent_mark])),
            scopes=frozenset(scopes),
            unit_symbol=letter.unit.symbol,
            class_symbol=letter.case.classification.symbol if letter.case and letter.case.classification else "",
            state=letter.direction,
            day=warsaw_day(moment) if moment else None,
            version=_version(letter, letter.case),
            url=reverse("desk:case", args=[letter.case_id]) if letter.case_id else reverse("desk:inbox"),
            **rights.of(letter.case),
        )


def documents(ids: Iterable[int], *, text: bool = True) -> Iterator[IndexDocument]:
    """Documents with the text of their newest version, page by page (without it when `text` is False)."""
    rights = _Rights()
    rows = Document.objects.filter(pk__in=list(ids)).select_related(
        "unit", "case", "letter__case", "letter__correspondent"
    )
    for document in rows:
        case = document.case or (document.letter.case if document.letter else None)
        scopes = {f"C{case.unit_id}"} if case else set()
        if document.letter_id and document.letter:
            scopes.add(f"L{document.letter.unit_id}")
        newest = document.versions.order_by("-number").first() if text else None
        pages: tuple[str, ...] = ()
        if newest and newest.reading == DocumentVersion.Reading.READ:
            pages = tuple(
                TextPage.objects.filter(version=newest).order_by("number").values_list("text", flat=True)[:PAGE_LIMIT]
            )
        yield IndexDocument(
            kind="document",
            object_id=document.pk,
            title=document.title,
            reference=(case.reference or "") if case else "",
            people=document.letter.correspondent.name if document.letter and document.letter.correspondent else "",
            body=newest.file_name if newest else "",
            pages=pages,
            scopes=frozenset(scopes),
            unit_symbol=document.unit.symbol,
            # A case may be "filed" too.
            state="filed_document" if document.kind == "filed" else document.kind,
            day=warsaw_day(document.created_at),
            version=_version(document, case),
            url=reverse("desk:case", args=[case.pk]) if case else reverse("desk:inbox"),
            **rights.of(case),
        )


def of_case(case_id: int) -> Iterator[IndexDocument]:
    """A case and all that is in it: what a change of the case may have changed."""
    yield from cases([case_id])
    yield from letters(Letter.objects.filter(case_id=case_id).values_list("pk", flat=True))
    yield from documents(Document.objects.filter(case_id=case_id).values_list("pk", flat=True))
    yield from documents(
        Document.objects.filter(case__isnull=True, letter__case_id=case_id).values_list("pk", flat=True)
    )


def public(
    kind: str, object_id: int, title: str, url: str, body: str, *, language: str, unit_symbol: str = "",
    version: int = 0,
) -> IndexDocument:  # fmt: skip
    """Something that everybody may find on the portal in its language."""
    return IndexDocument(
        kind=kind,
        object_id=object_id,
        title=title,
        url=url,
        body=body,
        scopes=frozenset({public_scope(language)}),
        unit_symbol=unit_symbol,
        version=version,
    )


def page(found: Page) -> IndexDocument:
    """A live public page, or one of the intranet. A service card counts as a service."""
    specific = found.specific
    if isinstance(specific, StaffPage):
        return _staff_page(specific)
    text = specific.search_text() if isinstance(specific, _PAGES_WITH_TEXT) else found.search_description
    return public(
        "service" if isinstance(specific, ServicePage) else "page",
        found.pk,
        found.title,
        found.url or "",
        text,
        language=found.locale.language_code,
        unit_symbol=specific.unit_symbol if isinstance(specific, UnitPage) else "",
        version=found.latest_revision_id or 0,
    )


def _staff_page(found: StaffPage) -> IndexDocument:
    return IndexDocument(
        kind="intranet",
        object_id=found.pk,
        title=found.title,
        url=found.url or "",
        body=found.search_text(),
        scopes=frozenset({unit_scope(found.readers_unit_id)}),
        unit_symbol=found.unit.symbol if found.unit else "",
        version=found.latest_revision_id or 0,
    )


def indexed_pages() -> Any:
    """Pages that belong into the index: those open to anybody, and those of the intranet for its readers."""
    staff = StaffPage.objects.live().values("pk")
    return Page.objects.filter(Q(pk__in=open_pages().values("pk")) | Q(pk__in=staff)).order_by("pk")


def _pages() -> Iterator[IndexDocument]:
    for found in indexed_pages().select_related("locale").specific(defer=False).iterator(chunk_size=200):
        yield page(found)


def open_pages() -> Any:
    """Live pages of ours that anybody may read, as a QuerySet. A form is found by its service card."""
    ours = Page.objects.exclude(content_type__app_label="wagtailcore")
    return ours.live().public().not_type(FormPage, *STAFF_TYPES).filter(depth__gt=1)


def everything(*, text: bool = True) -> Iterator[list[IndexDocument]]:
    """All that belongs into the index, some hundred things at a time, `text` as in `documents`."""
    for model, source in ((Case, cases), (Letter, letters), (Document, partial(documents, text=text))):
        last = 0
        while ids := list(model.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
            yield list(source(ids))
            last = ids[-1]
    yield from iter_chunks(_pages())


def iter_chunks(found: Iterable[IndexDocument]) -> Iterator[list[IndexDocument]]:
    """The documents some hundred at a time."""
    rest = iter(found)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def count() -> int:
    """How many things belong into the index now."""
    return sum(model.objects.count() for model in (Case, Letter, Document)) + int(indexed_pages().count())
