"""The only home of keys: unit seals, people's PKCS#12 files, the demo certificate authority, the checkpoint key.

Production names PKCS#12 files in ``settings.OBIEG_KEYRING``; elsewhere a demo authority is made at first use under
``VAR_DIR/keys``. Everything a demo key signs says "podpis testowy" and chains to a certificate that says DEMO.

``OBIEG_KEYRING`` (all parts optional outside production)::

    {
        "demo": True,                     # may the demo authority be used? production settings say False
        "unit_seals": {"<unit symbol>": {"path": "...p12", "passphrase_file": "..."}, "*": {...}},
        "persons": {"<user id>": {"path": "...p12", "passphrase_file": "...", "post": "..."}},
        "checkpoint": {"path": "...pem", "passphrase_file": "..."},   # Ed25519 private key
        "trust_anchors": ["...pem"],      # whom to believe when signatures are verified
    }

``"*"`` is the seal of every unit that has none of its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext as _
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1, translate_pyca_cryptography_key_to_asn1
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

DEMO_MARK = "DEMO - podpis testowy"
"""Stands as organizational unit in every demo certificate; it is how a demo signature is known as one."""

_CA_DAYS, _END_DAYS = 7300, 3650


class KeyringError(Exception):
    """A key is missing, unreadable, or not allowed here. The text is fit to be shown to an operator."""


class SignerKind(Enum):
    UNIT_SEAL = "unit_seal"
    PERSON = "person"


@dataclass(frozen=True)
class Signer:
    """One key that may sign, and whose it is. Keep it in memory only as long as the signing takes."""

    kind: SignerKind
    certificate: x509.Certificate
    private_key: rsa.RSAPrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()
    """Intermediate certificates, nearest first; never the root, which the reader must already trust."""
    display_name: str = ""
    post: str = ""
    organization: str = ""

    @property
    def is_demo(self) -> bool:
        """True when a demo authority issued the certificate."""
        return is_demo_certificate(self.certificate)

    @property
    def valid_until(self) -> dt.datetime:
        return self.certificate.not_valid_after_utc

    def pyhanko_signer(self) -> SimpleSigner:
        """The same key in the shape pyHanko signs with (RSA PKCS#1 v1.5)."""
        others = SimpleCertificateStore()
        others.register_multiple([translate_pyca_cryptography_cert_to_asn1(c) for c in self.chain])
        return SimpleSigner(
            signing_cert=translate_pyca_cryptography_cert_to_asn1(self.certificate),
            signing_key=translate_pyca_cryptography_key_to_asn1(self.private_key),
            cert_registry=others,
        )


def is_demo_certificate(certificate: x509.Certificate) -> bool:
    """True when the certificate's issuer carries the demo mark."""
    units = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return any(attribute.value == DEMO_MARK for attribute in units)


def subject_text(certificate: x509.Certificate, oid: x509.ObjectIdentifier = NameOID.COMMON_NAME) -> str:
    """One attribute of the subject as text; an empty string when the certificate does not state it."""
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def from_pkcs12(
    data: bytes, passphrase: str | bytes | None, *, kind: SignerKind = SignerKind.PERSON, post: str = "", name: str = ""
) -> Signer:
    """Open a PKCS#12 file. ``name`` defaults to the certificate's common name, ``post`` to its title.

    Raises KeyringError when the file cannot be opened, holds no RSA key, or has expired.
    """
    secret = passphrase.encode() if isinstance(passphrase, str) else passphrase
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, secret)
    except ValueError as error:
        raise KeyringError(_("The PKCS#12 file cannot be opened: it is damaged or the passphrase is wrong.")) from error
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey):
        raise KeyringError(_("The PKCS#12 file must hold an RSA key with its certificate."))
    if certificate.not_valid_after_utc < _now():
        raise KeyringError(_("The certificate expired on %(date)s.") % {"date": certificate.not_valid_after_utc.date()})
    return Signer(
        kind=kind,
        certificate=certificate,
        private_key=key,
        chain=tuple(c for c in others if c.subject != c.issuer),
        display_name=name or subject_text(certificate),
        post=post or subject_text(certificate, NameOID.TITLE),
        organization=subject_text(certificate, NameOID.ORGANIZATION_NAME),
    )


