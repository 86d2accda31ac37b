"""Receipts and filed documents as PDF/A-3a for people to read, with the XML that counts inside.

Official papers of a Polish office: rendered in Polish whatever the reader's language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import dateformat, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from documents.filing import Filing
from documents.proof.pades import sign_pdf
from documents.proof.pdf import Embedded, qr_svg, render_pdf
from documents.proof.receipt_xml import Party, ReceiptData, UppData, sha256_hex

if TYPE_CHECKING:
    from journal.keyring import Signer

WARSAW = ZoneInfo("Europe/Warsaw")
SEAL_ANCHOR = "seal"
"""HTML id where the letter keeps room for the visible seal."""

Rows = list[tuple[str, str, str]]
"""Label, value, and how the value is set: empty, ``mono`` or ``strong``."""


def receipt_pdf(
    data: ReceiptData, xml: bytes, check_url: str, *, seal: Signer | None = None, town: str = "", subject: str = ""
) -> bytes:
    """The receipt as PDF/A-3a with ``xml`` (the signed receipt) inside and a QR code to ``check_url``.

    With ``seal`` it is sealed (PAdES B-B) and shows the seal; ``town`` is where that happened; ``subject`` is the
    filed document's title. Times are shown in Polish time, to the second.
    """
    filing = isinstance(data, UppData)
    with translation.override("pl"):
        title = _("Official receipt of filing") if filing else _("Official receipt of delivery")
        issuer = data.addressee if isinstance(data, UppData) else data.issuer
        context = {
            "title": title,
            "short": "UPP" if filing else "UPD",
            "number": data.receipt_id,
            "issuer": issuer.name,
            "lead": _lead(data),
            "sections": _receipt_sections(data, subject),
            "check_title": _("Check this receipt"),
            "check_text": _("Scan the code or open the address, then give the receipt number or the document itself."),
            "check_url": check_url,
            "evidence": _evidence(data),
            "basis": _(
                "Issued under art. 3 (20) of the Act of 17 February 2005 on the computerisation of the activities of "
                "entities performing public tasks."
            ),
            "sealed": seal is not None,
            "test_mark": _("Test signature: this receipt has no legal effect.") if seal and seal.is_demo else "",
        }
        html = render_to_string("letters/receipt.html", context)
        description = _("Signed receipt %(number)s") % {"number": data.receipt_id}
        pdf = render_pdf(
            html,
            title=f"{title} {data.receipt_id}",
            attachments=[Embedded(f"{data.receipt_id}.xml", xml, description, "Source")],
            assets={"qr": qr_svg(check_url)},
            created=data.issued_at,
        )
        if seal is None:
            return pdf
        return sign_pdf(pdf, seal, reason=title, location=town, field_name="Seal", anchor=SEAL_ANCHOR)


def filed_document_pdf(
    filing: Filing, xml: bytes, *, unit_name: str, filed_at: dt.datetime, register_number: str = "", tracking: str = ""
) -> bytes:
    """What was filed, to read: answers by section, attachments, digest; ``xml`` (the filed document) is inside."""
    with translation.override("pl"):
        title = filing.form.title if filing.form and filing.form.title else filing.subject or _("Filed document")
        sections = [(pgettext("paper", "Filing"), _filing_rows(filing, filed_at, register_number, tracking))]
        sections.append((pgettext("paper", "Sender"), _sender_rows(filing)))
        for name, answers in groupby(filing.answers, key=lambda answer: answer.section):
            sections.append((name or pgettext("paper", "Content"), [(a.label, a.display or "–", "") for a in answers]))
        if filing.remarks:
            sections.append((_("Remarks"), [(_("Remarks"), filing.remarks, "")]))
        files = [(file.file_name, _size(file.size), file.blob_sha256) for file in filing.attachments]
        context = {
            "title": title,
            "issuer": unit_name,
            "sections": [section for section in sections if section[1]],
            "files": files,
            "files_title": _("Attachments"),
            "file_words": (_("File name"), pgettext("paper", "Size"), "SHA-256"),
            "evidence": _(
                "The document exactly as it was filed is embedded in this PDF (%(file)s). SHA-256: %(digest)s"
            )
            % {"file": "dokument.xml", "digest": sha256_hex(xml)},
        }
        html = render_to_string("letters/filed_document.html", context)
        inside = Embedded("dokument.xml", xml, _("The filed document"), "Source")
        return render_pdf(html, title=title, attachments=[inside], created=filed_at)


def polish_moment(moment: dt.datetime) -> str:
    """``24 listopada 2026 r., godz. 23:25:07`` in Polish time (under an active Polish translation)."""
    local = moment.astimezone(WARSAW)
    day, hour = dateformat.format(local, "j E Y"), f"{local:%H:%M:%S}"
    return _("%(day)s, %(hour)s") % {"day": day, "hour": hour}


def _lead(data: ReceiptData) -> str:
    if isinstance(data, UppData):
        return _("The document entered the addressee's information system at the time given below.")
    return _("The addressee confirmed receipt of the document at the time given below.")


def _evidence(data: ReceiptData) -> str:
    if isinstance(data, UppData):
        text = _(
            "The evidence is the receipt as an XML file, embedded in this PDF (%(file)s), together with the filed "
            "document. A printout is only information."
        )
    else:
        text = _(
            "The evidence is the receipt as an XML file, embedded in this PDF (%(file)s), together with the delivered "
            "document. A printout is only information."
        )
    return text % {"file": f"{data.receipt_id}.xml"}


def _receipt_sections(data: ReceiptData, subject: str) -> list[tuple[str, Rows]]:
    document: Rows = [
        (pgettext("paper", "Title"), subject, "strong"),
        (_("Document identifier"), data.document_id, ""),
        (_("SHA-256 digest"), _grouped(data.document_sha256), "mono"),
    ]
    made = (_("Receipt made"), polish_moment(data.issued_at), "")
    if isinstance(data, UppData):
        times = [(pgettext("paper", "Filed"), polish_moment(data.delivered_at), "strong"), made]
        people = [
            (pgettext("paper", "Addressee"), _party_rows(data.addressee)),
            (pgettext("paper", "Sender"), _party_rows(data.sender)),
        ]
    else:
        times = [(pgettext("paper", "Received"), polish_moment(data.received_at), "strong"), made]
        people = [
            (pgettext("paper", "Issued by"), _party_rows(data.issuer)),
            (pgettext("paper", "Addressee"), _party_rows(data.addressee)),
        ]
        document.insert(0, (pgettext("paper", "Case"), data.case_id, "strong"))
    sections = [(_("Date and time"), times), *people, (pgettext("paper", "Document"), document)]
    if data.extra:
        sections.append((_("Additional information"), [(kind, value, "") for kind, value in data.extra]))
    return [(heading, [row for row in rows if row[1]]) for heading, rows in sections]


def _party_rows(party: Party) -> Rows:
    return [
        (pgettext("paper", "Name"), party.name, "strong"),
        (party.identifier_type or pgettext("paper", "Identifier"), party.identifier, ""),
    ]


def _filing_rows(filing: Filing, filed_at: dt.datetime, register_number: str, tracking: str) -> Rows:
    rows: Rows = [
        (pgettext("paper", "Filed"), polish_moment(filed_at), "strong"),
        (pgettext("paper", "Subject"), filing.subject, ""),
        (_("Date of the letter"), filing.letter_date.strftime("%d.%m.%Y") if filing.letter_date else "", ""),
        (_("Sender's mark"), filing.sender_mark, ""),
        (_("Number in the incoming register"), register_number, ""),
        (_("Tracking code"), tracking, "mono"),
    ]
    return [row for row in rows if row[1]]


def _sender_rows(filing: Filing) -> Rows:
    sender = filing.sender
    address = ", ".join(part for part in (sender.street, f"{sender.postcode} {sender.town}".strip()) if part)
    rows: Rows = [
        (pgettext("paper", "Name"), sender.name, "strong"),
        ("PESEL", sender.pesel, ""),
        ("NIP", sender.nip, ""),
        (_("Address"), address, ""),
        (_("E-mail"), sender.email, ""),
        (_("Telephone"), sender.phone, ""),
    ]
    return [row for row in rows if row[1]]


def _grouped(digest: str) -> str:
    """Hex digits in groups of eight, so that people can compare them."""
    return " ".join(_chunks(digest, 8))


def _chunks(text: str, size: int) -> Iterable[str]:
    return (text[i : i + size] for i in range(0, len(text), size))


def _size(size: int) -> str:
    for unit, factor in (("MB", 1 << 20), ("kB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}".replace(".", ",")
    return f"{size} B"
