"""The board of a head or auditor in the Wagtail admin; each picture with its table, as CSV too."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import View
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from journal import spreadsheet
from people.models import Unit
from workflow.figures import boards, draw, ribbons
from workflow.views import DeskView, access_for_desk

#: Rows of the heat map that are drawn; the table has them all.
DRAWN = 40
#: Flows that are drawn into the map.
MAPPED = 30


class _Board:
    """Which units a request asks for: `?jednostka=` (its id) or all that the person may see."""

    request: HttpRequest

    @cached_property
    def allowed(self) -> frozenset[int]:
        return boards.units_of(access_for_desk(self.request))

    @cached_property
    def chosen(self) -> frozenset[int]:
        asked = self.request.GET.get("jednostka", "")
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 10):
            return self.allowed
        if int(asked) not in self.allowed:
            raise Http404
        return frozenset({int(asked)})


class BoardView(_Board, DeskView):
    """The board."""

    template_name = "desk/board.html"
    page_title = gettext_lazy("Board")
    header_icon = "table"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not boards.units_of(access_for_desk(request)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        loads, weeks, ages = boards.loads(self.access), boards.weeks(self.chosen), boards.ages(self.chosen)
        flows = boards.flows(self.chosen)
        most = max((load.total for load in loads), default=0)
        context.update(
            units=Unit.objects.filter(pk__in=self.allowed).order_by("path"),
            unit=next(iter(self.chosen)) if len(self.chosen) == 1 and self.chosen != self.allowed else None,
            loads=[(load, _bar(load, most)) for load in loads], weeks=weeks, ages=ages, flows=flows,
            query=self.request.GET.urlencode(), drawn=DRAWN,
        )  # fmt: skip
        if weeks:
            heads = [date_format(week.monday, "d.m") for week in weeks[0][1]]
            rows = [(unit.symbol, [week.filed for week in row]) for unit, row in weeks[:DRAWN]]
            context["heat"] = draw.heat(
                rows, heads, name="tygodnie", title=_("Cases filed by unit and week"),
                description=_("A row for each unit, a column for each week; the table below has the numbers."),
            )  # fmt: skip
            context["heads"] = heads
        drawn = [(flow.source.symbol, flow.target.symbol, flow.passed + flow.asked) for flow in flows[:MAPPED]]
        if drawn:
            context["map"] = ribbons.ribbons(
                drawn, name="przeplywy", title=_("Who turns to whom, in a year"),
                description=_("A ribbon for each pair of units, as thick as it is often; the table has the numbers."),
            )  # fmt: skip
        if any(count for _age, count in ages):
            names = [str(age) if age < boards.OLDEST else f"{age}+" for age, _count in ages]
            limits = (_("a month"), _("two months"))
            context["histogram"] = draw.histogram(
                [(name, count) for name, (_age, count) in zip(names, ages, strict=True)],
                [(day / boards.STEP, words) for day, words in zip(boards.LIMITS, limits, strict=True)],
                name="wiek", title=_("How old open cases are, in days"),
                description=_("A bar for every five days since receipt, with the times of art. 35 § 3 k.p.a. in it."),
            )  # fmt: skip
        return context


def _bar(load: boards.Load, most: int) -> Any:
    parts = (("obieg-share--late", load.late), ("obieg-share--today", load.today), ("obieg-share--three", load.three),
             ("obieg-share--seven", load.seven), ("obieg-share--later", load.later))  # fmt: skip
    return draw.shares(parts, load.total, most)


class FiguresView(_Board, View):
    """A table of the board as CSV: `tygodnie`, `wiek`, `obciazenie` or `przeplywy`."""

    def get(self, request: HttpRequest, what: str) -> HttpResponse:
        access = access_for_desk(request)
        if not self.allowed:
            raise PermissionDenied
        rows: list[list[Any]]
        match what:
            case "tygodnie":
                rows = [[_("Unit"), _("Week from"), _("Filed"), _("Ended"), _("Late")]]
                rows += [[unit.symbol, week.monday, week.filed, week.ended, week.late]
                         for unit, weeks in boards.weeks(self.chosen) for week in weeks]  # fmt: skip
            case "wiek":
                rows = [[_("Days from"), _("Open cases")], *(list(row) for row in boards.ages(self.chosen))]
            case "obciazenie":
                heads = [_("Late"), _("Today"), _("3 days"), _("7 days"), pgettext("due", "Later")]
                rows = [[_("Person"), _("Unit"), *heads]]
                rows += [[each.person, each.unit, each.late, each.today, each.three, each.seven, each.later]
                         for each in boards.loads(access)]  # fmt: skip
            case "przeplywy":
                rows = [[pgettext("flow", "From"), pgettext("flow", "To"), _("Passed on"), _("Asked or told")]]
                rows += [[flow.source.symbol, flow.target.symbol, flow.passed, flow.asked]
                         for flow in boards.flows(self.chosen)]  # fmt: skip
            case _:
                raise Http404
        return spreadsheet.answer(what, rows)


urls = (
    [
        path("", BoardView.as_view(), name="board"),
        path("<slug:what>.csv", FiguresView.as_view(), name="csv"),
    ],
    "figures",
)


class BoardItem(MenuItem):
    """Shown to whoever assigns or audits."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(boards.units_of(request.access))  # type: ignore[attr-defined]  # set by people.middleware


def connect() -> None:
    """Register with Wagtail; called once by the app's hooks."""

    def addresses() -> list[URLPattern | URLResolver]:
        return [path("tablica/", include(urls))]

    def item() -> MenuItem:
        return BoardItem(_("Board"), reverse("figures:board"), name="board", icon_name="table", order=12)

    hooks.register("register_admin_urls", addresses)
    hooks.register("register_admin_menu_item", item)
