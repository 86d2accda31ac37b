"""The notices of a person in the Wagtail admin: the list, the way to a case, and the choice of mails."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from journal.errors import NotFound
from workflow.notices import deeds, mails
from workflow.notices.models import Kind, StaffNotice, StaffNoticeChoice, When
from workflow.views import DeskView, access_for_desk

#: Notices on one page, and where the counter of the menu stops.
SHOWN, COUNTED = 50, 100


def unread(user_id: int | None) -> int:
    """How many notices a person has not read; stops at COUNTED."""
    return len(StaffNotice.objects.filter(user_id=user_id or 0, read_at__isnull=True).values_list("pk")[:COUNTED])


class NoticesView(DeskView):
    """One's notices, the newest first; a POST marks all as read."""

    template_name = "desk/notices.html"
    page_title = gettext_lazy("Notices")
    header_icon = "info-circle"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        own = StaffNotice.objects.filter(user_id=self.access.user_id or 0)
        mine = own.select_related("case", "entry").order_by("-id")
        behind = self.request.GET.get("od", "")
        if behind.isascii() and behind.isdecimal() and len(behind) < 18:
            mine = mine.filter(pk__lt=int(behind))
        rows = list(mine[: SHOWN + 1])
        context["seen"] = mails.seen_of(self.access, rows[:SHOWN])
        context.update(notices=rows[:SHOWN], after=rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
                       unread=unread(self.access.user_id))  # fmt: skip
        return context

    def post(self, request: HttpRequest) -> HttpResponse:
        count = deeds.read_all(self.access, user=request.user)  # type: ignore[arg-type]  # signed in: DeskView
        said = ngettext("%(n)d notice was marked as read.", "%(n)d notices were marked as read.", count)
        messages.success(request, said % {"n": count})
        return redirect("staff_notices:list")


class OpenView(DeskView):
    """The way from a notice to its case; it is read then."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            notice = deeds.opened(access_for_desk(request), notice_id=kwargs["pk"])
        except NotFound as error:
            raise Http404 from error
        if notice.kind == Kind.SUBSTITUTE:
            return redirect(f"{reverse('desk:inbox')}?tab=zastepstwa")
        return redirect("desk:case", notice.case_id) if notice.case_id else redirect("staff_notices:list")


class ChoiceForm(forms.Form):
    """One choice for each kind."""

    def __init__(self, *args: Any, user_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = dict(StaffNoticeChoice.objects.filter(user_id=user_id or 0).values_list("kind", "when"))
        for kind in Kind:
            self.fields[kind.value] = forms.ChoiceField(
                label=str(kind.label).capitalize(), choices=When.choices, widget=forms.RadioSelect,
                initial=known.get(kind.value, When.DAILY),
            )  # fmt: skip


class ChoicesView(DeskView):
    """What comes by mail, and when."""

    template_name = "desk/notice_choices.html"
    page_title = gettext_lazy("Notices by mail")
    header_icon = "mail"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": ChoiceForm(user_id=self.access.user_id), **kwargs})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ChoiceForm(request.POST, user_id=self.access.user_id)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        deeds.choose(self.access, user=request.user, choices=form.cleaned_data)  # type: ignore[arg-type]  # signed in
        messages.success(request, _("Your choice is kept."))
        return redirect("staff_notices:list")


urls = (
    [
        path("", NoticesView.as_view(), name="list"),
        path("poczta/", ChoicesView.as_view(), name="choices"),
        path("<int:pk>/", OpenView.as_view(), name="open"),
    ],
    "staff_notices",
)


class NoticesItem(MenuItem):
    """Shown to whoever holds a position, with the number of what is not read."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.access.roles)  # type: ignore[attr-defined]  # set by people.middleware

    def render_component(self, request: HttpRequest) -> Any:
        component = super().render_component(request)
        count = unread(request.access.user_id)  # type: ignore[attr-defined]  # set by people.middleware
        if count:
            component.label = f"{component.label} ({'99+' if count >= COUNTED else count})"
        return component


def connect() -> None:
    """Register with Wagtail; called once by the app's hooks."""

    def addresses() -> list[URLPattern | URLResolver]:
        return [path("powiadomienia/", include(urls))]

    def item() -> MenuItem:
        address = reverse("staff_notices:list")
        return NoticesItem(_("Notices"), address, name="staff-notices", icon_name="info-circle", order=15)

    hooks.register("register_admin_urls", addresses)
    hooks.register("register_admin_menu_item", item)
