"""XAdES-BES signatures on XML: enveloped, with inclusive C14N; strictly verified for receipts, leniently for others.

Inclusive canonicalisation is a must: with the exclusive one signxml's own SignedProperties do not verify.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from django.utils.translation import gettext as _
from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureMethod, VerifyResult, methods
from signxml.algorithms import digest_algorithm_implementations
from signxml.exceptions import InvalidDigest, InvalidSignature, SignXMLException
from signxml.xades import (
    XAdESDataObjectFormat,
    XAdESSignatureConfiguration,
    XAdESSigner,
    XAdESVerifier,
    XAdESVerifyResult,
)

from documents.proof import certificates, xmlsafe
from documents.proof.verdict import Part, Reason
from documents.proof.xmlsafe import DS, XADES

if TYPE_CHECKING:
    from journal.keyring import Signer

C14N = CanonicalizationMethod.CANONICAL_XML_1_0
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"

_SIGNATURES = frozenset(m for m in SignatureMethod if "SHA1" not in m.name and "HMAC" not in m.name)
_DIGESTS = frozenset(d for d in DigestAlgorithm if "SHA1" not in d.name)
_NS = {"ds": DS, "xades": XADES}


@dataclass
class XmlCheck:
    """What a signature turned out to cover. ``signed`` is the covered content; use nothing else of the file."""

    reasons: list[Reason] = field(default_factory=list)
    certificate: x509.Certificate | None = None
    signing_time: dt.datetime | None = None
    signed: etree._Element | None = None


def sign_enveloped(xml: bytes, signer: Signer, *, description: str = "Dokument XML") -> bytes:
    """The document with a XAdES-BES signature (RSA, SHA-256) as last child of its root.

    The signature covers the whole document, its own properties and the certificate. Raises XmlRefused for bad XML.
    """
    root = xmlsafe.read(xml, limit=xmlsafe.MAX_SIGNED_BYTES)
    maker = XAdESSigner(
        method=methods.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=C14N,
        data_object_format=XAdESDataObjectFormat(Description=description, MimeType="text/xml"),
    )
    chain = [signer.certificate, *signer.chain]
    signed = maker.sign(root, key=signer.private_key, cert=chain, always_add_key_value=False)
    return xmlsafe.serialise(signed)


def check_signature(data: bytes, anchors: Sequence[x509.Certificate], at: dt.datetime, *, own_form: bool) -> XmlCheck:
    """Check the one XAdES signature of an XML file at the time ``at``; every fault found is in ``reasons``.

    With ``own_form`` the file must have exactly the form that ``sign_enveloped`` makes: signature last in the root,
    three references (whole document, signed properties, certificate), the same byte form. Without it, enveloped and
    enveloping signatures of other software are read too. Either way exactly one signature, over the whole content.
    """
    result = XmlCheck()
    try:
        root = xmlsafe.read(data, limit=xmlsafe.MAX_RECEIPT_BYTES if own_form else xmlsafe.MAX_SIGNED_BYTES)
    except xmlsafe.XmlRefused as refusal:
        element = _element_in_line(data, refusal.line)
        result.reasons.append(Reason(Part.FILE, str(refusal), element))
        return result
    signatures = list(root.iter(f"{{{DS}}}Signature"))
    if len(signatures) != 1:
        result.reasons.append(Reason(Part.STRUCTURE, _wrong_number(len(signatures))))
        return result
    signature = signatures[0]
    if own_form:
        result.reasons += _own_form_problems(root, signature, data)
    _check_certificate(result, signature, anchors, at)
    if result.certificate is not None:
        _check_digests(result, data, root, signature, at, own_form)
    return result


def _wrong_number(count: int) -> str:
    if count:
        return _("The file has more than one signature; exactly one is expected.")
    return _("The file is not signed.")


def _own_form_problems(root: etree._Element, signature: etree._Element, data: bytes) -> list[Reason]:
    """Whatever a file signed here would not have: comments, moved signature, other references, other bytes."""
    problems = []
    foreign = any(not isinstance(node.tag, str) for node in root.iter()) or root.getprevious() is not None
    if foreign or root.getnext() is not None or signature.getparent() is not root or signature.getnext() is not None:
        problems.append(Reason(Part.STRUCTURE, _("The file holds something that no receipt has.")))
    references = signature.findall("ds:SignedInfo/ds:Reference", _NS)
    holder = signature.find("ds:Object/xades:QualifyingProperties", _NS)
    parts = (
        signature.find("ds:Object/xades:QualifyingProperties/xades:SignedProperties", _NS),
        signature.find("ds:KeyInfo", _NS),
    )
    expected = ["", *(f"#{part.get('Id')}" if part is not None else "?" for part in parts)]
    transforms = [[t.get("Algorithm") for t in reference.iterfind(".//ds:Transform", _NS)] for reference in references]
    covers = [reference.get("URI") for reference in references] == expected
    owner = holder.get("Target") if holder is not None else None
    if not covers or transforms != [[ENVELOPED, C14N.value], [], []] or owner != f"#{signature.get('Id')}":
        problems.append(Reason(Part.SIGNATURE, _("The signature does not cover the receipt as it should.")))
    value = signature.find("ds:SignatureValue", _NS)
    if value is None or _base64(value) is None:
        problems.append(Reason(Part.SIGNATURE, _("The signature value is damaged.")))
    if xmlsafe.serialise(root) != data:
        problems.append(Reason(Part.FILE, _("The bytes of the file are not the ones that were issued.")))
    return problems


def _check_certificate(
    result: XmlCheck, signature: etree._Element, anchors: Sequence[x509.Certificate], at: dt.datetime
) -> None:
    """Find the signing certificate, compare it with the one the signature names, ask whether it is trusted."""
    changed = Reason(Part.CERTIFICATE, _("The signer's certificate has been changed or cannot be read."))
    found: list[x509.Certificate] = []
    for node in signature.iterfind("ds:KeyInfo/ds:X509Data/ds:X509Certificate", _NS):
        der = _base64(node)
        if der is None:
            result.reasons.append(changed)
            continue
        try:
            found.append(certificates.load(der))
        except ValueError:
            result.reasons.append(changed)
    if not found:
        result.reasons.append(changed)
        return
    named = [certificate for certificate in found if _is_named(signature, certificate)]
    if not named:
        result.reasons.append(changed)
    certificate = (named or found)[0]
    others = [other for other in found if other is not certificate]
    result.certificate = certificate
    result.reasons += certificates.check(certificate, others, anchors, at)


def _is_named(signature: etree._Element, certificate: x509.Certificate) -> bool:
    """Whether SigningCertificate or SigningCertificateV2 gives this certificate's digest first."""
    for kind in ("SigningCertificateV2", "SigningCertificate"):
        digest = signature.find(f".//xades:{kind}/xades:Cert/xades:CertDigest", _NS)
        if digest is None:
            continue
        method, value = digest.find("ds:DigestMethod", _NS), digest.find("ds:DigestValue", _NS)
        if method is None or value is None:
            return False
        try:
            algorithm = digest_algorithm_implementations[DigestAlgorithm(method.get("Algorithm"))]()
        except ValueError:  # unknown algorithm
            return False
        return _base64(value) == certificate.fingerprint(algorithm)
    return False


