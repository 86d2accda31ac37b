"""What a file is, by its bytes. Reads little, unpacks nothing, and believes no name. Standard library only."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from typing import BinaryIO

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
RTF = "application/rtf"
TXT = "text/plain"
XML = "application/xml"
SVG = "image/svg+xml"
HTML = "text/html"
EML = "message/rfc822"
ZIP = "application/zip"
ENCRYPTED_OFFICE = "application/x-encrypted-office"
MACRO_OFFICE = "application/x-macro-office"
PNG, JPEG, GIF, TIFF = "image/png", "image/jpeg", "image/gif", "image/tiff"
UNKNOWN = "application/octet-stream"

HEAD = 64 * 1024
_DIRECTORY_LIMIT = 512 * 1024  # a central directory above this is no office document
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"{\\rtf", RTF),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|iframe|object|embed|meta|style)(?![\w:.-])", re.IGNORECASE
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_XHTML_NS = b"http://www.w3.org/1999/xhtml"
_SVG_NS = b"http://www.w3.org/2000/svg"
_ROOT = re.compile(rb"<(?![?!])\s*(?:[\w.-]+:)?([\w.-]+)")
_MAIL_HEADER = re.compile(
    rb"^(From|To|Subject|Date|Received|Return-Path|MIME-Version|Message-ID|X-[\w-]+|Delivered-To):", re.I | re.M
)


def sniff(file: BinaryIO) -> str:
    """The media type by content, UNKNOWN where none of ours. Leaves the file where it was."""
    place = file.tell()
    try:
        file.seek(0)
        head = file.read(HEAD)
        if head.startswith(b"PK\x03\x04"):
            return _sniff_zip(file)
        if head.startswith(_OLE):
            return _sniff_ole(file)
        return sniff_head(head)
    finally:
        file.seek(place)


def sniff_head(head: bytes) -> str:
    """As `sniff`, for the first bytes of a file that is not a container."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if b"%PDF-" in head[:1024]:
        return PDF
    text = _as_ascii(head)
    if text is None:
        return UNKNOWN
    start = text.lstrip()[:4096]
    if start.startswith(b"<"):
        return _sniff_markup(text.lstrip())
    if _looks_like_mail(start):
        return EML
    return TXT


def container_names(file: BinaryIO) -> list[str] | None:
    """Member names of a ZIP, or None when its directory is broken or unreasonably large."""
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        return None
    directory_size = struct.unpack("<I", tail[at + 12 : at + 16])[0]
    if directory_size > _DIRECTORY_LIMIT:
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        return None


def _sniff_zip(file: BinaryIO) -> str:
    names = container_names(file)
    if names is None:
        return UNKNOWN
    found = set(names)
    if any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        return MACRO_OFFICE
    if "[Content_Types].xml" in found:
        if "word/document.xml" in found:
            return DOCX
        if "xl/workbook.xml" in found:
            return XLSX
    if names[:1] == ["mimetype"] and "content.xml" in found:
        file.seek(0)
        head = file.read(200)
        for media_type in (ODT, ODS):
            if head[38:].startswith(media_type.encode() + b"PK"):
                return media_type
    return ZIP


def _sniff_ole(file: BinaryIO) -> str:
    """Old Office files share one container; the names of its streams tell which it is."""
    file.seek(0)
    found: set[str] = set()
    carry = b""
    names = ("WordDocument", "Workbook", "Book", "EncryptedPackage", "_VBA_PROJECT")
    wanted = {name: name.encode("utf-16-le") for name in names}
    while block := file.read(1024 * 1024):
        window = carry + block
        found |= {name for name, mark in wanted.items() if mark in window}
        carry = window[-64:]
    if "EncryptedPackage" in found:
        return ENCRYPTED_OFFICE
    if "_VBA_PROJECT" in found:
        return MACRO_OFFICE
    if "WordDocument" in found:
        return DOC
    return XLS if found & {"Workbook", "Book"} else UNKNOWN


def _sniff_markup(text: bytes) -> str:
    root = _ROOT.search(text)
    name = root[1].lower() if root else b""
    declared = text.startswith(b"<?xml")
    if name == b"svg":
        return SVG
    if name in (b"html", b"xhtml") or _XHTML_NS in text or (not declared and _HTML.search(text)):
        return HTML
    if _SVG_NS in text:
        return SVG
    return XML if declared or root else TXT


def _looks_like_mail(start: bytes) -> bool:
    top = re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0]
    if not re.match(rb"[!-9;-~]+:[ \t]", top):
        return False
    return len({name.lower() for name in _MAIL_HEADER.findall(top)}) >= 2


def _as_ascii(head: bytes) -> bytes | None:
    """The head with its markup readable as ASCII, or None when it is binary."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", errors="replace").encode("utf-8")
    elif head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    return None if _CONTROL.search(head) else head
