"""What was filed, as the office keeps it: our own canonical XML, whose SHA-256 stands in the receipt.

Namespace ``urn:obieg:filing:1``. It holds what the citizen sent and to whom; not when it came, nor what the office
made of it. The same filing gives the same bytes.
"""

from __future__ import annotations

import json

from lxml import etree

from documents.filing import Filing
from documents.proof.xmlsafe import legal, serialise

FILING = "urn:obieg:filing:1"


def filed_document_xml(filing: Filing, *, unit_symbol: str, unit_name: str) -> bytes:
    """The filed document: addressee, service, form, sender, answers, attachments with their digests."""
    marks = {"version": "1", "language": filing.language}
    root = etree.Element(f"{{{FILING}}}filing", marks, {None: FILING})  # type: ignore[dict-item]  # stubs: no default ns
    _text(root, "subject", filing.subject)
    _text(root, "addressee", unit_name, symbol=unit_symbol)
    if filing.service_code:
        _text(root, "service", None, code=filing.service_code)
    if filing.form is not None:
        form = filing.form
        _text(root, "form", form.title, id=str(form.id), version=str(form.number), checksum=form.checksum)
    if filing.letter_date is not None:
        _text(root, "letterDate", filing.letter_date.isoformat())
    _text(root, "senderMark", filing.sender_mark or None)
    sender = _text(root, "sender", None, kind=filing.sender.kind)
    for name in ("name", "pesel", "nip", "email", "phone", "street", "postcode", "town"):
        value = getattr(filing.sender, name)
        if value:
            _text(sender, name, value)
    answers = _text(root, "answers", None)
    for answer in filing.answers:
        marks = {"field": answer.field, "kind": answer.kind, "section": answer.section}
        entry = _text(answers, "answer", None, **{name: value for name, value in marks.items() if value})
        _text(entry, "label", answer.label)
        _text(entry, "raw", json.dumps(answer.raw, ensure_ascii=False, sort_keys=True, default=str))
        _text(entry, "display", answer.display)
    attachments = _text(root, "attachments", None)
    for file in filing.attachments:
        marks = {"field": file.field, "mediaType": file.media_type, "size": str(file.size), "sha256": file.blob_sha256}
        _text(attachments, "attachment", file.file_name, **{name: value for name, value in marks.items() if value})
    _text(root, "remarks", filing.remarks or None)
    etree.indent(root, space="  ")
    return serialise(root)


def _text(parent: etree._Element, name: str, text: str | None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{FILING}}}{name}", {key: legal(value) for key, value in attributes.items()})
    element.text = legal(text) if text is not None else None
    return element
