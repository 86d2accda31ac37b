"""The case action log (*metryka sprawy*, KPA art. 66a): a view of the journal, never typed by anybody.

Header: reference (or day opened) and title. Rows: number, date, person with post, action, document.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from documents.models import Case, Delivery, Document, Letter, Receipt
from documents.proof.pdf import render_pdf
from documents.views import attachment_header
from journal.clock import db_now
from journal.models import Entry
from people.models import User


@dataclass(frozen=True)
class Row:
    """One line of the log. `at` is when it happened; `recorded_at` differs for what was entered later.

    `on_behalf_of`: the absent person, with the post, in whose place it was done; empty when in the own name."""

    number: int
    at: dt.datetime
    recorded_at: dt.datetime | None
    person: str
    post: str
    on_behalf_of: str
    action: str
    document: str

    @property
    def entered_later(self) -> bool:
        """Whether it was entered more than an hour after it happened (shown as a later entry)."""
        return self.recorded_at is not None and self.recorded_at - self.at > dt.timedelta(hours=1)


def rows(case: Case) -> list[Row]:
    """The whole log of a case, oldest first; the same few queries for a case of any length."""
    entries = list(Entry.objects.of_case(case.pk).select_related("content_type"))
    people = User.objects.in_bulk({i for e in entries for i in (e.user_id, e.on_behalf_of_id) if i})
    documents = _documents(entries)
    made = []
    for number, entry in enumerate(entries, 1):
        user = people.get(entry.user_id) if entry.user_id else None
        behalf = people.get(entry.on_behalf_of_id) if entry.on_behalf_of_id else None
        made.append(Row(
            number, entry.timestamp, entry.recorded_at, _name(user, case), user.post if user else "",
            ", ".join(filter(None, [str(behalf), behalf.post])) if behalf else "", str(entry.message),
            documents.get((_model(entry), entry.object_id), "")))
    return made


def _model(entry: Entry) -> str:
    return str(entry.content_type.model) if entry.content_type else ""


def _name(user: User | None, case: Case) -> str:
    if user is None:
        return _("the system, automatically")
    return _("party: %(name)s") % {"name": user} if not user.is_staff and user.pk == case.owner_id else str(user)


def _documents(entries: list[Entry]) -> dict[tuple[str, str], str]:
    """What each entry is about, by model and id: register number, title, receipt number."""
    ids: dict[str, set[int]] = {}
    for entry in entries:
        ids.setdefault(_model(entry), set()).add(int(entry.object_id))
    found: dict[tuple[str, str], str] = {}
    for letter in Letter.objects.filter(pk__in=ids.get("letter", ())):
        found["letter", str(letter.pk)] = f"{letter.register_number} {letter.subject}".strip()
    for document in Document.objects.filter(pk__in=ids.get("document", ())):
        found["document", str(document.pk)] = document.title
    for receipt in Receipt.objects.filter(pk__in=ids.get("receipt", ())):
        found["receipt", str(receipt.pk)] = receipt.number
    for delivery in Delivery.objects.filter(pk__in=ids.get("delivery", ())).select_related("letter"):
        found["delivery", str(delivery.pk)] = f"{delivery.letter.register_number} {delivery.letter.subject}".strip()
    return found


def _visible(request: HttpRequest, case_id: int) -> Case:
    case = (Case.objects.visible_to(request.access)  # type: ignore[attr-defined]  # set by the middleware
            .select_related("unit", "body", "classification").filter(pk=case_id).first())
    if case is None:
        raise Http404
    return case


@never_cache
@require_safe
def fragment(request: HttpRequest, case_id: int) -> HttpResponse:
    """The log as a page of the admin; as a bare fragment for htmx."""
    case = _visible(request, case_id)
    bare = request.headers.get("HX-Request") == "true"
    return render(request, "desk/_metryka.html" if bare else "desk/metryka.html", {"case": case, "rows": rows(case)})


@never_cache
@require_safe
def pdf(request: HttpRequest, case_id: int) -> HttpResponse:
    """The log as a PDF/A to keep with the file."""
    case = _visible(request, case_id)
    response = HttpResponse(render_log(case), content_type="application/pdf")
    response["Content-Disposition"] = attachment_header(f"metryka {case}.pdf")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def render_log(case: Case) -> bytes:
    """The log of a case as PDF/A-3a, in Polish."""
    with translation.override("pl"):
        title = _("Case action log %(case)s") % {"case": case}
        html = render_to_string("letters/metryka.html", {"case": case, "body": case.body, "rows": rows(case),
                                                         "title": title, "made_at": db_now()})
        return render_pdf(html, title=title, created=db_now())
