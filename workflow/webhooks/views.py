"""The screens of webhooks, for who manages a unit: the list, and one with its form, its secret and its calls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
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
from people.models import Unit
from workflow.webhooks import deeds, sending, signing
from workflow.webhooks.messages import actions
from workflow.webhooks.models import Webhook

#: Calls shown of one webhook, and webhooks on one screen.
CALLS, LISTED = 50, 200


class WebhookForm(forms.Form):
    """What a webhook is."""

    unit = forms.ModelChoiceField(label=gettext_lazy("Unit"), queryset=Unit.objects.none())
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80,
                           help_text=gettext_lazy("E.g. the system that is told."))  # fmt: skip
    address = forms.URLField(label=gettext_lazy("Address"), max_length=500, assume_scheme="https",
                             help_text=gettext_lazy("Called by POST; begins with https."))  # fmt: skip
    below = forms.BooleanField(label=gettext_lazy("Also of the units below"), required=False)
    chosen = forms.MultipleChoiceField(label=gettext_lazy("Deeds"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, access: Access, webhook: Webhook | None, **kwargs: Any) -> None:
        if webhook is not None:
            kwargs.setdefault("initial", {
                "name": webhook.name, "address": webhook.address, "below": webhook.below, "chosen": webhook.actions,
            })  # fmt: skip
        super().__init__(*args, **kwargs)
        unit, chosen = self.fields["unit"], self.fields["chosen"]
        assert isinstance(unit, forms.ModelChoiceField) and isinstance(chosen, forms.MultipleChoiceField)
        chosen.choices = actions()
        if webhook is not None:
            del self.fields["unit"]
            return
        managed = access.units.get("manage_unit", frozenset())
        unit.queryset = Unit.objects.active().filter(pk__in=managed).order_by("path")


class _Screen(WagtailAdminTemplateMixin, TemplateView):
    header_icon = "link-external"

    @property
    def access(self) -> Access:
        found: Access = self.request.access  # type: ignore[attr-defined]  # set by people.middleware
        return found

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.access.anywhere("manage_unit"):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        every = {"url": reverse("webhooks:list"), "label": WebhooksView.page_title}
        above = [] if isinstance(self, WebhooksView) else [every]
        return [*self.breadcrumbs_items, *above, {"url": "", "label": str(self.get_page_title())}]


class WebhooksView(_Screen):
    """All webhooks of the units this person manages."""

    template_name = "desk/webhooks.html"
    page_title = gettext_lazy("Webhooks")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["webhooks"] = Webhook.objects.managed_by(self.access).select_related("unit")[:LISTED]
        return context


class WebhookView(_Screen):
    """One webhook, or a new one: its form; of one that is there, its secret right after it was made, and its calls."""

    template_name = "desk/webhook.html"

    @cached_property
    def webhook(self) -> Webhook | None:
        pk = self.kwargs.get("pk")
        if pk is None:
            return None
        found = Webhook.objects.managed_by(self.access).select_related("unit", "made_by").filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return str(self.webhook) if self.webhook else _("New webhook")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        webhook = self.webhook
        context.setdefault("form", WebhookForm(access=self.access, webhook=webhook))
        context["webhook"] = webhook
        if webhook is not None:
            context["calls"] = webhook.calls.order_by("-id")[:CALLS]
            shown = self.request.session.pop("webhook_secret", None)
            context["secret"] = signing.secret_of(webhook) if shown == webhook.pk else ""
        return context

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """Keep it, or do what the button says."""
        webhook = self.webhook
        try:
            if webhook is not None and (done := self._button(request, webhook)) is not None:
                return done
            form = WebhookForm(request.POST, access=self.access, webhook=webhook)
            if form.is_valid():
                return self._keep(webhook, form.cleaned_data)
        except DomainError as error:
            messages.error(request, str(error.message))
            if "keep" not in request.POST and webhook is not None:
                return redirect("webhooks:one", webhook.pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _button(self, request: HttpRequest, webhook: Webhook) -> HttpResponse | None:
        match request.POST.get("do"):
            case "try":
                sending.try_out(self.access, pk=webhook.pk)
                messages.success(request, _("A message is on its way; see below what came of it."))
            case "renew":
                deeds.renew_secret(self.access, pk=webhook.pk)
                request.session["webhook_secret"] = webhook.pk
            case "off":
                deeds.turn_off(self.access, webhook=webhook)
                messages.success(request, _("The address is called no more."))
            case "delete":
                deeds.delete(self.access, pk=webhook.pk)
                messages.success(request, _("The webhook was deleted."))
                return redirect("webhooks:list")
            case "again":
                given = request.POST.get("call", "")
                call_id = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
                sending.send_again(self.access, pk=webhook.pk, call_id=call_id)
                messages.success(request, _("The message is sent again."))
            case _:
                return None
        return redirect("webhooks:one", webhook.pk)

    def _keep(self, webhook: Webhook | None, data: dict[str, Any]) -> HttpResponse:
        given = {"name": data["name"], "address": data["address"], "chosen": data["chosen"], "below": data["below"]}
        if webhook is None:
            webhook = deeds.make(self.access, unit=data["unit"], **given)
            self.request.session["webhook_secret"] = webhook.pk
            messages.success(self.request, _("The webhook is kept. Copy its secret now."))
        else:
            deeds.change(self.access, pk=webhook.pk, **given)
            messages.success(self.request, _("The webhook is kept."))
        return redirect("webhooks:one", webhook.pk)


urls = (
    [
        path("", WebhooksView.as_view(), name="list"),
        path("nowy/", WebhookView.as_view(), name="add"),
        path("<int:pk>/", WebhookView.as_view(), name="one"),
    ],
    "webhooks",
)


class WebhooksItem(MenuItem):
    """Shown to who manages a unit."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.access.anywhere("manage_unit")  # type: ignore[attr-defined]  # set by people.middleware


def connect() -> None:
    """Register with Wagtail; called once by the app's hooks."""

    def addresses() -> list[URLPattern | URLResolver]:
        return [path("webhooki/", include(urls))]

    def item() -> MenuItem:
        return WebhooksItem(_("Webhooks"), reverse("webhooks:list"), icon_name="link-external", order=950)

    hooks.register("register_admin_urls", addresses)
    hooks.register("register_settings_menu_item", item)
