"""Staff lists of letters and cases in the Wagtail admin: what the person may see, filtered, a page at a time.

They only read; a row leads to the letter or the case. The books to print are in `documents.registers`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import DateInput
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.viewsets.model import ModelViewSetGroup

from documents import registers
from documents.models import Case, Delivery, DocumentVersion, Letter
from documents.printing import sections
from documents.services import deliveries
from journal.clock import WARSAW
from people.access import Access
from people.deed_viewset import DeedAction, DeedIndexView, DeedInspectView, DeedViewSet
from people.models import Unit


def _units(request: Any, permission: str) -> QuerySet[Unit]:
    ids = request.access.units.get(permission, frozenset()) if request is not None else frozenset()
    found: QuerySet[Unit] = Unit.objects.filter(pk__in=ids)
    return found


class _DayFilter(django_filters.DateFilter):
    """A day in Europe/Warsaw as a bound on a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=DateInput(attrs={"type": "date"}), **kwargs)

    def filter(self, qs: QuerySet[Any], value: dt.date | None) -> QuerySet[Any]:
        if value is None:
            return qs
        day = value + dt.timedelta(days=1) if self.lookup_expr == "lt" else value
        moment = dt.datetime.combine(day, dt.time(), tzinfo=WARSAW)
        return qs.filter(**{f"{self.field_name}__{self.lookup_expr}": moment})


class LetterFilters(WagtailFilterSet):
    """Unit, channel, days."""

    unit = django_filters.ModelChoiceFilter(label=_("Unit"), queryset=lambda request: _units(request, "view_letters"))
    since = _DayFilter(label=_("Registered since"), field_name="registered_at", lookup_expr="gte")
    until = _DayFilter(label=_("Registered until"), field_name="registered_at", lookup_expr="lt")

    class Meta:
        model = Letter
        fields = ["unit", "channel"]


class OutgoingFilters(LetterFilters):
    class Meta:
        model = Letter
        fields = ["unit", "kind"]


