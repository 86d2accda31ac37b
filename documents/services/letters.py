"""Deeds on letters: what comes in is registered; what goes out is drafted, rendered, signed, registered."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from documents import files, numbering, printing
from documents.filing import Filing, said
from documents.models import Blob, Case, Document, DocumentVersion, Letter, Party
from documents.proof.filed import filed_document_xml
from documents.proof.pades import PdfRefused, sign_pdf
from documents.reading.policy import clean_filename
from documents.services import cases
from documents.services.documents import append_version
from documents.text import read_version
from journal.clock import warsaw_day
from journal.errors import Conflict, NotFound, Refused
from journal.jobs import defer_together
from journal.models import Audience
from journal.record import record
from journal.rows import insert
from people.access import Access
from people.models import Unit

if TYPE_CHECKING:
    from journal.keyring import Signer

#: Channels whose files are scans of paper, not born electronic.
_PAPER = frozenset({Letter.Channel.PAPER, Letter.Channel.PERSON})


def lock(letter: Letter | int) -> Letter:
    """The letter's row, locked until the transaction ends. Raises NotFound."""
    pk = letter if isinstance(letter, int) else letter.pk
    found = (Letter.objects.select_for_update(of=("self",))
             .select_related("unit", "body", "case", "correspondent").filter(pk=pk).first())
    if found is None:
        raise NotFound(_("There is no such letter."))
    return found


def _require(actor: Access, letter: Letter, *permissions: str) -> None:
    """Raise NotFound when the actor may not see the letter, NotAllowed without any of the permissions in its unit."""
    if actor.is_system:
        return
    if not Letter.objects.visible_to(actor).filter(pk=letter.pk).exists():
        raise NotFound(_("There is no such letter."))
    actor.require_any(permissions, letter.unit_id)


@transaction.atomic
def register_incoming(actor: Access, *, filing: Filing, unit: Unit, case: Case | None = None,
                      happened_at: dt.datetime | None = None) -> Letter:
    """What `enter` does, as a deed of its own: gives the letter."""
    moment = actor.moment(happened_at or (filing.received_at if actor.is_system else None), unit)
    return enter(actor, filing=filing, unit=unit, case=case, now=moment)[0]


def enter(actor: Access, *, filing: Filing, unit: Unit, now: dt.datetime, case: Case | None = None,
          sender: Party | None = None) -> tuple[Letter, DocumentVersion]:
    """Enter a filing in the body's incoming register (RPW). Entry `letter.registered`.

    Keeps the exact filed document (XML; a job adds the readable PDF) and the attachments, whose files must be stored
    already. Anybody may file; staff need `register_letters` in the unit (or `handle_cases`). The number's year is that
    of the registration in Europe/Warsaw. Raises Refused for an attachment that is not stored or is infected.

    Inside the caller's transaction. `now`: the moment of the deed. `sender`: the party, where it is known already.
    Gives the letter and the version that was filed. The number is taken as late as can be: it holds up the register.
    """
    cases.require_opening(actor, unit, filing.owner_id)
    received_at = filing.received_at or now
    blobs = _stored(filing)
    xml = files.store(filed_document_xml(filing, unit_symbol=unit.symbol, unit_name=unit.name),
                      media_type="application/xml", now=now)
    sender = sender or _sender(filing, case)
    letter = Letter(
        direction=Letter.Direction.INCOMING, body_id=unit.body_id or unit.pk, unit=unit, case=case,
        subject=filing.subject.strip()[:250] or cases.no_data(), channel=filing.channel, correspondent=sender,
        correspondent_mark=filing.sender_mark[:80], letter_date=filing.letter_date, remarks=filing.remarks,
        attachment_count=len(filing.attachments), service_code=filing.service_code or "",
        kind="supplement" if filing.answers_request_id else "application",
        intake_key=filing.intake_key, intake_digest=filing.digest(),
        answers=[said(answer) for answer in filing.answers],
        form=said(filing.form) if filing.form else {}, assurance=filing.assurance,
        language=filing.language, author_id=actor.user_id, received_at=received_at, registered_at=now,
    )
    _number(letter, now)
    insert(letter)
    filed = _keep_filed(letter, filing, xml, blobs, now)
    record(actor, "letter.registered", letter, case_id=letter.case_id, unit_id=unit.pk, audience=Audience.PARTY,
           data={"direction": "in", "number": letter.register_number, "channel": letter.channel,
                 "files": letter.attachment_count}, happened_at=now, body_id=letter.body_id)
    return letter, filed


def _stored(filing: Filing) -> dict[str, Blob]:
    wanted = {attachment.blob_sha256 for attachment in filing.attachments}
    found = Blob.objects.raw("SELECT * FROM documents_blob WHERE sha256 = ANY(%s)", [list(wanted)]) if wanted else ()
    blobs = {blob.pk: blob for blob in found}
    if len(blobs) < len(wanted):
        raise Refused(_("An attachment has not arrived. Add it again."))
    if any(blob.scan == Blob.Scan.INFECTED for blob in blobs.values()):
        raise Refused(_("An attachment contains a virus and is not accepted."))
    return blobs


