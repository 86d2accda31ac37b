"""Receipts (UPO) as XML: UPP, the receipt of filing, and UPD, the receipt of delivery.

Namespace and element names: http://crd.gov.pl/xml/schematy/UPO/2008/05/09/ ; what a receipt must state: Act of
17 February 2005 on informatisation, art. 3 pt 20. The schema beside this module is a reconstruction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils.translation import gettext as _
from lxml import etree

from documents.proof import xmlsafe
from documents.proof.verdict import Part, Reason

UPO = "http://crd.gov.pl/xml/schematy/UPO/2008/05/09/"
HASH_TYPE = "SHA-256"
"""TypInformacjiUzupelniajacej of the digest of the attested document: the algorithm; the value is lower-case hex."""
FIELDS_TYPE = "SHA-256 pól poświadczenia"
"""TypInformacjiUzupelniajacej of the digests of single elements: they let a verifier name the element that changed."""

_HEX = re.compile(r"[0-9a-f]{64}\Z")


class ReceiptError(ValueError):
    """The data make no receipt, or the XML is none."""


@dataclass(frozen=True)
class Party:
    """A name with an identifier and its type, e.g. ``Party("Urząd Miasta", "6331001234", "NIP")``."""

    name: str
    identifier: str = ""
    identifier_type: str = ""


@dataclass(frozen=True)
class UppData:
    """Receipt of filing. Times carry a time zone; ``document_sha256`` is hex of the exact bytes that were filed."""

    receipt_id: str
    addressee: Party
    sender: Party
    delivered_at: dt.datetime
    issued_at: dt.datetime
    document_id: str
    document_sha256: str
    extra: tuple[tuple[str, str], ...] = ()
    """Further (type, value) pairs, such as the number in the incoming register."""


@dataclass(frozen=True)
class UpdData:
    """Receipt of delivery, signed by the addressee before the content is opened."""

    receipt_id: str
    issuer: Party
    addressee: Party
    received_at: dt.datetime
    issued_at: dt.datetime
    case_id: str
    document_id: str
    document_sha256: str
    extra: tuple[tuple[str, str], ...] = ()


ReceiptData = UppData | UpdData


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def receipt_xml(data: ReceiptData) -> bytes:
    """The unsigned receipt as UTF-8 XML, one element a line, valid against the schema.

    Raises ReceiptError for a time without zone, a digest that is none, or an empty obligatory element.
    """
    _check_data(data)
    root = etree.Element(_tag("Dokument"), nsmap={None: UPO})  # type: ignore[dict-item]  # stubs know no default namespace
    body = _add(root, "UPP" if isinstance(data, UppData) else "UPD")
    _add(body, "IdentyfikatorPoswiadczenia", data.receipt_id)
    if isinstance(data, UppData):
        _add_party(body, "Adresat", data.addressee)
        _add_party(body, "Nadawca", data.sender)
        _add(body, "DataDoreczenia", _moment(data.delivered_at))
        _add(body, "DataWytworzeniaPoswiadczenia", _moment(data.issued_at))
    else:
        _add_party(body, "PodmiotWystawiajacyPoswiadczenie", data.issuer)
        _add_party(body, "Adresat", data.addressee)
        _add(body, "DataOdbioru", _moment(data.received_at))
        _add(body, "DataUtworzeniaPoswiadczenia", _moment(data.issued_at))
        _add(body, "IdentyfikatorSprawy", data.case_id)
    _add(body, "IdentyfikatorDokumentu", data.document_id)
    for kind, value in ((HASH_TYPE, data.document_sha256), *data.extra):
        _add(body, "InformacjaUzupelniajaca", value).set("TypInformacjiUzupelniajacej", xmlsafe.legal(kind).strip())
    prints = " ".join(f"{path}={mark}" for path, mark in element_digests(body).items())
    prints = f"{prints} .={sha256_hex(prints.encode())[:16]}"  # so that a damaged list accuses itself only
    _add(body, "InformacjaUzupelniajaca", prints).set("TypInformacjiUzupelniajacej", FIELDS_TYPE)
    etree.indent(root, space="  ")
    problems = schema_problems(root)
    if problems:
        raise ReceiptError("; ".join(problem.text for problem in problems))
    return xmlsafe.serialise(root)


def parse_receipt(root: etree._Element) -> ReceiptData:
    """What a receipt says, signed or not; reads attributes with and without namespace. Verifies nothing.

    Raises ReceiptError when the element is no receipt.
    """
    body = receipt_body(root)
    infos = [
        (_attribute(info, "TypInformacjiUzupelniajacej"), (info.text or "").strip())
        for info in body.findall(_tag("InformacjaUzupelniajaca"))
    ]
    digest = next((value for kind, value in infos if kind == HASH_TYPE), "")
    extra = tuple(pair for pair in infos if pair[0] not in (HASH_TYPE, FIELDS_TYPE))
    receipt_id, document_id = _text(body, "IdentyfikatorPoswiadczenia"), _text(body, "IdentyfikatorDokumentu")
    if xmlsafe.local(body) == "UPP":
        return UppData(
            receipt_id=receipt_id,
            addressee=_party(body, "Adresat"),
            sender=_party(body, "Nadawca"),
            delivered_at=_time(body, "DataDoreczenia"),
            issued_at=_time(body, "DataWytworzeniaPoswiadczenia"),
            document_id=document_id,
            document_sha256=digest,
            extra=extra,
        )
    return UpdData(
        receipt_id=receipt_id,
        issuer=_party(body, "PodmiotWystawiajacyPoswiadczenie"),
        addressee=_party(body, "Adresat"),
        received_at=_time(body, "DataOdbioru"),
        issued_at=_time(body, "DataUtworzeniaPoswiadczenia"),
        case_id=_text(body, "IdentyfikatorSprawy"),
        document_id=document_id,
        document_sha256=digest,
        extra=extra,
    )


def receipt_body(root: etree._Element) -> etree._Element:
    """The UPP or UPD element. Raises ReceiptError when the document is not a receipt."""
    if root.tag == _tag("Dokument"):
        bodies = [child for child in root if child.tag in (_tag("UPP"), _tag("UPD"))]
        if len(bodies) == 1:
            return bodies[0]
    raise ReceiptError(_("The file is not a receipt (UPP or UPD)."))


def element_values(body: etree._Element) -> dict[str, str]:
    """Each leaf element's path below UPP/UPD with its text and attribute; repeated elements carry a number."""
    values: dict[str, str] = {}
    for leaf in body.iter(etree.Element):
        if len(leaf) or leaf is body:
            continue
        names = [xmlsafe.local(leaf)]
        for parent in leaf.iterancestors():
            if parent is body:
                break
            names.insert(0, xmlsafe.local(parent))
        path = "/".join(names)
        number = sum(1 for known in values if known.split("[")[0] == path) + 1
        path = path if names[-1] != "InformacjaUzupelniajaca" else f"{path}[{number}]"
        values[path] = "\0".join(
            [*(f"{etree.QName(str(k)).localname}={leaf.get(k)}" for k in leaf.attrib), leaf.text or ""]
        )
    return values