def _check_digests(
    result: XmlCheck, data: bytes, root: etree._Element, signature: etree._Element, at: dt.datetime, own_form: bool
) -> None:
    """Signature value and every reference, by signxml; then what the references cover."""
    certificate = result.certificate
    assert certificate is not None
    config = XAdESSignatureConfiguration(
        expect_references=3 if own_form else True,
        signature_methods=_SIGNATURES,
        digest_algorithms=_DIGESTS,
        verification_time=certificate.not_valid_after_utc,  # validity at the real time is judged by certificates.check
    )
    try:
        checked = XAdESVerifier().verify(data, x509_cert=certificate, expect_config=config, parser=xmlsafe.parser())
    except InvalidDigest as fault:
        result.reasons.append(_digest_reason(str(fault), signature))
        return
    except InvalidSignature:
        text = _("The signature value does not match: it, or the list of what it signs, has been changed.")
        result.reasons.append(Reason(Part.SIGNATURE, text))
        return
    # Hostile signatures reach deep into the library, which answers with any of these.
    except (SignXMLException, etree.LxmlError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError):
        result.reasons.append(Reason(Part.SIGNATURE, _("The signature is damaged or of an unknown kind.")))
        return
    properties = [item for item in checked if isinstance(item, XAdESVerifyResult)]
    result.signing_time = _signing_time(properties[0].signed_properties)
    _check_time(result, certificate, at)
    result.signed = _covered(checked, root, signature)
    if result.signed is None:
        result.reasons.append(Reason(Part.SIGNATURE, _("The signature covers only a part of the file.")))