def _sender(filing: Filing, case: Case | None) -> Party:
    """The case's party that is this very sender, else a new row (an answer may come from somebody else)."""
    wanted = cases.party_of(filing.sender, user_id=filing.owner_id)
    if case is not None:
        wanted.case = case
        same = {name: getattr(wanted, name) for name in said(filing.sender)}
        known = Party.objects.filter(case=case, **same).order_by("id").first()
        if known is not None:
            return known
        wanted.role = "sender"  # who writes into a case does not become its party
    return insert(wanted)


def _number(letter: Letter, moment: dt.datetime) -> None:
    year = warsaw_day(moment).year
    letter.year = year
    letter.number = numbering.next_value(numbering.letter_scope(letter.body_id, letter.direction, year))
    letter.register_number = numbering.register_number(letter.direction, letter.number, year)


def _keep_filed(letter: Letter, filing: Filing, xml: Blob, blobs: dict[str, Blob],
                moment: dt.datetime) -> DocumentVersion:
    """Documents and versions of a filing in two statements; the jobs that read them and make the readable PDF.
    Gives the version that was filed."""
    kind = "scan" if letter.channel in _PAPER else "attachment"
    common: dict[str, Any] = {"case_id": letter.case_id, "letter": letter, "unit_id": letter.unit_id, "public": True,
                              "created_at": moment}
    rows = [Document(title=letter.subject, kind="filed", position=0, **common)]
    rows += [Document(title=attachment.file_name[:250], kind=kind, position=position, **common)
             for position, attachment in enumerate(filing.attachments, 1)]
    for row in rows:
        insert(row)
    made = [DocumentVersion(document=rows[0], number=1, blob=xml, file_name=_("filing") + ".xml",
                            author_id=filing.owner_id, created_at=moment)]
    made += [
        DocumentVersion(document=row, number=1, blob=blobs[attachment.blob_sha256], author_id=filing.owner_id,
                        file_name=clean_filename(attachment.file_name, blobs[attachment.blob_sha256].media_type),
                        created_at=moment)
        for row, attachment in zip(rows[1:], filing.attachments, strict=True)]
    for version in made:
        insert(version)
    defer_together((printing.print_filed, {"letter_id": letter.pk}),
                   *((read_version, {"version_id": version.pk}) for version in made[1:]))
    return made[0]


@transaction.atomic
def draft(actor: Access, *, case: Case, kind: str, subject: str, addressee: Party, content: dict[str, Any],
          happened_at: dt.datetime | None = None) -> Letter:
    """A new outgoing letter in a case, without number yet. Entry `letter.drafted`. Needs `handle_cases`.

    `content["html"]` is sanitised; placeholders (`printing.PLACEHOLDERS`) are filled when it is rendered. `kind`
    names the template. The addressee is a party of the case, or a unit of the town (`unit_as_addressee`). Raises
    Refused for an empty subject or a party of another case.
    """
    case = cases.lock(case)
    cases.require_handling(actor, case)
    cases.require_open(case)
    moment = actor.moment(happened_at, case.unit_id)
    if addressee.case_id != case.pk and not (addressee.case_id is None and addressee.unit_id):
        raise Refused(_("The addressee is not a party of this case."))
    letter = Letter.objects.create(
        direction=Letter.Direction.OUTGOING, body_id=case.body_id, unit_id=case.unit_id, case=case, kind=kind,
        subject=_subject(subject), correspondent=addressee, content=printing.clean_content(content),
        author_id=actor.user_id, letter_date=warsaw_day(moment))
    record(actor, "letter.drafted", letter, case_id=case.pk, unit_id=case.unit_id, data={"kind": kind},
           happened_at=moment)
    return letter


def unit_as_addressee(unit: Unit) -> Party:
    """A unit of the town as the addressee of one letter (saved, of no case)."""
    return Party.objects.create(kind=Party.Kind.ORGANISATION, role="unit", name=unit.name, street=unit.street,
                                postcode=unit.postcode, town=unit.town, unit=unit)


@transaction.atomic
def revise(actor: Access, *, letter: Letter, content: dict[str, Any], subject: str | None = None,
           happened_at: dt.datetime | None = None) -> Letter:
    """Change a draft; an approval given before is void. Entry `letter.changed`. Needs `handle_cases`. Raises Conflict
    for a signed letter. Call `render` afterwards for the new version."""
    letter = lock(letter)
    _require(actor, letter, "handle_cases")
    _require_draft(letter)
    moment = actor.moment(happened_at, letter.unit_id)
    letter.content = printing.clean_content(content)
    letter.subject = _subject(subject) if subject is not None else letter.subject
    letter.letter_date = warsaw_day(moment)
    letter.approved_at = None
    letter.version += 1
    letter.save(update_fields=["content", "subject", "letter_date", "approved_at", "version"])
    record(actor, "letter.changed", letter, case_id=letter.case_id, unit_id=letter.unit_id,
           data={"version": letter.version}, happened_at=moment)
    return letter