class Keyring:
    """Keys of one installation. Needs no Django settings: give it a folder and, for real keys, ``config``."""

    def __init__(self, folder: Path | str, config: Mapping[str, Any] | None = None) -> None:
        self.folder = Path(folder)
        self.config: Mapping[str, Any] = config or {}

    @property
    def demo_allowed(self) -> bool:
        return bool(self.config.get("demo", True))

    # -- signers -------------------------------------------------------------------------------------------------

    def unit_seal(self, unit_symbol: str, unit_name: str) -> Signer:
        """The seal of a unit (a body): its own PKCS#12, the shared one (``"*"``), or a demo seal made on first use."""
        seals = self.config.get("unit_seals", {})
        place = seals.get(unit_symbol) or seals.get("*")
        if place:
            return self._open(place, SignerKind.UNIT_SEAL, name=unit_name)
        subject = _name(common=unit_name, organization=unit_name)
        file = f"seal-{_file_part(unit_symbol)}-{_short_hash(unit_symbol, unit_name)}.pem"
        certificate, key = self._demo_pair(file, subject)
        return Signer(SignerKind.UNIT_SEAL, certificate, key, display_name=unit_name, organization=unit_name)

    def person(self, user_id: int, name: str, post: str, unit_name: str) -> Signer:
        """The signing key of an official: the configured PKCS#12, or a demo certificate made on first use."""
        place = self.config.get("persons", {}).get(str(user_id))
        if place:
            return self._open(place, SignerKind.PERSON, name=name, post=post)
        subject = _name(common=name, organization=unit_name, title=post)
        certificate, key = self._demo_pair(f"person-{user_id}-{_short_hash(name, post, unit_name)}.pem", subject)
        return Signer(SignerKind.PERSON, certificate, key, display_name=name, post=post, organization=unit_name)

    def trust_anchors(self) -> list[x509.Certificate]:
        """Root certificates that signatures are verified against; the demo root only where demo keys are allowed."""
        anchors: list[x509.Certificate] = []
        for path in self.config.get("trust_anchors", []):
            try:
                anchors += x509.load_pem_x509_certificates(Path(path).read_bytes())
            except (OSError, ValueError) as error:
                raise KeyringError(_("Cannot read trusted certificates from %(path)s.") % {"path": path}) from error
        if self.demo_allowed:
            anchors.append(self._demo_ca()[0])
        return anchors

    def trust_anchor_files(self) -> list[Path]:
        """The files behind ``trust_anchors`` that exist now; makes none."""
        files = [Path(path) for path in self.config.get("trust_anchors", [])]
        demo = self.folder / "ca.pem"
        return [*files, demo] if self.demo_allowed and demo.is_file() else files

    # -- journal checkpoints ---------------------------------------------------------------------------------------

    def checkpoint_key(self) -> Ed25519PrivateKey:
        """The Ed25519 key that signs journal checkpoints."""
        place = self.config.get("checkpoint")
        if place:
            data = _read(place["path"])
        elif self.demo_allowed:
            data = self._keep("checkpoint.pem", lambda: _key_pem(Ed25519PrivateKey.generate()))
        else:
            raise KeyringError(_("No checkpoint key is configured (OBIEG_KEYRING['checkpoint'])."))
        try:
            key = load_pem_private_key(data, _passphrase(place or {}))
        except (ValueError, TypeError) as error:
            raise KeyringError(_("The checkpoint key cannot be opened.")) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyringError(_("The checkpoint key must be an Ed25519 key."))
        return key

    def checkpoint_public_pem(self) -> str:
        """The public half, to be kept outside the system by whoever checks the journal."""
        public = self.checkpoint_key().public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign_bytes(self, data: bytes) -> bytes:
        """Ed25519 signature (64 bytes) of a checkpoint."""
        return self.checkpoint_key().sign(data)

    def verify_bytes(self, data: bytes, signature: bytes, public_key: Ed25519PublicKey | None = None) -> bool:
        """Whether the checkpoint signature is good; by this installation's key unless another is given."""
        try:
            (public_key or self.checkpoint_key().public_key()).verify(signature, data)
        except InvalidSignature:
            return False
        return True

    # -- production ------------------------------------------------------------------------------------------------

    def check_production(self) -> list[str]:
        """What keeps this keyring from production use, as sentences that say what to set; empty when nothing does."""
        problems: list[str] = []
        if self.config.get("demo", True):
            problems.append(_("The demo certificate authority is allowed: set OBIEG_KEYRING['demo'] to False."))
        seals = self.config.get("unit_seals", {})
        if not seals:
            problems.append(_("No unit seal is configured: give PKCS#12 files in OBIEG_KEYRING['unit_seals']."))
        people = self.config.get("persons", {})
        places = [(f"unit_seals[{s!r}]", place, SignerKind.UNIT_SEAL) for s, place in seals.items()]
        places += [(f"persons[{p!r}]", place, SignerKind.PERSON) for p, place in people.items()]
        for label, place, kind in places:
            try:
                signer = self._open(place, kind)
            except KeyringError as error:
                problems.append(f"OBIEG_KEYRING {label}: {error}")
                continue
            if signer.is_demo:
                text = _("a demo certificate must not be used in production.")
                problems.append(f"OBIEG_KEYRING {label}: {text}")
        if not self.config.get("trust_anchors"):
            problems.append(_("No trusted certificates: list PEM files in OBIEG_KEYRING['trust_anchors']."))
        checks: list[Callable[[], object]] = []
        if self.config.get("trust_anchors"):
            checks.append(Keyring(self.folder, {**self.config, "demo": False}).trust_anchors)
        checks.append(Keyring(self.folder, {**self.config, "demo": False}).checkpoint_key)
        for check in checks:
            try:
                check()
            except KeyringError as error:
                problems.append(str(error))
        return problems

    # -- inside ------------------------------------------------------------------------------------------------------

    def _open(self, place: Mapping[str, str], kind: SignerKind, *, name: str = "", post: str = "") -> Signer:
        try:
            data = _read(place["path"])
        except KeyError as error:
            raise KeyringError(_("'path' of the PKCS#12 file is missing.")) from error
        return from_pkcs12(data, _passphrase(place), kind=kind, name=name, post=place.get("post", post))

    def _demo_ca(self) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
        if not self.demo_allowed:
            raise KeyringError(_("No key is configured for this signature, and demo keys are not allowed here."))
        pem = self._keep("ca-key.pem", _make_ca)
        certificate, key = _split(pem)
        self._keep("ca.pem", lambda: certificate.public_bytes(Encoding.PEM))
        return certificate, key

    def _demo_pair(self, file: str, subject: x509.Name) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
        ca_certificate, ca_key = self._demo_ca()
        return _split(self._keep(file, lambda: _make_end(subject, ca_certificate, ca_key)))

    def _keep(self, file: str, make: Callable[[], bytes]) -> bytes:
        """The file's bytes, made once. Of several processes that make it at once exactly one wins, the others read."""
        target = self.folder / file
        try:
            return target.read_bytes()
        except FileNotFoundError:
            pass
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=".new-")  # mkstemp gives mode 0600
        try:
            with os.fdopen(descriptor, "wb") as out:
                out.write(make())
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(temporary, target)  # fails when another process was first: never overwrites a key
            except FileExistsError:
                pass
        finally:
            os.unlink(temporary)
        return target.read_bytes()


