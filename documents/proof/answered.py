"""Did somebody sign what was filed? One file that came in answer to a call, judged against the filed documents.

Runs in the limited child process (`sandbox.run_limited`), so arguments and answer are JSON types: `judge` outside,
`judge_in_child` inside. An unknown issuer does not make the signature invalid: the clerk is told and decides.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from lxml import etree

from documents.proof import certificates, pades, verify, xades, xmlsafe
from documents.proof.verdict import Part, Reason
from documents.reading.sandbox import run_limited

VALID, UNVERIFIED, INVALID = "valid", "unverified", "invalid"
ROOT = Path(__file__).resolve().parents[2]
_MOST = 60 << 20
_COMPOUND = (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)
#: Objects of a PDF that no reader shows.
_NOT_SHOWN = frozenset({"/XRef", "/ObjStm", "/Metadata", "/StructTreeRoot"})
#: What signing software writes into the catalogue.
_OF_SIGNATURES = frozenset({"/AcroForm", "/Perms", "/DSS", "/Extensions", "/Metadata", "/Version"})


@dataclass(frozen=True)
class Judged:
    """One file: `state` is VALID, UNVERIFIED (good signature, issuer not known here) or INVALID, with the reasons."""

    state: str
    who: str = ""
    certificate: str = ""
    """Issuer and serial number (hex), as the clerk compares them."""
    when: str = ""
    """ISO time the signer claims."""
    reasons: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "who": self.who,
            "certificate": self.certificate,
            "when": self.when,
            "reasons": list(self.reasons),
        }


def judge(
    path: Path, name: str, filed: Sequence[Path], *, anchors: Sequence[x509.Certificate], at: dt.datetime
) -> dict[str, Any]:
    """The judgement on the file at `path` (named `name`) as JSON types (`Judged`), made in the limited child.

    `filed`: the documents, one of which has to be what is signed. A file that breaks the child is INVALID.
    """
    result = run_limited(
        "documents.proof.answered:judge_in_child",
        path,
        arguments={
            "name": name,
            "filed": [str(one) for one in filed],
            "anchors": "".join(anchor.public_bytes(Encoding.PEM).decode() for anchor in anchors),
            "at": at.isoformat(),
        },
        seconds=60,
        memory_mb=1024,
    )
    if result.ok:
        return dict(result.value)
    return Judged(INVALID, reasons=(_("The file is damaged or cannot be checked."),)).as_data()


def judge_in_child(path: str, *, name: str, filed: list[str], anchors: str, at: str) -> dict[str, Any]:
    """What `judge` calls: its own settings, Polish words (they are kept in the case)."""
    if not settings.configured:
        settings.configure(LANGUAGE_CODE="pl", USE_TZ=True, LOCALE_PATHS=[str(ROOT / "documents" / "locale")])
        django.setup()
    logging.disable(logging.CRITICAL)
    trusted = x509.load_pem_x509_certificates(anchors.encode()) if anchors else []
    with translation.override("pl"):
        documents = [Path(one).read_bytes() for one in filed]
        moment = dt.datetime.fromisoformat(at)
        return check(Path(path).read_bytes(), name, documents, anchors=trusted, at=moment).as_data()


def check(
    data: bytes, name: str, filed: Sequence[bytes], *, anchors: Sequence[x509.Certificate], at: dt.datetime
) -> Judged:
    """The judgement itself. The signature must be sound and the whole of what it signs one of `filed`."""
    if len(data) > _MOST:
        return Judged(INVALID, reasons=(_("The file is too large to be checked."),))
    if verify.is_pdf(data):
        pdf = pades.check_pdf(data, anchors, at)
        reasons, signers, when = pdf.reasons, pdf.certificates, pdf.when
        covers = bool(pdf.certificates) and any(_grew_from(data, one) for one in filed)
    elif verify.is_other_kind(data, name):
        return Judged(INVALID, reasons=(verify.other_kind(),))
    else:
        xml = xades.check_signature(data, anchors, at, own_form=False)
        reasons, when = xml.reasons, xml.signing_time
        signers = [xml.certificate] if xml.certificate is not None else []
        covers = xml.signed is not None and any(_is_signed(xml.signed, one) for one in filed)
    unknown = certificates.untrusted()
    faults = [reason for reason in reasons if reason != unknown]
    if not covers and not faults:
        faults.append(Reason(Part.DOCUMENT, _("What is signed is not the document that was filed.")))
    state = INVALID if faults or not signers else UNVERIFIED if unknown in reasons else VALID
    signer = signers[-1] if signers else None
    return Judged(
        state,
        who=certificates.subject(signer) if signer else "",
        certificate=f"{_issuer(signer)}, {signer.serial_number:x}" if signer else "",
        when=when.astimezone(dt.UTC).isoformat() if when else "",
        reasons=tuple(dict.fromkeys(reason.text for reason in [*faults, *(r for r in reasons if r == unknown)])),
    )


def _issuer(certificate: x509.Certificate) -> str:
    found = certificate.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.issuer.rfc4514_string()


def _grew_from(data: bytes, filed: bytes) -> bool:
    """Whether the PDF is the filed one with signatures added, and nothing a reader sees was changed besides."""
    if not verify.is_pdf(filed) or not data.startswith(filed):
        return False
    try:
        with pikepdf.open(io.BytesIO(filed)) as old, pikepdf.open(io.BytesIO(data)) as new:
            return len(old.pages) == len(new.pages) and all(
                _unchanged(one, new.get_object(one.objgen), old) for one in old.objects if isinstance(one, _COMPOUND)
            )
    except pades.BROKEN:
        return False


def _unchanged(one: pikepdf.Object, other: pikepdf.Object, document: pikepdf.Pdf) -> bool:
    """The object as it was. A page may get fields for signatures, the catalogue what belongs to signatures."""
    if not isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
        return one.unparse() == other.unparse()
    kind = str(one.get("/Type", ""))
    if kind in _NOT_SHOWN:
        return True
    free: frozenset[str] = frozenset()
    if one.objgen == document.Root.objgen:
        free = _OF_SIGNATURES
    elif kind == "/Page":
        free = frozenset({"/Annots", "/Tabs"})
        known = {note.objgen for note in one.get("/Annots", [])}
        added = [note for note in other.get("/Annots", []) if note.objgen not in known]
        if any(note.get("/Subtype") != "/Widget" or note.get("/FT") != "/Sig" for note in added):
            return False
    elif one.objgen == document.trailer.get("/Info", pikepdf.Dictionary()).objgen:
        return True
    keys = {*one.keys(), *other.keys()} - free
    if any(_written(one, key) != _written(other, key) for key in keys):
        return False
    return not isinstance(one, pikepdf.Stream) or one.read_raw_bytes() == other.read_raw_bytes()


def _written(holder: pikepdf.Object, key: str) -> bytes:
    value = holder.get(key)
    return value.unparse() if isinstance(value, pikepdf.Object) else repr(value).encode()


def _is_signed(signed: etree._Element, filed: bytes) -> bool:
    """Whether the signed content is the filed XML: itself, alone in the signature's object, or there as base64."""
    if xmlsafe.local(signed) != "Object":
        return _same_xml(signed, filed)
    inside = list(signed)
    if inside:
        return len(inside) == 1 and not (signed.text or "").strip() and _same_xml(inside[0], filed)
    try:
        return base64.b64decode("".join((signed.text or "").split()), validate=True) == filed
    except (binascii.Error, ValueError):
        return False


def _same_xml(element: etree._Element, filed: bytes) -> bool:
    try:
        root = xmlsafe.read(filed, limit=xmlsafe.MAX_SIGNED_BYTES)
    except xmlsafe.XmlRefused:
        return False
    return _plain(element) == _plain(root)


def _plain(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)