def element_digests(body: etree._Element) -> dict[str, str]:
    """First 16 hex digits of SHA-256 of each leaf element's attribute and text, by path."""
    return {
        path: sha256_hex(f"{path}\0{value}".encode())[:16]
        for path, value in element_values(body).items()
        if not value.startswith(f"TypInformacjiUzupelniajacej={FIELDS_TYPE}\0")
    }


def changed_elements(body: etree._Element) -> list[str]:
    """Paths whose digest differs from the one the receipt itself carries; empty when it carries none."""
    known: dict[str, str] = {}
    for number, info in enumerate(body.findall(_tag("InformacjaUzupelniajaca")), start=1):
        if _attribute(info, "TypInformacjiUzupelniajacej") == FIELDS_TYPE:
            listed, _sep, own = (info.text or "").rpartition(" .=")
            if sha256_hex(listed.encode())[:16] != own:
                return [f"InformacjaUzupelniajaca[{number}]"]
            known = dict(pair.split("=", 1) for pair in listed.split(" "))
    if not known:
        return []
    now = element_digests(body)
    paths = dict.fromkeys([*now, *known])
    return [path for path in paths if now.get(path) != known.get(path)]


def schema_problems(root: etree._Element) -> list[Reason]:
    """What the schema has against the document, each with the name of the element."""
    copy = etree.fromstring(etree.tostring(root), parser=xmlsafe.parser())
    for element in copy.iter(etree.Element):  # one public model writes qualified attributes: read both
        for name in list(element.attrib):
            if str(name).startswith(f"{{{UPO}}}"):
                element.set(etree.QName(name).localname, element.attrib.pop(name))
    schema = _schema()
    if schema.validate(copy):
        return []
    reasons = []
    for error in schema.error_log:  # type: ignore[attr-defined]  # missing in the stubs
        name = re.search(r"Element '\{[^}]*\}(\w+)'", error.message)
        element = name.group(1) if name else ""
        text = _("Element %(name)s is missing, misplaced or wrong.") % {"name": element or "?"}
        reasons.append(Reason(Part.STRUCTURE, text, element))
    return reasons


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(Path(__file__).parent / "xsd" / "upo.xsd"), parser=xmlsafe.parser()))


def _tag(name: str) -> str:
    return f"{{{UPO}}}{name}"


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, _tag(name))
    if text is not None:
        element.text = xmlsafe.legal(text).strip()
    return element


def _add_party(parent: etree._Element, name: str, party: Party) -> None:
    element = _add(parent, name)
    _add(element, "Nazwa", party.name)
    if party.identifier:
        _add(element, "IdentyfikatorPodmiotu", party.identifier).set("TypIdentyfikatora", party.identifier_type)


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat(timespec="seconds")


def _check_data(data: ReceiptData) -> None:
    entered = data.delivered_at if isinstance(data, UppData) else data.received_at
    if any(moment.tzinfo is None for moment in (entered, data.issued_at)):
        raise ReceiptError("receipt times need a time zone")
    if not _HEX.match(data.document_sha256):
        raise ReceiptError("document_sha256 must be 64 lower-case hex digits")


def _attribute(element: etree._Element, name: str) -> str:
    return element.get(name) or element.get(_tag(name)) or ""


def _text(body: etree._Element, path: str) -> str:
    element = body.find("/".join(_tag(step) for step in path.split("/")))
    return (element.text or "").strip() if element is not None else ""


def _party(body: etree._Element, name: str) -> Party:
    identifier = body.find(f"{_tag(name)}/{_tag('IdentyfikatorPodmiotu')}")
    kind = _attribute(identifier, "TypIdentyfikatora") if identifier is not None else ""
    return Party(_text(body, f"{name}/Nazwa"), _text(body, f"{name}/IdentyfikatorPodmiotu"), kind)


def _time(body: etree._Element, name: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(_text(body, name))
    except ValueError as error:
        raise ReceiptError(_("Element %(name)s is not a date with time.") % {"name": name}) from error
    if moment.tzinfo is None:
        raise ReceiptError(_("Element %(name)s has no time zone.") % {"name": name})
    return moment