def _digest_reason(message: str, signature: etree._Element) -> Reason:
    """Which signed part has changed, from the number of the reference that signxml names."""
    number = re.search(r"reference (\d+)", message)
    references = signature.findall("ds:SignedInfo/ds:Reference", _NS)
    key_info = signature.find("ds:KeyInfo", _NS)
    reference = references[int(number.group(1))] if number else None
    if reference is None or (key_info is not None and reference.get("URI") == f"#{key_info.get('Id')}"):
        return Reason(Part.CERTIFICATE, _("The signer's certificate has been changed or cannot be read."))
    if reference.get("Type") == SIGNED_PROPERTIES_TYPE:
        return Reason(Part.PROPERTIES, _("The signature's own data (time, certificate) have been changed."))
    return Reason(Part.CONTENT, _("The signed content has been changed."))


def _covered(checked: Sequence[VerifyResult], root: etree._Element, signature: etree._Element) -> etree._Element | None:
    """The signed content when it is all the file says beside the signature; otherwise None (signature wrapping)."""
    if root is signature:
        objects = [o for o in root.findall("ds:Object", _NS) if o.find("xades:QualifyingProperties", _NS) is None]
        whole = objects[0] if len(objects) == 1 else None
    else:
        whole = xmlsafe.read(etree.tostring(root), limit=xmlsafe.MAX_SIGNED_BYTES * 2)
        _remove(next(whole.iter(f"{{{DS}}}Signature")))
    if whole is None:
        return None
    wanted = _plain(whole)
    for item in checked:
        if item.signed_xml is not None and _plain(item.signed_xml) == wanted:
            return item.signed_xml
    return None


def _plain(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)


def _remove(element: etree._Element) -> None:
    """Take the element out and leave the text behind it where it was, as the enveloped transform does."""
    parent, previous = element.getparent(), element.getprevious()
    assert parent is not None
    if element.tail and previous is not None:
        previous.tail = (previous.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _signing_time(properties: etree._Element) -> dt.datetime | None:
    text = properties.findtext("xades:SigningTime", namespaces=_NS) or ""
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _check_time(result: XmlCheck, certificate: x509.Certificate, at: dt.datetime) -> None:
    moment = result.signing_time
    if moment is None or moment > at + dt.timedelta(minutes=5):
        result.reasons.append(Reason(Part.PROPERTIES, _("The signature states no time, or one in the future.")))
    elif not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        text = _("The certificate was not valid at the time the signature states.")
        result.reasons.append(Reason(Part.CERTIFICATE, text))


def _base64(node: etree._Element) -> bytes | None:
    """The decoded text; None when it is not the one canonical way to write these bytes (line breaks aside)."""
    text = re.sub(r"\s+", "", node.text or "")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _element_in_line(data: bytes, line: int) -> str:
    """Name of the element that begins in the line an XML parser stumbled over; our receipts have one to a line."""
    lines = data.split(b"\n")
    found = re.search(rb"<(\w+)", lines[line - 1]) if 0 < line <= len(lines) else None
    return found.group(1).decode() if found else ""
