"""The desk in the Wagtail admin: addresses, menu, home panel."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from workflow import desk, message_view, paper, views
from workflow.figures import views as figures
from workflow.inbox import bulk, handover
from workflow.inbox import views as inbox
from workflow.notices import views as notices
from workflow.routes import views as routes
from workflow.visits import hooks as visits
from workflow.webhooks import views as webhooks

desk_urls = (
    [
        path("", inbox.InboxView.as_view(), name="inbox"),
        path("widoki/", inbox.SaveFilterView.as_view(), name="filter_save"),
        path("widoki/<int:pk>/usun/", inbox.DeleteFilterView.as_view(), name="filter_delete"),
        path("przekaz/<int:unit_id>/<int:user_id>/", handover.HandOverView.as_view(), name="hand_over"),
        path("naraz/<slug:what>/", bulk.BulkView.as_view(), name="bulk"),
        path("sprawa/<int:case_id>/", views.CaseView.as_view(), name="case"),
        path("sprawa/<int:case_id>/kto/", views.PresenceView.as_view(), name="presence"),
        path("sprawa/<int:case_id>/wiadomosc/", message_view.MessageView.as_view(), name="message"),
        path("sprawa/<int:case_id>/<slug:verb>/", views.DeedView.as_view(), name="deed"),
        path("nowe-pismo/", paper.PaperView.as_view(), name="paper"),
    ],
    "desk",
)


@hooks.register("register_admin_urls")
def register_desk_urls() -> list[URLPattern | URLResolver]:
    return [path("biurko/", include(desk_urls))]


class DeskMenuItem(MenuItem):
    """Shown to whoever holds a position."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.access.roles)  # type: ignore[attr-defined]  # set by people.middleware


class PaperMenuItem(MenuItem):
    """Shown to whoever registers letters."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.access.anywhere("register_letters")  # type: ignore[attr-defined]


@hooks.register("register_admin_menu_item")
def desk_menu_item() -> MenuItem:
    return DeskMenuItem(_("Desk"), reverse("desk:inbox"), icon_name="tasks", order=10)


@hooks.register("register_admin_menu_item")
def paper_menu_item() -> MenuItem:
    return PaperMenuItem(_("Register a letter"), reverse("desk:paper"), icon_name="mail", order=20)


class DeskPanel(Component):
    """Counters of the desk on the home page."""

    order = 10

    def render_html(self, parent_context: dict[str, Any]) -> SafeString:
        request = parent_context["request"]
        counts = desk.counters(request.access)
        shown = [(tab.code, tab.label, counts[tab.code]) for tab in desk.tabs(request.access)]
        return SafeString(render_to_string("desk/home_panel.html", {"tabs": shown}, request=request))


@hooks.register("construct_homepage_panels")
def desk_panel(request: HttpRequest, panels: list[Component]) -> None:
    if request.access.roles:  # type: ignore[attr-defined]  # set by people.middleware
        panels.insert(0, DeskPanel())


figures.connect()
notices.connect()
routes.connect()
visits.connect()
webhooks.connect()
