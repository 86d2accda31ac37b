"""The text of a foreign file, page by page. Runs in the child of `sandbox`; use `reader.read` elsewhere.

Only the standard library, pypdfium2 and lxml are imported here.
"""

from __future__ import annotations

import email
import email.policy
import re
import tempfile
from collections.abc import Iterator
from email.message import MIMEPart
from pathlib import Path
from typing import Any

import pypdfium2

from documents.reading import office, plain, sniff
from documents.reading.sandbox import Extracted, ReadingError, Reason

MAX_PAGES = 2_000
MAX_CHARACTERS = 4_000_000  # of one file
PAGE_CHARACTERS = 60_000  # longer pages are cut at a line: a search row takes no more
MAIL_DEPTH = 3
MAIL_PARTS = 200
_TEXT_KIN = frozenset({sniff.TXT, sniff.XML, sniff.HTML, sniff.EML})


def extract(path: str, media_type: str | None = None) -> dict[str, Any]:
    """Entry of the child process: `Extracted` as JSON types. Raises ReadingError."""
    found = read_file(path, media_type)
    return {"pages": found.pages, "media_type": found.media_type, "warnings": found.warnings}


def read_file(path: str, media_type: str | None = None, depth: int = 0) -> Extracted:
    with open(path, "rb") as file:
        found = sniff.sniff(file)
    # what the content says wins, except where text formats look alike
    if media_type in (sniff.TXT, sniff.XML, sniff.HTML, sniff.EML) and found in (
        sniff.TXT,
        sniff.XML,
        sniff.HTML,
        sniff.EML,
    ):
        found = media_type
    warnings: list[str] = []
    pages = _pages(path, found, warnings, depth)
    return Extracted(_tidy(pages, warnings), found, warnings)


def _pages(path: str, media_type: str, warnings: list[str], depth: int) -> list[str]:
    match media_type:
        case sniff.PDF:
            return _pdf(path, warnings)
        case sniff.DOCX:
            return office.read_docx(path)
        case sniff.XLSX:
            return office.read_xlsx(path)
        case sniff.ODT | sniff.ODS:
            return office.read_odf(path)
        case sniff.EML:
            return _mail(
                email.message_from_bytes(Path(path).read_bytes(), policy=email.policy.default), warnings, depth
            )
        case sniff.RTF:
            return plain.read_rtf(Path(path).read_bytes())
        case sniff.TXT:
            return plain.decode(Path(path).read_bytes()).split("\f")
        case sniff.HTML:
            return plain.read_html(Path(path).read_bytes())
        case sniff.XML | sniff.SVG:
            return plain.read_xml(Path(path).read_bytes())
        case sniff.ENCRYPTED_OFFICE:
            raise ReadingError(Reason.ENCRYPTED)
    raise ReadingError(Reason.UNSUPPORTED, media_type)


def _pdf(path: str, warnings: list[str]) -> list[str]:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower() or "security" in str(error).lower()
        raise ReadingError(Reason.ENCRYPTED if locked else Reason.BROKEN, "PDF") from error
    pages: list[str] = []
    characters = 0
    try:
        count = len(document)
        if count > MAX_PAGES:
            warnings.append("pages_cut")
        for number in range(min(count, MAX_PAGES)):
            page = document[number]
            text_page = page.get_textpage()
            text = text_page.get_text_range()
            text_page.close()
            page.close()
            # U+FFFE marks a word broken at the end of a line
            pages.append(re.sub("[\ufffe\u0002]\r?\n?", "", text).replace("\r\n", "\n"))
            characters += len(text)
            if characters > MAX_CHARACTERS:
                warnings.append("text_cut")
                break
    except pypdfium2.PdfiumError as error:
        raise ReadingError(Reason.BROKEN, "PDF page") from error
    finally:
        document.close()
    if not pages:
        raise ReadingError(Reason.BROKEN, "PDF without pages")
    return pages


def _mail(message: Any, warnings: list[str], depth: int) -> list[str]:
    """Headers and text as the first page; then, for every attachment, its name and text."""
    head = [f"{name}: {message[name]}" for name in ("From", "To", "Cc", "Date", "Subject") if message[name]]
    pages = ["\n".join(head)]
    if not isinstance(message, MIMEPart):
        return pages
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        pages[0] += "\n\n" + "\n".join(_mail_text(body))
    for count, part in enumerate(_parts(message)):
        if count > MAIL_PARTS:
            warnings.append("part_skipped:too_large")
            break
        if part is body or (part.is_multipart() and part.get_content_type() != sniff.EML):
            continue
        inner = part is not message and part.get_content_type() == sniff.EML
        if inner or part.is_attachment() or part.get_filename():
            pages.extend(_attachment(part, warnings, depth))
    return pages


def _parts(message: MIMEPart) -> Iterator[MIMEPart]:
    """Like `walk()`, but without entering attached messages, and without recursion."""
    waiting: list[Any] = [message]
    while waiting:
        part = waiting.pop()
        if isinstance(part, MIMEPart):
            yield part
            inside = part.get_payload() if part.is_multipart() and part.get_content_type() != sniff.EML else None
            waiting.extend(reversed(inside) if isinstance(inside, list) else ())


def _mail_text(part: MIMEPart) -> list[str]:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    try:
        text = data.decode(charset) if charset else plain.decode(data)
    except (LookupError, UnicodeDecodeError):
        text = plain.decode(data)
    return plain.read_html(text) if part.get_content_type() == sniff.HTML else [text]


def _attachment(part: MIMEPart, warnings: list[str], depth: int) -> Iterator[str]:
    name = part.get_filename() or ""
    if depth >= MAIL_DEPTH:
        warnings.append("part_skipped:too_large")
        yield name
        return
    if part.get_content_type() == sniff.EML:
        inside = part.get_payload()
        if isinstance(inside, list) and inside:
            yield from _mail(inside[0], warnings, depth + 1)
        return
    payload = part.get_payload(decode=True)
    try:
        with tempfile.NamedTemporaryFile() as copy:
            copy.write(payload if isinstance(payload, bytes) else b"")
            copy.flush()
            found = read_file(copy.name, None, depth + 1)
    except (ReadingError, OSError) as error:
        reason = error.reason if isinstance(error, ReadingError) else Reason.TOO_LARGE
        warnings.append(f"part_skipped:{reason}")
        yield name
        return
    warnings.extend(found.warnings)
    first, *others = found.pages or [""]
    yield f"{name}\n{first}".strip()
    yield from others


# Control characters (line feed and tab stay), and halves of surrogate pairs, which no database takes.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _tidy(pages: list[str], warnings: list[str]) -> list[str]:
    out: list[str] = []
    left = MAX_CHARACTERS
    for page in pages:
        text = _NOT_TEXT.sub("", page.replace("\r\n", "\n").replace("\r", "\n"))
        text = re.sub(r"[ \t]+\n", "\n", text)
        text = re.sub(r"\n{3,}", "\n\n", text).strip()
        if len(text) > left:
            text = text[:left]
            warnings.append("text_cut")
        left -= len(text)
        out.extend(_split(text))
        if left <= 0 or len(out) > MAX_PAGES:
            break
    if not any(out):
        warnings.append("no_text")
    return out


def _split(text: str) -> Iterator[str]:
    while len(text) > PAGE_CHARACTERS:
        half = PAGE_CHARACTERS // 2
        cut = max(text.rfind("\n", half, PAGE_CHARACTERS), text.rfind(" ", half, PAGE_CHARACTERS))
        cut = cut if cut > 0 else PAGE_CHARACTERS
        yield text[:cut]
        text = text[cut:].lstrip()
    yield text
