"""Booking a visit: unit, matter, day and time, confirmation; one's own visit by the link from the mail.

Every step is a page with an address, so that all works without scripts."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from journal.clock import db_now
from journal.errors import NotFound, Refused
from people.access import Access
from people.limits import Limit, address_of
from people.models import Unit
from workflow.models import Service
from workflow.visits import deeds
from workflow.visits.models import Visit, VisitDesk, VisitSlot

#: Bookings and moves from one address of the network.
TRIES = Limit("visit-booking", 20, 3600)
#: Times read for the choice of a day; of a day no more than this are shown.
READ, OFFERED = 2000, 6


class VisitForm(forms.Form):
    """What the office needs to receive somebody."""

    name = forms.CharField(label=gettext_lazy("First and last name"), max_length=120,
                           widget=forms.TextInput(attrs={"autocomplete": "name"}))  # fmt: skip
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), max_length=254,
        help_text=gettext_lazy("We send the confirmation and a reminder to it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip

    def offer(self, slots: list[VisitSlot]) -> None:
        """Add a choice of other times, in the place of one that is gone."""
        choices = [(slot.pk, date_format(localtime(slot.starts_at), "l, j E, H:i")) for slot in slots]
        self.fields["slot"] = forms.ChoiceField(
            label=gettext_lazy("Other free times"), choices=choices, widget=forms.RadioSelect
        )


def _access(request: HttpRequest) -> Access:
    found: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    return found


def _private(answer: HttpResponse) -> HttpResponse:
    # Not "no-referrer": with it a browser posts the origin "null", which the check of forms refuses.
    answer["Cache-Control"], answer["Referrer-Policy"] = "private, no-store", "same-origin"
    return answer


def _desks() -> Any:
    return VisitDesk.objects.open_on(localdate(db_now()))


def _free(unit: Unit, service: Service) -> Any:
    """Free times of a matter in a unit, one for each moment whatever the desk."""
    return VisitSlot.objects.free(db_now()).filter(desk__unit=unit, desk__services=service)


def _moments(slots: Any) -> list[VisitSlot]:
    return [next(same) for _begin, same in groupby(slots[:READ], key=lambda slot: slot.starts_at)]


def _days(slots: list[VisitSlot], chosen: str) -> tuple[list[tuple[dt.date, int]], dt.date | None, list[VisitSlot]]:
    """Days with the number of their free times; the chosen day (else the first) and its times."""
    by_day = {day: list(them) for day, them in groupby(slots, key=lambda slot: localtime(slot.starts_at).date())}
    day = next((day for day in by_day if day.isoformat() == chosen), next(iter(by_day), None))
    return [(day, len(them)) for day, them in by_day.items()], day, by_day[day] if day else []


class UnitsView(View):
    """`/wizyty/`: units that receive people by appointment."""

    def get(self, request: HttpRequest) -> HttpResponse:
        units = Unit.objects.active().filter(pk__in=_desks().values("unit")).order_by("name")
        return render(request, "portal/visit_units.html", {"units": units})


class MattersView(View):
    """`/wizyty/<unit>/`: matters settled at the unit's desks."""

    def get(self, request: HttpRequest, unit: str) -> HttpResponse:
        found = get_object_or_404(Unit.objects.active(), slug=unit)
        matters = Service.objects.filter(pk__in=_desks().filter(unit=found).values("services")).order_by("title")
        if not matters:
            raise Http404
        return render(request, "portal/visit_matters.html", {"unit": found, "matters": matters})


class TimesView(View):
    """`/wizyty/<unit>/<matter>/?dzien=`: days, and the free times of one."""

    def get(self, request: HttpRequest, unit: str, service: str) -> HttpResponse:
        found = get_object_or_404(Unit.objects.active(), slug=unit)
        matter = get_object_or_404(
            Service.objects.filter(pk__in=_desks().filter(unit=found).values("services")), code=service
        )
        days, day, times = _days(_moments(_free(found, matter)), request.GET.get("dzien", ""))
        context = {"unit": found, "matter": matter, "days": days, "day": day, "times": times}
        answer = render(request, "portal/visit_times.html", context)
        answer["Cache-Control"] = "no-store"
        return answer


