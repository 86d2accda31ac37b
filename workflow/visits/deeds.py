"""Deeds of visits: desks and their times, booking, moving, cancelling, and the marks of the counter."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from documents.free_days import POLAND, FreeKind
from journal.clock import db_now
from journal.errors import NotFound, Refused
from journal.record import record
from people.access import SYSTEM, Access
from people.models import Unit
from workflow.models import Service
from workflow.visits import slots, terms
from workflow.visits.models import AT_THE_COUNTER, SETS_UP, Visit, VisitDesk, VisitSlot

_SALT = "workflow.visits"
#: No letter or digit that is read as another.
_ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"


class Taken(Refused):
    """The time went to somebody else, or is no longer offered."""


def token(visit: Visit) -> str:
    """What opens one's visit from a mail."""
    return signing.dumps(visit.pk, salt=_SALT)


def of_token(text: str) -> Visit:
    """The visit that a link opens. Raises NotFound."""
    try:
        pk = signing.loads(text, salt=_SALT)
    except signing.BadSignature as error:
        raise NotFound(_("This link does not work. Copy it whole from the message.")) from error
    found = Visit.objects.select_related("slot__desk__unit", "service").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("This visit is no longer kept."))
    return found


def _checked(desk: VisitDesk) -> None:
    try:
        desk.full_clean(exclude=["unit"])
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    if desk.valid_until and desk.valid_until < desk.valid_from:
        raise Refused(_("The last day is before the first one."))
    if len(desk.week) != 7 or not any(desk.week):
        raise Refused(_("Give the hours of at least one day."))


@transaction.atomic
def add_desk(
    actor: Access, *, unit: Unit, services: Iterable[Service], happened_at: dt.datetime | None = None, **values: Any
) -> VisitDesk:
    """Set up a desk and make its times. One entry: visit_desk.added. Raises Refused for values that cannot be."""
    actor.require(SETS_UP, unit)
    moment = actor.moment(happened_at, unit)
    desk = VisitDesk(unit=unit, **values)
    _checked(desk)
    desk.save()
    desk.services.set(services)
    replan(desk, now=moment)
    record(actor, "visit_desk.added", desk, unit_id=unit.pk, happened_at=happened_at)
    return desk


@transaction.atomic
def change_desk(
    actor: Access, *, desk: VisitDesk, services: Iterable[Service] | None = None, **values: Any
) -> tuple[VisitDesk, int]:
    """Change a desk: its hours, last day, days off. Visits that fit no more are cancelled, their people are told.

    Gives the desk and how many were cancelled. Entries: visit_desk.changed, and visit.called_off for each visit."""
    desk = VisitDesk.objects.select_for_update().get(pk=desk.pk)
    actor.require(SETS_UP, desk.unit_id)
    for name, value in values.items():
        setattr(desk, name, value)
    _checked(desk)
    desk.save()
    if services is not None:
        desk.services.set(services)
    gone = replan(desk, actor)
    record(actor, "visit_desk.changed", desk, unit_id=desk.unit_id, data={"fields": sorted(values), "called_off": gone})
    return desk, gone


def close_day(actor: Access, *, desk: VisitDesk, day: dt.date) -> int:
    """Close a desk on a day; gives how many visits were cancelled. Entries as those of `change_desk`."""
    if day < localdate(db_now()):
        raise Refused(_("This day has passed."))
    return change_desk(actor, desk=desk, days_off=sorted({*desk.days_off, day.isoformat()}))[1]


def _open_days(desk: VisitDesk, today: dt.date) -> list[dt.date]:
    off = {*desk.days_off, *(desk.unit.body or desk.unit).days_off}
    days = (today + dt.timedelta(days=number) for number in range(terms.AHEAD + 1))
    return [
        day
        for day in days
        if day >= desk.valid_from
        and (desk.valid_until is None or day <= desk.valid_until)
        and day.isoformat() not in off
        and POLAND.free_kind(day) is not FreeKind.HOLIDAY
    ]


