"""Deadlines of an account's cases, or of the tasks of staff, as a calendar (iCalendar, RFC 5545) under a secret address
that can be revoked."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.contrib import messages as said
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cms_pages.mine.area import SettingsView
from cms_pages.models import CalendarFeed
from documents.models import Case
from journal.clock import db_now
from journal.errors import DomainError, NotAllowed, NotFound
from journal.record import record
from people.access import Access, access_of
from people.models import Citizen, User
from workflow.models import SupplementRequest, Task

#: Cases in one calendar, newest first.
MOST = 200


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _require_self(actor: Access, user: User) -> None:
    if not actor.is_system and actor.user_id != user.pk:
        raise NotAllowed(_("Only the owner of an account sets its calendar."))


@transaction.atomic
def make(actor: Access, *, user: User) -> str:
    """A new secret address for the account's calendar; gives its token, which is shown once. An older one stops
    working. Entry `calendar.made`. Raises NotAllowed."""
    _require_self(actor, user)
    token = secrets.token_urlsafe(32)
    feed, _made = CalendarFeed.objects.update_or_create(
        user=user, defaults={"token_hash": _hash(token), "made_at": db_now()}
    )
    record(actor, "calendar.made", feed)
    return token


@transaction.atomic
def revoke(actor: Access, *, user: User) -> None:
    """The secret address opens nothing any more. Entry `calendar.revoked`. Raises NotAllowed, NotFound when there is
    none."""
    _require_self(actor, user)
    feed = CalendarFeed.objects.select_for_update().filter(user=user).first()
    if feed is None:
        raise NotFound(_("The account has no calendar address."))
    record(actor, "calendar.revoked", feed)
    feed.delete()


def _days(user: User) -> list[tuple[str, dt.date, str]]:
    """Id, day and words of each deadline. No titles and no names: calendars are read by others' machines."""
    if user.is_staff:
        return _staff_days(user)
    cases = list(Case.objects.of_citizen(user).open().order_by("-pk")[:MOST])
    calls = SupplementRequest.objects.filter(
        case__in=cases, answered_at__isnull=True, left_at__isnull=True, due_on__isnull=False
    )
    names = {case.pk: case.reference or case.tracking_code for case in cases}
    found = [
        (f"case-{case.pk}", case.due_on, _("Time of the office in the case %(case)s") % {"case": names[case.pk]})
        for case in cases
        if case.due_on is not None and case.decision_ready_at is None
    ]
    for call in calls:
        if call.due_on is not None:
            words = _("Last day for your answer in the case %(case)s") % {"case": names[call.case_id]}
            found.append((f"call-{call.pk}", call.due_on, words))
    return found


def _staff_days(user: User) -> list[tuple[str, dt.date, str]]:
    """Days of the tasks that a member of staff may do, their own and those of their positions, the nearest first."""
    tasks = Task.objects.actionable_by(access_of(user)).filter(due_on__isnull=False)
    return [
        (f"task-{task.pk}", task.due_on, f"{task.get_verb_display()}: {task.case.reference or _('no reference')}")
        for task in tasks.select_related("case").order_by("due_on", "pk")[:MOST]
        if task.due_on is not None
    ]


def _line(text: str) -> str:
    """One content line, escaped and folded at 75 octets (RFC 5545, 3.1)."""
    parts, current = [], ""
    for letter in text:
        if len((current + letter).encode()) > 73:
            parts.append(current)
            current = ""
        current += letter
    return "\r\n ".join([*parts, current]) + "\r\n"


def _text(words: str) -> str:
    for letter in "\\;,":
        words = words.replace(letter, "\\" + letter)
    return words.replace("\n", "\\n")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar for whoever has its secret address; 404 for a wrong or revoked one."""
    found = CalendarFeed.objects.select_related("user").filter(token_hash=_hash(token), user__is_active=True).first()
    if found is None:
        raise Http404
    language = Citizen.objects.filter(user=found.user).values_list("language", flat=True).first() or "pl"
    stamp, host = f"{db_now():%Y%m%dT%H%M%SZ}", request.get_host()
    with translation.override(language):
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Obieg//Obieg//PL", "X-PUBLISHED-TTL:PT12H"]
        for name, day, words in _days(found.user):
            lines += ["BEGIN:VEVENT", f"UID:{name}@{host}", f"DTSTAMP:{stamp}", f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
                      f"SUMMARY:{_text(words)}", "TRANSP:TRANSPARENT", "END:VEVENT"]  # fmt: skip
        lines.append("END:VCALENDAR")
    response = HttpResponse("".join(map(_line, lines)), content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex"
    return response


class CalendarView(SettingsView):
    """Makes or revokes the address of the calendar; a new one is shown once, on the page of settings."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        access: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
        try:
            if "revoke" not in request.POST:
                token = make(access, user=self.user)
                address = request.build_absolute_uri(reverse("cms_pages:calendar_feed", args=[token]))
                response = self.render_to_response(self.get_context_data(calendar_address=address))
                response["Cache-Control"] = "no-store, private"
                return response
            revoke(access, user=self.user)
        except DomainError as error:
            said.error(request, str(error.message))
        else:
            said.success(request, _("The calendar address does not work any more."))
        return redirect("cms_pages:my_settings")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("cms_pages:my_settings")