class BookView(View):
    """`/wizyty/<unit>/<matter>/<slot>/`: who comes; a press of the button books."""

    def get(self, request: HttpRequest, unit: str, service: str, slot: int) -> HttpResponse:
        chosen, matter = self._found(unit, service, slot)
        user = request.user
        initial = {"name": user.get_full_name(), "email": user.email} if user.is_authenticated else {}
        return self._show(request, chosen, matter, VisitForm(initial=initial))

    def post(self, request: HttpRequest, unit: str, service: str, slot: int) -> HttpResponse:
        chosen, matter = self._found(unit, service, slot)
        form = VisitForm(request.POST)
        other = request.POST.get("slot", "")
        wanted = int(other) if other.isascii() and other.isdecimal() and len(other) < 18 else slot
        if not form.is_valid():
            return self._show(request, chosen, matter, form, 422)
        if not TRIES.take(address_of(request)):
            form.add_error(None, _("Too many bookings from here. Try again in an hour."))
            return self._show(request, chosen, matter, form, 429)
        if not VisitSlot.objects.filter(pk=wanted, desk__unit=chosen.desk.unit_id).exists():
            wanted = slot
        try:
            visit = deeds.book(_access(request), slot_id=wanted, service=matter,
                               language=translation.get_language() or "pl", **form.cleaned_data)  # fmt: skip
        except deeds.Taken as error:
            form = VisitForm(request.POST)
            form.add_error(None, str(error.message))
            form.offer(_moments(_free(chosen.desk.unit, matter))[:OFFERED])
            return self._show(request, chosen, matter, form, 409)
        except Refused as error:
            form.add_error(None, str(error.message))
            return self._show(request, chosen, matter, form, 422)
        return redirect("visits:mine", deeds.token(visit))

    @staticmethod
    def _found(unit: str, service: str, slot: int) -> tuple[VisitSlot, Service]:
        chosen = get_object_or_404(
            VisitSlot.objects.select_related("desk__unit").filter(desk__unit__slug=unit), pk=slot
        )
        return chosen, get_object_or_404(chosen.desk.services, code=service)

    @staticmethod
    def _show(
        request: HttpRequest, slot: VisitSlot, matter: Service, form: VisitForm, status: int = 200
    ) -> HttpResponse:
        context = {"slot": slot, "unit": slot.desk.unit, "matter": matter, "form": form}
        return _private(render(request, "portal/visit_book.html", context, status=status))


def _visit(token: str) -> Visit:
    try:
        return deeds.of_token(token)
    except NotFound as error:
        raise Http404(str(error.message)) from error


def _show_mine(request: HttpRequest, visit: Visit, token: str, error: str = "", status: int = 200) -> HttpResponse:
    context = {"visit": visit, "slot": visit.slot, "token": token, "error": error,
               "is_over": visit.slot.starts_at <= db_now()}  # fmt: skip
    return _private(render(request, "portal/visit_mine.html", context, status=status))


class MineView(View):
    """`/wizyty/moja/<token>/`: how one's visit stands; a press of the button cancels it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return _show_mine(request, _visit(token), token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        visit = _visit(token)
        try:
            deeds.cancel(_access(request), visit=visit)
        except Refused as error:
            return _show_mine(request, visit, token, str(error.message), 422)
        return redirect("visits:mine", token)


class MoveView(View):
    """`/wizyty/moja/<token>/zmien/?dzien=`: another time for the same visit."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._show(request, _visit(token), token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        visit, slot = _visit(token), request.POST.get("slot", "")
        if not (slot.isascii() and slot.isdecimal() and len(slot) < 18):
            return self._show(request, visit, token, _("Choose a time."), 422)
        if not TRIES.take(address_of(request)):
            return self._show(request, visit, token, _("Too many bookings from here. Try again in an hour."), 429)
        try:
            deeds.move(_access(request), visit=visit, slot_id=int(slot))
        except Refused as error:
            return self._show(request, visit, token, str(error.message), 409)
        return redirect("visits:mine", token)

    @staticmethod
    def _show(request: HttpRequest, visit: Visit, token: str, error: str = "", status: int = 200) -> HttpResponse:
        slots = _moments(_free(visit.slot.desk.unit, visit.service))
        days, day, times = _days(slots, request.GET.get("dzien", ""))
        context = {"visit": visit, "slot": visit.slot, "token": token, "error": error, "unit": visit.slot.desk.unit,
                   "days": days, "day": day, "times": times}  # fmt: skip
        return _private(render(request, "portal/visit_move.html", context, status=status))