@transaction.atomic
def replan(desk: VisitDesk, actor: Access = SYSTEM, *, now: dt.datetime | None = None) -> int:
    """Make the rows of a desk's times to come (from `now`) agree with its hours; gives how many visits were called off.

    An entry for each of these: visit.called_off. Running it again changes nothing."""
    now = now or db_now()
    VisitDesk.objects.select_for_update().get(pk=desk.pk)
    planned = {
        begin: end
        for day in _open_days(desk, localdate(now))
        for begin, end in slots.times(day, desk.week, desk.minutes)
        if begin > now
    }
    kept = {slot.starts_at: slot for slot in desk.slots.select_for_update().filter(starts_at__gt=now)}
    new = [VisitSlot(desk=desk, starts_at=b, ends_at=e) for b, e in planned.items() if b not in kept]
    VisitSlot.objects.bulk_create(new, ignore_conflicts=True)
    changed, gone = [], []
    for begin, slot in kept.items():
        wanted = planned.get(begin)
        if (wanted is None) == (slot.withdrawn_at is not None) and wanted in (None, slot.ends_at):
            continue
        if wanted is None:
            slot.withdrawn_at = now
            gone.append(slot.pk)
        else:
            slot.withdrawn_at, slot.ends_at = None, wanted
        changed.append(slot)
    VisitSlot.objects.bulk_update(changed, ["withdrawn_at", "ends_at"])
    lost = list(Visit.objects.standing().select_for_update().filter(slot__in=gone))
    for visit in lost:
        visit.cancelled_at, visit.by_office = now, True
        visit.save(update_fields=["cancelled_at", "by_office"])
        record(actor, "visit.called_off", visit, unit_id=desk.unit_id)
    return len(lost)


def _take(slot_id: int, service: Service, now: dt.datetime) -> VisitSlot:
    """The row of a free time, locked. Raises Taken."""
    slot = VisitSlot.objects.select_for_update(of=("self",)).select_related("desk").filter(pk=slot_id).first()
    if (
        slot is None
        or slot.withdrawn_at is not None
        or slot.starts_at <= now
        or Visit.objects.standing().filter(slot=slot).exists()
        or not slot.desk.services.filter(pk=service.pk).exists()
    ):
        raise Taken(_("This time has just been taken. Choose another one; what you typed is kept."))
    return slot


def _moment(actor: Access, slot_id: int, happened_at: dt.datetime | None) -> dt.datetime:
    """Now, or the earlier time that who may backdate gives."""
    if happened_at is None:
        return db_now()
    unit_id = VisitSlot.objects.values_list("desk__unit_id", flat=True).filter(pk=slot_id).first()
    if unit_id is None:
        raise NotFound(_("This visit is no longer kept."))
    return actor.moment(happened_at, unit_id)


@transaction.atomic
def book(
    actor: Access, *, slot_id: int, service: Service, name: str, email: str, language: str = "pl",
    happened_at: dt.datetime | None = None,
) -> Visit:  # fmt: skip
    """Book a time. One entry: visit.booked. The time's row is locked: one of those who ask at once gets it.

    Raises Taken when it is gone, Refused when the address has as many visits as it may."""
    now = _moment(actor, slot_id, happened_at)
    slot = _take(slot_id, service, now)
    email = email.strip().lower()
    coming = Visit.objects.standing().filter(email=email, slot__starts_at__gt=now)
    if len(coming.values_list("pk")[: terms.MOST]) >= terms.MOST:
        raise Refused(_("This address already has %(n)s visits. Cancel one of them first.") % {"n": terms.MOST})
    visit = Visit(
        slot=slot, service=service, name=" ".join(name.split()), email=email, language=language, booked_at=now,
        code="".join(secrets.choice(_ALPHABET) for _number in range(8)),
    )  # fmt: skip
    try:
        visit.full_clean(exclude=["slot", "service"])
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    visit.save()
    record(actor, "visit.booked", visit, unit_id=slot.desk.unit_id, data={"slot": slot.pk}, happened_at=happened_at)
    return visit


