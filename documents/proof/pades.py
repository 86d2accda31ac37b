"""PAdES signatures (baseline B-B) on PDF files: made with pyHanko, verified down to the last byte.

Standards: ETSI EN 319 142-1 (PAdES), ISO 19005-3 (the signed file stays PDF/A-3).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import tempfile
import zlib
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast
from zoneinfo import ZoneInfo

import pikepdf
from asn1crypto import cms
from cryptography import x509
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError, PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import CMSExtractionError, SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import ValidationError

from documents.proof import certificates
from documents.proof.pdf import render_pdf
from documents.proof.verdict import Part, Reason

if TYPE_CHECKING:
    from journal.keyring import Signer

T = TypeVar("T")

MAX_PDF_BYTES = 50 << 20
WARSAW = ZoneInfo("Europe/Warsaw")

STAMP_WIDTH, STAMP_HEIGHT = 227, 71  # points: 80 x 25 mm
_MARGIN, _BOTTOM, _GAP = 57, 62, 8

# What pikepdf and pyHanko answer a file that is damaged or made to hurt.
BROKEN = (
    PdfError,
    PdfReadError,
    SigningError,
    CMSExtractionError,
    SignatureValidationError,
    ValidationError,
    pikepdf.PdfError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    zlib.error,
)


class PdfRefused(ValueError):
    """The PDF cannot be read or signed; the text says why."""


@dataclass
class PdfCheck:
    """What is known after a check of all signatures of a PDF."""

    reasons: list[Reason] = field(default_factory=list)
    certificates: list[x509.Certificate] = field(default_factory=list)
    """Of the signers, first to last."""
    when: dt.datetime | None = None
    """Time the last signer claims."""


def sign_pdf(
    pdf: bytes,
    signer: Signer,
    *,
    reason: str,
    location: str,
    field_name: str,
    visible: bool = True,
    on_page: int = -1,
    anchor: str = "",
    signed_at: dt.datetime | None = None,
) -> bytes:
    """The PDF with one more signature, appended as an increment; earlier signatures stay valid.

    A visible signature names person and post (``podpis testowy`` for demo keys). Its stamp, 80 x 25 mm, stands at the
    element whose HTML id is ``anchor`` (keep that room free in the letter), otherwise at the foot of ``on_page``, the
    next free place of two columns. ``signed_at`` is only what the stamp prints; default is the machine's clock.
    Raises PdfRefused for a PDF that is broken, encrypted, or already has a signature of that name.
    """
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
        taken = writer.prev.embedded_signatures
        names = [signature.field_name for signature in taken]
        if field_name in names:
            raise PdfRefused(_("The PDF already has the signature %(name)s.") % {"name": field_name})
        page, box = on_page, None
        if visible:
            page, box = _place(pdf, anchor, on_page, len(taken))
        spec = SigFieldSpec(field_name, on_page=page, box=box, readable_field_name=_field_title(signer))
        metadata = PdfSignatureMetadata(
            field_name=field_name,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=reason,
            location=location,
            name=signer.display_name,
        )
        with tempfile.NamedTemporaryFile(suffix=".pdf") as picture:
            style = None
            if visible:
                picture.write(stamp_pdf(signer, signed_at or certificates.machine_now()))
                picture.flush()
                style = StaticStampStyle(
                    background=ImportedPdfPage(picture.name),
                    background_layout=SimpleBoxLayoutRule(
                        AxisAlignment.ALIGN_MIN, AxisAlignment.ALIGN_MIN, Margins(), InnerScaling.STRETCH_TO_FIT
                    ),
                    border_width=0,
                )
            tool = PdfSigner(metadata, signer.pyhanko_signer(), stamp_style=style, new_field_spec=spec)
            return bytes(_outside_loop(lambda: tool.sign_pdf(writer)).getvalue())
    except PdfRefused:
        raise
    except BROKEN as error:
        raise PdfRefused(_("The PDF cannot be signed: it is damaged or protected.")) from error


def _outside_loop(call: Callable[[], T]) -> T:
    """Run what starts an event loop of its own (pyHanko does), also where this thread already runs one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return call()
    with ThreadPoolExecutor(max_workers=1) as other:
        return other.submit(call).result()


