"""Files that people sign with other software and send us."""

from __future__ import annotations

import pytest
from cryptography import x509
from lxml import etree
from signxml import CanonicalizationMethod, methods
from signxml.xades import XAdESSigner

from documents.proof import verify
from documents.proof.pades import sign_pdf
from documents.proof.pdf import render_pdf
from documents.proof.verdict import Part
from journal.keyring import Signer

DS = "{http://www.w3.org/2000/09/xmldsig#}"
C14N = [CanonicalizationMethod.CANONICAL_XML_1_0, CanonicalizationMethod.CANONICAL_XML_1_1]


def signed(signer: Signer, xml: str, method: methods, c14n: CanonicalizationMethod = C14N[0]) -> etree._Element:
    maker = XAdESSigner(method=method, c14n_algorithm=c14n)
    return maker.sign(etree.fromstring(xml), key=signer.private_key, cert=[signer.certificate])


@pytest.mark.parametrize("c14n", C14N)
@pytest.mark.parametrize("method", [methods.enveloped, methods.enveloping])
def test_enveloped_and_enveloping_xades_are_read(
    method: methods, c14n: CanonicalizationMethod, official: Signer, anchors: list[x509.Certificate]
) -> None:
    root = signed(official, "<pismo><tresc>Wnoszę o</tresc></pismo>", method, c14n)
    data = etree.tostring(root, encoding="UTF-8")
    verdict = verify.verify_signed_file(data, "pismo.xades", anchors=anchors)
    assert verdict.valid, verdict.reasons
    assert verdict.who == "Żaneta Śliwińska"
    changed = data.replace("Wnoszę".encode(), "Wnoszą".encode())
    assert verify.verify_signed_file(changed, "pismo.xades", anchors=anchors).parts() == {Part.CONTENT}


def test_a_signed_part_inside_other_content_does_not_pass(official: Signer, anchors: list[x509.Certificate]) -> None:
    part = signed(official, '<pismo Id="a"><tresc>Cofam</tresc></pismo>', methods.enveloped)
    assert verify.verify_signed_file(etree.tostring(part), "x.xml", anchors=anchors).valid
    outer = etree.fromstring("<pismo><tresc>Podwyższam</tresc></pismo>")
    outer.append(part)
    verdict = verify.verify_signed_file(etree.tostring(outer), "x.xml", anchors=anchors)
    assert verdict.parts() == {Part.SIGNATURE}


def test_unsigned_objects_beside_the_signed_one_do_not_pass(official: Signer, anchors: list[x509.Certificate]) -> None:
    root = signed(official, "<pismo>a</pismo>", methods.enveloping)
    extra = etree.SubElement(root, f"{DS}Object")
    etree.SubElement(extra, "pismo").text = "forged"
    verdict = verify.verify_signed_file(etree.tostring(root), "x.xml", anchors=anchors)
    assert verdict.parts() == {Part.SIGNATURE}


def test_two_signatures_are_refused(official: Signer, seal: Signer, anchors: list[x509.Certificate]) -> None:
    once = signed(official, "<pismo>a</pismo>", methods.enveloped)
    twice = signed(seal, etree.tostring(once).decode(), methods.enveloped)
    assert verify.verify_signed_file(etree.tostring(twice), "x.xml", anchors=anchors).parts() == {Part.STRUCTURE}


def test_a_signature_of_plain_kind_is_not_enough(official: Signer, anchors: list[x509.Certificate]) -> None:
    from signxml import XMLSigner

    plain = XMLSigner().sign(etree.fromstring("<a/>"), key=official.private_key, cert=[official.certificate])
    assert not verify.verify_signed_file(etree.tostring(plain), "x.xml", anchors=anchors).valid


def test_a_signed_pdf_is_read(official: Signer, anchors: list[x509.Certificate]) -> None:
    pdf = render_pdf("<p>Odwołanie</p>", title="Odwołanie")
    data = sign_pdf(pdf, official, reason="", location="", field_name="S", visible=False)
    verdict = verify.verify_signed_file(data, "odwolanie.pdf", anchors=anchors)
    assert verdict.valid and verdict.kind == "pades" and verdict.who == "Żaneta Śliwińska"


@pytest.mark.parametrize("name", ["a.asice", "a.p7m", "a.zip", "a.sig"])
def test_other_kinds_are_refused_with_advice(name: str, anchors: list[x509.Certificate]) -> None:
    verdict = verify.verify_signed_file(b"x", name, anchors=anchors)
    assert verdict.parts() == {Part.FILE} and "XAdES" in verdict.reasons[0].text
