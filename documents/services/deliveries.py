"""Deeds on deliveries: the account (notice, second notice, signed for or deemed) and the paper post."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from documents import terms
from documents.boxes import registry
from documents.models import Delivery, Document, Letter, Party, Receipt
from documents.services import receipts
from documents.services.letters import lock as lock_letter
from journal.clock import WARSAW, db_now, warsaw_day
from journal.errors import Conflict, NotAllowed, NotFound, Refused
from journal.models import Audience
from journal.record import record
from people.access import SYSTEM, Access
from people.models import User


def lock(delivery: Delivery | int) -> Delivery:
    """The delivery's row, locked until the transaction ends. Raises NotFound."""
    pk = delivery if isinstance(delivery, int) else delivery.pk
    found = (Delivery.objects.select_for_update(of=("self",))
             .select_related("letter__case__body", "letter__unit", "letter__body", "letter__correspondent",
                             "letter__signed_version__document", "addressee", "user").filter(pk=pk).first())
    if found is None:
        raise NotFound(_("There is no such delivery."))
    return found


def backdated(delivery: Delivery) -> dt.datetime | None:
    """The time of a delivery that was brought in afterwards (imports, the demo); None for one made now."""
    return delivery.created_at if delivery.brought_in else None


@transaction.atomic
def start(actor: Access, *, letter: Letter, box: str, addressee: Party, user: User | None = None,
          happened_at: dt.datetime | None = None) -> Delivery:
    """Send a signed, registered letter through a box. Entry `delivery.started`; the dispatcher then hands it over.

    Needs `sign`, `dispatch_letters` or `handle_cases` in the letter's unit. Raises Refused for an unregistered letter,
    an unknown box, or the account box without an account; Conflict when the letter is on its way already.
    """
    letter = lock_letter(letter)
    actor.require_any(("sign", "dispatch_letters", "handle_cases"), letter.unit_id)
    if letter.direction != Letter.Direction.OUTGOING or letter.signed_version_id is None or letter.number is None:
        raise Refused(_("Only a signed and registered letter can be sent."))
    if box not in registry.names():
        raise Refused(_("There is no such way of delivery."))
    if box == "account" and user is None:
        raise Refused(_("The addressee has no account on the portal; send the letter by post."))
    if Delivery.objects.filter(letter=letter).exists():
        raise Conflict(_("The letter is already on its way."))
    moment = actor.moment(happened_at, letter.unit_id)
    delivery = Delivery.objects.create(letter=letter, box=box, addressee=addressee, user=user, created_at=moment,
                                       brought_in=happened_at is not None)
    record(actor, "delivery.started", delivery, case_id=letter.case_id, unit_id=letter.unit_id,
           data={"letter": letter.pk, "box": box}, happened_at=moment)
    return delivery


@transaction.atomic
def notify(actor: Access, *, delivery: Delivery, happened_at: dt.datetime | None = None) -> Delivery:
    """The first notice of a letter in the account: it says that a letter waits, never what is in it.
    Entry `delivery.notified` (its mail goes out by the follower). Done already: nothing happens."""
    delivery = lock(delivery)
    if delivery.first_notice_at is not None:
        return delivery
    moment = actor.moment(happened_at, delivery.letter.unit_id)
    delivery.first_notice_at = moment
    delivery.save(update_fields=["first_notice_at"])
    Letter.objects.filter(pk=delivery.letter_id, sent_at__isnull=True).update(sent_at=moment)
    _record(actor, "delivery.notified", delivery, moment)
    return delivery


@transaction.atomic
def sign_for(actor: Access, *, delivery: Delivery, happened_at: dt.datetime | None = None) -> Receipt:
    """The addressee confirms receipt; the UPD is promised and the letter opens. Entry `delivery.received`.

    Only the addressee's own account may do it (else NotFound, as for a letter that is not there). Signing after the
    letter was deemed delivered changes nothing about that day, and opens nothing new: Conflict.
    """
    delivery = lock(delivery)
    letter = delivery.letter
    if delivery.box != "account" or (not actor.is_system and (delivery.user_id is None
                                                              or delivery.user_id != actor.user_id)):
        raise NotFound(_("There is no such letter."))
    if delivery.first_notice_at is None:
        raise NotFound(_("There is no such letter."))
    if delivery.received_at is not None:
        raise Conflict(_("Receipt of this letter was confirmed on %(day)s.")
                       % {"day": f"{warsaw_day(delivery.received_at):%d.%m.%Y}"})
    if delivery.deemed_at is not None:
        raise Conflict(_("This letter was deemed delivered on %(day)s.")
                       % {"day": f"{warsaw_day(delivery.deemed_at):%d.%m.%Y}"})
    moment = actor.moment(happened_at, letter.unit_id)
    delivery.received_at = moment
    delivery.save(update_fields=["received_at"])
    document = _open_to_parties(letter)
    assert letter.case is not None
    receipt = receipts.promise(actor, letter=letter, case=letter.case, document=document, happened_at=moment,
                               kind=Receipt.Kind.DELIVERY)
    _record(actor, "delivery.received", delivery, moment, receipt=receipt.number)
    return receipt


