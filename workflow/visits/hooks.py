"""Addresses and menu of the visits in the Wagtail admin."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from workflow.visits import views

urls = (
    [
        path("", views.CounterView.as_view(), name="today"),
        path("<int:pk>/<slug:what>/", views.MarkView.as_view(), name="mark"),
        path("okienka/", views.DesksView.as_view(), name="desks"),
        path("okienka/nowe/", views.DeskView.as_view(), name="add"),
        path("okienka/<int:pk>/", views.DeskView.as_view(), name="edit"),
    ],
    "visit_desk",
)


class CounterItem(MenuItem):
    """Shown to whoever works at a counter."""

    def is_shown(self, request: HttpRequest) -> bool:
        return views.at_counter(request.access)  # type: ignore[attr-defined]  # set by people.middleware


def connect() -> None:
    """Register with Wagtail; called once by the app's hooks."""

    def addresses() -> list[URLPattern | URLResolver]:
        return [path("wizyty/", include(urls))]

    def item() -> MenuItem:
        return CounterItem(_("Visits today"), reverse("visit_desk:today"), icon_name="calendar-check", order=25)

    hooks.register("register_admin_urls", addresses)
    hooks.register("register_admin_menu_item", item)
