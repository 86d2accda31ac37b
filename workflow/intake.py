"""The single entrance: whatever enters, by form, e-mail, scanner or the counter, comes through `receive`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from documents import tracking
from documents.filing import Filing
from documents.models import Case, Document, DocumentVersion, Letter, Party, Receipt
from documents.services import cases, letters, receipts
from documents.visibility import case_q
from journal import health
from journal.clock import warsaw_day
from journal.errors import Conflict, NotFound, Refused
from journal.jobs import gathered
from journal.models import Entry
from journal.rows import insert, together, write_now
from people.access import Access
from workflow import process
from workflow.models import Process, RouteStep, ServiceOffer, ServiceVersion, SupplementRequest, Task
from workflow.services import supplements


@dataclass(frozen=True)
class Intake:
    """What one filing became. `created` is False when the same filing had been taken before."""

    letter: Letter
    case: Case
    receipt: Receipt
    created: bool


#: What a plain filing becomes, besides its attachments.
_ROWS = (Case, Party, Entry, Process, Letter, Document, DocumentVersion, Entry, Receipt, Task)


def check_open() -> None:
    """Raise Refused when the office cannot promise a receipt now: entries unsealed or receipts unsigned for too long
    (seals fail closed). Nothing is accepted that could not be proved."""
    if not health.sealing_keeps_up():
        raise Refused(_("The office cannot confirm letters at the moment. Nothing you typed is lost; try again later."))
    if receipts.oldest_unsigned_age() > settings.OLDEST_UNSIGNED_RECEIPT_LIMIT:
        raise Refused(_("The office cannot issue receipts at the moment. Nothing you typed is lost; try again later."))


def receive(actor: Access, filing: Filing) -> Intake:
    """Take one filing: letter in the register, case opened, receipt promised, first task, entries; one transaction.

    The same `intake_key` gives the same case (`created` False); another body under the same key raises Conflict.
    Raises Refused when intake, the offer or the service is closed. Entries: letter.registered and case.opened for a
    new case (case.registered too where the service gives the reference at once); letter.registered and
    supplement.answered for an answer; letter.registered for a further letter of a case (a closed one stays closed).
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One at a time per key; released at the end of the transaction.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [filing.intake_key])
        if Letter.objects.filter(intake_key=filing.intake_key).exists():
            return _replayed(filing)
        return take(actor, filing)


def take(actor: Access, filing: Filing) -> Intake:
    """What `receive` does with a filing that is new: for a caller whose own transaction makes sure of that (it holds
    the lock of the only thing that is filed under this key). Same errors and entries."""
    check_open()
    with gathered():
        if filing.answers_request_id is not None:
            return _receive_answer(actor, filing)
        if filing.case_id is not None:
            return _receive_into_case(actor, filing)
        with together(*_ROWS, *(Document, DocumentVersion) * len(filing.attachments)) as now:
            return _receive_new(actor, filing, now)


def _replayed(filing: Filing) -> Intake:
    letter = Letter.objects.select_related("case").get(intake_key=filing.intake_key)
    if letter.intake_digest != filing.digest():
        raise Conflict(_("This form has already been sent with other answers. To send new ones, start the form again."))
    receipt = letter.receipts.get(kind=Receipt.Kind.FILING)
    assert letter.case is not None
    return Intake(letter, letter.case, receipt, created=False)


def _receive_new(actor: Access, filing: Filing, now: dt.datetime | None) -> Intake:
    """One look at the clock, and at each thing; what others wait for (the register's number) comes late."""
    if now is None or (actor.is_system and filing.received_at is not None):
        now = actor.moment(filing.received_at if actor.is_system else None, filing.unit_id)
    received_at = filing.received_at or now
    day = warsaw_day(received_at)
    if filing.received_at is not None and not actor.is_system:
        actor.require("register_letters", filing.unit_id)
    stands = process.standing(filing.service_code or process.GENERAL, filing.unit_id, day)
    unit, version = stands.unit, stands.version
    _check_offer(version, stands.offer, day)
    running, due_on = process.plan(stands, assurance=filing.assurance, received_at=received_at)
    sender = cases.party_of(filing.sender, user_id=filing.owner_id)
    case = cases.enter(
        actor,
        unit=unit,
        title=filing.subject,
        received_at=received_at,
        owner_id=filing.owner_id,
        guest_factors=filing.guest_factors,
        parties=[sender],
        now=now,
        due_on=due_on,
    )
    running.case = case
    insert(running)
    case.process = running
    letter, filed = letters.enter(actor, filing=filing, unit=unit, case=case, sender=sender, now=now)
    receipt = receipts.promise(
        actor,
        letter=letter,
        case=case,
        document=filed.document,
        sha256=filed.blob_id,
        happened_at=received_at,
        # A receipt is made when it is made, also for a filing that is told later.
        now=now if filing.received_at is None else None,
    )
    process.add_task(case, RouteStep.Verb.ASSIGN, by=actor, letter=letter, now=now)
    if version.register_at_once:
        write_now()
        cases.register(actor, case=case, class_symbol=version.class_symbol, at_intake=True)
    return Intake(letter, case, receipt, created=True)


