"""Letters that a unit's own system registers, as at the door for paper."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from typing import Annotated, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Header, Router, Schema, Status

from documents.filing import Filing, Sender
from documents.models import Case
from people.access import Access
from people.models import Unit
from workflow import held, intake, process
from workflow.api.common import Problem, access_in
from workflow.models import ServiceOffer

router = Router()
MOST_FILES = 20


class SenderIn(Schema):
    kind: str = Field("person", pattern="^(person|organisation)$")
    name: str = Field(min_length=1, max_length=200)
    email: str = Field("", max_length=254)
    street: str = Field("", max_length=160)
    postcode: str = Field("", pattern=r"^(\d{2}-\d{3})?$")
    town: str = Field("", max_length=80)


class LetterFileIn(Schema):
    """A file: its name and its bytes in base64."""

    name: str = Field(min_length=1, max_length=250)
    content: str


class LetterIn(Schema):
    #: Symbol of the unit; not needed for a letter that joins a case.
    unit: str = ""
    #: Code of a service that the unit offers; empty: a general letter.
    service: str = ""
    #: Reference, tracking code or number of a case that the letter belongs to.
    joins: str = Field("", max_length=80)
    channel: str = Field("paper", pattern="^(paper|person)$")
    subject: str = Field(min_length=1, max_length=250)
    sender: SenderIn
    letter_date: dt.date | None = None
    sender_mark: str = Field("", max_length=80)
    remarks: str = Field("", max_length=1000)
    files: list[LetterFileIn] = Field([], max_length=MOST_FILES)


class Registered(Schema):
    register_number: str
    letter_id: int
    case_id: int


@router.post(
    "/letters", response={201: Registered, 200: Registered, 404: Problem, 409: Problem, 422: Problem},
    summary="Register an incoming letter",
)  # fmt: skip
def register(
    request: HttpRequest, body: LetterIn,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255)],
) -> Any:  # fmt: skip
    """Enter a letter into the unit's register of incoming letters; it opens a case, or joins the one named. The
    `Idempotency-Key` (a random UUID is best) makes a repeated request the same letter: 201 the first time, 200 with the
    same result afterwards, 409 when the body differs. Needs the right to register letters in the unit."""
    access = access_in(request)
    case = None
    if body.joins.strip():
        found = intake.named(access, body.joins)
        if len(found) != 1:
            return Status(404 if not found else 422, {"detail": _("There is no such case among those whose letters you "
                                                                  "register.") if not found else
                          _("More than one case has a letter of this number. Give the case reference.")})  # fmt: skip
        case = found[0]
    unit = case.unit if case else _unit(access, body.unit)
    if unit is None:
        return Status(422, {"detail": _("There is no such unit among those whose letters you register.")})
    service = body.service or process.GENERAL
    if case is None and not ServiceOffer.objects.filter(unit=unit, service__code=service.replace("\0", "")).exists():
        return Status(422, {"detail": _("The unit does not offer this service.")})
    try:
        uploads = [SimpleUploadedFile(file.name, base64.b64decode(file.content, validate=True)) for file in body.files]
    except binascii.Error:
        return Status(422, {"detail": _("The content of a file is no base64.")})
    scans, refused = held.take(uploads, [])
    if refused:
        return Status(422, {"detail": " ".join(refused)})
    taken = intake.receive(access, _filing(access, body, key, unit, case, service, scans))
    done = {"register_number": taken.letter.register_number, "letter_id": taken.letter.pk, "case_id": taken.case.pk}
    return Status(201 if taken.created else 200, done)


def _unit(access: Access, symbol: str) -> Unit | None:
    mine = Unit.objects.active().filter(pk__in=access.units.get("register_letters", frozenset()))
    return mine.filter(symbol=symbol.replace("\0", "")).first()


def _filing(
    access: Access, body: LetterIn, key: str, unit: Unit, case: Case | None, service: str, scans: list[Any]
) -> Filing:
    call = case.supplement_requests.filter(answered_at=None, left_at=None).first() if case else None
    digest = hashlib.sha256(key.encode(errors="replace")).hexdigest()
    return Filing(
        channel=body.channel, unit_id=unit.pk, case_id=case.pk if case and not call else None,
        answers_request_id=call.pk if call else None, subject=_clean(body.subject),
        service_code=None if case else service,
        sender=Sender(kind=body.sender.kind, name=_clean(body.sender.name), email=_clean(body.sender.email),
                      street=_clean(body.sender.street), postcode=body.sender.postcode, town=_clean(body.sender.town)),
        attachments=tuple(scans), intake_key=f"api-letter:{access.user_id}:{digest}", letter_date=body.letter_date,
        sender_mark=_clean(body.sender_mark), remarks=_clean(body.remarks),
        guest_factors=(body.sender.email.lower(),) if body.sender.email and not case else (),
    )  # fmt: skip


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()