#: Calls that the screen of a waiting room shows, and how long each stays.
CALLS, CALL_STAYS = 6, dt.timedelta(minutes=30)


class ScreenView(View):
    """`/wizyty/<unit>/ekran/`: the screen of a waiting room, which calls codes to desks and refreshes itself.

    Open to everybody: it says what everybody in the waiting room reads, the code of a visit (which opens nothing; the
    link from the mail does) and a desk; never a name or a matter. `?czesc=1`: the calls
    alone, for the refresh."""

    def get(self, request: HttpRequest, unit: str) -> HttpResponse:
        found = get_object_or_404(Unit.objects.active(), slug=unit)
        if not _desks().filter(unit=found).exists():
            raise Http404
        now = db_now()
        context = {"unit": found, "calls": list(Visit.objects.called(found.pk, now - CALL_STAYS)[:CALLS]), "now": now}
        template = "portal/_visit_calls.html" if "czesc" in request.GET else "portal/visit_screen.html"
        with translation.override(settings.LANGUAGE_CODE):  # the office's own, whatever the display's browser speaks
            answer = render(request, template, context)
        answer["Cache-Control"] = "no-store"
        return answer


def _escaped(text: str) -> str:
    for old, new in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(old, new)
    return text


def _folded(line: str) -> str:
    """Lines of at most 75 octets, as RFC 5545 asks, never cut inside a letter."""
    parts: list[str] = []
    now = ""
    for letter in line:
        if len((now + letter).encode()) > (75 if not parts else 74):
            parts.append(now)
            now = ""
        now += letter
    return "\r\n ".join([*parts, now])


class CalendarFileView(View):
    """`/wizyty/moja/<token>/wizyta.ics`: the visit for one's own calendar."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        visit = _visit(token)
        desk = visit.slot.desk
        place = ", ".join(filter(None, (desk.unit.name, desk.unit.street, desk.name, desk.room)))
        lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Obieg//Wizyty//PL", "METHOD:PUBLISH", "BEGIN:VEVENT",
            f"UID:visit-{visit.code}@{request.get_host().split(':')[0]}",
            f"DTSTAMP:{db_now().astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART:{visit.slot.starts_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
            f"DTEND:{visit.slot.ends_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
            f"SUMMARY:{_escaped(_('Visit at the office: %(matter)s') % {'matter': visit.service.title})}",
            f"LOCATION:{_escaped(place)}",
            f"STATUS:{'CANCELLED' if visit.cancelled_at else 'CONFIRMED'}",
            "END:VEVENT", "END:VCALENDAR", "",
        ]  # fmt: skip
        answer = HttpResponse("\r\n".join(map(_folded, lines)), content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="wizyta.ics"'
        return _private(answer)


app_name = "visits"
urlpatterns = [
    path("", UnitsView.as_view(), name="units"),
    path("moja/<str:token>/", MineView.as_view(), name="mine"),
    path("moja/<str:token>/zmien/", MoveView.as_view(), name="move"),
    path("moja/<str:token>/wizyta.ics", CalendarFileView.as_view(), name="ics"),
    path("<slug:unit>/", MattersView.as_view(), name="matters"),
    path("<slug:unit>/ekran/", ScreenView.as_view(), name="screen"),
    path("<slug:unit>/<slug:service>/", TimesView.as_view(), name="times"),
    path("<slug:unit>/<slug:service>/<int:slot>/", BookView.as_view(), name="book"),
]