def _own(visit: Visit, now: dt.datetime) -> Visit:
    locked = Visit.objects.select_for_update(of=("self",)).select_related("slot__desk", "service").get(pk=visit.pk)
    if locked.cancelled_at is None and locked.slot.starts_at <= now:
        raise Refused(_("The time of this visit has already come."))
    return locked


@transaction.atomic
def cancel(actor: Access, *, visit: Visit, happened_at: dt.datetime | None = None) -> Visit:
    """Give the time back. One entry: visit.cancelled. Twice does nothing; Refused once the time has come."""
    now = _moment(actor, visit.slot_id, happened_at)
    visit = _own(visit, now)
    if visit.cancelled_at is None:
        visit.cancelled_at = now
        visit.save(update_fields=["cancelled_at"])
        record(actor, "visit.cancelled", visit, unit_id=visit.slot.desk.unit_id, happened_at=happened_at)
    return visit


@transaction.atomic
def move(actor: Access, *, visit: Visit, slot_id: int) -> Visit:
    """Move a visit to another time of the same unit. One entry: visit.moved. Raises Taken, Refused as `book`."""
    now = db_now()
    visit = _own(visit, now)
    if visit.cancelled_at is not None:
        raise Refused(_("This visit was cancelled. Book a new one."))
    slot = _take(slot_id, visit.service, now)
    if slot.desk.unit_id != visit.slot.desk.unit_id:
        raise Refused(_("Book a new visit for another unit."))
    old, visit.slot = visit.slot_id, slot
    visit.save(update_fields=["slot"])
    record(actor, "visit.moved", visit, unit_id=slot.desk.unit_id, data={"from": old, "to": slot.pk})
    return visit


#: Mark -> field, action.
MARKS = {"arrived": "arrived_at", "called": "called_at", "served": "served_at", "missed": "missed_at"}


@transaction.atomic
def mark(actor: Access, *, visit: Visit, what: str, happened_at: dt.datetime | None = None) -> Visit:
    """Mark at the counter that somebody arrived, is called to the desk, was served or did not come. One entry:
    visit.<what>.

    The same mark again does nothing, except that a code may be called again. Raises Refused for a cancelled visit, for
    a call of who was served, or "did not come" before its time."""
    now = _moment(actor, visit.slot_id, happened_at)
    visit = Visit.objects.select_for_update(of=("self",)).select_related("slot__desk").get(pk=visit.pk)
    actor.require_any(AT_THE_COUNTER, visit.slot.desk.unit_id)
    if visit.cancelled_at is not None:
        raise Refused(_("This visit was cancelled."))
    if what == "missed" and (visit.slot.starts_at > now or visit.arrived_at or visit.served_at):
        raise Refused(_("Mark “did not come” only after the time of the visit, for who has not arrived."))
    if what == "called" and visit.served_at:
        raise Refused(_("This person was already served."))
    field = MARKS[what]
    if getattr(visit, field) is None or what == "called":
        setattr(visit, field, now)
        visit.missed_at = now if what == "missed" else None
        visit.save(update_fields=[*MARKS.values()])
        record(actor, f"visit.{what}", visit, unit_id=visit.slot.desk.unit_id, happened_at=happened_at)
    return visit


def forget() -> int:
    """Delete visits whose data are kept no longer, and the times behind; gives how many visits."""
    now = db_now()
    before = now - dt.timedelta(days=terms.kept(localdate(now)))
    gone, _models = Visit.objects.filter(slot__starts_at__lt=before).delete()
    VisitSlot.objects.filter(starts_at__lt=before).delete()
    return gone


def plan_all() -> int:
    """Make the times of all desks ahead; gives how many desks there are."""
    desks: Sequence[VisitDesk] = list(VisitDesk.objects.select_related("unit__body"))
    for desk in desks:
        replan(desk)
    return len(desks)
