"""How each thing of the house becomes an index document. Nothing below knows of this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.urls import reverse
from wagtail.models import Page

from documents.models import Case, Document, Letter, TextPage
from journal.clock import warsaw_day
from people.access import readers_of
from search.acl import PUBLIC
from search.document import IndexDocument
from workflow.states import with_state

#: Pages of one file that are indexed; the rest is found by its beginning.
PAGE_LIMIT = 500


def _case_scope(case: Case | None) -> dict[str, object]:
    if case is None:
        return {"sealed": False, "clearance": 0, "readers": frozenset()}
    return {"sealed": case.sealed, "clearance": case.clearance, "readers": readers_of(case, "read_case")}


def cases(ids: Iterable[int]) -> Iterator[IndexDocument]:
    """Cases with their parties."""
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
            body=case.tracking_code,
            scopes=frozenset({f"C{case.unit_id}"}),
            unit_symbol=case.unit.symbol,
            class_symbol=case.classification.symbol if case.classification else "",
            state=case.state,
            day=warsaw_day(case.received_at),
            version=case.version,
            url=reverse("desk:case", args=[case.pk]),
            **_case_scope(case),
        )  # type: ignore[arg-type]


def letters(ids: Iterable[int]) -> Iterator[IndexDocument]:
    """Letters with their correspondent and answers."""
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
            version=letter.version,
            url=reverse("desk:case", args=[letter.case_id]) if letter.case_id else reverse("desk:inbox"),
            **_case_scope(letter.case),
        )  # type: ignore[arg-type]


def documents(ids: Iterable[int]) -> Iterator[IndexDocument]:
    """Documents with the text of their newest version, page by page."""
    rows = Document.objects.filter(pk__in=list(ids)).select_related("unit", "case", "letter", "letter__case")
    for document in rows:
        case = document.case or (document.letter.case if document.letter else None)
        scopes = {f"C{case.unit_id}"} if case else set()
        if document.letter_id and document.letter:
            scopes.add(f"L{document.letter.unit_id}")
        newest = document.versions.order_by("-number").first()
        pages = tuple(
            TextPage.objects.filter(version=newest).order_by("number").values_list("text", flat=True)[:PAGE_LIMIT]
        )
        yield IndexDocument(
            kind="document",
            object_id=document.pk,
            title=document.title,
            reference=(case.reference or "") if case else "",
            body=newest.file_name if newest else "",
            pages=pages,
            scopes=frozenset(scopes),
            unit_symbol=document.unit.symbol,
            state=document.kind,
            day=warsaw_day(document.created_at),
            version=document.version,
            url=reverse("desk:case", args=[case.pk]) if case else reverse("desk:inbox"),
            **_case_scope(case),
        )  # type: ignore[arg-type]


def of_case(case_id: int) -> Iterator[IndexDocument]:
    """A case and all that is in it: what a change of the case may have changed."""
    yield from cases([case_id])
    yield from letters(Letter.objects.filter(case_id=case_id).values_list("pk", flat=True))
    yield from documents(Document.objects.filter(case_id=case_id).values_list("pk", flat=True))
    yield from documents(
        Document.objects.filter(case__isnull=True, letter__case_id=case_id).values_list("pk", flat=True)
    )


def public(
    kind: str, object_id: int, title: str, url: str, body: str, *, unit_symbol: str = "", version: int = 0
) -> IndexDocument:
    """Something that everybody may find on the portal."""
    return IndexDocument(
        kind=kind,
        object_id=object_id,
        title=title,
        url=url,
        body=body,
        scopes=frozenset({PUBLIC}),
        unit_symbol=unit_symbol,
        version=version,
    )


def page(found: Page) -> IndexDocument:
    """A live public page. A service card counts as a service."""
    specific = found.specific
    kind = "service" if specific.__class__.__name__ == "ServicePage" else "page"
    text = specific.search_text() if hasattr(specific, "search_text") else found.search_description
    return public(
        kind,
        found.pk,
        found.title,
        found.url or "",
        text,
        unit_symbol=getattr(specific, "unit_symbol", ""),
        version=found.latest_revision_id or 0,
    )


def public_pages() -> Iterator[IndexDocument]:
    """All live pages that anybody may read."""
    for found in Page.objects.live().public().filter(depth__gt=1).specific(defer=False).iterator(chunk_size=200):
        yield page(found)
