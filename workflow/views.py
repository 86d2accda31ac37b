"""The clerk's desk in the Wagtail admin: inbox, the case in split view, and the single view that performs deeds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from documents import readings
from documents.models import Case
from journal.clock import db_now, warsaw_day
from journal.errors import DomainError
from people.access import Access
from people.models import User
from workflow import conversation, deadlines, desk, states
from workflow.casefile import CaseFile, Typed, frames, opened_for
from workflow.deeds import DEEDS
from workflow.forms import FORMS, DeedForm
from workflow.models import Task

PAGE = 50


def access_for_desk(request: HttpRequest) -> Access:
    """The access of a request, with the desk opened for the absent person that `?za=` names."""
    access: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    named = request.GET.get("za", "")
    return access.in_place_of(int(named)) if named.isascii() and named.isdigit() and len(named) < 10 else access


class DeskView(WagtailAdminTemplateMixin, TemplateView):
    """Base of the desk's pages: staff with any position; asks Access, decides nothing itself."""

    header_icon = "tasks"
    base_title = gettext_lazy("Desk")

    @cached_property
    def access(self) -> Access:
        return access_for_desk(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.access.roles:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = [{"url": reverse_lazy("wagtailadmin_home"), "label": pgettext("admin", "Home")}]
        title = self.get_page_title()
        if title != self.base_title:
            items.append({"url": reverse("desk:inbox"), "label": self.base_title})
        return [*items, {"url": "", "label": title}]


def _deadline(task: Task, today: dt.date) -> deadlines.State | None:
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


class InboxView(DeskView):
    """Open tasks by tab, most urgent first, keyset-paged: `?tab=`, `?po=<due>_<id>`; in the tab of substituted tasks
    `?za=<person>` shows one absent person's."""

    template_name = "desk/inbox.html"
    page_title = gettext_lazy("Desk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        code = self.request.GET.get("tab", "moje")
        today = warsaw_day(db_now())
        counts = desk.counters(self.access)
        if code == "czekaja":
            queryset = desk.waiting(self.access)
        elif code == "zalatwione":
            queryset = desk.done(self.access)
        else:
            queryset = desk.inbox(self.access, code)
        substitutions = desk.substitutions(self.access)
        people = {item.absent_id: item.absent for item in substitutions}
        rows, following = desk.page(queryset, self.request.GET.get("po", ""), PAGE, newest_first=code == "zalatwione")
        shown = [
            Row(task, _deadline(task, today), people.get(desk.in_place_of(self.access, task) or 0)) for task in rows
        ]
        context.update(
            rows=shown,
            following=following,
            active=code,
            tabs=[(t.code, t.label, counts.get(t.code, 0)) for t in desk.tabs(self.access)]
            + [("czekaja", _("Waiting for others"), None), ("zalatwione", pgettext("tab of the desk", "Done"), None)],
            load=list(desk.load(self.access)) if self.access.anywhere("assign") else [],
            today=today,
            substitutions=substitutions,
            people=list(people.values()),
            place_of=people.get(self.access.place_of_id or 0),
        )
        return context


_WITH = ("unit", "body", "handler", "process__service_version__service", "classification")


class CaseMixin:
    """Finds a case that this access may see; a foreign or absent one is the same 404."""

    request: HttpRequest
    kwargs: dict[str, Any]

    def seen(self, access: Access) -> Case | None:
        case = Case.objects.visible_to(access).select_related(*_WITH).filter(pk=self.kwargs["case_id"]).first()
        if case is None:
            # Who sends its letters sees the case's frame (`CaseFile.whole`).
            case = frames(access).select_related(*_WITH).filter(pk=self.kwargs["case_id"]).first()
        return case

    def find_case(self, access: Access) -> Case:
        case = self.seen(access)
        if case is None:
            raise Http404
        return case


class CaseView(CaseMixin, DeskView):
    """One case: its documents left, its data, deeds and history right."""

    template_name = "desk/case.html"
    bound: DeedForm | None = None
    bound_verb = ""
    message_form: conversation.MessageForm | None = None

    @cached_property
    def case(self) -> Case:
        return self.find_case(self.access)

    def get_page_title(self) -> str:
        return self.case.reference or _("Case without a reference")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        file = CaseFile(self.case, self.access)
        context.update(
            case=self.case,
            file=file,
            panels=file.panels(Typed(self.bound, self.bound_verb, self.request.GET.get("czyn", ""))),
            state=file.state,
            state_label=states.STATE_LABELS[file.state],
            public=states.PUBLIC[file.state],
            desk_place=opened_for(self.access),
        )
        if file.whole:
            readings.note(self.access, self.case)
            context["readings"] = readings.for_staff(self.case)
            context.update(conversation.shown(self.case, self.access))
            context["message_form"] = self.message_form or conversation.MessageForm(prefix="message")
        return context


class DeedView(CaseMixin, View):
    """POST of one deed on a case. A refusal shows the case again with what was typed and the reason."""

    def post(self, request: HttpRequest, case_id: int, verb: str) -> HttpResponse:
        access = access_for_desk(request)
        if verb not in DEEDS:
            raise Http404
        case = self.find_case(access)
        form = FORMS[verb](request.POST, case=case, prefix=verb)
        if form.is_valid():
            try:
                said = DEEDS[verb](access, case, form)
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                messages.success(request, said)
                # Who had only this to do in the case (the registry) sees it no more.
                place = opened_for(access)
                if self.seen(access):
                    return redirect(reverse("desk:case", args=[case.pk]) + place)
                return redirect("desk:inbox")
        page = CaseView(bound=form, bound_verb=verb)
        page.setup(request, case_id=case_id)
        response = page.get(request, case_id=case_id)
        response.status_code = 422
        return response

    def get(self, request: HttpRequest, case_id: int, verb: str) -> HttpResponse:
        return redirect(f"{reverse('desk:case', args=[case_id])}?czyn={verb}")