def stamp_pdf(signer: Signer, moment: dt.datetime) -> bytes:
    """The picture of a visible signature as a one-page PDF of 80 x 25 mm."""
    local = moment.astimezone(WARSAW)
    lines: list[SafeString] = [format_html("<b>{}</b>", signer.display_name)]
    if signer.post:
        lines.append(format_html("<span>{}</span>", signer.post))
    elif signer.kind.value == "unit_seal":
        lines.append(format_html("<span>{}</span>", _("electronic seal")))
    if signer.in_place_of:
        lines.append(format_html("<em>{}</em>", _("in place of: %(who)s") % {"who": signer.in_place_of}))
    lines.append(format_html("<small>{}</small>", _("signed on %(time)s") % {"time": f"{local:%d.%m.%Y, %H:%M}"}))
    demo = format_html("<i>{}</i>", _("test signature")) if signer.is_demo else ""
    html = format_html(
        '<html lang="pl"><head><title>.</title><style>{}</style></head>'
        '<body><div class="{}"><p>{}</p>{}{}</div></body></html>',
        SafeString(_STAMP_CSS),
        "dense" if _is_long(signer) else "",
        _("Signed electronically"),
        SafeString("".join(conditional_escape(line) for line in lines)),
        demo,
    )
    return render_pdf(str(html), title="", variant=None)


def _is_long(signer: Signer) -> bool:
    """Whether two people with their posts need smaller print to fit the stamp: none of them may be cut off."""
    return bool(signer.in_place_of) and (
        len(signer.display_name) > 34 or len(signer.post) > 42 or len(signer.in_place_of) > 36
    )


_STAMP_CSS = """
@page { size: 80mm 25mm; margin: 0 }
body { margin: 0; font: 8.5pt/1.25 "Liberation Sans", "DejaVu Sans", sans-serif; color: #14233b }
div { box-sizing: border-box; height: 25mm; overflow: hidden; padding: 1.6mm 3mm 0; border: .3mm solid #14233b;
      border-left-width: 1.6mm; position: relative }
p { margin: 0 0 .6mm; font-size: 6.5pt; letter-spacing: .04em; text-transform: uppercase; color: #4a5a72 }
b, span, em, small { display: block; max-height: 2.5em; overflow: hidden }
b { font-size: 9.5pt }
small { font-size: 7.5pt; color: #4a5a72 }
em { font-size: 7.5pt; font-style: normal }
.dense p { margin-bottom: .3mm; font-size: 5.5pt; line-height: 1.15 }
.dense b { font-size: 8.5pt; line-height: 1.1; max-height: 2.2em }
.dense span, .dense em, .dense small { font-size: 6.5pt; line-height: 1.1; max-height: 2.2em }
i { position: absolute; right: 2mm; bottom: 1.4mm; font: bold 7.5pt "Liberation Sans", "DejaVu Sans", sans-serif;
    color: #a3161a; border: .25mm solid #a3161a; padding: .3mm 1.2mm }
"""


def _field_title(signer: Signer) -> str:
    """What a screen reader says for the signature field."""
    names = [name for name in (signer.display_name, signer.post) if name]
    if signer.in_place_of:
        names.append(_("in place of: %(who)s") % {"who": signer.in_place_of})
    return _("Electronic signature: %(who)s") % {"who": ", ".join(names)}


