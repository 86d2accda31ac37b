"""Signatures on PDF: several signers, the seal of a receipt, PDF/A, and what does not pass."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.proof import verify
from documents.proof.certificates import machine_now
from documents.proof.pades import PdfRefused, sign_pdf
from documents.proof.pdf import render_pdf
from documents.proof.verdict import Part
from journal.keyring import Keyring, Signer

LETTER = '<html lang="pl"><body><h1>Decyzja</h1><p>Orzekam.</p><div id="place" style="height:25mm"></div></body></html>'


@pytest.fixture(scope="module")
def letter() -> bytes:
    return render_pdf(LETTER, title="Decyzja")


@pytest.fixture(scope="module")
def signed_twice(letter: bytes, official: Signer, seal: Signer) -> bytes:
    once = sign_pdf(letter, official, reason="Decyzja", location="Jastrzębie-Zdrój", field_name="Signature1",
                    anchor="place")  # fmt: skip
    return sign_pdf(once, seal, reason="Pieczęć", location="Jastrzębie-Zdrój", field_name="Seal")


def text_of(pdf: bytes) -> str:
    """Text of the page with its signature fields drawn in, as a reader sees it."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.flatten_annotations("all")
        flat = io.BytesIO()
        document.save(flat)
    page = pypdfium2.PdfDocument(flat.getvalue())[0]
    return str(page.get_textpage().get_text_bounded())


