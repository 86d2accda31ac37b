"""The coordinator's screens of routes: the list, one route with its picture, and its editor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from journal.errors import DomainError
from people.access import Access
from workflow import process
from workflow.models import RouteTemplate, ServiceVersion
from workflow.routes import engine, picture
from workflow.routes.forms import RouteForm, StepFormSet, facts, rows_of
from workflow.services import catalogue
from workflow.services.catalogue import Step

#: Routes on one screen.
LISTED = 200


def _access(request: HttpRequest) -> Access:
    found: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    return found


def newest() -> QuerySet[RouteTemplate]:
    """The newest version of every route."""
    last = RouteTemplate.objects.filter(code=OuterRef("code")).order_by("-version").values("pk")[:1]
    return RouteTemplate.objects.filter(pk=Subquery(last))


class _Screen(WagtailAdminTemplateMixin, TemplateView):
    header_icon = "tasks"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _access(request).anywhere("manage_records"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        title = str(self.get_page_title())
        every = {"url": reverse("routes:list"), "label": RoutesView.page_title}
        above = [] if title == str(RoutesView.page_title) else [every]
        return [*self.breadcrumbs_items, *above, {"url": "", "label": title}]


class RoutesView(_Screen):
    """All routes, each with its steps and how many services send their cases along it."""

    template_name = "desk/routes.html"
    page_title = gettext_lazy("Routes of cases and letters")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        services = (
            ServiceVersion.objects.filter(route__code=OuterRef("code"), valid_until__isnull=True)
            .order_by()
            .values("route__code")
            .annotate(n=Count("service", distinct=True))
            .values("n")
        )
        found = newest().annotate(services=Subquery(services), number=Count("steps"))
        context["routes"] = found.select_related("made_by").order_by("name")[:LISTED]
        return context


class RouteView(_Screen):
    """One route: its picture, its steps in words, the form that makes its next version; `?wersja=` an older one."""

    template_name = "desk/route.html"

    @cached_property
    def route(self) -> RouteTemplate | None:
        code = self.kwargs.get("code")
        if code is None:
            return None
        versions = RouteTemplate.objects.filter(code=code).select_related("made_by").order_by("-version")
        asked = self.request.GET.get("wersja", "")
        if asked.isascii() and asked.isdecimal() and len(asked) < 6:
            versions = versions.filter(version=int(asked))
        route = versions.first()
        if route is None:
            raise Http404
        return route

    def get_page_title(self) -> str:
        return str(self.route) if self.route else _("New route")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        route = self.route
        steps = self.steps(kwargs.get("typed") or [])
        if not steps and route is not None:
            steps = engine.read(process.snapshot(route))
        versions = list(RouteTemplate.objects.filter(code=route.code).order_by("-version")[:30]) if route else []
        rows = rows_of(route) if route else [{"group": n, **row} for n, row in enumerate(_USUAL, 1)]
        context.setdefault("form", RouteForm(route=route))
        context.setdefault("rows", StepFormSet(initial=rows, prefix="kroki"))
        context.update(
            route=route, versions=versions, facts=facts(), old=bool(versions) and route != versions[0],
            picture=picture.of_route(steps, str(route or _("a new route"))) if steps else "",
            words=picture.rows(steps) if steps else [],
        )  # fmt: skip
        return context

    @staticmethod
    def steps(typed: list[Step]) -> tuple[engine.Step, ...]:
        """What was typed, for the picture."""
        return tuple(
            engine.Step(
                order=number, group=step.group or number, verb=step.verb, role=step.role, where=step.where,
                unit_id=step.unit.pk if step.unit else None, quorum=step.quorum, term=step.term,
                conditions=step.conditions, skip=step.skip, escalate_days=step.escalate_days,
                escalate_to=step.escalate_to,
            )  # fmt: skip
            for number, step in enumerate(typed, 1)
        )

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """Make the next version, or with “show” only draw what was typed."""
        form, rows = RouteForm(request.POST, route=self.route), StepFormSet(request.POST, prefix="kroki")
        if not form.is_valid() or not rows.is_valid():
            return self._again(form, rows, [])
        kept = [row for row in rows if row.has_changed() and not row.cleaned_data.get("DELETE")]
        typed = sorted((row.step() for row in kept), key=lambda step: step.group or 0)
        if "show" in request.POST:
            return self._again(form, rows, typed, status=200)
        data = form.cleaned_data
        code = self.route.code if self.route else data["code"]
        if self.route is None and RouteTemplate.objects.filter(code=code).exists():
            form.add_error("code", _("There is already a route with this code."))
            return self._again(form, rows, typed)
        try:
            made = catalogue.add_route(
                _access(request), code=code, name=data["name"], steps=typed, after=data["version"]
            )
        except DomainError as error:
            form.add_error(None, str(error.message))
            return self._again(form, rows, typed)
        said = _("Version %(version)s of the route is kept. New cases take it; running ones keep theirs.")
        messages.success(request, said % {"version": made.version})
        return redirect("routes:route", made.code)

    def _again(self, form: RouteForm, rows: Any, typed: list[Step], status: int = 422) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, rows=rows, typed=typed), status=status)


#: What a new route is begun with.
_USUAL: tuple[dict[str, Any], ...] = (
    {"verb": "assign", "role": "head", "where": "case", "quorum": "all"},
    {"verb": "handle", "role": "clerk", "where": "case", "quorum": "all"},
    {"verb": "approve", "role": "head", "where": "case", "quorum": "all"},
    {"verb": "sign", "role": "head", "where": "case", "quorum": "all"},
    {"verb": "dispatch", "role": "registry", "where": "body", "quorum": "all"},
)

urls = (
    [
        path("", RoutesView.as_view(), name="list"),
        path("nowa/", RouteView.as_view(), name="add"),
        path("<slug:code>/", RouteView.as_view(), name="route"),
    ],
    "routes",
)


class RoutesItem(MenuItem):
    """Shown to who manages records."""

    def is_shown(self, request: HttpRequest) -> bool:
        return _access(request).anywhere("manage_records")


def connect() -> None:
    """Register with Wagtail; called once by the app's hooks."""

    def addresses() -> list[URLPattern | URLResolver]:
        return [path("drogi/", include(urls))]

    def item() -> MenuItem:
        return RoutesItem(_("Routes"), reverse("routes:list"), icon_name="tasks", order=60)

    hooks.register("register_admin_urls", addresses)
    hooks.register("register_admin_menu_item", item)
