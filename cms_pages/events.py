"""Deeds of taking part in an event: one place for one address, a line when the places are gone, and its moving up."""

from __future__ import annotations

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cms_pages.models.events import EventPage, EventRegistration
from journal.clock import db_now
from journal.errors import NotFound, Refused
from journal.record import record
from people.access import SYSTEM, Access

_SALT = "cms_pages.events"


def token(registration: EventRegistration) -> str:
    """What opens one's registration from a mail."""
    return signing.dumps(registration.pk, salt=_SALT)


def of_token(text: str) -> EventRegistration:
    """The registration that a link opens. Raises NotFound."""
    try:
        pk = signing.loads(text, salt=_SALT)
    except signing.BadSignature as error:
        raise NotFound(_("This link does not work. Copy it whole from the message.")) from error
    found = EventRegistration.objects.select_related("event").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("This registration no longer exists."))
    return found


@transaction.atomic
def register(
    actor: Access, *, event: EventPage, name: str, email: str, phone: str = "", needs: str = "", language: str = "pl"
) -> tuple[EventRegistration, bool]:
    """Register somebody: a place while there is one, else the end of the line. Gives the registration and whether it is
    new; the same address again gives the one it has. One entry for a new one: event.registered.

    The event's row is locked, so that the last place goes to one of those who ask at once. Raises Refused when
    registration is closed or something is missing."""
    event = _locked(event)
    if not event.registration_open():
        raise Refused(_("Registration for this event is closed."))
    email = email.strip().lower()
    if known := EventRegistration.objects.standing(event).filter(email=email).first():
        return known, False
    now = db_now()
    made = EventRegistration(
        event=event, name=" ".join(name.split()), email=email, phone=phone.strip(), needs=needs.strip(),
        language=language, registered_at=now, placed_at=now if _free(event) > 0 else None,
    )  # fmt: skip
    try:
        made.full_clean(exclude=["event"])
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    made.save()
    record(actor, "event.registered", made, unit_id=event.unit_id,
           data={"event": event.pk, "placed": made.placed_at is not None})  # fmt: skip
    return made, True


@transaction.atomic
def cancel(actor: Access, *, registration: EventRegistration) -> EventRegistration:
    """Give a place back, or leave the line; a freed place goes to the first in the line. Entries: event.cancelled, and
    event.moved_up for who moved up. Cancelling twice does nothing. Raises Refused once the event has begun."""
    event = _locked(registration.event)
    registration = EventRegistration.objects.select_for_update().get(pk=registration.pk)
    if registration.cancelled_at is not None:
        return registration
    now = db_now()
    if event.starts_at <= now:
        raise Refused(_("The event has already begun."))
    registration.cancelled_at = now
    registration.save(update_fields=["cancelled_at"])
    record(actor, "event.cancelled", registration, unit_id=event.unit_id, data={"event": event.pk})
    _move_up(event)
    return registration


@transaction.atomic
def move_up(actor: Access, *, event: EventPage) -> int:
    """Give free places to the line, after the number of places was raised. An entry for each: event.moved_up."""
    if not actor.is_system:
        actor.require("edit_content", event.unit_id)
    return _move_up(_locked(event))


def _move_up(event: EventPage) -> int:
    now = db_now()
    if event.starts_at <= now:
        return 0
    moved = 0
    for waiting in EventRegistration.objects.waiting(event).select_for_update()[: max(0, _free(event))]:
        waiting.placed_at = now
        waiting.save(update_fields=["placed_at"])
        record(SYSTEM, "event.moved_up", waiting, unit_id=event.unit_id, data={"event": event.pk})
        moved += 1
    return moved


def _locked(event: EventPage) -> EventPage:
    """The event as it stands now, its row locked until the end of the transaction."""
    return EventPage.objects.select_for_update(of=("self",)).get(pk=event.pk)


def _free(event: EventPage) -> int:
    """How many places are free; a large number where there is no limit. Reads no more rows than there are places."""
    if event.places is None:
        return 1_000_000
    taken = len(EventRegistration.objects.placed(event).values_list("pk")[: event.places])
    return event.places - taken
