"""The problems page of the Wagtail admin: figures, set-aside entries, failed jobs, and what can be done about them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from django.views.generic.edit import FormView
from wagtail.admin import messages
from wagtail.admin.ui.tables import BaseColumn, Column, DateColumn, StatusTagColumn, Table
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from journal import health, problems
from journal.errors import DomainError


def sees(request: HttpRequest) -> bool:
    """Whether the person may know of the operators' pages; asked once a request."""
    if not hasattr(request, "_sees_operators"):
        request._sees_operators = problems.may_see(request.access)  # type: ignore[attr-defined]  # set by middleware
    return bool(request._sees_operators)  # type: ignore[attr-defined]


class ForOperators(View):
    """404 for whoever may not know of this page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not sees(request):
            raise Http404
        response = super().dispatch(request, *args, **kwargs)
        assert isinstance(response, HttpResponse)
        return response


class ReasonColumn(BaseColumn):
    """The last line of an error; the whole of it when unfolded."""

    cell_template_name = "journal/problems/reason_cell.html"


class ActionsColumn(BaseColumn):
    """The buttons of a row. `kind` is "entry" or "job"."""

    cell_template_name = "journal/problems/actions_cell.html"

    def __init__(self, kind: str) -> None:
        super().__init__("actions", label=_("Actions"))
        self.kind = kind

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> Any:
        context = super().get_cell_context_data(instance, parent_context)
        context["kind"] = self.kind
        context["request"] = parent_context.get("request")
        context["csrf_token"] = parent_context.get("csrf_token")
        return context


def _table(kind: str, what: Any, where: Any, rows: list[problems.Trouble], caption: Any) -> Table:
    columns = [
        Column("what", label=what),
        Column("where", label=where),
        Column("tries", label=_("Tries")),
        DateColumn("since", label=_("Since")),
        ReasonColumn("error", label=_("Reason")),
        ActionsColumn(kind),
    ]
    return Table(columns, rows[: problems.SHOWN], caption=caption)


def _figures_table(ages: dict[str, float]) -> Table:
    columns = [
        Column("label", label=_("Figure")),
        Column("value", label=_("Value")),
        StatusTagColumn("state", label=_("State"), primary=lambda figure: figure["worrying"]),
    ]
    return Table(columns, figures(ages), caption=_("How far the work is"))


class ProblemsView(ForOperators, WagtailAdminTemplateMixin, TemplateView):
    template_name = "journal/problems/index.html"
    page_title = _("Problems")
    header_icon = "warning"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries, jobs = problems.set_aside_entries(), problems.failed_jobs()
        return {
            **super().get_context_data(**kwargs),
            "figures": _figures_table(health.ages()),
            "entries": _table("entry", _("Entry"), _("Who should have heard"), entries, _("Entries set aside")),
            "jobs": _table("job", _("Job"), _("Queue"), jobs, _("Failed jobs")),
            "has_entries": bool(entries),
            "has_jobs": bool(jobs),
            "shown": problems.SHOWN,
            "more_entries": len(entries) > problems.SHOWN,
            "more_jobs": len(jobs) > problems.SHOWN,
        }


def figures(ages: dict[str, float]) -> list[dict[str, Any]]:
    """The figures of `health.ages` in words, each with whether it is worrying."""
    lags = {name.removeprefix("lag_"): value for name, value in ages.items() if name.startswith("lag_")}
    found: list[tuple[Any, str, bool]] = [
        (
            _("Oldest entry without a seal"),
            duration(ages["oldest_pending_seconds"]),
            ages["oldest_pending_seconds"] > 60,
        ),
        (_("Oldest job that is due"), duration(ages.get("oldest_due_job", 0)), ages.get("oldest_due_job", 0) > 300),
        (_("Last checkpoint"), duration(ages["checkpoint_age"]) if "checkpoint_age" in ages else "–", False),
        (_("Sealed entries"), f"{ages['seal_position']:.0f}", False),
    ]
    found += [
        (
            gettext("Behind: %(name)s") % {"name": name},
            ngettext("%(n)s entry", "%(n)s entries", int(lag)) % {"n": int(lag)},
            lag > 1000,
        )
        for name, lag in sorted(lags.items())
    ]
    return [
        {"label": label, "value": value, "worrying": bad, "state": _("too long") if bad else _("in order")}
        for label, value, bad in found
    ]


def duration(seconds: float) -> str:
    """A length of time for people: seconds, minutes, hours or days."""
    if seconds < 120:
        return gettext("%(n)s s") % {"n": int(seconds)}
    if seconds < 7200:
        return gettext("%(n)s min") % {"n": int(seconds // 60)}
    if seconds < 172800:
        return gettext("%(n)s h") % {"n": int(seconds // 3600)}
    return gettext("%(n)s d") % {"n": int(seconds // 86400)}


class RetryView(ForOperators, View):
    """POST: try an entry or a job again."""

    http_method_names = ["post"]
    deeds: ClassVar[dict[str, Any]] = {"entry": problems.retry_entry, "job": problems.retry_job}

    def post(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        try:
            self.deeds[kind](request.access, pk=pk)  # type: ignore[attr-defined]  # set by AccessMiddleware
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(
                request,
                gettext("Done: it is tried again.") if kind == "job" else gettext("Done: the entry was handled."),
            )
        return redirect("journal_problems:index")


class DropForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stays in the journal, with your name."),
    )


class DropView(ForOperators, WagtailAdminTemplateMixin, FormView):
    """Give up an entry or a job, with a reason."""

    template_name = "journal/problems/drop.html"
    form_class = DropForm
    page_title = _("Give up")
    header_icon = "warning"
    deeds: ClassVar[dict[str, Any]] = {"entry": problems.drop_entry, "job": problems.drop_job}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        problems_page = {"url": reverse("journal_problems:index"), "label": _("Problems")}
        return [*self.breadcrumbs_items, problems_page, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "kind": self.kwargs["kind"],
            "action_url": self.request.path,
            "submit_button_label": _("Give up"),
        }

    def form_valid(self, form: DropForm) -> HttpResponse:
        try:
            access = self.request.access  # type: ignore[attr-defined]  # set by AccessMiddleware
            self.deeds[self.kwargs["kind"]](access, pk=self.kwargs["pk"], reason=form.cleaned_data["reason"])
        except DomainError as error:
            messages.error(self.request, str(error.message))
        else:
            messages.success(self.request, gettext("Given up; the reason is in the journal."))
        return redirect("journal_problems:index")