class CaseFilters(WagtailFilterSet):
    """Unit, class, handler's own, open or not."""

    unit = django_filters.ModelChoiceFilter(label=_("Unit"), queryset=lambda request: _units(request, "view_cases"))
    symbol = django_filters.CharFilter(label=_("Class"), field_name="classification__symbol", lookup_expr="startswith")
    year = django_filters.NumberFilter(label=_("Year"))
    closed = django_filters.BooleanFilter(label=_("Closed"), field_name="closed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Case
        fields = ["unit", "symbol", "year", "closed"]


def case_url(case: Case | None) -> str | None:
    """Address of a case on the desk; None without case, or where no desk is installed."""
    if case is None:
        return None
    try:
        return reverse("desk:case", args=[case.pk])
    except NoReverseMatch:
        return None


class LetterInspectView(DeedInspectView):
    """One letter: what the register says, what was answered, its files."""

    template_name = "desk/letter.html"

    def get_page_title(self) -> str:
        return str(_("Letter"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        letter = self.object
        files = (DocumentVersion.objects.filter(document__letter=letter)
                 .select_related("blob", "document").order_by("document__position", "document_id", "-number"))
        newest: dict[int, DocumentVersion] = {}
        for version in files:
            newest.setdefault(version.document_id, version)
        receipts = list(letter.receipts.all())
        return super().get_context_data(sections=sections(letter.answers), files=list(newest.values()),
                                        receipts=receipts, case_url=case_url(letter.case), **kwargs)


def _number(url_name: str) -> TitleColumn:
    return TitleColumn("register_number", label=pgettext_lazy("register", "Number"), url_name=url_name,
                       classname="w-whitespace-nowrap")


def _day_column(name: str, label: Any) -> Column:
    """A day as offices write it; a list that says "two weeks ago" cannot be compared with paper."""
    return Column(name, label=label, accessor=lambda row: registers.day(getattr(row, name)),
                  classname="w-whitespace-nowrap")


class _TitledIndexView(DeedIndexView):
    """Bears the name of its list, not of the model."""

    def get_page_title(self) -> str:
        return str(self.viewset.menu_label)


class _ReadViewSet(DeedViewSet):
    """A list without forms: Wagtail wants form fields named all the same."""

    exclude_form_fields: tuple[str, ...] = ()
    index_view_class = _TitledIndexView


class _LetterViewSet(_ReadViewSet):
    model = Letter
    inspect_view_enabled = True
    inspect_view_class = LetterInspectView
    ordering = "-pk"
    search_fields = ("register_number", "subject", "correspondent__name", "case__reference")
    list_per_page = 50

    def rows(self, access: Access) -> QuerySet[Letter]:
        found: QuerySet[Letter] = (Letter.objects.visible_to(access).filter(number__isnull=False)
                                   .select_related("unit", "correspondent", "case"))
        return found


class IncomingViewSet(_LetterViewSet):
    """The working register of incoming letters."""

    name, url_prefix, icon = "incoming_letters", "rejestry/wplywajace", "mail"
    menu_label = _("Incoming letters")
    filterset_class = LetterFilters
    list_display = [
        _number("incoming_letters:inspect"), _day_column("received_at", _("Received")),
        Column("correspondent", label=_("Sender")), Column("subject", label=_("Subject")),
        Column("unit.symbol", label=_("Unit")), Column("get_channel_display", label=_("Channel")),
        TitleColumn("case", label=_("Case"), get_url=lambda letter: case_url(letter.case)),
    ]

    def visible(self, access: Access) -> QuerySet[Letter]:
        return self.rows(access).filter(direction=Letter.Direction.INCOMING)


class OutgoingViewSet(_LetterViewSet):
    """The working register of outgoing letters."""

    name, url_prefix, icon = "outgoing_letters", "rejestry/wychodzace", "upload"
    menu_label = _("Outgoing letters")
    filterset_class = OutgoingFilters
    list_display = [
        _number("outgoing_letters:inspect"), _day_column("registered_at", _("Registered")),
        Column("correspondent", label=_("Addressee")), Column("subject", label=_("Subject")),
        Column("unit.symbol", label=_("Unit")),
        Column("way", label=_("Way of sending"), accessor=registers.way_of_sending),
        _day_column("sent_at", _("Sent")),
        TitleColumn("case", label=_("Case"), get_url=lambda letter: case_url(letter.case)),
    ]

    def visible(self, access: Access) -> QuerySet[Letter]:
        return self.rows(access).filter(direction=Letter.Direction.OUTGOING).select_related("delivery")


class PrintQueueViewSet(_ReadViewSet):
    """Paper letters that wait to be printed and put in an envelope."""

    model = Delivery
    name, url_prefix, icon = "print_queue", "rejestry/do-druku", "print"
    menu_label = _("To print and post")
    ordering = "pk"
    search_fields = ("letter__register_number", "addressee__name")
    list_display = [
        Column("letter.register_number", label=pgettext_lazy("register", "Number")),
        Column("addressee", label=_("Addressee")),
        Column("letter.subject", label=_("Subject")), Column("letter.unit.symbol", label=_("Unit")),
        _day_column("created_at", _("Handed over")),
        TitleColumn("file", label=_("File"), accessor=lambda _delivery: _("download"),
                    get_url=lambda delivery: _version_url(delivery.letter.signed_version)),
        TitleColumn("act", label=_("Action"), accessor=lambda _delivery: _("mark as printed"),
                    get_url=lambda delivery: reverse("print_queue:wydrukowane", args=[delivery.pk])),
    ]
    deed_actions = (
        DeedAction("wydrukowane", _("Mark as printed"),
                   _("The letter will leave the print queue. Posting it is recorded on the desk."),
                   lambda access, delivery: deliveries.mark_printed(access, delivery=delivery), icon="print"),
    )

    def visible(self, access: Access) -> QuerySet[Delivery]:
        return (Delivery.objects.visible_to(access).print_queue().with_permission(access, "dispatch_letters")
                .select_related("letter__unit", "letter__signed_version", "addressee"))


def _version_url(version: DocumentVersion | None) -> str | None:
    return None if version is None else reverse("documents:download", args=[version.pk, version.file_name])


class CaseViewSet(_ReadViewSet):
    """All cases the person may see."""

    model = Case
    name, url_prefix, icon = "cases", "sprawy", "folder-open-inverse"
    menu_label, menu_order = _("Cases"), 30
    add_to_admin_menu = True
    ordering = "-pk"
    list_per_page = 50
    filterset_class = CaseFilters
    #: Never the tracking code: with it and what stands in the filing staff could open the case as its party.
    search_fields = ("reference", "title")
    list_display = [
        TitleColumn("case", label=_("Case"), accessor=str, get_url=case_url),
        Column("title", label=_("Title")), Column("unit.symbol", label=_("Unit")),
        Column("handler", label=_("Handler"), accessor=lambda case: str(case.handler or "–")),
        _day_column("received_at", _("Received")), _day_column("due_on", _("Due")),
        _day_column("closed_at", _("Closed")),
    ]

    def visible(self, access: Access) -> QuerySet[Case]:
        found: QuerySet[Case] = Case.objects.visible_to(access).select_related("unit", "handler")
        return found


class RegistersGroup(ModelViewSetGroup):
    """One entry of the menu for the registers."""

    items = (IncomingViewSet, OutgoingViewSet, PrintQueueViewSet)
    menu_label, menu_icon, menu_name, menu_order = _("Registers"), "list-ul", "registers", 40

    def get_submenu_items(self) -> list[MenuItem]:
        return [*super().get_submenu_items(), *registers.menu_items()]