# -- the installation's keyring, by settings --------------------------------------------------------------------------


def default() -> Keyring:
    """The keyring of this installation: folder ``VAR_DIR/keys``, files from ``OBIEG_KEYRING``."""
    return Keyring(Path(settings.VAR_DIR) / "keys", getattr(settings, "OBIEG_KEYRING", {}))


def unit_seal(unit_symbol: str, unit_name: str) -> Signer:
    return default().unit_seal(unit_symbol, unit_name)


def person(user_id: int, name: str, post: str, unit_name: str) -> Signer:
    return default().person(user_id, name, post, unit_name)


def trust_anchors() -> list[x509.Certificate]:
    return default().trust_anchors()


def checkpoint_key() -> Ed25519PrivateKey:
    return default().checkpoint_key()


def sign_bytes(data: bytes) -> bytes:
    return default().sign_bytes(data)


def verify_bytes(data: bytes, signature: bytes, public_key: Ed25519PublicKey | None = None) -> bool:
    return default().verify_bytes(data, signature, public_key)


def check_production() -> list[str]:
    return default().check_production()


# -- making and reading ------------------------------------------------------------------------------------------------


def _now() -> dt.datetime:
    """The machine's clock: certificates are made and judged where there may be no database."""
    return dt.datetime.now(dt.timezone.utc).replace(microsecond=0)  # noqa: TID251 - see above


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        text = _("Cannot read the key file %(path)s: %(why)s.") % {"path": path, "why": error.strerror}
        raise KeyringError(text) from error


def _passphrase(place: Mapping[str, str]) -> bytes | None:
    file = place.get("passphrase_file")
    return _read(file).rstrip(b"\r\n") if file else None


def _file_part(symbol: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "_", symbol)[:40]


def _short_hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _name(*, common: str, organization: str, title: str = "") -> x509.Name:
    values = [
        (NameOID.COUNTRY_NAME, "PL"),
        (NameOID.ORGANIZATION_NAME, organization),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, DEMO_MARK),
        (NameOID.TITLE, title),
        (NameOID.COMMON_NAME, common),
    ]
    return x509.Name([x509.NameAttribute(oid, _fit(value)) for oid, value in values if value])


def _fit(value: str) -> str:
    """X.520 allows 64 characters in these attributes; pyca/cryptography counts them as bytes of UTF-8."""
    raw = value.encode()
    return value if len(raw) <= 64 else raw[:61].decode(errors="ignore").rstrip() + "…"


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, days: int) -> x509.CertificateBuilder:
    now = _now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not sign,
        crl_sign=not sign,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _key_pem(key: rsa.RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _make_ca() -> bytes:
    key = _new_key()
    name = _name(common="Obieg DEMO CA", organization="Obieg")
    builder = _builder(name, name, key, _CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(sign=False), critical=True)
    return _key_pem(key) + builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _make_end(subject: x509.Name, issuer: x509.Certificate, issuer_key: rsa.RSAPrivateKey) -> bytes:
    key = _new_key()
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = _builder(subject, issuer.subject, key, _END_DAYS)
    builder = builder.add_extension(authority, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(sign=True), critical=True)
    return _key_pem(key) + builder.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _split(pem: bytes) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    try:
        key = load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise KeyringError(_("A demo key file is damaged.")) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyringError(_("A demo key file is damaged."))
    return certificate, key
