"""What the editors' reports share: who may read them, one table with a limit, a way to each page's editor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import Promise
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page
from wagtail.permissions import page_permission_policy

#: Rows of a report; what is beyond is said as "more than".
MOST = 200


@dataclass(frozen=True)
class Cell:
    """One cell: words, where they lead, a second line, and whether it is a number."""

    text: Any
    url: str = ""
    note: Any = ""
    numeric: bool = False
    #: (good, bad): drawn as a bar of two parts.
    bar: tuple[int, int] | None = None


class EditorsReport(WagtailAdminTemplateMixin, TemplateView):
    """A report for whoever edits pages: `columns` and `rows()`."""

    template_name = "desk/editors_report.html"
    header_icon = "doc-full-inverse"
    columns: Sequence[str | Promise] = ()
    about: str | Promise = ""
    nothing: str | Promise = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_read(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def rows(self) -> list[list[Cell]]:
        """At most `MOST` + 1 rows."""
        raise NotImplementedError

    def pages(self) -> Any:
        """Pages that this person may edit, as a QuerySet without order."""
        return page_permission_policy.instances_user_has_permission_for(self.request.user, "change").order_by()

    def page_ids(self) -> Any:
        """Their ids, as a subquery."""
        return Page.objects.filter(pk__in=self.pages().values("pk")).values("pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = self.rows()
        context.update(
            columns=self.columns, rows=rows[:MOST], more=len(rows) > MOST, most=MOST, about=self.about,
            nothing=self.nothing)  # fmt: skip
        return context


class ReportItem(MenuItem):
    """In the reports menu of whoever edits pages."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_read(request)


def may_read(request: HttpRequest) -> bool:
    """Whether the person edits pages anywhere."""
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    return bool(request.user.is_superuser or access.anywhere("edit_content"))