def age(now: dt.datetime | None = None) -> tuple[int, int]:
    """Give second notices and deem letters delivered whose term has run out by `now` (default: the database's), each in
    a transaction of its own. Returns how many of each. Idempotent; run daily (KPA art. 46 § 5-6)."""
    moment = now or db_now()
    notices = deemed = 0
    for pk in aging(moment):
        noticed, ended = age_one(pk, moment)
        notices, deemed = notices + noticed, deemed + ended
    return notices, deemed


def aging(now: dt.datetime) -> list[int]:
    """Deliveries to accounts that may need a second notice, or whose term may be over, oldest first."""
    return list(Delivery.objects.waiting().filter(box="account", first_notice_at__lt=now)
                .order_by("id").values_list("pk", flat=True))


def age_one(pk: int, now: dt.datetime) -> tuple[bool, bool]:
    """What `age` does, for one delivery: was the second notice given, is it deemed delivered. Idempotent."""
    today = warsaw_day(now)
    with transaction.atomic():
        noticed = _age_notice(pk, today, now)
    with transaction.atomic():
        return noticed, _age_end(pk, today)


def _age_notice(pk: int, today: dt.date, now: dt.datetime) -> bool:
    delivery = lock(pk)
    if delivery.delivered_at or delivery.second_notice_at or delivery.first_notice_at is None:
        return False
    due = terms.second_notice_day(warsaw_day(delivery.first_notice_at))
    if today < due:
        return False
    # A late job gives the notice now; a delivery brought in afterwards had it on its day.
    moment = dt.datetime.combine(due, dt.time(8), tzinfo=WARSAW) if delivery.brought_in else now
    delivery.second_notice_at = moment
    delivery.save(update_fields=["second_notice_at"])
    _record(SYSTEM, "delivery.renotified", delivery, moment)
    return True


def _age_end(pk: int, today: dt.date) -> bool:
    """Deemed delivered with the end of the last day (Europe/Warsaw)."""
    delivery = lock(pk)
    if delivery.delivered_at or delivery.second_notice_at is None or delivery.first_notice_at is None:
        return False
    last = terms.last_day(warsaw_day(delivery.first_notice_at), warsaw_day(delivery.second_notice_at))
    if today <= last:
        return False
    delivery.deemed_at = dt.datetime.combine(last, dt.time(23, 59, 59), tzinfo=WARSAW)
    delivery.save(update_fields=["deemed_at"])
    _open_to_parties(delivery.letter)
    _record(SYSTEM, "delivery.deemed", delivery, delivery.deemed_at, last_day=last.isoformat())
    return True


def _open_to_parties(letter: Letter) -> Document:
    """Show the letter's own document in the parties' case, now that it is delivered."""
    assert letter.signed_version is not None
    document = letter.signed_version.document
    document.public = True
    document.version = F("version") + 1  # a job that reads its text may raise it at this moment
    document.save(update_fields=["public", "version"])
    document.refresh_from_db(fields=["version"])
    return document


def _require_dispatch(actor: Access, delivery: Delivery, box: str = "paper") -> None:
    if not actor.is_system and not Delivery.objects.visible_to(actor).filter(pk=delivery.pk).exists():
        raise NotFound(_("There is no such delivery."))
    actor.require("dispatch_letters", delivery.letter.unit_id)
    if delivery.box != box:
        raise Refused(_("This letter is not sent by post."))


@transaction.atomic
def mark_printed(actor: Access, *, delivery: Delivery, happened_at: dt.datetime | None = None) -> Delivery:
    """A paper letter was printed: it leaves the print queue. Entry `delivery.printed`. Needs `dispatch_letters`."""
    delivery = lock(delivery)
    _require_dispatch(actor, delivery)
    if delivery.printed_at is not None:
        raise Conflict(_("The letter is already marked as printed."))
    delivery.printed_at = actor.moment(happened_at, delivery.letter.unit_id)
    delivery.save(update_fields=["printed_at"])
    _record(actor, "delivery.printed", delivery, delivery.printed_at, audience=Audience.STAFF)
    return delivery


