"""One byte changed anywhere, and the verdict says no and names the part."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from documents.proof import receipt_xml as rx
from documents.proof import verify, xades, xmlsafe
from documents.proof.certificates import machine_now
from documents.proof.verdict import Part, Verdict
from journal.keyring import Keyring, Signer

DS = "{http://www.w3.org/2000/09/xmldsig#}"
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def flip(data: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return bytes(changed)


def between(data: bytes, opening: str, closing: str) -> tuple[int, int]:
    """Where the text between two marks stands."""
    found = re.search(re.escape(opening.encode()) + b"(.*?)" + re.escape(closing.encode()), data, re.DOTALL)
    assert found is not None
    return found.span(1)


def element_text(xml: bytes, name: str) -> tuple[int, int]:
    found = re.search(rb"<" + name.encode() + rb"[^>]*>([^<]+)<", xml)
    assert found is not None
    return found.span(1)


def test_a_receipt_is_valid_and_says_who_when_what(upp_xml: bytes, anchors: list[x509.Certificate], upp: rx.UppData,
                                                   document: bytes) -> None:  # fmt: skip
    verdict = verify.verify_receipt(upp_xml, anchors=anchors, document=document)
    assert verdict.valid, verdict.reasons
    assert (verdict.kind, verdict.who, verdict.is_demo) == ("upp", "Urząd Miasta Jastrzębie-Zdrój", True)
    assert verdict.receipt == upp
    assert verdict.when is not None and abs(verdict.when - machine_now()) < dt.timedelta(minutes=5)


def test_a_receipt_of_delivery_is_valid(upd: rx.UpdData, seal: Signer, anchors: list[x509.Certificate]) -> None:
    signed = xades.sign_enveloped(rx.receipt_xml(upd), seal)
    verdict = verify.verify_receipt(signed, anchors=anchors, document=b"decision")
    assert verdict.valid and verdict.kind == "upd" and verdict.receipt == upd


@pytest.mark.servers("xmlsec1")
def test_xmlsec1_agrees_on_good_and_changed(upp_xml: bytes, ca_file: Path, tmp_path: Path) -> None:
    ids = ["--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "--id-attr:Id", "KeyInfo"]
    command = ["xmlsec1", "--verify", "--trusted-pem", str(ca_file), "--enabled-key-data", "x509", *ids]
    for name, data, code in (("good", upp_xml, 0), ("bad", upp_xml.replace(b"RPW/12", b"RPW/13"), 1)):
        file = tmp_path / f"{name}.xml"
        file.write_bytes(data)
        done = subprocess.run([*command, str(file)], capture_output=True, check=False)
        assert (done.returncode == 0) == (code == 0), done.stderr


@SLOW
@given(data=st.data())
def test_any_byte_of_the_xml_counts(data: st.DataObject, upp_xml: bytes, anchors: list[x509.Certificate]) -> None:
    at = data.draw(st.integers(0, len(upp_xml) - 1))
    changed = flip(upp_xml, at, data.draw(st.integers(0, 7)))
    verdict = verify.verify_receipt(changed, anchors=anchors)
    assert not verdict.valid
    assert verdict.reasons[0].text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"version='1.0'", b"version='1.1'"),
        (b"</Dokument>", b"</Dokument>\n"),
        (b"<?xml version", b"\xef\xbb\xbf<?xml version"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue >"),
        (b"UPP-UM", b"UPP&#45;UM"),
        (b"<ds:Object>", b"<ds:Object >"),
    ],
)
def test_even_bytes_that_mean_nothing_to_xml_count(
    old: bytes, new: bytes, upp_xml: bytes, anchors: list[x509.Certificate]
) -> None:
    assert old in upp_xml
    assert verify.verify_receipt(upp_xml.replace(old, new, 1), anchors=anchors).parts() == {Part.FILE}


LEAVES = [
    ("IdentyfikatorPoswiadczenia", "IdentyfikatorPoswiadczenia"),
    ("Nazwa", "Adresat/Nazwa"),
    ("IdentyfikatorPodmiotu", "Adresat/IdentyfikatorPodmiotu"),
    ("DataDoreczenia", "DataDoreczenia"),
    ("DataWytworzeniaPoswiadczenia", "DataWytworzeniaPoswiadczenia"),
    ("IdentyfikatorDokumentu", "IdentyfikatorDokumentu"),
    ("InformacjaUzupelniajaca", "InformacjaUzupelniajaca[1]"),
]


@pytest.mark.parametrize(("name", "path"), LEAVES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_byte_of_an_element_names_the_element(
    name: str, path: str, data: st.DataObject, upp_xml: bytes, anchors: list[x509.Certificate]
) -> None:
    start, end = element_text(upp_xml, name)
    changed = flip(upp_xml, data.draw(st.integers(start, end - 1)), data.draw(st.integers(0, 7)))
    verdict = verify.verify_receipt(changed, anchors=anchors)
    assert not verdict.valid
    assert verdict.elements() & {path, name}, verdict.reasons


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_byte_of_the_signature_value_names_the_signature(
    data: st.DataObject, upp_xml: bytes, anchors: list[x509.Certificate]
) -> None:
    start, end = between(upp_xml, "<ds:SignatureValue>", "</ds:SignatureValue>")
    changed = flip(upp_xml, data.draw(st.integers(start, end - 1)), data.draw(st.integers(0, 6)))
    verdict = verify.verify_receipt(changed, anchors=anchors)
    assert not verdict.valid
    assert verdict.parts() & {Part.SIGNATURE, Part.FILE}


def test_the_unused_bits_of_base64_count_too(upp_xml: bytes, anchors: list[x509.Certificate]) -> None:
    _start, end = between(upp_xml, "<ds:SignatureValue>", "</ds:SignatureValue>")
    assert upp_xml[end - 2 : end] == b"=="
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    spot = end - 3
    other = alphabet[alphabet.index(upp_xml[spot]) | 1 : (alphabet.index(upp_xml[spot]) | 1) + 1]
    changed = upp_xml[:spot] + other + upp_xml[spot + 1 :]
    assert changed != upp_xml
    assert Part.SIGNATURE in verify.verify_receipt(changed, anchors=anchors).parts()


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_byte_of_the_certificate_names_the_certificate(
    data: st.DataObject, upp_xml: bytes, anchors: list[x509.Certificate]
) -> None:
    start, end = between(upp_xml, "<ds:X509Certificate>", "</ds:X509Certificate>")
    letters = [i for i in range(start, end) if chr(upp_xml[i]).isalnum()]
    spot = data.draw(st.sampled_from(letters))
    changed = upp_xml[:spot] + (b"A" if upp_xml[spot : spot + 1] != b"A" else b"B") + upp_xml[spot + 1 :]
    verdict = verify.verify_receipt(changed, anchors=anchors)
    assert not verdict.valid
    assert Part.CERTIFICATE in verdict.parts(), verdict.reasons


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_byte_of_the_document_names_the_document(
    data: st.DataObject, upp_xml: bytes, document: bytes, anchors: list[x509.Certificate]
) -> None:
    changed = flip(document, data.draw(st.integers(0, len(document) - 1)), data.draw(st.integers(0, 7)))
    verdict = verify.verify_receipt(upp_xml, anchors=anchors, document=changed)
    assert verdict.parts() == {Part.DOCUMENT}


def test_a_damaged_list_of_digests_accuses_itself(upp_xml: bytes, anchors: list[x509.Certificate]) -> None:
    start, _end = between(upp_xml, ">IdentyfikatorPoswiadczenia=", " ")
    digit = b"0" if upp_xml[start : start + 1] != b"0" else b"1"
    verdict = verify.verify_receipt(upp_xml[:start] + digit + upp_xml[start + 1 :], anchors=anchors)
    assert verdict.elements() == {"InformacjaUzupelniajaca[3]"}


def test_an_expired_certificate_is_said_to_be_expired(upp_xml: bytes, anchors: list[x509.Certificate]) -> None:
    late = machine_now() + dt.timedelta(days=365 * 11)
    verdict = verify.verify_receipt(upp_xml, anchors=anchors, at=late)
    assert verdict.parts() == {Part.CERTIFICATE}
    early = machine_now() - dt.timedelta(days=30)
    assert not verify.verify_receipt(upp_xml, anchors=anchors, at=early).valid


def test_a_seal_of_a_stranger_is_untrusted(upp: rx.UppData, anchors: list[x509.Certificate], tmp_path: Path) -> None:
    stranger = Keyring(tmp_path / "other").unit_seal("UM", "Urząd Miasta Jastrzębie-Zdrój")
    forged = xades.sign_enveloped(rx.receipt_xml(upp), stranger)
    assert verify.verify_receipt(forged, anchors=anchors).parts() == {Part.CERTIFICATE}
    assert verify.verify_receipt(forged, anchors=[]).parts() == {Part.CERTIFICATE}


def test_a_certificate_put_in_place_of_the_right_one_is_noticed(
    upp_xml: bytes, official: Signer, seal: Signer, anchors: list[x509.Certificate]
) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    def body(signer: Signer) -> bytes:
        return b"\n".join(signer.certificate.public_bytes(Encoding.PEM).splitlines()[1:-1])

    verdict = verify.verify_receipt(upp_xml.replace(body(seal), body(official)), anchors=anchors)
    assert {Part.CERTIFICATE, Part.SIGNATURE} <= verdict.parts()


def wrapped(upp_xml: bytes, upp: rx.UppData) -> list[bytes]:
    """Signature wrapping: the genuine signature, with a forged receipt where a careless reader looks."""
    forged = rx.receipt_xml(dataclasses.replace(upp, receipt_id="UPP-FORGED"))
    evil = xmlsafe.read(forged)
    evil.append(xmlsafe.read(upp_xml))
    second = xmlsafe.read(upp_xml)
    second.insert(0, xmlsafe.read(forged)[0])
    third = xmlsafe.read(upp_xml)
    signature = third.find(f"{DS}Signature")
    assert signature is not None
    holder = etree.SubElement(signature, f"{DS}Object")
    holder.append(third[0])
    third.insert(0, xmlsafe.read(forged)[0])
    return [xmlsafe.serialise(root) for root in (evil, second, third)]


def test_signature_wrapping_does_not_pass(upp_xml: bytes, upp: rx.UppData, anchors: list[x509.Certificate]) -> None:
    for attempt in wrapped(upp_xml, upp):
        assert not verify.verify_receipt(attempt, anchors=anchors).valid


def test_a_comment_that_splits_a_text_does_not_pass(upp_xml: bytes, anchors: list[x509.Certificate]) -> None:
    changed = upp_xml.replace(b"Anna Nowakowska", b"Anna<!-- --> Nowakowska".replace(b"> N", b">&#32;N"))
    assert not verify.verify_receipt(changed, anchors=anchors).valid
    with_comment = upp_xml.replace(b"UPP-UM-", b"UPP<!-- x -->-UM-")
    assert Part.STRUCTURE in verify.verify_receipt(with_comment, anchors=anchors).parts()


def test_an_unsigned_receipt_is_not_valid(upp: rx.UppData, anchors: list[x509.Certificate]) -> None:
    verdict = verify.verify_receipt(rx.receipt_xml(upp), anchors=anchors)
    assert verdict.parts() == {Part.STRUCTURE}


def test_a_signed_document_that_is_no_receipt_is_not_valid(seal: Signer, anchors: list[x509.Certificate]) -> None:
    verdict: Verdict = verify.verify_receipt(xades.sign_enveloped(b"<x>y</x>", seal), anchors=anchors)
    assert Part.STRUCTURE in verdict.parts()
    assert verdict.receipt is None


@pytest.mark.parametrize("junk", [b"", b"\x00" * 50, b"<a/>", b"%PDF-1.7 nothing", b"PK\x03\x04"])
def test_junk_gets_a_verdict_and_no_crash(junk: bytes, anchors: list[x509.Certificate]) -> None:
    assert not verify.verify_receipt(junk, anchors=anchors).valid
    assert not verify.verify_signed_file(junk, "x", anchors=anchors).valid
