"""One deed on many rows of the inbox: chosen, looked at before it is done, and answered row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from documents.models import Case
from journal.errors import DomainError
from people.access import Access
from workflow import states
from workflow.inbox import lists
from workflow.inbox.many import ACTIONS, Action, Line
from workflow.models import Task
from workflow.states import State
from workflow.views import DeskView

#: Rows taken at once: two pages of the inbox.
MOST = 100


def lines(access: Access, action: Action, task_ids: Sequence[int]) -> list[Line]:
    """The cases of the tasks that this person may act on, each once (or those tasks), in the order of the list. Three
    queries, and what the action looks at."""
    tasks = Task.objects.actionable_by(access).filter(pk__in=task_ids[:MOST])
    cases = states.with_state(Case.objects.visible_to(access)).filter(pk__in=tasks.values("case_id"))
    rows = cases.select_related("unit", "handler").order_by("due_on", "pk")
    if action.task_verbs is None:
        found = [Line(case) for case in rows]
    else:
        known = {case.pk: case for case in rows}
        if action.task_verbs:
            tasks = tasks.filter(verb__in=action.task_verbs)
        chosen = tasks.select_related("letter", "unit").order_by("due_on", "pk")
        found = [Line(known[task.case_id], task) for task in chosen if task.case_id in known]
    for line in found:
        line.refusal = _refusal(access, action, line)
    action.stop(access, found)
    return found


def _refusal(access: Access, action: Action, line: Line) -> str:
    state = State(line.case.state)  # type: ignore[attr-defined]  # annotated by `with_state`
    if not access.may(action.permission, line.task.unit_id if line.task else line.case.unit_id):
        return _("You have no permission to do this in this unit.")
    if action.verb is not None and not states.allowed(state, action.verb):
        return _("This cannot be done while the case is: %(state)s.") % {"state": states.STATE_LABELS[state]}
    return ""


class BulkView(DeskView):
    """POST: first the rows that were chosen, each with whether it can be done; confirmed, the deed on each alone. One
    that is refused stops no other; what was typed stays."""

    template_name = "desk/bulk.html"
    page_title = gettext_lazy("Several cases at once")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("desk:inbox")

    def post(self, request: HttpRequest, what: str) -> HttpResponse:
        action = ACTIONS.get(what)
        if action is None:
            raise Http404
        chosen = _numbers(request, "zadanie")[: MOST + 1]
        found = lines(self.access, action, chosen)
        back = f"{reverse('desk:inbox')}?{request.session.get(lists.LIST, '')}"
        if not found:
            messages.error(request, _("Choose the cases first."))
            return redirect(back)
        confirmed = "potwierdzam" in request.POST
        wanted = set(_numbers(request, "wiersz")) if action.ticked and confirmed else None
        ready = [line for line in found if not line.refusal and (wanted is None or line.value in wanted)]
        form = action.form(request.POST if confirmed else None, cases=[line.case for line in ready])
        tried = bool(confirmed and ready and form.is_valid())
        if tried:
            self._do(action, ready, form.cleaned_data)
            if all(line.done for line in found):
                n = len(found)
                messages.success(request, ngettext("Done: %(n)d case.", "Done: %(n)d cases.", n) % {"n": n})
                return redirect(back)
        context = self.get_context_data(
            action=action, what=what, lines=found, ready=len(ready), form=form, tried=tried, back=back, chosen=chosen,
            done=sum(line.done for line in found), too_many=len(chosen) > MOST, most=MOST,
        )  # fmt: skip
        return self.render_to_response(context, status=422 if confirmed and not tried else 200)

    def _do(self, action: Action, ready: list[Line], data: dict[str, Any]) -> None:
        for line in ready:
            try:
                action.do(self.access, line, data)
            except DomainError as error:
                line.refusal = str(error.message)
            else:
                line.done = True


def _numbers(request: HttpRequest, name: str) -> list[int]:
    given = request.POST.getlist(name)
    return [int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 19]
