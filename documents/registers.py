"""The register books: read-only, a body and a year at a time, to print and to export. The only user of
wagtail-modeladmin (in maintenance mode); dropping it touches this file alone."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.menus import ModelAdminMenuItem
from wagtail_modeladmin.options import ModelAdmin, modeladmin_register
from wagtail_modeladmin.views import IndexView

from documents.boxes import registry
from documents.models import Letter
from journal.clock import db_now, warsaw_day
from people.access import Access
from people.keyset import page_of
from people.models import Unit

PAGE = 100
#: The books of earlier years, back to the first possible one.
FIRST_YEAR = 2011
Cell = tuple[Any, Callable[[Letter], str]]


def day(value: dt.datetime | dt.date | None) -> str:
    """A day in Europe/Warsaw as "24.11.2026"; empty for None."""
    if value is None:
        return ""
    on = warsaw_day(value) if isinstance(value, dt.datetime) else value
    return f"{on:%d.%m.%Y}"


def way_of_sending(letter: Letter) -> str:
    """How an outgoing letter went; empty while it has not."""
    delivery = getattr(letter, "delivery", None)
    return registry.label(delivery.box) if delivery is not None else ""


def _or_no_data(text: str) -> str:
    return text or _("no data")


#: Columns of the incoming register (domain: instruction § 42): heading, cell.
INCOMING: tuple[Cell, ...] = (
    (gettext_lazy("No."), lambda r: str(r.number)),
    (pgettext_lazy("register", "Number"), lambda r: r.register_number),
    (gettext_lazy("Received"), lambda r: day(r.received_at)),
    (gettext_lazy("Subject"), lambda r: _or_no_data(r.subject)),
    (gettext_lazy("Sender"), lambda r: _or_no_data(r.correspondent.name if r.correspondent else "")),
    (gettext_lazy("Date on the letter"), lambda r: _or_no_data(day(r.letter_date))),
    (gettext_lazy("Sender's reference"), lambda r: _or_no_data(r.correspondent_mark)),
    (pgettext_lazy("register", "Addressed to"), lambda r: r.unit.symbol),
    (gettext_lazy("Channel"), lambda r: str(r.get_channel_display())),
    (gettext_lazy("Attachments"), lambda r: str(r.attachment_count)),
    (gettext_lazy("Case"), lambda r: str(r.case or "")),
    (gettext_lazy("Remarks"), lambda r: r.remarks),
)
OUTGOING: tuple[Cell, ...] = (
    (gettext_lazy("No."), lambda r: str(r.number)),
    (pgettext_lazy("register", "Number"), lambda r: r.register_number),
    (gettext_lazy("Sent"), lambda r: day(r.sent_at)),
    (gettext_lazy("Addressee"), lambda r: _or_no_data(r.correspondent.name if r.correspondent else "")),
    (gettext_lazy("Case"), lambda r: str(r.case or "")),
    (gettext_lazy("Subject"), lambda r: r.subject),
    (gettext_lazy("Unit"), lambda r: r.unit.symbol),
    (gettext_lazy("Way of sending"), way_of_sending),
    (gettext_lazy("Tracking number"), lambda r: r.tracking_number),
    (gettext_lazy("Delivered"), lambda r: day(r.delivery.delivered_at if hasattr(r, "delivery") else None)),
    (gettext_lazy("Remarks"), lambda r: r.remarks),
)


def safe_cell(text: str) -> str:
    """A CSV cell that no spreadsheet takes for a formula (OWASP: =, +, -, @, tab, CR at its beginning)."""
    return f"'{text}" if text.lstrip(" ")[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%") and text else text


class _Echo:
    @staticmethod
    def write(value: str) -> str:
        return value


class BookForm(forms.Form):
    """Which book: body and year, and optionally one unit of it."""

    body = forms.ModelChoiceField(label=gettext_lazy("Register of"), queryset=Unit.objects.none())
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=FIRST_YEAR, max_value=2100)
    unit = forms.ModelChoiceField(label=gettext_lazy("Unit"), queryset=Unit.objects.none(), required=False)

    def __init__(self, data: Any, access: Access) -> None:
        super().__init__(data)
        units = Unit.objects.filter(pk__in=access.units.get("view_letters", frozenset()))
        self.fields["body"].queryset = Unit.objects.filter(pk__in=units.values("body_id"))  # type: ignore[attr-defined]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class BookView(IndexView):
    """One book: pages by keyset on the number, nothing counted; `?druk=1` prints it whole, `?csv=1` streams it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        access: Access = request.access  # type: ignore[attr-defined]  # set by the middleware
        if not access.anywhere("view_letters"):
            raise PermissionDenied
        form = BookForm(self._chosen(request, access), access)
        letters = self._letters(access, form)
        if form.is_valid() and "csv" in request.GET:
            return self._csv(letters, form)
        context: dict[str, Any] = {"form": form, "book": self.model_admin, "headings": [h for h, _c in self.cells],
                                   "title": self.model_admin.menu_label, "icon": self.model_admin.menu_icon}
        if form.is_valid() and "druk" in request.GET:
            context |= {"rows": self._rows(letters.iterator(chunk_size=500)), "printed_at": db_now(),
                        "body": form.cleaned_data["body"], "year": form.cleaned_data["year"]}
            return render(request, "desk/book_print.html", context)
        page = page_of(letters, ordering=["number"], size=PAGE, after=request.GET.get("after", ""),
                       before=request.GET.get("before", ""), count=False)
        context |= {"page": page, "rows": self._rows(page.object_list)}
        return render(request, "desk/book.html", context)

    @property
    def cells(self) -> tuple[Cell, ...]:
        found: tuple[Cell, ...] = self.model_admin.cells
        return found

    def _chosen(self, request: HttpRequest, access: Access) -> Any:
        if "body" in request.GET:
            return request.GET
        first = Unit.objects.filter(pk__in=access.units.get("view_letters", frozenset())).first()
        return {"body": first.body_id if first else None, "year": warsaw_day(db_now()).year}

    def _letters(self, access: Access, form: BookForm) -> QuerySet[Letter]:
        if not form.is_valid():
            return Letter.objects.none()
        data = form.cleaned_data
        found = (Letter.objects.visible_to(access)
                 .filter(direction=self.model_admin.direction, body=data["body"], year=data["year"],
                         number__isnull=False)
                 .select_related("unit", "correspondent", "case", "delivery").order_by("number"))
        return found.filter(unit=data["unit"]) if data["unit"] else found

    def _rows(self, letters: Any) -> Iterator[list[str]]:
        return ([cell(letter) for _heading, cell in self.cells] for letter in letters)

    def _csv(self, letters: QuerySet[Letter], form: BookForm) -> StreamingHttpResponse:
        writer = csv.writer(_Echo(), delimiter=";")

        def lines() -> Iterator[str]:
            yield "\ufeff"
            yield writer.writerow([str(heading) for heading, _cell in self.cells])
            for row in self._rows(letters.iterator(chunk_size=500)):
                yield writer.writerow([safe_cell(cell) for cell in row])

        name = f"{self.model_admin.file_name}-{form.cleaned_data['body'].slug}-{form.cleaned_data['year']}.csv"
        response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


