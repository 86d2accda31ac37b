"""Rendering: nothing is fetched, the same input gives the same bytes, hostile text stays text."""

from __future__ import annotations

import dataclasses
import datetime as dt
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from documents.filing import Answer, Filing, Sender
from documents.proof import pdf as pdf_module
from documents.proof import receipt_xml as rx
from documents.proof.filed import filed_document_xml
from documents.proof.letters import filed_document_pdf, receipt_pdf
from documents.proof.pdf import THEME, Asset, PackagedOnly, qr_svg, render_pdf
from tests.unit.proof.conftest import CHECK_URL, MOMENT, OFFICE


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that writes down what it is asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_nothing_is_fetched_from_outside(listener: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = listener
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: 'LEAKED' }")
    html = f"""<html><head><link rel=stylesheet href="{address}/a.css"><link rel=stylesheet href="{secret.as_uri()}">
      <link rel=attachment href="{secret.as_uri()}"><style>@import url({address}/b.css);
      @font-face {{ font-family: x; src: url({address}/c.woff) }}
      p {{ font-family: x; background: url({address}/d.png) }}
      </style></head><body><p>text</p><img src="{address}/e.png"><img src="{secret.as_uri()}">
      <object data="{address}/f.svg"></object><a rel=attachment href="{secret.as_uri()}">x</a></body></html>"""
    pdf = render_pdf(html, title="x")
    assert asked == []
    assert "LEAKED" not in text_of(pdf)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert len(document.attachments) == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/hostname",
        "https://theme.invalid/static/../../site/config/urls.py",
        "https://theme.invalid/static/%2e%2e/%2e%2e/README.css",
        "https://theme.invalid/templates/letters/receipt.html",
        "https://example.test/static/theme/x.css",
        "data:text/css,p{}",
        "asset:other",
        "http://theme.invalid/static/theme/x.css",
    ],
)
def test_only_packaged_files_and_given_assets_are_open(url: str) -> None:
    fetcher = PackagedOnly({"qr": Asset(b"<svg/>", "image/svg+xml")})
    assert fetcher.fetch("asset:qr").read() == b"<svg/>"
    with pytest.raises(ValueError):
        fetcher.fetch(url)


def test_the_static_folder_cannot_be_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("static", "templates"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.css").write_text(folder)
    (tmp_path / "static" / "link.css").symlink_to(tmp_path / "templates" / "x.css")
    monkeypatch.setattr(pdf_module, "THEME", tmp_path)
    assert PackagedOnly({}).fetch("https://theme.invalid/static/x.css").read() == b"static"
    for path in ("templates/x.css", "static/../templates/x.css", "static/%2e%2e/templates/x.css", "static/link.css"):
        with pytest.raises(ValueError):
            PackagedOnly({}).fetch(f"https://theme.invalid/{path}")


def test_a_packaged_file_is_found_by_its_static_address() -> None:
    file = next(path for path in sorted((THEME / "static").rglob("*.*")) if path.suffix in (".css", ".svg", ".woff2"))
    url = f"https://theme.invalid/{file.relative_to(THEME).as_posix()}"
    assert PackagedOnly({}).fetch(url).read() == file.read_bytes()


def test_the_same_input_gives_the_same_bytes(upp: rx.UppData, upp_xml: bytes) -> None:
    assert receipt_pdf(upp, upp_xml, CHECK_URL) == receipt_pdf(upp, upp_xml, CHECK_URL)


def test_a_receipt_shows_what_the_act_asks_for(upp: rx.UppData, upp_pdf: bytes) -> None:
    text = " ".join(text_of(upp_pdf).split())
    for wanted in (
        "UPP-UM-20261124-12",
        OFFICE,
        "Anna Nowakowska-Żółć",
        "24 listopada 2026",
        "23:15:30",
        "DOK-2026-000123",
        upp.document_sha256[:8],
        "RPW/12/2026",
        "eurzad.example.test",
    ):
        assert wanted in text, wanted
    assert pypdfium2.PdfDocument(upp_pdf).get_metadata_dict()["Title"].endswith("UPP-UM-20261124-12")


@pytest.mark.servers("msgfmt")
def test_a_receipt_is_in_polish(upp_pdf: bytes) -> None:
    assert "Urzędowe poświadczenie przedłożenia (UPP)" in text_of(upp_pdf)


def test_markup_in_names_stays_text(upp: rx.UppData) -> None:
    odd = dataclasses.replace(upp, sender=rx.Party("<b>Jan</b> {{ 7|add:7 }} <img src=x>"))
    text = text_of(receipt_pdf(odd, rx.receipt_xml(odd), CHECK_URL))
    assert "<b>Jan</b> {{ 7|add:7 }} <img src=x>" in text


def test_the_qr_code_is_an_svg() -> None:
    asset = qr_svg(CHECK_URL)
    assert asset.media_type == "image/svg+xml" and asset.data.lstrip().startswith(b"<?xml")
    assert qr_svg(CHECK_URL + "1").data != asset.data


def test_the_filed_document_is_readable_and_holds_its_xml(filing: Filing, document: bytes) -> None:
    pdf = filed_document_pdf(filing, document, unit_name=OFFICE, filed_at=MOMENT, register_number="RPW/12/2026")
    text = text_of(pdf)
    for wanted in ("Numer działki", "123/4", "dąb", "mapa.pdf", "337,6 kB", "RPW/12/2026", "01610100010"):
        assert wanted in text, wanted
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert opened.attachments["dokument.xml"].get_file().read_bytes() == document


def test_the_filed_document_depends_on_what_was_filed_only(filing: Filing, document: bytes) -> None:
    later = dataclasses.replace(filing, received_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC), intake_key="other")
    assert filed_document_xml(later, unit_symbol="UM", unit_name=OFFICE) == document
    other = dataclasses.replace(filing, answers=(*filing.answers, Answer("f3", "x", "text", "y", "y")))
    assert filed_document_xml(other, unit_symbol="UM", unit_name=OFFICE) != document
    assert filed_document_xml(filing, unit_symbol="SP1", unit_name=OFFICE) != document


def test_odd_characters_do_not_stop_a_filing() -> None:
    odd = Filing(channel="form", unit_id=1, subject="a\x00b\ud800", sender=Sender(name="\x0b]]><x>"), intake_key="k",
                 answers=(Answer("f", "l", "text", {"b": 1, "a": ["\x01"]}, "\x01"),))  # fmt: skip
    xml = filed_document_xml(odd, unit_symbol="UM", unit_name=OFFICE)
    pdf = filed_document_pdf(odd, xml, unit_name=OFFICE, filed_at=MOMENT)
    assert "ab\ufffd".encode() in xml and pdf.startswith(b"%PDF-")
