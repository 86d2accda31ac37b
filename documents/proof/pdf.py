"""HTML to PDF/A letters with WeasyPrint. Nothing is fetched except packaged files of the theme and given assets."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import segno
from weasyprint import HTML, Attachment
from weasyprint.urls import URLFetcher, URLFetcherResponse

from documents.proof.xmlsafe import legal

THEME = Path(__file__).resolve().parents[2] / "theme"
_HOST = "theme.invalid"  # never asked: a base against which /static/... and relative addresses resolve
BASE_URL = f"https://{_HOST}/static/"

_TYPES = {
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
}


@dataclass(frozen=True)
class Embedded:
    """A file inside a PDF/A-3. ``relationship`` is one of ISO 32000-2, 7.11.3: Source, Data, Supplement ..."""

    name: str
    data: bytes
    description: str
    relationship: str = "Data"


@dataclass(frozen=True)
class Asset:
    """A picture given to one rendering, addressed in the HTML as ``asset:<key>``."""

    data: bytes
    media_type: str


class PackagedOnly(URLFetcher):
    """Denies every address except ``/static/...`` of the theme and the assets given to it.

    Protection against requests and file reads through letters: HTML in an answer may name any address.
    """

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        super().__init__(allowed_protocols=("https", "asset"), allow_redirects=False)
        self._assets = assets

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if parts.scheme == "asset" and unquote(parts.path) in self._assets:
            asset = self._assets[unquote(parts.path)]
            return URLFetcherResponse(url, asset.data, {"Content-Type": asset.media_type})
        if parts.netloc == _HOST:
            file = (THEME / unquote(parts.path).lstrip("/")).resolve()
            media_type = _TYPES.get(file.suffix.lower())
            if media_type and file.is_relative_to(THEME / "static") and file.is_file():
                return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": media_type})
        raise ValueError(f"not a packaged file: {url[:80]}")


def render_pdf(
    html: str,
    *,
    title: str,
    attachments: Sequence[Embedded] = (),
    assets: Mapping[str, Asset] | None = None,
    variant: str | None = "pdf/a-3a",
    lang: str = "pl",
    created: dt.datetime | None = None,
) -> bytes:
    """The HTML as PDF (by default PDF/A-3a: tagged, archivable, may carry files).

    The same arguments give the same bytes; ``created`` (with time zone) becomes the file's creation time.
    Takes 30 ms to some seconds of processor time: call it from a job, not from a request.
    """
    moment = (created or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).astimezone(dt.UTC)
    document = HTML(string=legal(html), base_url=BASE_URL, url_fetcher=PackagedOnly(assets or {})).render(
        pdf_variant=variant
    )
    document.metadata.title = legal(title)
    document.metadata.lang = lang
    document.metadata.attachments = []  # whatever the HTML itself wanted to attach
    if created is not None:
        document.metadata.created = moment.isoformat(timespec="seconds")
    files = [
        Attachment(
            string=file.data,
            name=file.name,
            description=file.description,
            relationship=file.relationship,
            created=moment,
            modified=moment,
        )
        for file in attachments
    ]
    return bytes(document.write_pdf(pdf_variant=variant, attachments=files))


def qr_svg(text: str) -> Asset:
    """QR code (error correction M) as an SVG asset."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, scale=4, dark="#111")
    return Asset(out.getvalue(), "image/svg+xml")
