"""Text of office documents (DOCX, XLSX, ODT, ODS). Child side."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from documents.reading.archive import Archive
from documents.reading.sandbox import ReadingError, Reason

PAGE_BREAK = "\f"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_W = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def read_docx(path: str) -> list[str]:
    """Body split at page breaks; then headers, footers, notes and comments as one more page where they hold text."""
    with Archive(path) as archive:
        body = "".join(_word(archive.xml("word/document.xml")))
        extras = []
        for name in sorted(archive.names):
            if re.fullmatch(r"word/(?:header\d*|footer\d*|footnotes|endnotes|comments)\.xml", name):
                extras.append("".join(_word(archive.xml(name))).strip())
    pages = body.split(PAGE_BREAK)
    extra = "\n".join(text for text in extras if text)
    return [*pages, extra] if extra else pages


def _word(root: etree._Element) -> Iterator[str]:
    """Text of a WordprocessingML part. Walks without recursion: depth is the file's to choose."""
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if not isinstance(tag, str):
            continue
        if event == "start":
            if tag == _FALLBACK:  # the same text box a second time, for old programs
                walker.skip_subtree()
            continue
        if tag.startswith(_STRICT_W):
            tag = _W + tag[len(_STRICT_W) :]
        if tag == f"{_W}t":
            yield element.text or ""
        elif tag in (f"{_W}tab", f"{_W}ptab"):
            yield "\t"
        elif tag in (f"{_W}noBreakHyphen",):
            yield "-"
        elif tag in (f"{_W}br", f"{_W}cr"):
            yield PAGE_BREAK if element.get(f"{_W}type") == "page" else "\n"
        elif tag in (f"{_W}p", f"{_W}tr"):
            yield "\n"
        elif tag == f"{_W}tc":
            yield "\t"
        elif tag == f"{_W}lastRenderedPageBreak":
            yield PAGE_BREAK


def read_odf(path: str) -> list[str]:
    """Text of an ODT or ODS document; a page per sheet for the latter."""
    with Archive(path) as archive:
        if "META-INF/manifest.xml" in archive.names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise ReadingError(Reason.ENCRYPTED)
        text = "".join(_odf(archive.xml("content.xml")))
        styles = archive.xml("styles.xml") if "styles.xml" in archive.names else None
    pages = text.split(PAGE_BREAK)
    header = "".join(_odf(styles)).strip() if styles is not None else ""
    return [*pages, header] if header else pages


_ODF_SKIP = frozenset({f"{_TEXT}tracked-changes", f"{_TEXT}sequence-decls", f"{_TEXT}list-style"})
_ODF_AFTER = {
    f"{_TEXT}p": "\n", f"{_TEXT}h": "\n", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n", f"{_TEXT}s": " ",
    f"{_TEXT}soft-page-break": PAGE_BREAK, f"{_TABLE}table-cell": "\t", f"{_TABLE}table-row": "\n",
    f"{_TABLE}table": PAGE_BREAK,
}  # fmt: skip


def _odf(root: etree._Element) -> Iterator[str]:
    inside = 0  # paragraphs around; text between them is only layout
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in _ODF_SKIP:
                walker.skip_subtree()
                continue
            if tag in (f"{_TEXT}p", f"{_TEXT}h"):
                inside += 1
            if inside:
                yield element.text or ""
            continue
        after = _ODF_AFTER.get(tag if isinstance(tag, str) else "", "")
        # a table of a text document is no sheet
        yield "\n" if tag == f"{_TABLE}table" and inside else after
        if tag in (f"{_TEXT}p", f"{_TEXT}h"):
            inside -= 1
        if inside:
            yield element.tail or ""


def read_xlsx(path: str) -> list[str]:
    """One page per sheet, rows as lines, cells parted by tabs. Numbers as stored; dates are not formatted."""
    with Archive(path) as archive:
        shared: list[str] = []
        if "xl/sharedStrings.xml" in archive.names:
            shared = [_cell_text(item) for item in archive.xml("xl/sharedStrings.xml").iterfind("{*}si")]
        sheets = [n for n in archive.names if re.fullmatch(r"xl/worksheets/sheet\d{1,5}\.xml", n)]
        sheets.sort(key=lambda n: int(re.sub(r"\D", "", n)))
        return ["\n".join(_rows(archive.xml(name), shared)) for name in sheets] or [""]


def _rows(sheet: etree._Element, shared: list[str]) -> Iterator[str]:
    for row in sheet.iter("{*}row"):
        cells = []
        for cell in row.iterfind("{*}c"):
            kind, value = cell.get("t"), cell.findtext("{*}v", default="")
            if kind == "s":
                cells.append(shared[int(value)] if value.isdecimal() and int(value) < len(shared) else "")
            elif kind == "inlineStr":
                cells.append(_cell_text(cell))
            else:
                cells.append(value)
        if line := "\t".join(cells).strip():
            yield line


def _cell_text(item: etree._Element) -> str:
    phonetic = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}rPh"
    parts = item.iter("{*}t")
    return "".join(t.text or "" for t in parts if (above := t.getparent()) is None or above.tag != phonetic)
