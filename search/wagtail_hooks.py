"""The clerk's search in the Wagtail admin."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from cms_pages.editors_report import ReportItem
from search import reports, views

staff_urls = (
    [
        path("", views.StaffSearchView.as_view(), name="staff"),
        path("bez-wyniku/", reports.MissedTermsReport.as_view(), name="missed"),
        path("podpowiedzi/", views.StaffSuggestView.as_view(), name="suggest"),
    ],
    "staff_search",
)


@hooks.register("register_admin_urls")
def register_search_urls() -> list[URLPattern | URLResolver]:
    return [path("szukaj/", include(staff_urls))]


class FindMenuItem(MenuItem):
    """Shown to whoever holds a position."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.access.roles)  # type: ignore[attr-defined]  # set by people.middleware


@hooks.register("register_admin_menu_item")
def find_menu_item() -> MenuItem:
    return FindMenuItem(_("Find"), reverse("staff_search:staff"), icon_name="search", order=15)


@hooks.register("register_reports_menu_item")
def missed_terms_item() -> MenuItem:
    title = reports.MissedTermsReport.page_title
    return ReportItem(title, reverse("staff_search:missed"), name="missed", icon_name="search", order=115)
