"""The inbox in the Wagtail admin: open tasks by tab, filtered, and the filters kept under a name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from journal.clock import db_now, warsaw_day
from journal.errors import DomainError
from people.models import Unit, User
from workflow import deadlines, desk
from workflow.inbox import lists, many
from workflow.inbox.deeds import delete_filter, save_filter
from workflow.inbox.filters import COLUMNS, DUE, NOBODY, Filter, number
from workflow.inbox.models import SavedFilter
from workflow.models import RouteStep, Task
from workflow.views import DeskView

PAGE = 50
#: Tabs whose tasks are not for this person to do: nothing is done to many of them at once.
READ_ONLY = frozenset({"czekaja", "zalatwione"})


def deadline_of(task: Task, today: dt.date) -> deadlines.State | None:
    """How the task's due day stands; None for a task without one, or done."""
    if task.due_on is None or task.done_at is not None:
        return None
    stopped: bool = task.stands_still  # type: ignore[attr-defined]  # annotated by the lists of workflow.desk
    return deadlines.state(task.due_on, today, stopped=stopped)


@dataclass(frozen=True)
class Row:
    """One line of a list of tasks; `in_place_of`: the absent person for whom it would be done."""

    task: Task
    deadline: deadlines.State | None
    in_place_of: User | None

    @property
    def address(self) -> str:
        """The case page, the desk opened for the absent person."""
        place = f"?za={self.in_place_of.pk}" if self.in_place_of else ""
        return reverse("desk:case", args=[self.task.case_id]) + place


@dataclass(frozen=True)
class Chip:
    """One part of a filter in words, and the address of the list without it."""

    words: str
    address: str


class InboxView(DeskView):
    """Open tasks by tab, most urgent first, keyset-paged (`?po=<due>_<id>`); `?za=<person>` shows one absent person's
    in the tab of substituted tasks. Opened without parameters it shows the filter that the person opens the desk with.
    """

    template_name = "desk/inbox.html"
    page_title = gettext_lazy("Desk")

    @cached_property
    def saved(self) -> list[SavedFilter]:
        return lists.saved(self.access)

    @cached_property
    def opened_with(self) -> SavedFilter | None:
        """The saved filter that is shown: the one named in the address, or the one the desk opens with."""
        named = self.request.GET.get("widok", "")
        if named:
            return next((each for each in self.saved if str(each.pk) == named), None)
        if self.request.GET:
            return None
        own = (each for each in self.saved if each.owner_id == self.access.user_id)
        return next((each for each in own if each.opens_desk), None)

    @cached_property
    def asked(self) -> Filter:
        return Filter.read(self.opened_with.parameters if self.opened_with else self.request.GET)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        asked, today = self.asked, warsaw_day(db_now())
        counts = desk.counters(self.access)
        substitutions = desk.substitutions(self.access)
        people = {item.absent_id: item.absent for item in substitutions}
        found, following = desk.page(lists.rows_of(self.access, asked, today), self.request.GET.get("po", ""), PAGE,
                                     newest_first=asked.tab == "zalatwione")  # fmt: skip
        assigns = self.access.anywhere("assign")
        offered = lists.choices(self.access, with_people=assigns)
        lists.remember(self.request, asked)
        context.update(
            rows=[
                Row(task, deadline_of(task, today), people.get(desk.in_place_of(self.access, task) or 0))
                for task in found
            ],
            following=following,
            active=asked.tab,
            tabs=[(t.code, t.label, counts.get(t.code, 0)) for t in desk.tabs(self.access)]
            + [("czekaja", _("Waiting for others"), None), ("zalatwione", pgettext("tab of the desk", "Done"), None)],
            load=list(desk.load(self.access)) if assigns else [],
            today=today,
            substitutions=substitutions,
            people=list(people.values()),
            place_of=people.get(self.access.place_of_id or 0),
            asked=asked,
            columns=[(name, COLUMNS[name]) for name in asked.columns],
            choices=offered,
            chips=self._chips(offered),
            saved=self.saved,
            opened_with=self.opened_with,
            may_choose=asked.tab not in READ_ONLY and bool(found),
            many=many.offered(self.access, asked.tab),
        )
        return context

    def _chips(self, offered: lists.Choices) -> list[Chip]:
        asked, names = self.asked, dict
        people = {NOBODY: _("nobody yet"), **names(offered.people)}
        parts = [
            ("text", asked.text and f"„{asked.text}”", ""),
            ("unit", asked.unit and names(offered.units).get(str(asked.unit), _("another unit")), None),
            ("verb", asked.verb and RouteStep.Verb(asked.verb).label, ""),
            ("service", asked.service and names(offered.services).get(asked.service, asked.service), ""),
            ("due", asked.due and DUE[asked.due][0], ""),
            ("person", asked.person and people.get(asked.person, _("another person")), ""),
        ]
        return [Chip(str(words), asked.address(**{name: none})) for name, words, none in parts if words]


class SaveFilterView(DeskView):
    """POST: keep the filter of the address under a name."""

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("desk:inbox")

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = Filter.read(request.POST)
        unit_id = number(request.POST.get("dla", ""))
        name = request.POST.get("nazwa", "").replace("\0", "")
        try:
            kept = save_filter(
                self.access, name=name, filter=asked, opens_desk=bool(request.POST.get("otwiera")),
                unit=Unit.objects.filter(pk=unit_id).first() if unit_id else None,
            )  # fmt: skip
        except DomainError as error:
            messages.error(request, str(error.message))
            return redirect(f"{reverse('desk:inbox')}?{asked.address()}")
        messages.success(request, _("The filter “%(name)s” is kept.") % {"name": kept.name})
        return redirect(f"{reverse('desk:inbox')}?widok={kept.pk}")


class DeleteFilterView(DeskView):
    """POST: delete one's own filter."""

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("desk:inbox")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            delete_filter(self.access, pk=pk)
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The filter was deleted."))
        return redirect(f"{reverse('desk:inbox')}?tab=moje")
