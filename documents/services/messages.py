"""Deeds on messages between a party and the office. Each is one transaction with one entry."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from documents.models import Case, CaseMessage
from documents.services.cases import lock, require_handling, require_open
from journal.clock import db_now
from journal.errors import Conflict, NotFound, Refused
from journal.models import Audience
from journal.record import record
from people.access import Access

#: Longest message, in characters. What needs more is a letter.
LONGEST = 4000


def _text(text: str) -> str:
    text = text.replace("\0", "").strip()
    if not text:
        raise Refused(_("Write the message."))
    if len(text) > LONGEST:
        raise Refused(_("The message is too long: at most %(most)s characters.") % {"most": LONGEST})
    return text


def _require_party(actor: Access, case: Case) -> None:
    """The account of the case; in a case without one whoever opened it (`documents.guests`, asked by the view)."""
    if case.owner_id is not None and not actor.is_system and case.owner_id != actor.user_id:
        raise NotFound(_("There is no such case."))


@transaction.atomic
def from_party(actor: Access, *, case: Case, text: str) -> CaseMessage:
    """The party writes to the office. It is no filing: no register, no receipt, no term. Entry `message.from_party`.

    Raises NotFound for another's case, Conflict for an ended one, Refused for an empty or too long text."""
    case = lock(case)
    _require_party(actor, case)
    require_open(case)
    message = CaseMessage.objects.create(
        case=case, from_office=False, author_id=actor.user_id, text=_text(text), sent_at=db_now()
    )
    record(actor, "message.from_party", message, case_id=case.pk, unit_id=case.unit_id, audience=Audience.PARTY)
    return message


@transaction.atomic
def from_office(actor: Access, *, case: Case, text: str) -> CaseMessage:
    """Who handles the case writes to the party; what the party wrote before counts as read. Entry
    `message.from_office`. Needs `handle_cases`. Raises NotFound, NotAllowed, Conflict for an ended case, Refused."""
    case = lock(case)
    require_handling(actor, case)
    require_open(case)
    now = db_now()
    CaseMessage.objects.filter(case=case).unread_by_office().update(read_at=now)
    message = CaseMessage.objects.create(
        case=case, from_office=True, author_id=actor.user_id, text=_text(text), sent_at=now
    )
    record(actor, "message.from_office", message, case_id=case.pk, unit_id=case.unit_id, audience=Audience.PARTY)
    return message


@transaction.atomic
def read_by_office(actor: Access, *, case: Case) -> int:
    """Who handles the case has read what the party wrote; gives how many. Entry `message.read`. Needs `handle_cases`.
    Raises Conflict when nothing is unread."""
    case = lock(case)
    require_handling(actor, case)
    read = CaseMessage.objects.filter(case=case).unread_by_office().update(read_at=db_now())
    if not read:
        raise Conflict(_("There is no unread message."))
    record(actor, "message.read", case, case_id=case.pk, unit_id=case.unit_id, data={"count": read})
    return read


@transaction.atomic
def read_by_party(actor: Access, *, case: Case) -> int:
    """The party has read what the office wrote; gives how many, and writes nothing when none was unread. Entry
    `message.read`. Raises NotFound for another's case."""
    case = lock(case)
    _require_party(actor, case)
    read = CaseMessage.objects.filter(case=case).unread_by_party().update(read_at=db_now())
    if read:
        record(actor, "message.read", case, case_id=case.pk, unit_id=case.unit_id, data={"count": read})
    return read


@transaction.atomic
def erase(actor: Access, *, message: CaseMessage, reason: str) -> None:
    """Erase the text of a message for good (GDPR art. 17). Entry `message.erased`. Needs `manage_records` in the
    case's unit. Raises NotAllowed, Conflict when it was erased before, Refused without a reason."""
    case = lock(message.case_id)
    actor.require("manage_records", case.unit_id)
    if not reason.strip():
        raise Refused(_("Give the reason for erasing."))
    message.refresh_from_db()
    if message.erased_by is not None:
        raise Conflict(_("The text of this message has been erased already."))
    entry = record(actor, "message.erased", message, case_id=case.pk, unit_id=case.unit_id,
                   detail={"reason": reason.strip()})
    message.text, message.erased_by = "", entry.pk
    message.save(update_fields=["text", "erased_by"])
