"""Registering for an event, one's own registration, and the list for the door."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms_pages import events
from cms_pages.models.events import EventPage, EventRegistration
from journal.errors import NotFound, Refused
from people.access import Access
from people.keyset import page_of
from people.limits import Limit, address_of

#: Registrations from one address of the network: a family, a class at school, but no flood.
TRIES = Limit("event-registration", 30, 3600)


class RegistrationForm(forms.Form):
    """What a participant tells."""

    name = forms.CharField(label=gettext_lazy("First and last name"), max_length=120,
                           widget=forms.TextInput(attrs={"autocomplete": "name"}))  # fmt: skip
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), max_length=254,
        help_text=gettext_lazy("We send the confirmation and a reminder to it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False,
                            widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}))  # fmt: skip
    needs = forms.CharField(
        label=gettext_lazy("What do you need to take part?"), max_length=300, required=False,
        help_text=gettext_lazy("For example a sign language interpreter or a place for a wheelchair."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class RegisterView(View):
    """`/wydarzenia/zapis/<event>/`: the form, and after it one's own registration."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = request.user
        initial = {"name": user.get_full_name(), "email": user.email} if user.is_authenticated else {}
        return self._show(request, self._event(pk), RegistrationForm(initial=initial))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        event, form = self._event(pk), RegistrationForm(request.POST)
        if form.is_valid():
            if not TRIES.take(address_of(request)):
                form.add_error(None, _("Too many registrations from here. Try again in an hour."))
                return self._show(request, event, form, 429)
            try:
                access: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
                made, _new = events.register(access, event=event, language=translation.get_language() or "pl",
                                             **form.cleaned_data)  # fmt: skip
                return redirect("cms_pages:event_mine", events.token(made))
            except Refused as error:
                form.add_error(None, str(error.message))
        return self._show(request, event, form, 422)

    @staticmethod
    def _event(pk: int) -> EventPage:
        return get_object_or_404(EventPage.objects.live().public().filter(takes_registrations=True), pk=pk)

    @staticmethod
    def _show(request: HttpRequest, event: EventPage, form: RegistrationForm, status: int = 200) -> HttpResponse:
        context = {"event": event, "form": form, "is_open": event.registration_open()}
        if event.places is not None:
            context["full"] = len(EventRegistration.objects.placed(event)[: event.places]) >= event.places
        return render(request, "portal/event_register.html", context, status=status)


class MineView(View):
    """`/wydarzenia/moj-zapis/<token>/`: how one's registration stands; a press of the button cancels it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._show(request, self._found(token), token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        registration = self._found(token)
        try:
            events.cancel(request.access, registration=registration)  # type: ignore[attr-defined]  # set by middleware
        except Refused as error:
            return self._show(request, registration, token, error=str(error.message), status=422)
        return redirect("cms_pages:event_mine", token)

    @staticmethod
    def _found(token: str) -> EventRegistration:
        try:
            return events.of_token(token)
        except NotFound as error:
            raise Http404(str(error.message)) from error

    @staticmethod
    def _show(
        request: HttpRequest, registration: EventRegistration, token: str, *, error: str = "", status: int = 200
    ) -> HttpResponse:
        context: dict[str, Any] = {"registration": registration, "event": registration.event, "token": token,
                                   "error": error}  # fmt: skip
        if registration.placed_at is None and registration.cancelled_at is None:
            line = EventRegistration.objects.waiting(registration.event).values_list("pk", flat=True)[:500]
            context["number"] = next((n for n, pk in enumerate(line, 1) if pk == registration.pk), None)
        answer = render(request, "portal/event_mine.html", context, status=status)
        # Not "no-referrer": a browser would then post with a null origin, which the CSRF check refuses.
        answer["Cache-Control"], answer["Referrer-Policy"] = "private, no-store", "same-origin"
        return answer


class EventsView(WagtailAdminTemplateMixin, TemplateView):
    """Events of the person's units, with how many are coming to each."""

    template_name = "desk/events.html"
    page_title = gettext_lazy("Events")
    header_icon = "date"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = EventPage.objects.live().for_staff_of(self.request.access).filter(takes_registrations=True)  # type: ignore[attr-defined]
        page = page_of(rows.select_related("unit"), ordering=["-starts_at"], size=20, count=False,
                       after=self.request.GET.get("after", ""), before=self.request.GET.get("before", ""))  # fmt: skip
        standing = EventRegistration.objects.filter(event__in=page.object_list, cancelled_at__isnull=True)
        counts: dict[int, list[int]] = {}
        for event_id, placed in standing.values_list("event_id", "placed_at"):
            counts.setdefault(event_id, [0, 0])[placed is None] += 1
        context.update(page=page, rows=[(event, *counts.get(event.pk, [0, 0])) for event in page.object_list])
        return context


class DoorListView(View):
    """The list for the door of one event, to print; for the staff of its unit."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        access: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
        event = get_object_or_404(EventPage.objects.live().for_staff_of(access).select_related("unit"), pk=pk)
        placed = EventRegistration.objects.placed(event)
        context = {
            "event": event,
            "people": sorted(placed, key=lambda r: (r.name.split()[-1:], r.name)),
            "waiting": list(EventRegistration.objects.waiting(event)),
        }
        answer = render(request, "portal/event_door.html", context)
        answer["Cache-Control"] = "private, no-store"
        return answer
