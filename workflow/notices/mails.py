"""Notices by mail: one at once, or all of a day in one message. A reference and a link, never a name or a title."""

from __future__ import annotations

import smtplib
from collections.abc import Collection, Iterable, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from documents.models import Case
from journal import works
from journal.clock import db_now, warsaw_day
from journal.jobs import job
from journal.mail import send_once
from journal.notify import Mail
from journal.outside import is_outside
from people.access import Access, access_of
from people.models import User
from workflow.notices.models import Kind, StaffNotice, StaffNoticeChoice, When

#: Lines of one day's message; what is beyond is said as a number.
LINES = 30


def seen_of(access: Access, notices: Iterable[StaffNotice]) -> frozenset[int]:
    """Ids of the cases of some notices that a person sees now: of another (sealed since, or no longer theirs) a notice
    names nothing."""
    ids = {notice.case_id for notice in notices if notice.case_id}
    return frozenset(Case.objects.visible_to(access).filter(pk__in=ids).values_list("pk", flat=True))


def words(notice: StaffNotice, seen: Collection[int]) -> str:
    """One notice as a line."""
    if notice.case is None or notice.case_id not in seen:
        return str(Kind(notice.kind).label)
    return f"{Kind(notice.kind).label}: {notice.case.reference or _('a case without a reference')}"


def _link(name: str, *args: object) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(name, args=args)


@job("mail")
def send_notice(notice_id: int) -> None:
    """Send one notice, unless it was read or sent meanwhile, or its person has left."""
    notice = StaffNotice.objects.select_related("user", "case").filter(pk=notice_id).first()
    if notice is None or notice.read_at or notice.mailed_at or not _works_here(notice.user):
        return
    with override(settings.LANGUAGE_CODE):
        mail = Mail(
            to=(notice.user.email,), subject=str(Kind(notice.kind).label).capitalize(),
            lines=(words(notice, seen_of(access_of(notice.user), [notice])) + ".",),
            link=_link("staff_notices:open", notice.pk), link_text=_("See it on the desk"),
        )  # fmt: skip
    send_once(f"staff-notice:{notice.pk}", notice.user.email, mail)
    StaffNotice.objects.filter(pk=notice.pk).update(mailed_at=db_now())


def _works_here(user: User) -> bool:
    return user.is_active and bool(user.email) and bool(access_of(user).roles)


def of_the_day() -> QuerySet[StaffNotice]:
    """What waits for the day's message: not read, not sent, of a kind that is wanted so."""
    otherwise = StaffNoticeChoice.objects.filter(user=OuterRef("user"), kind=OuterRef("kind")).exclude(when=When.DAILY)
    waiting = StaffNotice.objects.filter(read_at__isnull=True, mailed_at__isnull=True)
    return waiting.filter(~Exists(otherwise)).select_related("case", "user").order_by("user", "id")


def send_day() -> int:
    """Send each person the day's message, once a day; gives how many went."""
    by_user: dict[User, list[StaffNotice]] = {}
    for notice in of_the_day():
        by_user.setdefault(notice.user, []).append(notice)
    sent = 0
    with works.kept("staff-digest") as tick:
        for number, (user, notices) in enumerate(by_user.items(), 1):
            try:
                sent += _works_here(user) and _send_to(user, notices)
            except smtplib.SMTPException as error:  # one address that is refused keeps nobody else's message back
                if is_outside(error):
                    raise
                tick.trouble(f"user {user.pk}", str(error))
            tick(number, len(by_user))
    return sent


works.register(
    "staff-digest", label=gettext_lazy("The day's message to staff"),
    about=gettext_lazy("What is new on each desk, in one message a day."),
)  # fmt: skip


@transaction.atomic
def _send_to(user: User, notices: Sequence[StaffNotice]) -> bool:
    now = db_now()
    with override(settings.LANGUAGE_CODE):
        count = len(notices)
        subject = ngettext("%(n)d new thing on your desk", "%(n)d new things on your desk", count) % {"n": count}
        seen = seen_of(access_of(user), notices[:LINES])
        lines = [words(notice, seen) for notice in notices[:LINES]]
        if count > LINES:
            lines.append(_("and %(n)s more") % {"n": count - LINES})
        mail = Mail(to=(user.email,), subject=subject, lines=tuple(lines), link=_link("staff_notices:list"),
                    link_text=_("See them on the desk"))  # fmt: skip
    sent = send_once(f"staff-notices:{user.pk}:{warsaw_day(now)}", user.email, mail)
    if sent:
        StaffNotice.objects.filter(pk__in=[notice.pk for notice in notices]).update(mailed_at=now)
    return sent
