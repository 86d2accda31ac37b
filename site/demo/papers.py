"""Small real files for the demo's attachments: PDF, ODT, DOCX, plain text; each says something worth finding."""

from __future__ import annotations

import io
import random
import zipfile
from functools import lru_cache

from django.utils.html import escape

from cms_pages.forms.spec import Json
from documents import files
from documents.proof.pdf import render_pdf

_ODT = "application/vnd.oasis.opendocument.text"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EPOCH = (2026, 1, 1, 0, 0, 0)


def make(rnd: random.Random, title: str, text: str) -> dict[str, Json]:
    """A stored file as a form's answer holds it: digest, name, size (bytes), media type."""
    kind = rnd.choices(["pdf", "odt", "docx", "txt"], [5, 2, 2, 1])[0]
    data, media_type = _build(kind, title, text)
    blob = files.store(data, media_type=media_type)
    return {"sha256": blob.pk, "name": f"{title}.{kind}", "size": blob.size, "type": media_type}


def scan(title: str, lines: list[str]) -> dict[str, Json]:
    """A letter that came on paper, as the registry's scanner gives it (with its text layer)."""
    data, media_type = _build("pdf", title, "\n\n".join(lines))
    blob = files.store(data, media_type=media_type)
    return {"sha256": blob.pk, "name": "skan.pdf", "size": blob.size, "type": media_type}


@lru_cache(maxsize=512)
def _build(kind: str, title: str, text: str) -> tuple[bytes, str]:
    paragraphs = [title, *[part for part in text.split("\n\n") if part.strip()]]
    match kind:
        case "pdf":
            body = "".join(f"<p>{escape(p)}</p>" for p in paragraphs[1:])
            style = "@page{margin:2.5cm}body{font:11pt serif}"
            html = f"<html lang=pl><style>{style}</style><h1>{escape(title)}</h1>{body}"
            return render_pdf(html, title=title, variant=None), "application/pdf"
        case "odt":
            return _odt(paragraphs), _ODT
        case "docx":
            return _docx(paragraphs), _DOCX
    return "\n\n".join(paragraphs).encode(), "text/plain"


def _zip(parts: list[tuple[str, str]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def _odt(paragraphs: list[str]) -> bytes:
    body = "".join(f"<text:p>{escape(p)}</text:p>" for p in paragraphs)
    ns = "urn:oasis:names:tc:opendocument:xmlns"
    content = (f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{ns}:office:1.0" '
               f'xmlns:text="{ns}:text:1.0" office:version="1.3"><office:body><office:text>{body}</office:text>'
               "</office:body></office:document-content>")
    manifest = (f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{ns}:manifest:1.0" '
                f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODT}"/>'
                '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
                "</manifest:manifest>")
    return _zip([("mimetype", _ODT), ("content.xml", content), ("META-INF/manifest.xml", manifest)])


def _docx(paragraphs: list[str]) -> bytes:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    packages = "http://schemas.openxmlformats.org/package/2006"
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(p)}</w:t></w:r></w:p>' for p in paragraphs)
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    types = (f'{head}<Types xmlns="{packages}/content-types"><Default Extension="rels" '
             'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
             'ContentType="application/xml"/><Override PartName="/word/document.xml" '
             f'ContentType="{_DOCX}.main+xml"/></Types>')
    links = (f'{head}<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" Type="http://schemas.'
             'openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
             "</Relationships>")
    return _zip([("[Content_Types].xml", types), ("_rels/.rels", links),
                 ("word/document.xml", f'{head}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>')])