def _subject(subject: str) -> str:
    if not subject.strip():
        raise Refused(_("Give the letter a subject."))
    return subject.strip()[:250]


def _require_draft(letter: Letter) -> None:
    if letter.direction != Letter.Direction.OUTGOING:
        raise Refused(_("Only an outgoing letter can be changed."))
    if letter.signed_at is not None:
        raise Conflict(_("The letter is signed; it cannot be changed any more."))


@transaction.atomic
def render(letter: Letter, *, author_id: int | None = None) -> DocumentVersion:
    """The letter as an unsigned PDF, a new version of its own document (kind = the letter's kind). Voids an approval.
    `author_id`: who wrote this text (default: who drafted the letter); that person does not approve it.
    A step of the deeds that draft and revise: writes no entry. Takes up to some seconds."""
    letter = lock(letter)
    _require_draft(letter)
    pdf = printing.letter_pdf(letter)
    blob = files.store(pdf, media_type="application/pdf")
    document = Document.objects.select_for_update().filter(letter=letter, kind=letter.kind).first()
    if document is None:
        document = Document.objects.create(case_id=letter.case_id, letter=letter, unit_id=letter.unit_id,
                                           title=letter.subject, kind=letter.kind,
                                           created_at=letter_moment(letter))
    elif document.title != letter.subject:
        document.title = letter.subject
        document.save(update_fields=["title"])
    Letter.objects.filter(pk=letter.pk, approved_at__isnull=False).update(approved_at=None)
    return append_version(document, blob, file_name=f"{letter.subject}.pdf", author_id=author_id or letter.author_id)


def letter_moment(letter: Letter) -> dt.datetime:
    """Noon (Warsaw) of the letter's own date: when a backdated draft counts as made."""
    return printing.noon(letter.letter_date)


@transaction.atomic
def sign(actor: Access, *, letter: Letter, version: DocumentVersion, signer: Signer,
         happened_at: dt.datetime | None = None) -> DocumentVersion:
    """Sign exactly this version (PAdES): a new, signed version that will be delivered. Entry `letter.signed`.

    Needs `sign` in the letter's unit; a call sealed by the unit's seal needs only `handle_cases`. Raises Conflict when
    the letter was changed after this version, or is signed already; Refused when the PDF cannot be signed.
    """
    letter = lock(letter)
    _require(actor, letter, "sign", *(["handle_cases"] if signer.kind.value == "unit_seal" else []))
    _require_draft(letter)
    document = Document.objects.select_for_update().get(pk=version.document_id)
    newest = document.versions.order_by("-number").select_related("blob").first()
    if newest is None or newest.pk != version.pk or document.letter_id != letter.pk:
        raise Conflict(_("The letter has changed since this version; read the newest one."))
    moment = actor.moment(happened_at, letter.unit_id)
    try:
        signed = sign_pdf(files.read_blob(version.blob_id), signer, reason=letter.subject, location=letter.body.town,
                          field_name="Podpis1", anchor=printing.SIGNATURE_ANCHOR, signed_at=moment)
    except PdfRefused as error:
        raise Refused(str(error)) from error
    blob = files.store(signed, media_type="application/pdf")
    made = append_version(document, blob, file_name=version.file_name, author_id=actor.user_id,
                          comment=pgettext("version of a document", "signed"), moment=moment, read=False)
    letter.signed_version, letter.signed_at = made, moment
    letter.version += 1
    letter.save(update_fields=["signed_version", "signed_at", "version"])
    record(actor, "letter.signed", letter, case_id=letter.case_id, unit_id=letter.unit_id,
           data={"version": made.pk, "of": version.pk, "sha256": blob.pk, "by": signer.kind.value,
                 "demo": signer.is_demo}, happened_at=moment)
    return made


@transaction.atomic
def register_outgoing(actor: Access, *, letter: Letter, happened_at: dt.datetime | None = None) -> Letter:
    """Enter a signed letter in the body's outgoing register (RPK). Entry `letter.registered`. Needs `sign`,
    `dispatch_letters` or `handle_cases` in its unit. Raises Refused when unsigned, Conflict when it has its number."""
    letter = lock(letter)
    _require(actor, letter, "dispatch_letters", "sign", "handle_cases")
    if letter.direction != Letter.Direction.OUTGOING or letter.signed_at is None:
        raise Refused(_("Only a signed outgoing letter is entered in the outgoing register."))
    if letter.number is not None:
        raise Conflict(_("The letter is already registered as %(number)s.") % {"number": letter.register_number})
    moment = actor.moment(happened_at, letter.unit_id)
    _number(letter, moment)
    letter.registered_at = moment
    letter.version = F("version") + 1
    letter.save(update_fields=["year", "number", "register_number", "registered_at", "version"])
    letter.refresh_from_db(fields=["version"])
    record(actor, "letter.registered", letter, case_id=letter.case_id, unit_id=letter.unit_id,
           data={"direction": "out", "number": letter.register_number}, happened_at=moment)
    return letter
