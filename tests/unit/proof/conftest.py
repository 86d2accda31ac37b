"""One demo keyring and one of each proof, made once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509

from documents.filing import Answer, Attachment, Filing, FormRef, Sender
from documents.proof import receipt_xml as rx
from documents.proof import xades
from documents.proof.filed import filed_document_xml
from documents.proof.letters import receipt_pdf
from journal.keyring import Keyring, Signer

OFFICE = "Urząd Miasta Jastrzębie-Zdrój"
MOMENT = dt.datetime(2026, 11, 24, 22, 15, 30, tzinfo=dt.UTC)
CHECK_URL = "https://eurzad.example.test/sprawdz-poswiadczenie/?nr=UPP-UM-20261124-12"


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("var") / "keys")


@pytest.fixture(scope="session")
def anchors(keyring: Keyring) -> list[x509.Certificate]:
    return keyring.trust_anchors()


@pytest.fixture(scope="session")
def ca_file(keyring: Keyring, anchors: list[x509.Certificate]) -> Path:
    return keyring.folder / "ca.pem"


@pytest.fixture(scope="session")
def seal(keyring: Keyring) -> Signer:
    return keyring.unit_seal("UM", OFFICE)


@pytest.fixture(scope="session")
def official(keyring: Keyring) -> Signer:
    return keyring.person(7, "Żaneta Śliwińska", "Naczelnik Wydziału Ochrony Środowiska", OFFICE)


@pytest.fixture(scope="session")
def filing() -> Filing:
    return Filing(
        channel="form",
        unit_id=1,
        subject="Usunięcie drzewa",
        sender=Sender(name="Anna Nowakowska-Żółć", pesel="01610100010", town="Jastrzębie-Zdrój", postcode="44-330"),
        intake_key="k1",
        service_code="OS-08",
        form=FormRef(3, 2, "ab" * 32, "Wniosek o zezwolenie na usunięcie drzew"),
        answers=(
            Answer("f1", "Numer działki", "text", "123/4", "123/4", "Nieruchomość"),
            Answer("f2", "Gatunek", "choice", ["dab"], "dąb", "Drzewo"),
        ),
        attachments=(Attachment("cd" * 32, "mapa.pdf", "application/pdf", 345678, "f9"),),
    )


@pytest.fixture(scope="session")
def document(filing: Filing) -> bytes:
    return filed_document_xml(filing, unit_symbol="UM", unit_name=OFFICE)


@pytest.fixture(scope="session")
def upp(document: bytes) -> rx.UppData:
    return rx.UppData(
        receipt_id="UPP-UM-20261124-12",
        addressee=rx.Party(OFFICE, "0000000017", "NIP"),
        sender=rx.Party("Anna Nowakowska-Żółć", "1042", "konto"),
        delivered_at=MOMENT,
        issued_at=MOMENT + dt.timedelta(seconds=3),
        document_id="DOK-2026-000123",
        document_sha256=rx.sha256_hex(document),
        extra=(("Numer w rejestrze przesyłek wpływających", "RPW/12/2026"),),
    )


@pytest.fixture(scope="session")
def upd() -> rx.UpdData:
    return rx.UpdData(
        receipt_id="UPD-UM-20261124-3",
        issuer=rx.Party(OFFICE, "0000000017", "NIP"),
        addressee=rx.Party("Anna Nowakowska-Żółć"),
        received_at=MOMENT,
        issued_at=MOMENT,
        case_id="OŚ.6131.77.2026",
        document_id="DOK-2026-000200",
        document_sha256=rx.sha256_hex(b"decision"),
    )


@pytest.fixture(scope="session")
def upp_xml(upp: rx.UppData, seal: Signer) -> bytes:
    return xades.sign_enveloped(rx.receipt_xml(upp), seal)


@pytest.fixture(scope="session")
def upp_pdf(upp: rx.UppData, upp_xml: bytes, seal: Signer) -> bytes:
    return receipt_pdf(upp, upp_xml, CHECK_URL, seal=seal, town="Jastrzębie-Zdrój", subject="Wniosek")
