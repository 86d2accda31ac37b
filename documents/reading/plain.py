"""Text of plain, RTF, HTML and XML files. Child side."""

from __future__ import annotations

import codecs
import re

from lxml import etree

from documents.reading.archive import parse_xml
from documents.reading.sandbox import ReadingError, Reason

# The same Polish letters stand at other places in the two old encodings: ą ś ź Ą Ś Ź.
_CP1250_ONLY = b"\xb9\x9c\x9f\xa5\x8c\x8f"
_LATIN2_ONLY = b"\xb1\xb6\xbc\xa1\xa6\xac"


def decode(data: bytes) -> str:
    """Text of unknown encoding: byte order mark, then UTF-8, then the likelier of Windows-1250 and ISO 8859-2."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    latin2 = sum(data.count(byte) for byte in _LATIN2_ONLY)
    windows = sum(data.count(byte) for byte in _CP1250_ONLY)
    controls = any(0x80 <= byte <= 0x9F for byte in data[:65536])
    return data.decode("iso-8859-2" if latin2 > windows and not controls else "cp1250", errors="replace")


_RTF_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-z\r\n])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\", re.S
)
_RTF_SKIP = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata colorschememapping datastore listtable listoverridetable "
    b"rsidtbl generator xmlnstbl fldinst bkmkstart bkmkend latentstyles filetbl revtbl operator author title".split()
)
_RTF_TEXT = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"page": "\f", b"sect": "\f",
             b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
             b"rdblquote": "”"}  # fmt: skip
_RTF_DEPTH = 1000


def read_rtf(data: bytes) -> list[str]:
    """The text of an RTF file, split at page breaks. Pictures, fonts, styles and field codes are left out."""
    if not data.startswith(b"{\\rtf"):
        raise ReadingError(Reason.BROKEN, "RTF")
    out: list[str] = []
    pending = bytearray()  # bytes of the code page wait, so that double-byte letters stay whole
    codepage = "cp1250"
    stack: list[tuple[bool, int]] = []
    skipping, unicode_skip, to_skip, position = False, 1, 0, 0
    while match := _RTF_TOKEN.match(data, position):
        position = match.end()
        word, number, hexa, symbol, brace, text = match.groups()
        if hexa is not None or text is not None:
            raw = bytes([int(hexa, 16)]) if hexa is not None else text
            if to_skip:
                dropped = min(to_skip, len(raw))
                to_skip -= dropped
                raw = raw[dropped:]
            if not skipping:
                pending += raw
            continue
        if pending:
            out.append(pending.decode(codepage, errors="replace"))
            pending.clear()
        if brace == b"{":
            if len(stack) >= _RTF_DEPTH:
                raise ReadingError(Reason.BROKEN, "RTF nesting")
            stack.append((skipping, unicode_skip))
            to_skip = 0
        elif brace == b"}":
            if not stack:
                break
            skipping, unicode_skip = stack.pop()
            to_skip = 0
        elif symbol is not None:
            if symbol == b"*":
                skipping = True
            elif not skipping and symbol in b"\\{}":
                out.append(symbol.decode("ascii"))
            elif not skipping and symbol in b"~_":
                out.append(" " if symbol == b"~" else "-")
        elif word is not None:
            value = int(number) if number else 0
            if word == b"bin":
                position += max(0, min(value, len(data)))
            elif word in _RTF_SKIP:
                skipping = True
            elif word == b"ansicpg":
                codepage = _codepage(value)
            elif word == b"uc":
                unicode_skip = max(0, min(value, 8))
            elif word == b"u" and not skipping:
                out.append(chr(value & 0xFFFF))  # a UTF-16 unit, written as a signed number
                to_skip = unicode_skip
            elif word in _RTF_TEXT and not skipping:
                out.append(_RTF_TEXT[word])
    if pending:
        out.append(pending.decode(codepage, errors="replace"))
    joined = "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.split("\f")


def _codepage(number: int) -> str:
    try:
        return codecs.lookup(f"cp{number}").name
    except LookupError:
        return "cp1250"


_HTML_HIDDEN = frozenset({"script", "style", "template", "noscript", "head", "svg", "object", "iframe"})
_HTML_BLOCK = frozenset(
    "p div br tr li h1 h2 h3 h4 h5 h6 table section article header footer blockquote pre dd dt hr ul ol form".split()
)


def read_html(data: bytes | str) -> list[str]:
    """The visible text of a page; blocks become lines."""
    text = data if isinstance(data, str) else decode(data)
    if not text.strip():
        return [""]
    parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        # surrogates and NUL are nothing that libxml2 takes
        root = etree.fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise ReadingError(Reason.BROKEN, "HTML") from error
    if root is None:
        return [""]
    out: list[str] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in _HTML_HIDDEN:
                walker.skip_subtree()
            else:
                out.append("\n" if tag in _HTML_BLOCK else "")
                out.append(re.sub(r"\s+", " ", element.text or ""))
            continue
        out.append("\t" if tag in ("td", "th") else "\n" if tag in _HTML_BLOCK else "")
        out.append(re.sub(r"\s+", " ", element.tail or ""))
    return ["".join(out)]


def read_xml(data: bytes) -> list[str]:
    """All text of an XML document, one element a line."""
    return ["\n".join(t.strip() for t in parse_xml(data).itertext() if isinstance(t, str) and t.strip())]
