"""What people who register for an event are told by mail."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cms_pages import events
from cms_pages.models.events import EventPage, EventRegistration
from journal.clock import db_now
from journal.mail import send_once
from journal.models import Entry
from journal.notify import Mail

#: How long before an event people are reminded of it.
REMINDED_BEFORE = dt.timedelta(hours=26)
#: How long after an event the participants' data are kept.
KEPT_AFTER = dt.timedelta(days=30)


def _mail(registration: EventRegistration, subject: str, first: str) -> Mail:
    event = registration.event
    when = date_format(localtime(event.starts_at), "j E Y, H:i")
    lines = [first, f"{event.title}, {when}, {event.place}."]
    if registration.cancelled_at is None:
        lines.append(_("You cannot come? Give the place back by the link below, so that somebody else can use it."))
    link = settings.SITE_URL.rstrip("/") + reverse("cms_pages:event_mine", args=[events.token(registration)])
    return Mail(to=(registration.email,), subject=subject, lines=tuple(lines), link=link,
                link_text=_("Your registration"), language=registration.language)  # fmt: skip


def confirmation(entry: Entry) -> Mail | None:
    """Mail about event.registered, event.moved_up and event.cancelled; nothing when the registration is gone."""
    registration = EventRegistration.objects.select_related("event").filter(pk=entry.object_id).first()
    if registration is None:
        return None
    with translation.override(registration.language):
        if entry.action == "event.moved_up":
            return _mail(registration, _("A place for you"), _("A place became free and it is yours."))
        if entry.action == "event.cancelled":
            return _mail(registration, _("Registration cancelled"), _("Your registration was cancelled."))
        if entry.data["placed"]:
            return _mail(registration, _("You are registered"), _("You have a place. We look forward to seeing you."))
        return _mail(registration, _("You are on the waiting list"),
                     _("All places are taken. When one becomes free, it goes to the first in the line "
                       "and we write to you at once."))  # fmt: skip


def remind() -> int:
    """Remind everybody with a place of an event that begins soon, each once. Returns how many were written to."""
    now = db_now()
    coming = EventPage.objects.live().filter(starts_at__gt=now, starts_at__lte=now + REMINDED_BEFORE)
    sent = 0
    for event in coming:
        # Who registered this late has just been told.
        early = event.starts_at - REMINDED_BEFORE
        for registration in EventRegistration.objects.placed(event).filter(placed_at__lt=early):
            registration.event = event
            with translation.override(registration.language):
                mail = _mail(registration, _("It begins soon"), _("We remind you of an event with a place for you."))
            key = f"event-reminder:{registration.pk}:{event.starts_at:%Y%m%d%H%M}"
            sent += send_once(key, registration.email, mail)
    return sent


def forget() -> int:
    """Delete the participants of events that ended long enough ago; their data served the event only."""
    ended = EventPage.objects.filter(starts_at__lt=db_now() - KEPT_AFTER)
    deleted, _by_model = EventRegistration.objects.filter(event__in=ended.values("pk")).delete()
    return deleted
