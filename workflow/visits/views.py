"""Staff screens of the visits: desks of one's units, and the counter of today."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from journal.clock import db_now, warsaw_day
from journal.errors import Refused
from people.access import Access
from workflow.visits import deeds
from workflow.visits.forms import DeskForm
from workflow.visits.models import AT_THE_COUNTER, SETS_UP, Visit, VisitDesk

#: Visits of one day on one screen.
LISTED = 500


def _access(request: HttpRequest) -> Access:
    found: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    return found


def at_counter(access: Access) -> bool:
    """Whether this person works at a counter anywhere."""
    return any(access.anywhere(permission) for permission in AT_THE_COUNTER)


class _Screen(WagtailAdminTemplateMixin, TemplateView):
    header_icon = "calendar-check"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]


class CounterView(_Screen):
    """Today's visits, by desk and time; each with the marks of the counter."""

    template_name = "desk/visits_today.html"
    page_title = gettext_lazy("Visits today")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not at_counter(_access(request)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        now = db_now()
        visits = (
            Visit.objects.standing()
            .visible_to(_access(self.request))
            .filter(slot__starts_at__date=localdate(now))
            .select_related("slot__desk__unit", "service")
            .order_by("slot__desk__unit__name", "slot__desk__name", "slot__starts_at")[:LISTED]
        )
        context.update(visits=visits, now=now, sets_up=_access(self.request).anywhere(SETS_UP),
                       screens={visit.slot.desk.unit: None for visit in visits},
                       still="stoi" in self.request.GET)  # fmt: skip
        return context


class MarkView(View):
    """A mark at the counter; the form of a visit of one's units."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """Somebody reloaded after the press: back to the list."""
        return redirect("visit_desk:today")

    def post(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        if what not in deeds.MARKS:
            raise Http404
        visit = get_object_or_404(Visit.objects.visible_to(_access(request)), pk=pk)
        try:
            deeds.mark(_access(request), visit=visit, what=what)
        except Refused as error:
            messages.error(request, str(error.message))
        return redirect(reverse("visit_desk:today") + f"#w{visit.pk}")


class DesksView(_Screen):
    """Desks of the units that this person sets up."""

    template_name = "desk/visits_desks.html"
    page_title = gettext_lazy("Desks for visits")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not _access(request).anywhere(SETS_UP):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        desks = VisitDesk.objects.managed_by(_access(self.request)).select_related("unit")
        context["desks"] = desks.order_by("unit__name", "name")[:LISTED]
        return context


class DeskView(_Screen):
    """A desk set up or changed."""

    template_name = "desk/visits_desk.html"
    page_title = gettext_lazy("Desk for visits")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        access, pk = _access(request), kwargs.get("pk")
        if not access.anywhere(SETS_UP):
            raise PermissionDenied
        self.desk = get_object_or_404(VisitDesk.objects.managed_by(access), pk=pk) if pk else None
        return super().dispatch(request, *args, **kwargs)

    def _form(self, data: Any = None) -> DeskForm:
        desk = self.desk or VisitDesk(valid_from=warsaw_day(db_now()))
        return DeskForm(data, instance=desk, access=_access(self.request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": self._form(), "desk": self.desk, **kwargs})

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if form.is_valid():
            try:
                if self.desk is None:
                    deeds.add_desk(_access(request), **form.cleaned_data)
                    gone = 0
                else:
                    _desk, gone = deeds.change_desk(_access(request), desk=self.desk, **form.cleaned_data)
                told = _("The desk was kept.")
                if gone:
                    told += " " + _("Visits cancelled, with a notice to the people: %(n)s.") % {"n": gone}
                messages.success(request, told)
                return redirect("visit_desk:desks")
            except Refused as error:
                form.add_error(None, str(error.message))
        return render(request, self.template_name, self.get_context_data(form=form), status=422)