def _check_offer(version: ServiceVersion, offer: ServiceOffer | None, day: dt.date) -> None:
    if offer is None:
        if version.service.code != process.GENERAL:
            raise Refused(_("This unit does not offer this service."))
        return
    if (offer.opens_on and day < offer.opens_on) or (offer.closes_on and day > offer.closes_on):
        raise Refused(_("This service is not open for filing on that day."))
    if offer.capacity is not None:
        ServiceOffer.objects.select_for_update().get(pk=offer.pk)
        if offer.processes_full():
            raise Refused(_("All places of this service are taken."))


def _receive_answer(actor: Access, filing: Filing) -> Intake:
    request = SupplementRequest.objects.filter(pk=filing.answers_request_id or 0).first()
    if request is None:
        raise NotFound(_("There is no such call for a supplement."))
    case = process.locked_case(request.case_id)
    letter, receipt, _at = _enter_into(actor, case, filing)
    supplements.answer(actor, request=request, letter=letter, filing=filing)
    return Intake(letter, case, receipt, created=True)


def reachable(actor: Access) -> QuerySet[Case]:
    """The cases whose further letters the actor may register: those the actor sees, as a case or by one of its letters
    (the registry sees letters, not cases), in units where the actor registers letters."""
    seen = Exists(Letter.objects.visible_to(actor).filter(case=OuterRef("pk")))
    own = Case.objects.filter(unit_id__in=actor.units.get("register_letters", ()))
    return own if actor.is_system else own.filter(case_q(actor) | seen)


def named(actor: Access, text: str) -> list[Case]:
    """The cases that a reference, a tracking code or a register number names among those whose letters the actor
    registers; two at most."""
    wanted = text.replace("\0", "").strip()
    by = Q(reference__iexact=wanted) | Q(letters__register_number__iexact=wanted)
    by |= Q(tracking_code=tracking.normalise(wanted))
    return list(reachable(actor).filter(by).select_related("unit").distinct().order_by("pk")[:2]) if wanted else []


def _receive_into_case(actor: Access, filing: Filing) -> Intake:
    if not actor.is_system and not reachable(actor).filter(pk=filing.case_id or 0).exists():
        raise NotFound(_("There is no such case."))
    case = process.locked_case(filing.case_id or 0)
    letter, receipt, now = _enter_into(actor, case, filing)
    process.add_task(
        case,
        RouteStep.Verb.HANDLE if case.handler_id else RouteStep.Verb.ASSIGN,
        by=actor,
        assignee=case.handler,
        letter=letter,
        instruction=_("A further letter has come in a closed case.")
        if case.closed_at
        else _("A further letter has come."),
        now=now,
    )
    process.touch(case)
    return Intake(letter, case, receipt, created=True)


def _enter_into(actor: Access, case: Case, filing: Filing) -> tuple[Letter, Receipt, dt.datetime]:
    """A letter of a case that there is, its receipt, and the moment of the deed."""
    now = actor.moment(filing.received_at if actor.is_system else None, case.unit)
    received_at = filing.received_at or now
    letter, filed = letters.enter(actor, filing=filing, unit=case.unit, case=case, now=now)
    receipt = receipts.promise(
        actor,
        letter=letter,
        case=case,
        document=filed.document,
        sha256=filed.blob_id,
        happened_at=received_at,
        # A receipt is made when it is made, also for a filing that is told later.
        now=now if filing.received_at is None else None,
    )
    return letter, receipt, now
