"""Forms over the API, for everybody: which there are, what they ask, and sending one as a guest.

A form is sent through the same check and the same intake as from our own pages. Nothing here needs a token.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import io
import uuid
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field as Described
from ninja import Header, Router, Schema, Status
from ninja.throttling import AnonRateThrottle

from cms_pages.forms import drafts
from cms_pages.forms.fields import Files, kind_of
from cms_pages.forms.fill import check_all
from cms_pages.forms.models import FormPage, FormVersion
from cms_pages.forms.spec import FormDocument
from cms_pages.forms.submit import submit_answers
from documents import files as store
from documents.models import Case, Letter, Receipt
from documents.reading.policy import UploadRefused, clean_filename
from journal.errors import Refused
from people.access import GUEST
from workflow.intake import Intake

router = Router(tags=["forms"])
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


class FormOut(Schema):
    """A published form and the version in force."""

    form: uuid.UUID
    version: int
    title: str
    service: str
    units: list[str] = Described(description="symbols of the units it may be sent to")


class FormSchemaOut(FormOut):
    """The same with what is asked: `answers` is a JSON schema, `document` the version as published."""

    checksum: str
    answers: dict[str, Any]
    document: dict[str, Any]


class FormProblem(Schema):
    """Why nothing was accepted; `fields` has a message per field id."""

    detail: str
    fields: dict[str, str] = {}


class FileIn(Schema):
    """One file of a file field."""

    name: str = Described(max_length=255)
    content: str = Described(description="the bytes in base64; the whole request may have 5 MB")


class SubmissionIn(Schema):
    """A filled-in form. Answers by field id as `answers` of the schema says; files separately, by field id."""

    form: uuid.UUID
    version: int
    unit: str = Described("", description="symbol; may be empty when the form goes to one unit only")
    answers: dict[str, Any] = {}
    attachments: dict[str, list[FileIn]] = {}
    language: str = "pl"


class SubmissionOut(Schema):
    """What proves that it was filed. The receipt is signed within minutes; its files are named after its number."""

    receipt_number: str
    tracking_code: str
    register_number: str
    reference: str | None
    unit: str
    received_at: dt.datetime
    document_sha256: str
    due_on: dt.date | None


def _live() -> list[FormPage]:
    return list(FormPage.objects.live().filter(alias_of=None).select_related("service", "unit").order_by("title")[:500])


def _form_out(page: FormPage, version: FormVersion) -> dict[str, Any]:
    return {
        "form": page.form_uid,
        "version": version.number,
        "title": page.title,
        "service": page.service.code,
        "units": sorted(unit.symbol for unit in drafts.units_of(page)),
    }


@router.get("/forms", response=list[FormOut], auth=None, summary="Published forms")
def forms(request: HttpRequest) -> list[dict[str, Any]]:
    """All forms that can be sent now, by title."""
    found = []
    for page in _live():
        version = page.current_version
        if version is not None:
            found.append(_form_out(page, version))
    return found


@router.get(
    "/forms/{uuid:form}",
    response={200: FormSchemaOut, 404: FormProblem},
    auth=None,
    summary="What a form asks, as a JSON schema",
)
def form_schema(request: HttpRequest, form: uuid.UUID) -> Any:
    """The version in force. Fields under a condition are never `required` in the schema; the office checks them."""
    page = FormPage.objects.live().filter(form_uid=form, alias_of=None).select_related("service", "unit").first()
    version = page.current_version if page else None
    if page is None or version is None:
        return Status(404, {"detail": _("There is no such form.")})
    return {
        **_form_out(page, version),
        "checksum": version.checksum,
        "document": version.document,
        "answers": schema_of(version.spec),
    }


def schema_of(document: FormDocument) -> dict[str, Any]:
    """JSON schema (2020-12) of a whole set of answers, from the registry of kinds. Files are sent as attachments."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for step, section, item in document.walk():
        kind = kind_of(item)
        if not kind.asks or item.kind == "files":
            continue
        properties[item.id] = {"title": item.label.pl, **kind.schema(item)}
        if item.required and not (item.condition or section.condition or step.condition):
            required.append(item.id)
    return {
        "$schema": JSON_SCHEMA,
        "title": document.title.pl,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


class _Wrong(Exception):
    """Messages by field id."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields)
        self.fields = fields


@router.post(
    "/submissions",
    auth=None,
    throttle=[AnonRateThrottle("120/h")],
    summary="Send a form",
    response={
        201: SubmissionOut,
        200: SubmissionOut,
        404: FormProblem,
        409: FormProblem,
        422: FormProblem,
        429: FormProblem,
    },
)
def send(
    request: HttpRequest,
    body: SubmissionIn,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255)],
) -> Any:
    """File as a guest. The `Idempotency-Key` (a random UUID is best) makes a repeated request the same filing: 201 the
    first time, 200 with the same result afterwards, 409 when the body differs. 422 says what is wrong, by field."""
    intake_key = f"api:{hashlib.sha256(key.encode(errors='replace')).hexdigest()}"
    page = FormPage.objects.filter(form_uid=body.form, alias_of=None).select_related("service", "unit").first()
    version = FormVersion.objects.filter(page=page, number=_number(body.version)).first() if page else None
    if page is None or version is None:
        return Status(404, {"detail": _("There is no such form.")})
    version.page = page
    known = Letter.objects.filter(intake_key=intake_key).exists()
    if not known:
        if not page.live:
            return Status(404, {"detail": _("There is no such form.")})
        if version != page.current_version:
            return Status(
                422,
                {
                    "detail": _("The form has been changed; its version now is %(number)d.")
                    % {"number": page.current_version.number if page.current_version else 0}
                },
            )
    unit = _unit(page, body.unit)
    language = body.language if body.language in ("pl", "en", "uk") else "pl"
    try:
        answers = {**_plain_answers(version.spec, body.answers), **_stored(version.spec, body.attachments)}
        problems = check_all(version.spec, answers, language).problems
        if problems:
            raise _Wrong(problems)
    except _Wrong as wrong:
        return Status(422, {"detail": _("Some answers are missing or wrong."), "fields": wrong.fields})
    taken = submit_answers(GUEST, version, answers, unit=unit, key=intake_key, language=language)
    return Status(201 if taken.created else 200, _result(taken))


def _number(version: int) -> int:
    return version if 0 < version < 2**31 else 0


def _unit(page: FormPage, symbol: str) -> Any:
    units = drafts.units_of(page)
    if not symbol and len(units) == 1:
        return units[0]
    unit = next((u for u in units if u.symbol == symbol), None)
    if unit is None:
        raise Refused(_("Choose the unit you write to."))
    return unit


def _plain_answers(document: FormDocument, answers: dict[str, Any]) -> dict[str, Any]:
    """The answers, with unknown fields and files refused: a digest in an answer would open a stranger's file."""
    wrong: dict[str, str] = {}
    for name in answers:
        item = document.field(name)
        if item is None or not kind_of(item).asks:
            wrong[name.encode(errors="replace").decode()[:64]] = _("The form has no such field.")
        elif item.kind == "files":
            wrong[name] = _("Send files as attachments.")
    if wrong:
        raise _Wrong(wrong)
    return answers


def _stored(document: FormDocument, attachments: dict[str, list[FileIn]]) -> dict[str, Any]:
    """Answers of the file fields: every file checked by its field's policy and kept."""
    found: dict[str, Any] = {}
    for name, sent in attachments.items():
        item = document.field(name)
        if item is None or item.kind != "files":
            raise _Wrong({name.encode(errors="replace").decode()[:64]: _("The form has no such field for files.")})
        policy = Files.policy(item)
        if len(sent) > policy.max_files:
            raise _Wrong({name: Files().rules(item)})
        kept = []
        for one in sent:
            try:
                content = base64.b64decode(one.content, validate=True)
            except (binascii.Error, ValueError):
                raise _Wrong({name: _("The file is not valid base64.")}) from None
            try:
                clean = clean_filename(one.name)
                blob = store.store_upload(clean, len(content), io.BytesIO(content), policy)
            except (UploadRefused, Refused) as error:
                raise _Wrong({name: str(error.message)}) from error
            kept.append(
                {
                    "sha256": blob.pk,
                    "name": clean_filename(clean, blob.media_type),
                    "size": blob.size,
                    "type": blob.media_type,
                }
            )
        if kept:
            found[name] = kept
    return found


def _result(taken: Intake) -> dict[str, Any]:
    letter: Letter = taken.letter
    case: Case = taken.case
    receipt: Receipt = taken.receipt
    return {
        "receipt_number": receipt.number,
        "tracking_code": case.tracking_code,
        "reference": case.reference,
        "register_number": letter.register_number,
        "unit": letter.unit.symbol,
        "received_at": receipt.happened_at,
        "document_sha256": receipt.document_sha256,
        "due_on": case.due_on,
    }
