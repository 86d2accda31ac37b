"""The editors' side of the admin: urgent messages, what waits on the home page, checks, the guide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column
from wagtail.admin.userbar import ContentCheckerItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminDateTimeInput, AdminPageChooser
from wagtail.models import TaskState
from wagtail.permissions import page_permission_policy

from cms_pages import alerts
from cms_pages.models import Alert, ServicePage
from cms_pages.moderation import FourEyesTask
from people.access import Access
from people.deed_viewset import DeedAction, DeedViewSet, day_column
from people.forms import AccessForm, UnitChoice
from people.models import Unit

#: Rows of each list on the admin's home page.
SHOWN = 6


class AlertForm(AccessForm):
    """An urgent message."""

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ("level", "title", "text", "link", "starts_at", "ends_at", "page", "dismissible")
        widgets = {"starts_at": AdminDateTimeInput, "ends_at": AdminDateTimeInput, "page": AdminPageChooser}
        help_texts = {
            "starts_at": _("Empty: at once."),
            "ends_at": _("Empty: until somebody withdraws it."),
            "page": _("Empty: on every page; for a unit other than the head office: on the unit's page."),
        }

    def narrow(self) -> None:
        self.fields["starts_at"].required = False


class NewAlertForm(AlertForm):
    """An urgent message and the unit that speaks."""

    unit = UnitChoice(label=_("Unit"), queryset=Unit.objects.none())
    field_order = ("unit", *AlertForm.Meta.fields)

    class Meta(AlertForm.Meta):
        fields = AlertForm.Meta.fields

    def narrow(self) -> None:
        super().narrow()
        units = Unit.objects.active().with_permission(self.access, "edit_content")
        self.fields["unit"].queryset = units
        self.fields["unit"].initial = units.first()


class AlertViewSet(DeedViewSet):
    """Urgent messages of the units whose pages a person edits; those withdrawn stay as a record."""

    model = Alert
    name, url_prefix, icon = "alerts", "komunikaty", "warning"
    menu_label, menu_order, add_label = _("Urgent messages"), 130, _("Post a message")
    ordering = ("-starts_at", "-pk")
    list_display = [
        "title",
        "level",
        Column("unit.symbol", label=_("Unit")),
        Column("where", label=_("Where"), accessor=lambda alert: alert.page.title if alert.page else _("every page")),
        day_column("starts_at", pgettext_lazy("day", "From")),
        day_column("ends_at", _("Until")),
    ]
    search_fields = ["title", "text"]
    deed_actions = (
        DeedAction(
            "wycofaj",
            _("Withdraw"),
            _("The message disappears from the portal now."),
            lambda access, alert: alerts.withdraw(access, alert=alert),
            icon="no-view",
        ),
    )

    def get_form_class(self, for_update: bool = False) -> type[AlertForm]:
        return AlertForm if for_update else NewAlertForm

    def visible(self, access: Access) -> QuerySet[Alert]:
        rows = Alert.objects.select_related("unit", "page")
        return rows if access.is_system else rows.filter(unit_id__in=access.units.get("edit_content", frozenset()))

    def create(self, access: Access, data: Mapping[str, Any]) -> Alert:
        return alerts.post(access, **data)

    def change(self, access: Access, thing: Alert, data: Mapping[str, Any]) -> Alert:
        return alerts.change(access, alert=thing, **data)


def neglected_of(user: Any) -> QuerySet[ServicePage]:
    """Neglected service cards among the pages this person may change, the longest overdue first."""
    pages = page_permission_policy.instances_user_has_permission_for(user, "change").order_by()
    return (
        ServicePage.objects.neglected()
        .filter(pk__in=pages.values("pk"))
        .select_related("responsible")
        .order_by("review_on", "pk")
    )


def waiting_for(user: Any) -> list[TaskState]:
    """Pages that wait for this person's eyes, the oldest first."""
    found: list[TaskState] = []
    for task in FourEyesTask.objects.filter(active=True):
        found += task.get_task_states_user_can_moderate(user).select_related("revision")[:SHOWN]
    return sorted(found, key=lambda state: state.started_at)[:SHOWN]


class EditorPanel(Component):
    """What waits for an editor on the admin's home page."""

    order = 20

    def render_html(self, parent_context: dict[str, Any]) -> SafeString:
        request = parent_context["request"]
        context = {
            "waiting": [(state, state.revision.as_object()) for state in waiting_for(request.user) if state.revision],
            "neglected": [(page, page.neglect()) for page in neglected_of(request.user)[:SHOWN]],
            "alerts": Alert.objects.now()[:3],
        }
        return SafeString(render_to_string("editors/home_panel.html", context, request=request))


class _EditorsOnly(WagtailAdminTemplateMixin, TemplateView):
    """A screen for whoever edits pages of any unit."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_superuser and not request.access.anywhere("edit_content"):  # type: ignore[attr-defined]
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


class GuideView(_EditorsOnly):
    """How to write for the portal, inside the admin."""

    template_name = "editors/guide.html"
    page_title = _("Guide for editors")
    header_icon = "help"


class NeglectedView(_EditorsOnly):
    """Service cards whose review is due or whose owner is missing, among the pages the person may change."""

    template_name = "editors/neglected.html"
    page_title = _("Cards to review")
    header_icon = "history"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = neglected_of(self.request.user)[:200]
        context["rows"] = [(page, page.neglect()) for page in rows]
        return context


def findings(request: HttpRequest, pk: int) -> HttpResponse:
    """What is hard to read in the newest draft of a page, as a fragment for the checks panel."""
    page = get_object_or_404(page_permission_policy.instances_user_has_permission_for(request.user, "change"), pk=pk)
    return render(request, "editors/findings_fragment.html", {"page": page.get_latest_revision_as_object()})


class Checker(ContentCheckerItem):
    """Wagtail's checks with ours: every picture has a text, links are told apart, one main heading."""

    axe_run_only = [
        *ContentCheckerItem.axe_run_only,
        "image-alt",
        "link-in-text-block",
        "page-has-heading-one",
        "identical-links-same-purpose",
        "color-contrast",
        "table-duplicate-name",
    ]
    axe_messages = {
        **ContentCheckerItem.axe_messages,
        "image-alt": {
            "error_name": _("Picture without words"),
            "help_text": _("Describe the picture in its record, unless it only decorates."),
        },
        "link-in-text-block": {
            "error_name": _("Link not told apart from the text"),
            "help_text": _("Links must differ from the text by more than their colour"),
        },
        "page-has-heading-one": {
            "error_name": _("No main heading"),
            "help_text": _("Every page has exactly one heading of the first level"),
        },
        "identical-links-same-purpose": {
            "error_name": _("Same words, different links"),
            "help_text": _("Links with the same text must lead to the same place"),
        },
        "color-contrast": {
            "error_name": _("Text hard to see"),
            "help_text": _("The text differs too little from its ground"),
        },
        "table-duplicate-name": {
            "error_name": _("Table described twice"),
            "help_text": _("The caption and the summary of a table say the same"),
        },
    }