class _MenuItem(ModelAdminMenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.access.anywhere("view_letters"))  # type: ignore[attr-defined]  # set by the middleware


class _ReadOnly(PermissionHelper):
    """Nobody writes in a book; who may read it, `BookView` asks of Access."""

    def get_all_model_permissions(self) -> Any:
        return super().get_all_model_permissions().none()

    def user_can_list(self, user: Any) -> bool:
        return True

    def user_can_create(self, user: Any) -> bool:
        return False

    def user_can_edit_obj(self, user: Any, obj: Any) -> bool:
        return False

    def user_can_delete_obj(self, user: Any, obj: Any) -> bool:
        return False


class _Book(ModelAdmin):
    model = Letter
    index_view_class = BookView
    permission_helper_class = _ReadOnly
    history_view_enabled = False
    menu_icon = "list-ol"
    add_to_admin_menu = False
    direction = ""
    file_name = ""
    cells: tuple[Cell, ...] = ()

    def get_menu_item(self, order: int | None = None) -> ModelAdminMenuItem:
        return _MenuItem(self, order or self.get_menu_order())

    def get_admin_urls_for_registration(self) -> Any:
        """The book itself only: there is nothing to create, edit or delete."""
        return super().get_admin_urls_for_registration()[:1]


class IncomingBook(_Book):
    menu_label = gettext_lazy("Incoming register (RPW)")
    base_url_path = "rejestry/ksiega-wplywow"
    menu_order, direction, cells, file_name = 41, Letter.Direction.INCOMING, INCOMING, "rpw"


class OutgoingBook(_Book):
    menu_label = gettext_lazy("Outgoing register")
    base_url_path = "rejestry/ksiega-wyslanych"
    menu_order, direction, cells, file_name = 42, Letter.Direction.OUTGOING, OUTGOING, "wychodzace"


def menu_items() -> list[ModelAdminMenuItem]:
    """The books' entries, for the menu of the registers."""
    return [book().get_menu_item() for book in (IncomingBook, OutgoingBook)]


def register_books() -> None:
    """Called once from the admin's hooks."""
    modeladmin_register(IncomingBook)
    modeladmin_register(OutgoingBook)

