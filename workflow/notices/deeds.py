"""What a person does with their notices: reads them, and chooses what comes by mail."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from journal.clock import db_now
from journal.errors import NotAllowed, NotFound, Refused
from journal.record import record
from people.access import Access
from people.models import User
from workflow.notices.models import Kind, StaffNotice, StaffNoticeChoice, When


def opened(actor: Access, *, notice_id: int) -> StaffNotice:
    """One's own notice, read from now on. Raises NotFound for anybody else's. No entry: what was looked at is told by
    the readings of the case."""
    notice = StaffNotice.objects.filter(pk=notice_id, user_id=actor.user_id or 0).first()
    if notice is None:
        raise NotFound(_("There is no such notice."))
    StaffNotice.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=db_now())
    return notice


@transaction.atomic
def read_all(actor: Access, *, user: User) -> int:
    """Mark all of one's notices as read; gives how many. One entry: user.notices_read."""
    if actor.user_id != user.pk:
        raise NotAllowed(_("Everybody reads their own notices."))
    count = StaffNotice.objects.filter(user=user, read_at__isnull=True).update(read_at=db_now())
    record(actor, "user.notices_read", user, data={"count": count})
    return count


@transaction.atomic
def choose(actor: Access, *, user: User, choices: Mapping[str, str]) -> None:
    """Keep how each kind comes by mail. Raises NotAllowed for anybody else, Refused for an unknown kind or way. One
    entry: user.notices_chosen."""
    if actor.user_id != user.pk:
        raise NotAllowed(_("Everybody chooses for themselves."))
    if set(choices) - set(Kind.values) or set(choices.values()) - set(When.values):
        raise Refused(_("There is no such kind of message."))
    for kind, when in choices.items():
        StaffNoticeChoice.objects.update_or_create(user=user, kind=kind, defaults={"when": when})
    record(actor, "user.notices_chosen", user, data={"chosen": dict(sorted(choices.items()))})