def verapdf(root: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [str(root / "scripts" / "verapdf" / "verapdf"), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_two_people_sign_and_both_are_named(signed_twice: bytes, anchors: list[x509.Certificate]) -> None:
    verdict = verify.verify_pdf(signed_twice, anchors)
    assert verdict.valid, verdict.reasons
    assert verdict.signers == ("Żaneta Śliwińska", "Urząd Miasta Jastrzębie-Zdrój")
    assert verdict.is_demo


def test_the_stamp_names_person_post_and_says_it_is_a_test(signed_twice: bytes) -> None:
    text = text_of(signed_twice)
    assert "Żaneta Śliwińska" in text
    assert "Naczelnik Wydziału Ochrony Środowiska" in text
    assert "podpis testowy" in text or "test signature" in text


def test_the_stamp_stands_where_the_letter_keeps_room(signed_twice: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed_twice)) as document:
        fields = {str(field.T): field for field in document.Root.AcroForm.Fields}
        names = document.Root.Names.Dests.Names
        spot = next(target for name, target in zip(list(names)[::2], list(names)[1::2], strict=True) if name == "place")
        left, _bottom, _right, top = (float(n) for n in fields["Signature1"].Rect)
        assert (left, top) == (round(float(spot[2])), round(float(spot[3])))
        assert [round(float(n)) for n in fields["Seal"].Rect][:2] != [round(left), round(top)]


def test_it_works_where_an_event_loop_already_runs(
    letter: bytes, seal: Signer, anchors: list[x509.Certificate]
) -> None:
    async def inside() -> bool:
        signed = sign_pdf(letter, seal, reason="", location="", field_name="S", visible=False)
        return verify.verify_pdf(signed, anchors).valid

    # In a thread of its own: this one may already hold the loop of a browser's tests.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, inside()).result()


def test_a_name_is_not_signed_twice(signed_twice: bytes, seal: Signer) -> None:
    with pytest.raises(PdfRefused):
        sign_pdf(signed_twice, seal, reason="", location="", field_name="Seal")
    with pytest.raises(PdfRefused):
        sign_pdf(b"%PDF-1.7 broken", seal, reason="", location="", field_name="Seal")


def test_hostile_names_in_a_stamp_stay_text(letter: bytes, keyring: Keyring) -> None:
    signer = keyring.person(66, "<img src='file:///etc/hostname'>", "</div>&lt;", "U")
    assert "<img" in text_of(sign_pdf(letter, signer, reason="r", location="l", field_name="S"))


@pytest.mark.servers("verapdf")
def test_signed_files_stay_pdf_a(
    upp_pdf: bytes, signed_twice: bytes, letter: bytes, root: Path, tmp_path: Path
) -> None:
    files = []
    for name, data in (("upp", upp_pdf), ("twice", signed_twice), ("letter", letter)):
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(data)
    done = verapdf(root, *files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASS 3a") == 3


@pytest.mark.servers("verapdf")
def test_the_checker_rejects_a_plain_pdf(root: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.pdf"
    plain.write_bytes(render_pdf(LETTER, title="x", variant=None))
    assert verapdf(root, plain).returncode == 1


@pytest.mark.servers("pdfsig")
def test_pdfsig_agrees_on_good_and_changed(upp_pdf: bytes, signed_twice: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    for data, count in ((upp_pdf, 1), (signed_twice, 2)):
        file.write_bytes(data)
        answer = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=False).stdout
        assert answer.count("Signature is Valid") == count
        assert answer.count("ETSI.CAdES.detached") == count
    file.write_bytes(upp_pdf.replace(b"/CreationDate", b"/CreationDatf", 1))
    answer = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" not in answer


def test_the_receipt_pdf_is_valid_with_the_xml_inside(
    upp_pdf: bytes, upp_xml: bytes, document: bytes, anchors: list[x509.Certificate]
) -> None:
    verdict = verify.verify_receipt(upp_pdf, anchors=anchors, document=document)
    assert verdict.valid, verdict.reasons
    assert verdict.kind == "receipt-pdf"
    assert verdict.receipt is not None and verdict.receipt.receipt_id == "UPP-UM-20261124-12"
    assert verify.embedded_xml(upp_pdf) == upp_xml
    wrong = verify.verify_receipt(upp_pdf, anchors=anchors, document=document + b" ")
    assert wrong.parts() == {Part.DOCUMENT}


def test_the_embedded_xml_is_marked_as_the_source(upp_pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(upp_pdf)) as document:
        (name,) = document.attachments
        assert name == "UPP-UM-20261124-12.xml"
        assert document.Root.AF[0].AFRelationship == "/Source"


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_byte_of_the_pdf_counts(data: st.DataObject, upp_pdf: bytes, anchors: list[x509.Certificate]) -> None:
    changed = bytearray(upp_pdf)
    changed[data.draw(st.integers(0, len(upp_pdf) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not verify.verify_receipt(bytes(changed), anchors=anchors).valid


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_byte_of_the_seal_counts(data: st.DataObject, upp_pdf: bytes, anchors: list[x509.Certificate]) -> None:
    contents = re.search(rb"/Contents <([0-9A-F]+)>", upp_pdf)
    assert contents is not None
    spot = data.draw(st.integers(contents.start(1), contents.end(1) - 1))
    changed = bytearray(upp_pdf)
    changed[spot] ^= 1 << data.draw(st.integers(0, 7))
    verdict = verify.verify_receipt(bytes(changed), anchors=anchors)
    assert verdict.parts() & {Part.SIGNATURE, Part.CERTIFICATE, Part.CONTENT, Part.PROPERTIES}


def test_bytes_behind_the_signature_do_not_pass(upp_pdf: bytes, anchors: list[x509.Certificate]) -> None:
    assert not verify.verify_receipt(upp_pdf + b"\n% more", anchors=anchors).valid


def test_a_page_added_after_signing_does_not_pass(signed_twice: bytes, anchors: list[x509.Certificate]) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.writer import PageObject

    writer = IncrementalPdfFileWriter(io.BytesIO(signed_twice))
    content = writer.add_object(generic.StreamObject(stream_data=b"0 0 100 100 re f"))
    writer.insert_page(PageObject(contents=content, media_box=(0, 0, 200, 200)))
    out = io.BytesIO()
    writer.write(out)
    verdict = verify.verify_pdf(out.getvalue(), anchors)
    assert Part.CONTENT in verdict.parts()


def test_a_receipt_with_another_xml_inside_does_not_pass(
    upp_pdf: bytes, upp_xml: bytes, seal: Signer, anchors: list[x509.Certificate]
) -> None:
    with pikepdf.open(io.BytesIO(upp_pdf)) as document:
        del document.Root.AcroForm
        (name,) = document.attachments
        document.attachments[name].get_file().read_bytes()
        changed = upp_xml.replace(b"RPW/12", b"RPW/13")
        document.attachments[name] = pikepdf.AttachedFileSpec(document, changed, filename=name)
        out = io.BytesIO()
        document.save(out)
    resealed = sign_pdf(out.getvalue(), seal, reason="", location="", field_name="Seal")
    verdict = verify.verify_receipt(resealed, anchors=anchors)
    assert "InformacjaUzupelniajaca[2]" in verdict.elements()


def test_an_expired_or_foreign_seal_is_named(
    upp_pdf: bytes, letter: bytes, anchors: list[x509.Certificate], tmp_path: Path
) -> None:
    late = machine_now() + dt.timedelta(days=365 * 11)
    assert verify.verify_receipt(upp_pdf, anchors=anchors, at=late).parts() == {Part.CERTIFICATE}
    stranger = Keyring(tmp_path / "k").unit_seal("UM", "Urząd Miasta Jastrzębie-Zdrój")
    forged = sign_pdf(letter, stranger, reason="", location="", field_name="Seal")
    assert verify.verify_pdf(forged, anchors).parts() == {Part.CERTIFICATE}


def test_an_unsigned_pdf_is_not_valid(letter: bytes, anchors: list[x509.Certificate]) -> None:
    assert verify.verify_pdf(letter, anchors).parts() == {Part.SIGNATURE}


def test_xml_and_pdf_together_are_compared_by_element(
    upp_pdf: bytes, upp_xml: bytes, anchors: list[x509.Certificate]
) -> None:
    same = verify.verify_files([("a.xml", upp_xml), ("a.pdf", upp_pdf)], anchors=anchors)
    assert all(verdict.valid for _name, verdict in same)
    changed = upp_xml.replace(b"Anna Nowakowska", b"Anna Nowakowskb")
    for _name, verdict in verify.verify_files([("a.xml", changed), ("a.pdf", upp_pdf)], anchors=anchors):
        assert Part.COPY in verdict.parts()
        assert "Nadawca/Nazwa" in verdict.elements()
