"""`user.groups` mirrors the memberships valid today, for Wagtail's page rights. Access never reads it.

The deeds keep one person's mirror; `sweep` follows the days on which memberships begin and end by themselves. Only
groups that carry a role are touched.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef

from journal.clock import db_now, warsaw_day
from people import library_rights
from people.access import valid_now
from people.models import Membership, User
from people.sessions import end_sessions

_Pair = User.groups.through


@transaction.atomic
def sweep(now: dt.datetime | None = None, *, user: User | None = None) -> int:
    """Make the groups of everybody (or of one user) equal to the memberships valid on the day of `now`.

    A person left without any role loses their sessions. Returns how many rows were added or removed."""
    day = warsaw_day(now or db_now())
    valid = Membership.objects.filter(valid_now(day=day), user__is_active=True)
    pairs = _Pair.objects.filter(group__role_group__isnull=False)
    if user is not None:
        valid, pairs = valid.filter(user=user), pairs.filter(user=user)
    stale = list(
        pairs.exclude(
            Exists(valid.filter(user=OuterRef("user_id"), role_group__group=OuterRef("group_id")))
        ).values_list("pk", "user_id")
    )
    _Pair.objects.filter(pk__in=[pk for pk, _user in stale]).delete()
    missing = set(
        valid.exclude(
            Exists(_Pair.objects.filter(user=OuterRef("user_id"), group=OuterRef("role_group__group_id")))
        ).values_list("user_id", "role_group__group_id")
    )
    _Pair.objects.bulk_create(
        [_Pair(user_id=member, group_id=group) for member, group in sorted(missing)], ignore_conflicts=True
    )
    if stale or missing:
        library_rights.forget()
    left = {member for _pk, member in stale}
    left -= set(valid.filter(user__in=left).values_list("user_id", flat=True))
    for member in sorted(left):
        end_sessions(member)
    return len(stale) + len(missing)