@transaction.atomic
def mark_posted(actor: Access, *, delivery: Delivery, posted_on: dt.date, tracking_number: str = "") -> Delivery:
    """A paper letter was handed to the post on a day. Entry `delivery.posted`. Needs `dispatch_letters`. The day may
    not lie before the letter's registration nor in the future: Refused."""
    delivery = lock(delivery)
    _require_dispatch(actor, delivery)
    letter = delivery.letter
    if delivery.posted_on is not None:
        raise Conflict(_("The letter is already marked as posted."))
    _require_day(posted_on, letter.registered_at)
    delivery.posted_on, delivery.tracking_number = posted_on, tracking_number.strip()[:60]
    delivery.printed_at = delivery.printed_at or db_now()
    delivery.save(update_fields=["posted_on", "tracking_number", "printed_at"])
    letter.posted_on, letter.tracking_number, letter.sent_at = posted_on, delivery.tracking_number, _noon(posted_on)
    letter.save(update_fields=["posted_on", "tracking_number", "sent_at"])
    _record(actor, "delivery.posted", delivery, None, posted_on=posted_on.isoformat())
    return delivery


def left(delivery: Delivery) -> None:
    """The letter has left the unit, now. Called by a box, within its transaction; twice does nothing."""
    Letter.objects.filter(pk=delivery.letter_id, sent_at__isnull=True).update(sent_at=db_now())


@transaction.atomic
def taken_in(actor: Access, *, delivery_id: int) -> Delivery:
    """Another unit of the town has the letter in its register: it is delivered. Entry `delivery.taken_in`. Only the
    office's own machinery does it (NotAllowed). Done already: nothing happens."""
    if not actor.is_system:
        raise NotAllowed(_("You have no permission to do this in this unit."))
    delivery = lock(delivery_id)
    if delivery.received_at is not None:
        return delivery
    delivery.received_at = db_now()
    delivery.save(update_fields=["received_at"])
    _record(actor, "delivery.taken_in", delivery, None, audience=Audience.STAFF)
    return delivery


@transaction.atomic
def mark_receipt_returned(actor: Access, *, delivery: Delivery, day: dt.date) -> Delivery:
    """The return receipt came back: the addressee took the letter on `day`. Entry `delivery.receipt_returned`, which
    happened that day (noon, Warsaw). Needs `dispatch_letters`. Raises Refused before it was posted."""
    delivery = lock(delivery)
    _require_dispatch(actor, delivery)
    if delivery.posted_on is None:
        raise Refused(_("The letter has not been posted yet."))
    if delivery.delivered_at is not None:
        raise Conflict(_("The delivery of this letter is already recorded."))
    if day < delivery.posted_on:
        raise Refused(_("The letter cannot be received before it was posted."))
    _require_day(day, None)
    delivery.receipt_returned_on, delivery.received_at = day, _noon(day)
    delivery.save(update_fields=["receipt_returned_on", "received_at"])
    _open_to_parties(delivery.letter)
    _record(actor, "delivery.receipt_returned", delivery, delivery.received_at, day=day.isoformat())
    return delivery


@transaction.atomic
def mark_returned(actor: Access, *, delivery: Delivery, returned_on: dt.date, deemed_on: dt.date | None) -> Delivery:
    """The post brought the letter back. With both notices left, it is deemed delivered on `deemed_on` (art. 44 § 4).
    Entry `delivery.returned`, or `delivery.deemed` with a day. Needs `dispatch_letters`."""
    delivery = lock(delivery)
    _require_dispatch(actor, delivery)
    if delivery.posted_on is None:
        raise Refused(_("The letter has not been posted yet."))
    if delivery.delivered_at is not None or delivery.returned_on is not None:
        raise Conflict(_("The delivery of this letter is already recorded."))
    _require_day(returned_on, None)
    delivery.returned_on = returned_on
    if deemed_on is not None:
        if not delivery.posted_on < deemed_on <= returned_on:
            raise Refused(_("The day of deemed delivery lies between posting and return."))
        delivery.deemed_at = _noon(deemed_on)
        _open_to_parties(delivery.letter)
    delivery.save(update_fields=["returned_on", "deemed_at"])
    _record(actor, "delivery.deemed" if deemed_on else "delivery.returned", delivery, delivery.deemed_at,
            returned_on=returned_on.isoformat())
    return delivery


def _require_day(day: dt.date, not_before: dt.datetime | None) -> None:
    if day > warsaw_day(db_now()):
        raise Refused(_("The day lies in the future."))
    if not_before is not None and day < warsaw_day(not_before):
        raise Refused(_("The letter cannot be posted before it was registered."))


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=WARSAW)


def _record(actor: Access, action: str, delivery: Delivery, moment: dt.datetime | None, *,
            audience: str = Audience.PARTY, **data: str) -> None:
    record(actor, action, delivery, case_id=delivery.letter.case_id, unit_id=delivery.letter.unit_id,
           audience=audience, data={"letter": delivery.letter_id, "box": delivery.box, **data}, happened_at=moment)
