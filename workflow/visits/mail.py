"""What people are told by mail about their visits: when and where, never who."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from journal.clock import db_now
from journal.mail import send_once
from journal.models import Entry
from journal.notify import Mail
from workflow.visits import deeds
from workflow.visits.models import Visit

#: How long before a visit people are reminded of it.
REMINDED_BEFORE = dt.timedelta(hours=26)


def _mail(visit: Visit, subject: str, first: str) -> Mail:
    desk = visit.slot.desk
    when = date_format(localtime(visit.slot.starts_at), "j E Y, H:i")
    lines = [first, f"{when}, {desk.unit.name}, {desk.name}, {desk.room}."]
    if visit.cancelled_at is None:
        lines.append(_("Code of the visit: %(code)s. Give it at the desk.") % {"code": visit.spoken_code})
        lines.append(_("You cannot come? Move or cancel the visit by the link below."))
    link = settings.SITE_URL.rstrip("/") + reverse("visits:mine", args=[deeds.token(visit)])
    return Mail(to=(visit.email,), subject=subject, lines=tuple(lines), link=link, link_text=_("Your visit"),
                language=visit.language)  # fmt: skip


def about(entry: Entry) -> Mail | None:
    """Mail about visit.booked, moved, cancelled and called_off; nothing when the visit is no longer kept."""
    visit = Visit.objects.select_related("slot__desk__unit").filter(pk=entry.object_id).first()
    if visit is None:
        return None
    with translation.override(visit.language):
        words = {
            "visit.booked": (_("Visit booked"), _("Your visit is booked.")),
            "visit.moved": (_("Visit moved"), _("Your visit has a new time.")),
            "visit.cancelled": (_("Visit cancelled"), _("You cancelled this visit:")),
            "visit.called_off": (
                _("The office cancelled your visit"),
                _("The desk is closed at that time, we are sorry. Book another visit. The cancelled one:"),
            ),
        }
        return _mail(visit, *words[entry.action])


def remind() -> int:
    """Remind of each visit within a day, each time once; gives how many were written to."""
    now = db_now()
    coming = Visit.objects.standing().filter(slot__starts_at__gt=now, slot__starts_at__lte=now + REMINDED_BEFORE)
    sent = 0
    for visit in coming.select_related("slot__desk__unit"):
        if visit.booked_at >= visit.slot.starts_at - REMINDED_BEFORE:
            continue  # who booked this late has just been told
        with translation.override(visit.language):
            mail = _mail(visit, _("Your visit is soon"), _("We remind you of your visit."))
        sent += send_once(f"visit-reminder:{visit.pk}:{visit.slot_id}", visit.email, mail)
    return sent
