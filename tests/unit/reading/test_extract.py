"""Text out of every accepted type, and hostile files contained, all through the child process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pytest

from documents.reading import sniff
from documents.reading.reader import Extracted, Limits, ReadingError, Reason, read
from tests.unit.reading import corpus

TIGHT = Limits(seconds=12, memory_mb=500, output_mb=8)
Reading = Callable[..., Extracted]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    def run(data: bytes | str, media_type: str | None = None, limits: Limits = TIGHT) -> Extracted:
        path = tmp_path / "upload.bin"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read(path, media_type, limits=limits)

    return run


# --- honest files -----------------------------------------------------------------------------------------------


def test_pdf_page_by_page(reading: Reading) -> None:
    found = reading(corpus.pdf("Decyzja nr 1", "Uzasadnienie"))
    assert found.pages == ["Decyzja nr 1", "Uzasadnienie"]
    assert found.media_type == sniff.PDF


def test_a_scan_without_text_says_so(reading: Reading) -> None:
    found = reading(corpus.pdf(""))
    assert found.pages == [""]
    assert "no_text" in found.warnings


def test_docx(reading: Reading) -> None:
    body = (
        "<w:p><w:r><w:t>Pierwszy</w:t></w:r><w:r><w:tab/><w:t>akapit</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>komórka</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        '<w:p><w:r><w:delText>skreślone</w:delText><w:br w:type="page"/><w:t>Druga strona</w:t></w:r></w:p>'
    )
    footer = f'<w:ftr xmlns:w="{corpus.W}"><w:p><w:r><w:t>stopka</w:t></w:r></w:p></w:ftr>'
    found = reading(corpus.docx(body, footer1=footer))
    assert found.media_type == sniff.DOCX
    assert [page.split() for page in found.pages] == [
        ["Pierwszy", "akapit", "komórka"],
        ["Druga", "strona"],
        ["stopka"],
    ]


def test_a_real_word_file(reading: Reading, tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Wniosek")
    document.add_paragraph("o wydanie zaświadczenia")
    document.add_table(1, 2).cell(0, 1).text = "Łódź"
    document.save(str(tmp_path / "real.docx"))
    found = reading((tmp_path / "real.docx").read_bytes())
    assert found.pages[0].split() == ["Wniosek", "o", "wydanie", "zaświadczenia", "Łódź"]


def test_odt_without_deleted_text(reading: Reading) -> None:
    body = (
        "<text:tracked-changes><text:p>usunięte</text:p></text:tracked-changes><text:h>Nagłówek</text:h>"
        "<text:p>Ala<text:s/>ma<text:tab/><text:span>kota</text:span> i psa</text:p>"
    )
    found = reading(corpus.odt(body))
    assert found.pages == ["Nagłówek\nAla ma\tkota i psa"]
    assert found.media_type == sniff.ODT


def test_ods_has_a_page_per_sheet(reading: Reading) -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    sheet = f"<table:table><table:table-row>{cell}{cell}</table:table-row></table:table>"
    found = reading(corpus.odt(sheet.format("a", "b") + sheet.format("c", "d"), kind="spreadsheet"))
    assert [page.split() for page in found.pages if page] == [["a", "b"], ["c", "d"]]


def test_xlsx(reading: Reading) -> None:
    found = reading(corpus.xlsx())
    assert found.pages == ["Podatek\t12.5\nod psa\tgmina", "5", ""]


def test_a_real_spreadsheet(reading: Reading, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Podatek", 12, "Łódź"])
    book.create_sheet("Drugi").append(["gmina"])
    book.save(tmp_path / "real.xlsx")
    assert reading((tmp_path / "real.xlsx").read_bytes()).pages == ["Podatek\t12\tŁódź", "gmina"]


def test_rtf(reading: Reading) -> None:
    found = reading(corpus.RTF)
    assert found.pages == ["Zażółć gęślą\ndruga\tkolumna\nPo obrazie {nawias}", "Druga strona"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250", "iso-8859-2"])
def test_text_in_any_usual_encoding(reading: Reading, encoding: str) -> None:
    text = "Zażółć gęślą jaźń. ŚWIADCZENIE, ŹRÓDŁO, ĄCKI"
    assert reading(text.encode(encoding), sniff.TXT).pages == [text]


def test_html_gives_what_is_seen(reading: Reading) -> None:
    page = "<html><head><title>t</title><style>x</style></head><body><h1>Zażółć</h1><p>a <b>b</b></p><script>x</script>"
    assert reading(page).pages == ["Zażółć\n\na b"]


def test_xml(reading: Reading) -> None:
    assert reading("<?xml version='1.0'?><a><b>jeden</b><c>dwa</c></a>").pages == ["jeden\ndwa"]


def test_mail_with_attachments_inside_attachments(reading: Reading) -> None:
    found = reading(corpus.message(2).as_bytes(), sniff.EML)
    assert found.media_type == sniff.EML
    text = "\n".join(found.pages)
    assert "From: Anna Żółć <anna@example.test>" in found.pages[0]
    assert "Treść wiadomości numer 2." in found.pages[0]
    assert "HTML" not in text
    assert text.count(corpus.TEXT) == 2
    assert text.count("wniosek.docx") == 2
    assert "Treść wiadomości numer 1." in text
    assert found.warnings.count("part_skipped:encrypted") == 2


def test_mail_nested_too_deep_is_cut_not_refused(reading: Reading) -> None:
    found = reading(corpus.message(7).as_bytes(), sniff.EML)
    assert "Treść wiadomości numer 7." in found.pages[0]
    assert "part_skipped:too_large" in found.warnings


def test_long_text_is_cut_into_pages_between_words(reading: Reading) -> None:
    found = reading("słowo " * 50_000)
    assert len(found.pages) > 3
    assert sum(len(page.split()) for page in found.pages) == 50_000
    assert all(set(page.split()) == {"słowo"} for page in found.pages)


def test_no_character_that_a_database_refuses(reading: Reading) -> None:
    found = reading(rb"{\rtf1 a\u-10179?b\u0?c\'00d}")  # half a surrogate pair, NUL
    assert found.pages == ["a\ufffdbcd"]


# --- hostile files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "reasons"),
    [
        (corpus.billion_laughs_docx, {Reason.BROKEN}),
        (corpus.zip_bomb_docx, {Reason.TOO_LARGE}),
        (corpus.lying_zip_bomb_docx, {Reason.BROKEN, Reason.TOO_LARGE}),
        (corpus.deep_docx, {Reason.BROKEN}),
        (corpus.flate_bomb_pdf, {Reason.MEMORY, Reason.TIMEOUT, Reason.BROKEN}),
        (corpus.encrypted_pdf, {Reason.ENCRYPTED}),
        (lambda: corpus.pdf("abc")[:120], {Reason.BROKEN}),
        (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40, {Reason.BROKEN}),
        (lambda: corpus.docx()[:300], {Reason.UNSUPPORTED}),
        (lambda: corpus.odt(manifest="<a><encryption-data/></a>"), {Reason.ENCRYPTED}),
        (lambda: corpus.odt("<text:p>unclosed"), {Reason.BROKEN}),
        (lambda: b"{\\rtf1" + b"{" * 100_000, {Reason.BROKEN}),
        (lambda: corpus.zipped({"a.txt": "x"}), {Reason.UNSUPPORTED}),
        (lambda: b"\x89PNG\r\n\x1a\n", {Reason.UNSUPPORTED}),
        (lambda: b"\x7fELF" + bytes(100), {Reason.UNSUPPORTED}),
        (lambda: b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", {Reason.BROKEN}),
    ],
)
def test_hostile_files_end_in_a_reason(reading: Reading, make: Callable[[], bytes], reasons: set[Reason]) -> None:
    with pytest.raises(ReadingError) as caught:
        reading(make())
    assert caught.value.reason in reasons


def test_no_foreign_file_is_read_through_an_entity(reading: Reading, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("tajne", encoding="utf-8")
    with pytest.raises(ReadingError) as caught:
        reading(corpus.external_entity_docx(str(secret)))
    assert caught.value.reason is Reason.BROKEN


def test_an_empty_file_has_no_text(reading: Reading) -> None:
    found = reading(b"")
    assert (found.pages, found.warnings) == ([""], ["no_text"])
