"""Keys: made once, private to the owner, refused in production where they are demo keys."""

from __future__ import annotations

import datetime as dt
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from documents.proof import certificates
from journal.keyring import Keyring, KeyringError, SignerKind, from_pkcs12, is_demo_certificate

PASSPHRASE = "zażółć"


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "var" / "keys")


def issue(name: str, *, ca: tuple[x509.Certificate, rsa.RSAPrivateKey] | None = None, days: int = 30,
          key: Any = None) -> tuple[x509.Certificate, Any]:  # fmt: skip
    """A certificate as a real authority would make it: no demo mark."""
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = certificates.machine_now()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.TITLE, "Wójt")])
    usage = x509.KeyUsage(ca is not None, ca is not None, False, False, False, ca is None, ca is None, False, False)
    issuer, signing = (ca[0].subject, ca[1]) if ca else (subject, key)
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=60))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca is None, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    return builder.sign(signing, hashes.SHA256()), key


def pack(certificate: x509.Certificate, key: Any, others: list[x509.Certificate]) -> bytes:
    encryption = BestAvailableEncryption(PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(b"seal", key, certificate, others, encryption)


@pytest.fixture(scope="module")
def real() -> dict[str, Any]:
    root = issue("Root")
    leaf, key = issue("Urząd Gminy", ca=root)
    return {"root": root[0], "ca": root, "leaf": leaf, "p12": pack(leaf, key, [root[0]])}


@pytest.fixture
def production(tmp_path: Path, real: dict[str, Any]) -> dict[str, Any]:
    (tmp_path / "seal.p12").write_bytes(real["p12"])
    (tmp_path / "seal.pass").write_text(PASSPHRASE + "\n")
    return {"demo_allowed": False, "pkcs12": tmp_path / "seal.p12", "password_file": tmp_path / "seal.pass"}


def test_keys_are_private_and_made_once(ring: Keyring) -> None:
    first = ring.unit_seal("SP1", "Szkoła Podstawowa nr 1")
    ring.person(5, "Jan Kowalski", "Dyrektor", "Szkoła Podstawowa nr 1")
    ring.checkpoint_key()
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700
    files = sorted(ring.folder.iterdir())
    assert len(files) == 5
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    again = Keyring(ring.folder).unit_seal("SP1", "Szkoła Podstawowa nr 1")
    assert again.certificate == first.certificate


def test_a_demo_signer_says_who_and_that_it_is_a_demo(ring: Keyring) -> None:
    signer = ring.person(5, "Jan Kowalski", "Dyrektor", "Szkoła Podstawowa nr 1")
    assert (signer.kind, signer.display_name, signer.post) == (SignerKind.PERSON, "Jan Kowalski", "Dyrektor")
    assert signer.is_demo and "DEMO" in signer.certificate.subject.rfc4514_string()
    assert certificates.is_demo(signer.certificate) and is_demo_certificate(signer.certificate)
    assert certificates.check(signer.certificate, [], ring.trust_anchors(), certificates.machine_now()) == []
    assert "private_key" not in repr(signer)


def test_long_and_odd_names_fit_a_certificate(ring: Keyring) -> None:
    name = "Zespół Szkolno-Przedszkolny z Oddziałami Dwujęzycznymi im. Księżnej Łucji w Jastrzębiu-Zdroju"
    signer = ring.unit_seal("ZSP/../nr 3", name)
    assert signer.display_name == name
    assert len(certificates.subject(signer.certificate).encode()) <= 64
    assert all(file.parent == ring.folder for file in ring.folder.iterdir())


def test_units_and_people_do_not_share_keys(ring: Keyring) -> None:
    signers = [
        ring.unit_seal("A", "X"),
        ring.unit_seal("B", "X"),
        ring.unit_seal("A", "Y"),
        ring.person(1, "X", "", "Y"),
    ]
    assert len({signer.certificate.serial_number for signer in signers}) == 4


def test_processes_that_start_at_once_get_one_authority(tmp_path: Path) -> None:
    code = (
        "import sys; from django.conf import settings; settings.configure(); from journal.keyring import Keyring;"
        "k = Keyring(sys.argv[1]); s = k.unit_seal('UM', 'Urząd'); print(k.trust_anchors()[0].serial_number,"
        "s.certificate.serial_number, k.checkpoint_public_pem())"
    )
    folder = Path(__file__).resolve().parents[2] / "site"
    command = [sys.executable, "-c", code, str(tmp_path / "keys")]
    running = [subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {process.communicate()[0] for process in running}
    assert len(answers) == 1 and answers.pop().strip()
    assert not list((tmp_path / "keys").glob(".new-*"))


def test_checkpoints_are_signed_and_checked(ring: Keyring) -> None:
    signature = ring.sign_bytes(b"head 17")
    assert ring.verify_bytes(b"head 17", signature)
    assert not ring.verify_bytes(b"head 18", signature)
    assert not ring.verify_bytes(b"head 17", signature[:-1] + bytes([signature[-1] ^ 1]))


def test_a_pkcs12_file_is_opened(real: dict[str, Any]) -> None:
    signer = from_pkcs12(real["p12"], PASSPHRASE)
    assert (signer.display_name, signer.post, signer.is_demo) == ("Urząd Gminy", "Wójt", False)
    assert signer.chain == ()
    for data, passphrase in ((real["p12"], "wrong"), (b"junk", PASSPHRASE), (real["p12"][:100], PASSPHRASE)):
        with pytest.raises(KeyringError):
            from_pkcs12(data, passphrase)


def test_expired_and_other_keys_are_refused(real: dict[str, Any]) -> None:
    old, key = issue("Stary", ca=real["ca"], days=-1)
    with pytest.raises(KeyringError):
        from_pkcs12(pack(old, key, []), PASSPHRASE)
    curve, curve_key = issue("EC", ca=real["ca"], key=ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(KeyringError):
        from_pkcs12(pack(curve, curve_key, []), PASSPHRASE)


def test_production_uses_the_configured_seal_and_its_root(
    tmp_path: Path, production: dict[str, Any], real: dict[str, Any]
) -> None:
    ring = Keyring(tmp_path / "keys", production)
    assert ring.check_production() == []
    signer = ring.unit_seal("SP1", "Szkoła Podstawowa nr 1")
    assert signer.certificate == real["leaf"] and signer.display_name == "Szkoła Podstawowa nr 1"
    assert ring.trust_anchors() == [real["root"]]
    assert not (tmp_path / "keys" / "ca.pem").exists()


def test_production_makes_no_demo_key(tmp_path: Path, production: dict[str, Any]) -> None:
    with pytest.raises(KeyringError):
        Keyring(tmp_path / "keys", production).person(5, "Jan", "Wójt", "Urząd")
    with pytest.raises(KeyringError):
        Keyring(tmp_path / "keys", {"demo_allowed": False}).unit_seal("UM", "Urząd")


def test_production_refuses_the_demo_authority(tmp_path: Path, production: dict[str, Any], ring: Keyring) -> None:
    assert any("demo" in problem.lower() or "test" in problem.lower() for problem in ring.check_production())
    demo = ring.unit_seal("UM", "Urząd")
    (tmp_path / "demo.p12").write_bytes(pack(demo.certificate, demo.private_key, []))
    config = {**production, "pkcs12": tmp_path / "demo.p12"}
    assert len(Keyring(tmp_path / "k", config).check_production()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"pkcs12": None},
        {"password_file": None},
        {"pkcs12": "absent.p12"},
        {"demo_allowed": True},
        {"trust_anchors": ["absent.pem"]},
        {"checkpoint": {"path": "absent.pem"}},
    ],
)
def test_each_gap_in_production_is_one_sentence(
    tmp_path: Path, production: dict[str, Any], change: dict[str, Any]
) -> None:
    problems = Keyring(tmp_path / "keys", {**production, **change}).check_production()
    assert len(problems) == 1 and problems[0].strip()


def test_a_damaged_key_file_gives_a_sentence(ring: Keyring) -> None:
    ring.trust_anchors()
    (ring.folder / "ca-key.pem").write_bytes(b"-----BEGIN nothing-----")
    with pytest.raises(KeyringError):
        ring.unit_seal("UM", "Urząd")
