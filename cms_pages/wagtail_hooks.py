"""What the portal adds to the Wagtail admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.userbar import ContentCheckerItem

from cms_pages import editors, event_views, funnel, moderation_views, staff_calendar
from cms_pages.models.intranet import StaffOnly


@hooks.register("register_admin_urls")
def register_editor_urls() -> list[URLPattern | URLResolver]:
    return [
        path("wydarzenia/", event_views.EventsView.as_view(), name="portal_events"),
        path("wydarzenia/<int:pk>/lista/", event_views.DoorListView.as_view(), name="portal_event_door"),
        path("tablica/usluga/", funnel.FunnelView.as_view(), name="service_funnel"),
        path("kalendarz/", staff_calendar.StaffCalendarView.as_view(), name="staff_calendar"),
        path("poradnik/", editors.GuideView.as_view(), name="portal_guide"),
        path("karty-do-przegladu/", editors.NeglectedView.as_view(), name="portal_neglected"),
        path("sprawdzenia/<int:pk>/", editors.findings, name="portal_findings"),
    ]


@hooks.register("register_admin_viewset")
def register_alerts() -> editors.AlertViewSet:
    return editors.AlertViewSet()


@hooks.register("register_admin_viewset")
def register_pages() -> moderation_views.ReadingPageViewSet:
    return moderation_views.ReadingPageViewSet()


class EditorItem(MenuItem):
    """Shown to whoever edits pages of any unit."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.is_superuser or request.access.anywhere("edit_content")  # type: ignore[attr-defined]


class StaffItem(MenuItem):
    """Shown to everybody with a role."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.access.roles)  # type: ignore[attr-defined]  # set by people.middleware


@hooks.register("register_admin_menu_item")
def alerts_item() -> MenuItem:
    return EditorItem(
        _("Urgent messages"), reverse("alerts:index"), name="alerts", icon_name="warning", order=130
    )  # fmt: skip


@hooks.register("register_admin_menu_item")
def events_item() -> MenuItem:
    return StaffItem(_("Events"), reverse("portal_events"), name="events", icon_name="date", order=140)


@hooks.register("register_help_menu_item")
def guide_item() -> MenuItem:
    return EditorItem(_("Guide for editors"), reverse("portal_guide"), name="guide", icon_name="help", order=1)


@hooks.register("register_reports_menu_item")
def neglected_item() -> MenuItem:
    return EditorItem(
        _("Cards to review"), reverse("portal_neglected"), name="neglected", icon_name="history", order=50
    )


@hooks.register("construct_homepage_panels")
def editor_panel(request: HttpRequest, panels: list[Component]) -> None:
    if request.access.anywhere("edit_content"):  # type: ignore[attr-defined]  # set by people.middleware
        panels.append(editors.EditorPanel())


@hooks.register("construct_wagtail_userbar")
def our_checks(request: HttpRequest, items: list[Any], page: Any) -> None:
    """Our checker in the place of Wagtail's."""
    for number, item in enumerate(items):
        if isinstance(item, ContentCheckerItem) and not isinstance(item, editors.Checker):
            items[number] = editors.Checker(in_editor=item.in_editor)


@hooks.register("insert_editor_js")
def editor_scripts() -> SafeString:
    """Our checks, and presses and questions that wait for the editor's own saving."""
    names = [(static(f"theme/dist/{name}.js"),) for name in ("checks", "editor")]
    return format_html_join("", '<script type="module" src="{}"></script>', names)


@hooks.register("before_serve_page", order=-100)
def staff_only(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> None:
    """To whoever may not read it, a page of the intranet does not exist: asked before Wagtail would send to a login."""
    if isinstance(page, StaffOnly):
        page.require(request.access)  # type: ignore[attr-defined]  # set by people.middleware
