"""The problems page in the Wagtail admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, register_converter, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from journal import views, work_views


class Kind:
    """ "wpis" or "zadanie" in an address, "entry" or "job" in the code."""

    regex = "wpis|zadanie"

    def to_python(self, value: str) -> str:
        return {"wpis": "entry", "zadanie": "job"}[value]

    def to_url(self, value: str) -> str:
        return {"entry": "wpis", "job": "zadanie"}[value]


register_converter(Kind, "problem_kind")


@hooks.register("register_admin_urls")
def register_problem_urls() -> list[URLPattern | URLResolver]:
    urls = [
        path("", views.ProblemsView.as_view(), name="index"),
        path("<problem_kind:kind>/<int:pk>/ponow/", views.RetryView.as_view(), name="retry"),
        path("<problem_kind:kind>/<int:pk>/porzuc/", views.DropView.as_view(), name="drop"),
    ]
    return [path("problemy/", include((urls, "journal_problems"), namespace="journal_problems"))]


hooks.register("register_admin_urls", work_views.urls)
hooks.register("register_admin_menu_item", work_views.item)


class ProblemsItem(MenuItem):
    """Shown only to whoever may see the page."""

    def is_shown(self, request: HttpRequest) -> bool:
        return views.sees(request)


@hooks.register("register_admin_menu_item")
def register_problems_item() -> Any:
    return ProblemsItem(
        _("Problems"), reverse("journal_problems:index"), name="problems", icon_name="warning", order=9100
    )
