"""A file that came in answer to a call for a signature, judged against what was filed, in the limited child."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from lxml import etree
from signxml import CanonicalizationMethod, methods
from signxml.xades import XAdESSigner

from documents.proof import answered, certificates
from documents.proof.pades import sign_pdf
from documents.proof.pdf import render_pdf
from documents.proof.xades import sign_enveloped
from journal.keyring import Keyring, Signer


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Keyring(tmp_path_factory.mktemp("stranger") / "keys").person(1, "Obcy Podpisujący", "", "Gdzie indziej")


@pytest.fixture(scope="session")
def readable() -> bytes:
    return render_pdf("<p>Usunięcie drzewa</p>", title="Usunięcie drzewa")


def judged(
    tmp_path: Path, data: bytes, name: str, filed: list[bytes], anchors: list[x509.Certificate]
) -> dict[str, Any]:
    paths = []
    for number, content in enumerate([data, *filed]):
        paths.append(tmp_path / f"{number}")
        paths[-1].write_bytes(content)
    return answered.judge(paths[0], name, paths[1:], anchors=anchors, at=certificates.machine_now())


def pades(pdf: bytes, signer: Signer) -> bytes:
    return sign_pdf(pdf, signer, reason="", location="", field_name="P", visible=False)


def test_the_filed_document_signed_by_a_trusted_person(
    tmp_path: Path, document: bytes, readable: bytes, official: Signer, anchors: list[x509.Certificate]
) -> None:
    filed = [document, readable]
    enveloping = etree.tostring(
        XAdESSigner(method=methods.enveloping, c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0).sign(
            etree.fromstring(document), key=official.private_key, cert=[official.certificate]
        )
    )
    for data, name in (
        (sign_enveloped(document, official), "wniosek.xml"),
        (enveloping, "wniosek.xades"),
        (pades(readable, official), "wniosek.pdf"),
    ):
        found = judged(tmp_path, data, name, filed, anchors)
        assert found["state"] == answered.VALID, found
        assert found["who"] == "Żaneta Śliwińska" and found["when"] and found["reasons"] == []
        assert f"{official.certificate.serial_number:x}" in found["certificate"]


def test_an_unknown_issuer_is_left_to_the_clerk(
    tmp_path: Path, document: bytes, readable: bytes, stranger: Signer, anchors: list[x509.Certificate]
) -> None:
    for data, name in ((sign_enveloped(document, stranger), "a.xml"), (pades(readable, stranger), "a.pdf")):
        found = judged(tmp_path, data, name, [document, readable], anchors)
        assert found["state"] == answered.UNVERIFIED and found["who"] == "Obcy Podpisujący"
        assert len(found["reasons"]) == 1, "nothing but the issuer is doubted"


def test_a_good_signature_over_something_else_is_not_enough(
    tmp_path: Path, document: bytes, readable: bytes, official: Signer, anchors: list[x509.Certificate]
) -> None:
    other = document.replace("Usunięcie".encode(), b"Posadzenie")
    longer = render_pdf("<p>Cofam wniosek</p>", title="Cofnięcie")
    for data, name in ((sign_enveloped(other, official), "a.xml"), (pades(longer, official), "a.pdf")):
        found = judged(tmp_path, data, name, [document, readable], anchors)
        assert found["state"] == answered.INVALID and found["reasons"]


def test_one_byte_changed(
    tmp_path: Path, document: bytes, readable: bytes, official: Signer, anchors: list[x509.Certificate]
) -> None:
    xml = sign_enveloped(document, official)
    pdf = bytearray(pades(readable, official))
    pdf[len(pdf) // 3] ^= 1
    for data, name in ((xml.replace(b"123/4", b"123/5", 1), "a.xml"), (bytes(pdf), "a.pdf")):
        assert judged(tmp_path, data, name, [document, readable], anchors)["state"] == answered.INVALID


@pytest.mark.parametrize(
    "name, data", [("a.txt", b"nie"), ("a.asice", b"PK\3\4"), ("a.pdf", b"%PDF-1.7 x"), ("a", b"")]
)
def test_what_is_not_signed_at_all(
    name: str, data: bytes, tmp_path: Path, document: bytes, anchors: list[x509.Certificate]
) -> None:
    found = judged(tmp_path, data, name, [document], anchors)
    assert found["state"] == answered.INVALID and found["reasons"]


def test_the_filed_document_without_a_signature(
    tmp_path: Path, document: bytes, readable: bytes, anchors: list[x509.Certificate]
) -> None:
    for data, name in ((document, "a.xml"), (readable, "a.pdf")):
        assert judged(tmp_path, data, name, [document, readable], anchors)["state"] == answered.INVALID
