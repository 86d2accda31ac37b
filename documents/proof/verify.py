"""Is a receipt, or another signed file, genuine? Without database and without settings.

    python -m documents.proof.verify FILE... [--document FILE] [--ca FILE]

Also ``manage.py verify_receipt``. Exit 0: all valid; 1: one is not; 2: the question could not be answered.
Reads foreign files: on a server call it through the child-process runner.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import django
import pikepdf
from cryptography import x509
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from lxml import etree

from documents.proof import certificates, receipt_xml, xades, xmlsafe
from documents.proof.pades import PdfCheck, check_pdf
from documents.proof.verdict import Part, Reason, Verdict, unique

ROOT = Path(__file__).resolve().parents[2]
Anchors = Sequence[x509.Certificate]


def verify_receipt(
    data: bytes,
    *,
    anchors: Anchors,
    at: dt.datetime | None = None,
    document: bytes | None = None,
    document_sha256: str | None = None,
) -> Verdict:
    """The verdict on one receipt, as XML (UPP, UPD) or as the sealed PDF with the XML inside.

    ``document`` (or its hex digest) is the filed document to be compared. ``at`` is the time at which the certificate
    has to be good: now, or a moment for which the caller has its own proof that the receipt existed.
    """
    moment = at or certificates.machine_now()
    digest = receipt_xml.sha256_hex(document) if document is not None else document_sha256
    if is_pdf(data):
        return _verify_receipt_pdf(data, anchors, moment, digest)
    return _verify_receipt_xml(data, anchors, moment, digest)


def verify_files(
    files: Sequence[tuple[str, bytes]],
    *,
    anchors: Anchors,
    at: dt.datetime | None = None,
    document: bytes | None = None,
) -> list[tuple[str, Verdict]]:
    """Verdicts on several files, in order. One XML with one PDF are also compared, element by element."""
    verdicts = [verify_receipt(data, anchors=anchors, at=at, document=document) for _name, data in files]
    xmls = [i for i, (_name, data) in enumerate(files) if not is_pdf(data)]
    pdfs = [i for i, (_name, data) in enumerate(files) if is_pdf(data)]
    if len(xmls) == 1 and len(pdfs) == 1:
        differences = _compare(files[xmls[0]][1], embedded_xml(files[pdfs[0]][1]))
        for i in xmls + pdfs:
            verdicts[i] = replace(verdicts[i], reasons=unique([*verdicts[i].reasons, *differences]))
    return [(name, verdict) for (name, _data), verdict in zip(files, verdicts, strict=True)]


def verify_signed_file(data: bytes, name: str, *, anchors: Anchors, at: dt.datetime | None = None) -> Verdict:
    """The verdict on a file that somebody signed elsewhere: XAdES (enveloped or enveloping) or PAdES.

    ``name`` serves only to say something useful about other kinds.
    """
    moment = at or certificates.machine_now()
    if is_pdf(data):
        return _pdf_verdict("pades", check_pdf(data, anchors, moment))
    if is_other_kind(data, name):
        return Verdict("unknown", (Reason(Part.FILE, other_kind()),))
    return _xml_verdict("xades", xades.check_signature(data, anchors, moment, own_form=False))


def is_other_kind(data: bytes, name: str) -> bool:
    """Whether the file is signed in a way that is not read here (ASiC, CAdES)."""
    return Path(name).suffix.lower() in (".asice", ".asics", ".p7m", ".p7s", ".sig", ".zip") or data[:2] == b"PK"


def other_kind() -> str:
    """What to do with such a file, in words."""
    return _("This kind of signature is not read here. Send the file signed as XAdES (XML) or PAdES (PDF).")


def verify_pdf(pdf: bytes, anchors: Anchors, *, at: dt.datetime | None = None) -> Verdict:
    """The verdict on all signatures of a PDF letter."""
    return _pdf_verdict("pades", check_pdf(pdf, anchors, at or certificates.machine_now()))


def embedded_xml(pdf: bytes) -> bytes | None:
    """The one XML file inside the PDF; None when there is none, several, or the PDF cannot be read."""
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            names = [name for name in document.attachments if name.lower().endswith(".xml")]
            if len(names) != 1:
                return None
            return document.attachments[names[0]].get_file().read_bytes()
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError):  # damaged on purpose or by chance
        return None


# -- parts -------------------------------------------------------------------------------------------------------------


def is_pdf(data: bytes) -> bool:
    """Whether the content says that it is a PDF."""
    return b"%PDF-" in data[:1024] and not data.lstrip()[:5].startswith(b"<?xml")


def _verify_receipt_xml(data: bytes, anchors: Anchors, at: dt.datetime, digest: str | None) -> Verdict:
    check = xades.check_signature(data, anchors, at, own_form=True)
    reasons = list(check.reasons)
    kind, receipt = "unknown", None
    try:
        root = xmlsafe.read(data)
        problems = receipt_xml.schema_problems(root)
        body = receipt_xml.receipt_body(root)
    except xmlsafe.XmlRefused:
        return _xml_verdict(kind, check)  # the check has said it already
    except receipt_xml.ReceiptError as error:
        reasons += [Reason(Part.STRUCTURE, str(error))]
    else:
        kind = xmlsafe.local(body).lower()
        reasons += problems
        if reasons:
            reasons = [*_changes(body), *reasons]
        try:
            receipt = receipt_xml.parse_receipt(check.signed if check.signed is not None else root)
        except receipt_xml.ReceiptError as error:
            reasons.append(Reason(Part.STRUCTURE, str(error)))
        else:
            reasons += _document_problems(receipt.document_sha256, digest)
    return replace(_xml_verdict(kind, check), reasons=unique(reasons), receipt=receipt)


def _changes(body: etree._Element) -> list[Reason]:
    """The elements that differ from the digests which the receipt carries of them."""
    text = _("Element %(name)s has been changed.")
    return [Reason(Part.CONTENT, text % {"name": path}, path) for path in receipt_xml.changed_elements(body)]


def _document_problems(attested: str, digest: str | None) -> list[Reason]:
    if digest is None or attested == digest:
        return []
    text = _("The document is not the one that was filed: its SHA-256 digest differs from the one in the receipt.")
    return [Reason(Part.DOCUMENT, text)]


def _verify_receipt_pdf(data: bytes, anchors: Anchors, at: dt.datetime, digest: str | None) -> Verdict:
    verdict = _pdf_verdict("receipt-pdf", check_pdf(data, anchors, at, own_form=True))
    xml = embedded_xml(data)
    if xml is None:
        reason = Reason(Part.COPY, _("The PDF does not hold the receipt as XML."))
        return replace(verdict, reasons=unique([*verdict.reasons, reason]))
    inner = _verify_receipt_xml(xml, anchors, at, digest)
    return replace(verdict, reasons=unique([*verdict.reasons, *inner.reasons]), receipt=inner.receipt)


def _compare(xml: bytes, inside: bytes | None) -> list[Reason]:
    """What differs between the XML file and the XML inside the PDF."""
    if inside is None or inside == xml:
        return []
    reasons = [Reason(Part.COPY, _("The XML file and the XML inside the PDF are not the same."))]
    try:
        pair = [receipt_xml.element_values(receipt_xml.receipt_body(xmlsafe.read(data))) for data in (xml, inside)]
    except (xmlsafe.XmlRefused, receipt_xml.ReceiptError):
        return reasons
    for path in dict.fromkeys([*pair[0], *pair[1]]):
        if pair[0].get(path) != pair[1].get(path):
            text = _("Element %(name)s differs from the XML inside the PDF.") % {"name": path}
            reasons.append(Reason(Part.COPY, text, path))
    return reasons


def _xml_verdict(kind: str, check: xades.XmlCheck) -> Verdict:
    found = [check.certificate] if check.certificate is not None else []
    return _verdict(kind, check.reasons, found, check.signing_time)


def _pdf_verdict(kind: str, check: PdfCheck) -> Verdict:
    return _verdict(kind, check.reasons, check.certificates, check.when)


def _verdict(
    kind: str, reasons: Sequence[Reason], found: Sequence[x509.Certificate], when: dt.datetime | None
) -> Verdict:
    last = found[-1] if found else None
    return Verdict(
        kind=kind,
        reasons=unique(reasons),
        who=certificates.subject(last) if last else "",
        organization=certificates.organization(last) if last else "",
        when=when.astimezone(dt.UTC) if when else None,
        is_demo=any(certificates.is_demo(certificate) for certificate in found),
        signers=tuple(certificates.subject(certificate) for certificate in found),
    )


# -- command line ------------------------------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments shared by ``python -m`` and ``manage.py verify_receipt``."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=_("receipt as XML or PDF"))
    parser.add_argument("--document", type=Path, metavar="FILE", help=_("the filed document, to compare its digest"))
    parser.add_argument("--ca", type=Path, metavar="FILE", help=_("trusted certificates, PEM"))
    parser.add_argument("--at", metavar="TIME", help=_("check certificates at this time (ISO 8601), not now"))


def run(options: argparse.Namespace, default_anchor_files: Sequence[Path], write: Callable[[str], object]) -> int:
    """Verify the files named in ``options`` and write the verdicts. Returns the exit code."""
    for name in ("pyhanko", "pyhanko_certvalidator"):  # they report every bad signature with a traceback
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        anchors = certificates.read_anchors([options.ca] if options.ca else list(default_anchor_files))
        at = _moment(options.at) if options.at else None
        files = [(path.name, path.read_bytes()) for path in options.files]
        document = options.document.read_bytes() if options.document else None
    except (OSError, ValueError) as error:
        write(_("Cannot read: %(why)s") % {"why": error})
        return 2
    if not anchors:
        write(_("There are no trusted certificates here: name a file with --ca."))
        return 2
    verdicts = verify_files(files, anchors=anchors, at=at, document=document)
    for name, verdict in verdicts:
        for line in report(name, verdict):
            write(line)
    return 0 if all(verdict.valid for _name, verdict in verdicts) else 1


def report(name: str, verdict: Verdict) -> list[str]:
    """The verdict as lines of text."""
    answer = _("VALID") if verdict.valid else _("NOT VALID")
    test = _("test signature") if verdict.is_demo else ""
    facts = [
        (_("receipt"), verdict.receipt.receipt_id if verdict.receipt else ""),
        ("SHA-256", verdict.receipt.document_sha256 if verdict.receipt else ""),
        (_("signed by"), ", ".join(part for part in (verdict.who, test) if part)),
        (_("signed at"), verdict.when.isoformat() if verdict.when else ""),
    ]
    lines = [f"{name}: {answer}", *(f"  {label}: {value}" for label, value in facts if value)]
    lines += [f"  - [{reason.part.value}] {reason.text}" for reason in verdict.reasons]
    return lines


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def default_anchor_files(var: Path) -> list[Path]:
    """The demo authority's certificate of the installation under ``var``, when there is one."""
    return [file for file in [var / "keys" / "ca.pem"] if file.is_file()]


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m documents.proof.verify``: Polish where the translations are compiled, otherwise English."""
    if not settings.configured:
        settings.configure(LANGUAGE_CODE="pl", USE_TZ=True, LOCALE_PATHS=[str(ROOT / "documents" / "locale")])
        django.setup()
    translation.activate("pl")
    parser = argparse.ArgumentParser(prog="verify_receipt", description=_("Checks receipts (UPP, UPD)."))
    add_arguments(parser)
    return run(parser.parse_args(arguments), default_anchor_files(ROOT / "var"), print)


if __name__ == "__main__":
    sys.exit(main())
