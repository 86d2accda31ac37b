"""One deed on many cases of the inbox: chosen, looked at before it is done, and answered row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from documents.models import Case
from journal.errors import DomainError
from people.access import Access, holders
from people.models import User
from workflow import states
from workflow.inbox import lists
from workflow.models import Task
from workflow.services import assignment, closing
from workflow.states import State, Verb
from workflow.views import DeskView

#: Rows taken at once: two pages of the inbox.
MOST = 100


class AssignManyForm(forms.Form):
    """The clerk who gets them, and the instruction."""

    to_user = forms.ModelChoiceField(label=gettext_lazy("Clerk"), queryset=User.objects.none())
    instruction = forms.CharField(label=gettext_lazy("Instruction"), max_length=250, required=False,
                                  help_text=gettext_lazy("For example: please settle."))  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Why the cases change hands"), max_length=250, required=False,
                             help_text=gettext_lazy("Needed for those that have a clerk already."))  # fmt: skip

    def __init__(self, *args: Any, cases: Sequence[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to_user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.order_by("last_name", "first_name")
        for unit_id in sorted({case.unit_id for case in cases}):  # who handles cases in each of the units
            field.queryset = field.queryset.filter(pk__in=holders("handle_cases", unit_id).values("pk"))


class CloseManyForm(forms.Form):
    """How they were settled."""

    outcome = forms.CharField(label=gettext_lazy("How they were settled"), max_length=250)

    def __init__(self, *args: Any, cases: Sequence[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


@dataclass(frozen=True)
class Action:
    """What can be done to many: the permission it needs, its verb in the transition table, what is typed, the deed."""

    label: Promise
    permission: str
    verb: Verb
    form: type[AssignManyForm] | type[CloseManyForm]
    do: Callable[[Access, Case, dict[str, Any]], object]


ACTIONS: dict[str, Action] = {
    "przydziel": Action(
        gettext_lazy("Assign"), "assign", Verb.ASSIGN, AssignManyForm,
        lambda actor, case, data: assignment.assign(actor, case=case, to_user=data["to_user"],
                                                    instruction=data["instruction"], reason=data["reason"]),
    ),
    "zamknij": Action(
        gettext_lazy("Close"), "handle_cases", Verb.CLOSE, CloseManyForm,
        lambda actor, case, data: closing.close_case(actor, case=case, outcome=data["outcome"]),
    ),
}  # fmt: skip


@dataclass
class Line:
    """One case: whether it will be done, and why not; after it was tried, what came of it."""

    case: Case
    refusal: str = ""
    done: bool = False


def lines(access: Access, action: Action, task_ids: Sequence[int]) -> list[Line]:
    """The cases of the tasks that this person may act on, each once, in the order of the list. Three queries."""
    tasks = Task.objects.actionable_by(access).filter(pk__in=task_ids[:MOST])
    cases = states.with_state(Case.objects.visible_to(access)).filter(pk__in=tasks.values("case_id"))
    found = [Line(case) for case in cases.select_related("unit", "handler").order_by("due_on", "pk")]
    for line in found:
        state = State(line.case.state)  # type: ignore[attr-defined]  # annotated by `with_state`
        if not access.may(action.permission, line.case.unit_id):
            line.refusal = _("You have no permission to do this in this unit.")
        elif not states.allowed(state, action.verb):
            named = {"state": states.STATE_LABELS[state]}
            line.refusal = _("This cannot be done while the case is: %(state)s.") % named
    return found


class BulkView(DeskView):
    """POST: first the cases that were chosen, each with whether it can be done; confirmed, the deed on each alone. One
    that is refused stops no other; what was typed stays."""

    template_name = "desk/bulk.html"
    page_title = gettext_lazy("Several cases at once")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("desk:inbox")

    def post(self, request: HttpRequest, what: str) -> HttpResponse:
        action = ACTIONS.get(what)
        if action is None:
            raise Http404
        given = [text for text in request.POST.getlist("zadanie") if text.isascii() and text.isdigit()]
        chosen = [int(text) for text in given if len(text) < 19][: MOST + 1]
        found = lines(self.access, action, chosen)
        back = f"{reverse('desk:inbox')}?{request.session.get(lists.LIST, '')}"
        if not found:
            messages.error(request, _("Choose the cases first."))
            return redirect(back)
        ready = [line for line in found if not line.refusal]
        confirmed = "potwierdzam" in request.POST
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
                action.do(self.access, line.case, data)
            except DomainError as error:
                line.refusal = str(error.message)
            else:
                line.done = True
