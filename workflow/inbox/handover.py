"""Handing over the cases of a person who leaves, or is away for long: all of a unit, with a preview and a result."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.access import holders
from people.models import Unit, User
from workflow.services import assignment
from workflow.views import DeskView, access_for_desk

#: Cases handed over at once; the next press takes the rest.
MOST = 100


class HandOverForm(forms.Form):
    """Who takes the cases, and why they change hands."""

    to_user = forms.ModelChoiceField(label=gettext_lazy("Who takes them"), queryset=User.objects.none())
    reason = forms.CharField(label=gettext_lazy("Why the cases change hands"), max_length=250)
    instruction = forms.CharField(label=gettext_lazy("Instruction"), max_length=250, required=False)

    def __init__(self, *args: Any, unit: Unit, leaver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to_user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = holders("handle_cases", unit).exclude(pk=leaver.pk)


class HandOverView(DeskView):
    """The cases of one person in one unit, and the form that gives them to somebody else."""

    template_name = "desk/hand_over.html"
    page_title = gettext_lazy("Hand over cases")
    header_icon = "user"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        access = access_for_desk(request)
        if not access.anywhere("assign"):
            raise PermissionDenied
        if not access.may("assign", kwargs["unit_id"]):
            raise Http404
        self.unit = get_object_or_404(Unit, pk=kwargs["unit_id"])
        self.leaver = get_object_or_404(User, pk=kwargs["user_id"], is_staff=True)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        cases = list(assignment.in_hands_of(self.access, self.leaver, self.unit)[: MOST + 1])
        context.update(leaver=self.leaver, unit=self.unit, cases=cases[:MOST], more=len(cases) > MOST)
        context.setdefault("form", HandOverForm(unit=self.unit, leaver=self.leaver))
        return context

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = HandOverForm(request.POST, unit=self.unit, leaver=self.leaver)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        mine = assignment.in_hands_of(self.access, self.leaver, self.unit)
        chosen = list(mine.values_list("pk", flat=True)[:MOST])
        results = assignment.hand_over(self.access, case_ids=chosen, leaver=self.leaver, **form.cleaned_data)
        if results and not any(refusal for _case, refusal in results):
            messages.success(request, _("Cases handed over: %(n)s.") % {"n": len(results)})
            return redirect("desk:hand_over", self.unit.pk, self.leaver.pk)
        return self.render_to_response(self.get_context_data(form=form, results=results))
