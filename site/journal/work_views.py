"""The page of long works in the Wagtail admin: what runs, how far it is, what ended, and what can be begun."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import connection
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from journal import spreadsheet, works
from journal.clock import db_now
from journal.errors import DomainError
from journal.models import Work
from journal.views import ForOperators, duration, sees

#: Ended works shown.
SHOWN = 30


@dataclass(frozen=True)
class Row:
    """One work as the page shows it."""

    work: Work
    label: str
    percent: int
    rest: str
    troubles: int


def _row(work: Work, now: Any) -> Row:
    rest = works.rest_of(work, now)
    percent = min(100, 100 * work.done // work.total) if work.total else 0
    return Row(work, works.label_of(work.kind), percent, duration(rest) if rest is not None else "",
               work.n_troubles)  # type: ignore[attr-defined]  # annotated below  # fmt: skip


def rows() -> tuple[list[Row], list[Row]]:
    """Works under way, and the newest of those that ended. Three queries."""
    now = db_now()
    known = Work.objects.select_related("asked_by").annotate(n_troubles=Count("troubles")).order_by("-asked_at")
    running = [_row(work, now) for work in known.filter(ended_at=None)[:SHOWN]]
    return running, [_row(work, now) for work in known.filter(ended_at__isnull=False)[:SHOWN]]


def queues() -> list[dict[str, Any]]:
    """Jobs that wait or run now, by kind: one grouped query over the index of what is not done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, queue_name, count(*) FILTER (WHERE status = 'todo'), "
            "count(*) FILTER (WHERE status = 'doing') FROM procrastinate_jobs WHERE status IN ('todo', 'doing') "
            "GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 50"
        )
        names = ("task", "queue", "waiting", "running")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class WorksView(ForOperators, WagtailAdminTemplateMixin, TemplateView):
    """GET: the page, or with `?czesc=1` its moving part alone. POST: begin a work."""

    template_name = "journal/works/index.html"
    page_title = gettext_lazy("Long works")
    header_icon = "history"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_template_names(self) -> list[str]:
        return ["journal/works/moving.html"] if "czesc" in self.request.GET else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        running, ended = rows()
        context.update(running=running, ended=ended)
        if "czesc" not in self.request.GET:
            context.update(kinds=works.kinds(), queues=queues())
        return context

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            works.begin(request.access, kind=request.POST.get("kind", ""))  # type: ignore[attr-defined]
        except DomainError as error:
            messages.error(request, str(error.message))
        return redirect("works:list")


class CancelView(ForOperators, TemplateView):
    """POST: ask a work to stop."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            works.cancel(request.access, pk=pk)  # type: ignore[attr-defined]  # set by AccessMiddleware
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("It stops at its next step."))
        return redirect("works:list")


class TroublesView(ForOperators, TemplateView):
    """The rows of one work that went wrong, as CSV."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        work = Work.objects.filter(pk=kwargs["pk"]).first()
        if work is None:
            raise Http404
        troubles = work.troubles.values_list("what", "why").iterator()
        return spreadsheet.answer(f"praca-{work.pk}", itertools.chain([(_("What"), _("Why"))], troubles))


def urls() -> list[URLPattern | URLResolver]:
    found = [
        path("", WorksView.as_view(), name="list"),
        path("<int:pk>/przerwij/", CancelView.as_view(), name="cancel"),
        path("<int:pk>/bledy/", TroublesView.as_view(), name="troubles"),
    ]
    return [path("prace/", include((found, "works"), namespace="works"))]


class WorksItem(MenuItem):
    """Shown only to whoever may see the page."""

    def is_shown(self, request: HttpRequest) -> bool:
        return sees(request)


def item() -> MenuItem:
    return WorksItem(_("Long works"), reverse("works:list"), name="works", icon_name="history", order=9090)
