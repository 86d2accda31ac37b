"""Receipts (UPP, UPD): promised in the deed's transaction, signed by a job that the same transaction defers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from documents import files, numbering
from documents.models import Case, Document, DocumentVersion, Letter, Receipt
from documents.models import Party as LetterParty
from documents.proof import receipt_xml
from documents.proof.letters import receipt_pdf
from documents.proof.xades import sign_enveloped
from journal import keyring
from journal.brief import briefly
from journal.clock import db_now, warsaw_day
from journal.jobs import defer_together, job
from journal.models import Audience
from journal.record import record
from journal.rows import insert
from people.access import SYSTEM, Access

Kind = Receipt.Kind


def promise(actor: Access, *, letter: Letter, case: Case, document: Document, happened_at: dt.datetime,
            kind: str = Kind.FILING, sha256: str = "", now: dt.datetime | None = None) -> Receipt:
    """The receipt's row with number, times and the digest of the exact document, and the job that signs it.

    A part of intake (UPP) and of signing for a letter (UPD), so it writes no entry; the job writes `receipt.signed`.
    `happened_at`: when the document entered (UPP), or was signed for (UPD). The number's day is that of `happened_at`
    in Europe/Warsaw. Inside the caller's transaction, which may say what it knows already: the document's `sha256`,
    and `now` by the database's clock.
    """
    day = warsaw_day(happened_at)
    body = case.body
    number = numbering.next_value(numbering.receipt_scope(body, day, kind))
    receipt = insert(Receipt(
        kind=kind, number=numbering.receipt_number(kind, body.symbol, day, number), letter=letter, case=case,
        body=body, document=document, document_sha256=sha256 or _digest(letter, document, kind),
        happened_at=happened_at, made_at=now or db_now(),
        facts=_facts(letter, case, document, kind)))
    defer_together((sign_receipt, {"receipt_id": receipt.pk}))
    return receipt


def _digest(letter: Letter, document: Document, kind: str) -> str:
    """SHA-256 of the version that a receipt attests: the signed one of a delivery, else the newest."""
    version = letter.signed_version if kind == Kind.DELIVERY else None
    version = version or DocumentVersion.objects.filter(document=document).order_by("-number").first()
    assert version is not None
    return version.blob_id


def _facts(letter: Letter, case: Case, document: Document, kind: str) -> dict[str, Any]:
    """What the receipt states besides numbers and times, frozen now: names may change before the job runs."""
    with translation.override("pl"):
        return _facts_in_polish(letter, case, document, kind)


def _facts_in_polish(letter: Letter, case: Case, document: Document, kind: str) -> dict[str, Any]:
    office = {"name": case.body.name, "identifier": case.body.edelivery or case.body.symbol,
              "type": "ADE" if case.body.edelivery else "symbol"}
    person = _person(letter.correspondent)
    extra = [[_("Number in the incoming register") if kind == Kind.FILING else _("Number in the outgoing register"),
              letter.register_number]]
    if letter.unit_id != case.body_id:
        extra.append([_("Organisational unit"), letter.unit.name])
    return {"office": office, "person": person, "document_id": f"DOK-{document.pk}",
            "case_id": case.reference or letter.register_number, "extra": extra, "title": letter.subject}


def _person(party: LetterParty | None) -> dict[str, str]:
    if party is None:
        return {"name": _("no data"), "identifier": "", "type": ""}
    known = [("PESEL", party.pesel), ("NIP", party.nip)]
    kind, identifier = next(((k, value) for k, value in known if value), ("", ""))
    return {"name": party.name, "identifier": identifier, "type": kind}


@job(name="receipts.sign_receipt")
def sign_receipt(receipt_id: int) -> None:
    """Make and keep the signed XML (XAdES-BES by the body's seal) and the sealed PDF/A-3a with the XML inside.

    Entry `receipt.signed`. Idempotent: a receipt signed already is left as it is.
    """
    receipt = Receipt.objects.select_related("body", "letter", "case").get(pk=receipt_id)
    if receipt.signed_at is not None:
        return
    seal = keyring.unit_seal(receipt.body.symbol, receipt.body.name)
    with translation.override("pl"):
        data = xml_data(receipt)
        xml = sign_enveloped(receipt_xml.receipt_xml(data), seal, description=f"Dokument {receipt.kind.upper()}")
        pdf = receipt_pdf(data, xml, check_url(receipt), seal=seal, town=receipt.body.town,
                          subject=receipt.facts["title"])
    xml_blob = files.store(xml, media_type="application/xml")
    pdf_blob = files.store(pdf, media_type="application/pdf")
    with transaction.atomic():
        locked = Receipt.objects.select_for_update().get(pk=receipt_id)
        if locked.signed_at is not None:
            return
        locked.xml, locked.pdf, locked.signed_at = xml_blob, pdf_blob, db_now()
        locked.save(update_fields=["xml", "pdf", "signed_at"])
        record(SYSTEM, "receipt.signed", locked, case_id=locked.case_id, unit_id=receipt.letter.unit_id,
               audience=Audience.PARTY, data={"number": locked.number, "kind": locked.kind, "xml": xml_blob.pk,
                                              "pdf": pdf_blob.pk, "demo": seal.is_demo})


def xml_data(receipt: Receipt) -> receipt_xml.ReceiptData:
    """The row as the data of its XML."""
    facts = receipt.facts
    office, person = _proof_party(facts["office"]), _proof_party(facts["person"])
    extra = tuple((str(kind), str(value)) for kind, value in facts["extra"] if value)
    if receipt.kind == Kind.FILING:
        return receipt_xml.UppData(
            receipt_id=receipt.number, addressee=office, sender=person, delivered_at=receipt.happened_at,
            issued_at=receipt.made_at, document_id=facts["document_id"], document_sha256=receipt.document_sha256,
            extra=extra)
    return receipt_xml.UpdData(
        receipt_id=receipt.number, issuer=office, addressee=person, received_at=receipt.happened_at,
        issued_at=receipt.made_at, case_id=facts["case_id"], document_id=facts["document_id"],
        document_sha256=receipt.document_sha256, extra=extra)


def _proof_party(said: dict[str, str]) -> receipt_xml.Party:
    return receipt_xml.Party(said["name"], said["identifier"], said["type"])


def check_url(receipt: Receipt) -> str:
    """The public check page with this receipt's number and digest filled in (the QR code)."""
    return (f"{settings.SITE_URL}{reverse('documents:check_receipt')}"
            f"?numer={receipt.number}&skrot={receipt.document_sha256}")


@briefly
def oldest_unsigned_age() -> float:
    """Seconds since the oldest receipt that is still unsigned was promised; 0.0 when none is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(extract(epoch FROM clock_timestamp() - min(made_at)), 0)::float"
                       " FROM documents_receipt WHERE signed_at IS NULL")
        return float(cursor.fetchone()[0])