def _place(pdf: bytes, anchor: str, on_page: int, number: int) -> tuple[int, tuple[int, int, int, int]]:
    """Page and box of the stamp."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        spot = _destination(document, anchor) if anchor else None
        if spot is not None:
            page, left, top = spot
            return page, (left, top - STAMP_HEIGHT, left + STAMP_WIDTH, top)
        page = on_page if on_page >= 0 else len(document.pages) + on_page
    left = _MARGIN + (number % 2) * (STAMP_WIDTH + _GAP * 3)
    bottom = _BOTTOM + (number // 2) * (STAMP_HEIGHT + _GAP)
    return page, (left, bottom, left + STAMP_WIDTH, bottom + STAMP_HEIGHT)


def _destination(document: pikepdf.Pdf, anchor: str) -> tuple[int, int, int] | None:
    """Page, left and top of an HTML id, from the named destinations that WeasyPrint writes for every id."""
    names = document.Root.get("/Names", pikepdf.Dictionary()).get("/Dests", pikepdf.Dictionary()).get("/Names", [])
    for name, target in zip(list(names)[::2], list(names)[1::2], strict=False):
        if str(name) == anchor:
            page = next(i for i, candidate in enumerate(document.pages) if candidate.objgen == target[0].objgen)
            return page, round(float(target[2])), round(float(target[3]))
    return None


def check_pdf(pdf: bytes, anchors: Sequence[x509.Certificate], at: dt.datetime, *, own_form: bool = False) -> PdfCheck:
    """Check every signature of the PDF at the time ``at``; every fault found is in ``reasons``.

    The last signature must cover the whole file, earlier ones their revision, and what was added since may only be
    further signatures. With ``own_form`` there must be exactly one signature in the byte form ``sign_pdf`` makes.
    """
    result = PdfCheck()
    if len(pdf) > MAX_PDF_BYTES:
        size = {"size": MAX_PDF_BYTES >> 20}
        result.reasons.append(Reason(Part.FILE, _("The file is larger than %(size)d MB.") % size))
        return result
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        signatures = reader.embedded_regular_signatures
        for number, signature in enumerate(signatures, start=1):
            _check_one(result, pdf, signature, anchors, at, last=number == len(signatures), own_form=own_form)
    except BROKEN:
        text = _("The PDF or its signature is damaged and cannot be read.")
        result.reasons.append(Reason(Part.SIGNATURE, text))
        return result
    if not signatures:
        result.reasons.append(Reason(Part.SIGNATURE, _("The PDF is not signed.")))
    elif own_form and len(signatures) != 1:
        result.reasons.append(
            Reason(Part.STRUCTURE, _("The file has more than one signature; exactly one is expected."))
        )
    return result


def _check_one(
    result: PdfCheck,
    pdf: bytes,
    signature: EmbeddedPdfSignature,
    anchors: Sequence[x509.Certificate],
    at: dt.datetime,
    *,
    last: bool,
    own_form: bool,
) -> None:
    roots = [translate_pyca_cryptography_cert_to_asn1(anchor) for anchor in anchors]
    context = ValidationContext(trust_roots=roots, moment=at, allow_fetching=False)
    status = _at_once(async_validate_pdf_signature(signature, signer_validation_context=context))
    certificate = certificates.load(signature.signer_cert.dump())
    others = [certificates.load(other.dump()) for other in signature.other_embedded_certs]
    result.certificates.append(certificate)
    result.when = status.signer_reported_dt or result.when
    if not status.intact:
        result.reasons.append(Reason(Part.CONTENT, _("The PDF has been changed since it was signed.")))
    elif not status.valid:
        result.reasons.append(Reason(Part.SIGNATURE, _("The signature value of the PDF does not match.")))
    wanted = SignatureCoverageLevel.ENTIRE_FILE if last else SignatureCoverageLevel.ENTIRE_REVISION
    if status.coverage is None or status.coverage < wanted or not status.docmdp_ok or not status.seed_value_ok:
        result.reasons.append(Reason(Part.CONTENT, _("Something was added to the PDF after it was signed.")))
    result.reasons += certificates.check(certificate, others, anchors, at)
    claimed = status.signer_reported_dt
    if claimed is None or claimed > at + dt.timedelta(minutes=5):
        result.reasons.append(Reason(Part.PROPERTIES, _("The signature states no time, or one in the future.")))
    elif not certificate.not_valid_before_utc <= claimed <= certificate.not_valid_after_utc:
        text = _("The certificate was not valid at the time the signature states.")
        result.reasons.append(Reason(Part.CERTIFICATE, text))
    if own_form and not _has_own_form(signature, pdf):
        result.reasons.append(Reason(Part.SIGNATURE, _("The signature of the PDF is not in the form it was made in.")))


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing (nothing is fetched), without an event loop: a loop needs
    sockets, and the child process that reads foreign files has none."""
    try:
        work.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    work.close()
    raise NotImplementedError("the check of a signature wants to wait for something")


def _has_own_form(signature: EmbeddedPdfSignature, pdf: bytes) -> bool:
    """Whether the CMS says nothing beyond what is signed: no spare certificates, attributes, or bytes."""
    raw = signature.pkcs7_content
    info = cms.ContentInfo.load(raw)
    data, signer = info["content"], signature.signer_info
    certificate = signature.signer_cert
    length = len(info.dump())
    start, end = signature.byte_range[1], signature.byte_range[2]
    return (
        raw[:length] == info.dump(force=True)
        and not raw[length:].strip(b"\0")
        and pdf[start:end] == b"<" + raw.hex().upper().encode() + b">"  # the digits as pyHanko writes them
        and data["version"].native == "v1"
        and [item["algorithm"].native for item in data["digest_algorithms"]] == ["sha256"]
        and data["encap_content_info"]["content_type"].native == "data"
        and data["encap_content_info"]["content"].native is None
        and len(data["crls"]) == 0
        and signer["version"].native == "v1"
        and signer["sid"].chosen["serial_number"].native == certificate.serial_number
        and signer["sid"].chosen["issuer"].dump() == certificate.issuer.dump()
        and signer["signature_algorithm"]["algorithm"].native in ("rsassa_pkcs1v15", "sha256_rsa")
        and len(signer["unsigned_attrs"]) == 0
    )
