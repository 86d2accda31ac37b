"""Which uploads are accepted, judged by content, and what becomes of their names."""

from __future__ import annotations

import io
import unicodedata

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from documents.reading import sniff
from documents.reading.policy import (
    DEFAULT,
    TYPES,
    UploadPolicy,
    UploadRefused,
    check_set,
    check_upload,
    clean_filename,
)
from tests.unit.reading import corpus

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(20)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def ole(name: str) -> bytes:
    return OLE + name.encode("utf-16-le") + bytes(100)


def check(name: str, data: bytes, policy: UploadPolicy = DEFAULT) -> str:
    return check_upload(name, len(data), data, policy)


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.pdf", corpus.pdf(), sniff.PDF),
        ("A.PDF", b"\n\n" + corpus.pdf(), sniff.PDF),
        ("a.docx", corpus.docx(), sniff.DOCX),
        ("a.odt", corpus.odt(), sniff.ODT),
        ("a.ods", corpus.odt(kind="spreadsheet"), sniff.ODS),
        ("a.xlsx", corpus.xlsx(), sniff.XLSX),
        ("a.doc", ole("WordDocument"), sniff.DOC),
        ("a.xls", ole("Workbook"), sniff.XLS),
        ("a.rtf", corpus.RTF, sniff.RTF),
        ("a.png", PNG, sniff.PNG),
        ("a.jpeg", JPEG, sniff.JPEG),
        ("a.gif", b"GIF89a" + bytes(20), sniff.GIF),
        ("a.tif", b"II*\x00" + bytes(20), sniff.TIFF),
        ("a.txt", "zażółć <3".encode("cp1250"), sniff.TXT),
        ("a.xml", b'<?xml version="1.0"?><wnio:Dokument xmlns:meta="m"><meta:Data/></wnio:Dokument>', sniff.XML),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', sniff.SVG),
        ("a.eml", corpus.message().as_bytes(), sniff.EML),
        ("bez rozszerzenia", corpus.pdf(), sniff.PDF),
        ("zdjecie.jpg", PNG, sniff.PNG),
    ],
)
def test_accepted_by_content(name: str, data: bytes, media_type: str) -> None:
    assert check(name, data) == media_type


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"", "empty"),
        ("a.exe", b"MZ" + bytes(100), "type"),
        ("a.html", b"<html></html>", "type"),
        ("a.zip", corpus.zipped({"a": "b"}), "type"),
        ("a.pdf", b"MZ" + bytes(100), "content"),
        ("a.pdf", b"\x7fELF" + bytes(100), "content"),
        ("a.docx", corpus.zipped({"a.exe": "b"}), "content"),
        (
            "a.docx",
            corpus.zipped({"[Content_Types].xml": "", "word/document.xml": "", "word/vbaProject.bin": "x"}),
            "macros",
        ),
        ("a.doc", ole("WordDocument") + ole("_VBA_PROJECT"), "macros"),
        ("a.docx", ole("EncryptedPackage"), "encrypted"),
        ("a.pdf", b"<!DOCTYPE html><script>alert(1)</script>", "active"),
        ("a.xml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "active"),
        ("a.xml", b'<?xml version="1.0"?><a><x:script xmlns:x="http://www.w3.org/1999/xhtml"/></a>', "active"),
        ("a.svg", b"\xff\xfe" + "<html><svg/></html>".encode("utf-16-le"), "active"),
        ("a.txt", b"abc\x00\x01\x02", "content"),
        ("a.jpg", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40), "content"),
    ],
)
def test_refused_with_a_reason(name: str, data: bytes, code: str) -> None:
    with pytest.raises(UploadRefused) as caught, override("en"):
        check(name, data)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


def test_the_message_says_what_a_phone_photo_is() -> None:
    with override("en"), pytest.raises(UploadRefused, match="HEI[CF]"):
        check("IMG_1.jpg", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40))


def test_the_size_limit_counts_what_is_said_to_come() -> None:
    with override("en"), pytest.raises(UploadRefused, match="too large: .*The limit is 25 MB") as caught:
        check_upload("a.pdf", DEFAULT.max_bytes + 1, io.BytesIO(corpus.pdf()))
    assert caught.value.code == "too_large"
    assert check_upload("a.pdf", DEFAULT.max_bytes, io.BytesIO(corpus.pdf())) == sniff.PDF


def test_the_file_is_left_where_it_was() -> None:
    file = io.BytesIO(corpus.docx())
    file.seek(7)
    check_upload("a.docx", 100, file)
    assert file.tell() == 7


def test_a_field_narrows_but_never_widens() -> None:
    images = UploadPolicy(frozenset({"jpg", "png"})).narrowed([".JPG", "pdf"], max_bytes=DEFAULT.max_bytes * 9)
    assert images.extensions == {"jpg"}
    assert images.max_bytes == DEFAULT.max_bytes
    assert (images.accept, images.words()) == (".jpg", "JPG")
    with pytest.raises(UploadRefused):
        check("a.png", PNG, images)
    with pytest.raises(UploadRefused):
        check("a.jpg", PNG, images)
    assert DEFAULT.narrowed() == DEFAULT
    with pytest.raises(ValueError, match="exe"):
        UploadPolicy(frozenset({"exe"}))


def test_too_many_files_and_too_much_together() -> None:
    check_set([1] * DEFAULT.max_files)
    with pytest.raises(UploadRefused) as many:
        check_set([1] * (DEFAULT.max_files + 1))
    with pytest.raises(UploadRefused) as much:
        check_set([DEFAULT.max_total_bytes, 1])
    assert (many.value.code, much.value.code) == ("too_many", "too_large")


def test_a_directory_of_members_without_end_is_not_read() -> None:
    many = corpus.zipped({f"{'x' * 100}{n}": "" for n in range(6000)} | {"word/document.xml": ""})
    assert sniff.sniff(io.BytesIO(many)) == sniff.UNKNOWN


# --- names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Zażółć gęślą.pdf", "Zażółć gęślą.pdf"),
        ("C:\\Users\\Jan\\wniosek.pdf", "wniosek.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\r\nc.pdf", "ab c.pdf"),
        ("faktura\u202efdp.exe", "fakturafdp.exe"),
        ("  .. .pdf. ", "pdf"),
        ('a"b<c>d|e?.pdf', "a_b_c_d_e_.pdf"),
        ("NUL.pdf", "_NUL.pdf"),
        ("", "file"),
        ("...", "file"),
        ("z\u0301rodlo.pdf", "źrodlo.pdf"),
    ],
)
def test_clean_names(name: str, clean: str) -> None:
    with override("en"):
        assert clean_filename(name) == clean


def test_the_extension_agrees_with_the_content() -> None:
    with override("en"):
        assert clean_filename("zdjęcie.jpg", sniff.PNG) == "zdjęcie.png"
        assert clean_filename("zdjęcie.JPEG", sniff.JPEG) == "zdjęcie.JPEG"
        assert clean_filename("pismo", sniff.PDF) == "pismo.pdf"
        assert clean_filename("pismo.html", sniff.PDF) == "pismo.html.pdf"
        assert clean_filename("", sniff.PDF) == "file.pdf"


@given(st.text(max_size=300), st.sampled_from([None, *TYPES.values()]))
def test_any_name_becomes_safe_and_stays_so(name: str, media_type: str | None) -> None:
    clean = clean_filename(name, media_type)
    assert 0 < len(clean) <= 128
    assert not set(clean) & set('/\\<>:"|?*\0\r\n')
    assert not any(unicodedata.category(c)[0] == "C" for c in clean)
    assert clean == clean.strip(" .")
    assert clean_filename(clean, media_type) == clean
