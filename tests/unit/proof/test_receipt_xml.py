"""The receipt as XML: elements, times, schema, what cannot be a receipt."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from lxml import etree

from documents.proof import receipt_xml as rx
from documents.proof import xmlsafe


def names(element: etree._Element) -> list[str]:
    return [xmlsafe.local(child) for child in element]


def test_upp_has_exactly_the_elements_of_the_namespace_in_order(upp: rx.UppData) -> None:
    root = xmlsafe.read(rx.receipt_xml(upp))
    assert root.tag == "{http://crd.gov.pl/xml/schematy/UPO/2008/05/09/}Dokument"
    assert names(root) == ["UPP"]
    assert names(root[0]) == [
        "IdentyfikatorPoswiadczenia",
        "Adresat",
        "Nadawca",
        "DataDoreczenia",
        "DataWytworzeniaPoswiadczenia",
        "IdentyfikatorDokumentu",
        "InformacjaUzupelniajaca",
        "InformacjaUzupelniajaca",
        "InformacjaUzupelniajaca",
    ]
    assert names(root[0][1]) == ["Nazwa", "IdentyfikatorPodmiotu"]
    assert root[0][1][1].attrib == {"TypIdentyfikatora": "NIP"}


def test_upd_names_its_dates_and_parties_differently(upd: rx.UpdData) -> None:
    root = xmlsafe.read(rx.receipt_xml(upd))
    assert names(root) == ["UPD"]
    assert names(root[0])[:7] == [
        "IdentyfikatorPoswiadczenia",
        "PodmiotWystawiajacyPoswiadczenie",
        "Adresat",
        "DataOdbioru",
        "DataUtworzeniaPoswiadczenia",
        "IdentyfikatorSprawy",
        "IdentyfikatorDokumentu",
    ]
    assert names(root[0][2]) == ["Nazwa"]


def test_times_are_utc_with_offset_whatever_zone_they_came_in(upp: rx.UppData) -> None:
    warsaw = dt.timezone(dt.timedelta(hours=1))
    data = dataclasses.replace(upp, delivered_at=dt.datetime(2026, 11, 24, 23, 15, 30, tzinfo=warsaw))
    assert b"<DataDoreczenia>2026-11-24T22:15:30+00:00</DataDoreczenia>" in rx.receipt_xml(data)


def test_the_digest_of_the_document_stands_under_the_name_of_its_algorithm(upp: rx.UppData, document: bytes) -> None:
    info = xmlsafe.read(rx.receipt_xml(upp)).find(f".//{{{rx.UPO}}}InformacjaUzupelniajaca")
    assert info is not None
    assert info.get("TypInformacjiUzupelniajacej") == "SHA-256"
    assert info.text == rx.sha256_hex(document)


@pytest.mark.parametrize("which", ["upp", "upd"])
def test_what_is_written_is_read_back(which: str, request: pytest.FixtureRequest) -> None:
    data: rx.ReceiptData = request.getfixturevalue(which)
    assert rx.parse_receipt(xmlsafe.read(rx.receipt_xml(data))) == data


def test_attributes_in_the_namespace_are_read_too(upp: rx.UppData) -> None:
    xml = rx.receipt_xml(upp).replace(b"<Dokument ", b'<Dokument xmlns:u="' + rx.UPO.encode() + b'" ')
    for name in (b"TypIdentyfikatora", b"TypInformacjiUzupelniajacej"):
        xml = xml.replace(name, b"u:" + name)
    root = xmlsafe.read(xml)
    assert rx.schema_problems(root) == []
    assert rx.parse_receipt(root) == upp


def test_a_time_without_zone_and_a_false_digest_are_refused(upp: rx.UppData) -> None:
    with pytest.raises(rx.ReceiptError, match="time zone"):
        rx.receipt_xml(dataclasses.replace(upp, issued_at=dt.datetime(2026, 1, 1)))
    with pytest.raises(rx.ReceiptError, match="hex"):
        rx.receipt_xml(dataclasses.replace(upp, document_sha256="AB" * 32))


def test_an_empty_obligatory_element_is_named(upp: rx.UppData) -> None:
    with pytest.raises(rx.ReceiptError, match="IdentyfikatorDokumentu"):
        rx.receipt_xml(dataclasses.replace(upp, document_id=" "))


def test_characters_that_xml_cannot_carry_do_not_stop_a_receipt(upp: rx.UppData) -> None:
    odd = dataclasses.replace(upp, sender=rx.Party("Jan \x00\x0b\ud800<b>&amp;\r\nKowalski"))
    back = rx.parse_receipt(xmlsafe.read(rx.receipt_xml(odd)))
    assert isinstance(back, rx.UppData)
    assert back.sender.name == "Jan \ufffd\ufffd\ufffd<b>&amp;\nKowalski"


@pytest.mark.parametrize(
    ("old", "new", "element"),
    [
        (b"<IdentyfikatorDokumentu>DOK-2026-000123</IdentyfikatorDokumentu>", b"", "InformacjaUzupelniajaca"),
        (b"<DataDoreczenia>2026", b"<DataDoreczenia>x", "DataDoreczenia"),
        (b"Nadawca>", b"Nadawcy>", "Nadawcy"),
    ],
)
def test_the_schema_names_the_element_it_dislikes(upp: rx.UppData, old: bytes, new: bytes, element: str) -> None:
    root = xmlsafe.read(rx.receipt_xml(upp).replace(old, new))
    assert element in {reason.element for reason in rx.schema_problems(root)}


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]><l>&b;&b;</l>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        b"<a>" + b"<b>" * 300 + b"</b>" * 300 + b"</a>",
        b"<a>&unknown;</a>",
        b"\xff\xfe\x00",
        b"",
        b"<a>" + b"x" * (1 << 20) + b"</a>",
    ],
    ids=["entity", "dtd", "laughs", "utf16", "deep", "unknown", "noise", "empty", "large"],
)
def test_hostile_xml_is_not_read(hostile: bytes) -> None:
    with pytest.raises(xmlsafe.XmlRefused):
        xmlsafe.read(hostile)
