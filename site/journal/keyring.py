"""The only home of keys: unit seals, people's PKCS#12 files, the demo certificate authority, the checkpoint key.

Production names PKCS#12 files in ``settings.OBIEG_KEYRING``; elsewhere a demo authority is made at first use under
``VAR_DIR/keys``. Everything a demo key signs says "podpis testowy" and chains to a certificate that says DEMO.

``OBIEG_KEYRING`` (all parts optional outside production)::

    {
        "folder": "...",                  # where keys made here are kept; VAR_DIR/keys when absent
        "demo_allowed": True,             # may the demo authority be used? production settings say False
        "pkcs12": "...p12", "password_file": "...",     # the seal of every unit that has none of its own
        "unit_seals": {"<unit symbol>": {"path": "...p12", "passphrase_file": "..."}},
        "persons": {"<user id>": {"path": "...p12", "passphrase_file": "...", "post": "..."}},
        "checkpoint": {"path": "...pem", "passphrase_file": "..."},   # Ed25519; made in the folder when absent
        "trust_anchors": ["...pem"],      # whom to believe; when absent, the roots inside the seals' PKCS#12 files
    }
"""

from __future__ import annotations

import contextlib
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
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext as _
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1, translate_pyca_cryptography_key_to_asn1
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from journal.demo_ca import DEMO_MARK, key_pem, make_ca, make_end, now, subject_name
from journal.errors import Refused


class KeyringError(Refused):
    """A key is missing, unreadable, expired or not allowed here: nothing was signed. The text is fit to be shown to
    who wanted to sign and to an operator."""


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
    in_place_of: str = ""
    """The absent official in whose place the person signs, with the post; printed beside the signature."""

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
    key, certificate, others = _load_pkcs12(data, passphrase.encode() if isinstance(passphrase, str) else passphrase)
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey):
        raise KeyringError(_("The PKCS#12 file must hold an RSA key with its certificate."))
    if certificate.not_valid_after_utc < now():
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
        return bool(self.config.get("demo_allowed", True))

    def _seals(self) -> dict[str, Mapping[str, Any]]:
        """Configured seals by unit symbol; ``*`` is everybody else's."""
        seals = dict(self.config.get("unit_seals") or {})
        if self.config.get("pkcs12"):
            place = {"path": self.config["pkcs12"], "passphrase_file": self.config.get("password_file")}
            seals.setdefault("*", place)
        return seals

    # -- signers -------------------------------------------------------------------------------------------------

    def unit_seal(self, unit_symbol: str, unit_name: str) -> Signer:
        """The seal of a unit (a body): its own PKCS#12, the shared one, or a demo seal made on first use."""
        seals = self._seals()
        place = seals.get(unit_symbol) or seals.get("*")
        if place:
            return self._open(place, SignerKind.UNIT_SEAL, name=unit_name)
        subject = subject_name(common=unit_name, organization=unit_name)
        file = f"seal-{_file_part(unit_symbol)}-{_short_hash(unit_symbol, unit_name)}.pem"
        certificate, key = self._demo_pair(file, subject)
        return Signer(SignerKind.UNIT_SEAL, certificate, key, display_name=unit_name, organization=unit_name)

    def person(self, user_id: int, name: str, post: str, unit_name: str) -> Signer:
        """The signing key of an official: the configured PKCS#12, or a demo certificate made on first use."""
        place = self.config.get("persons", {}).get(str(user_id))
        if place:
            return self._open(place, SignerKind.PERSON, name=name, post=post)
        subject = subject_name(common=name, organization=unit_name, title=post)
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
        if not anchors:
            for place in self._seals().values():
                anchors += [root for root in _open_pkcs12(place)[2] if root.subject == root.issuer]
        if self.demo_allowed:
            anchors.append(self._demo_ca()[0])
        return list(dict.fromkeys(anchors))

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
        else:
            data = self._keep("checkpoint.pem", lambda: key_pem(Ed25519PrivateKey.generate()))
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
        if self.demo_allowed:
            problems.append(_("The demo certificate authority is allowed: set OBIEG_KEYRING['demo_allowed'] to False."))
        seals, people = self._seals(), self.config.get("persons") or {}
        if not seals:
            problems.append(_("No unit seal is configured: name its PKCS#12 file (SEAL_PKCS12)."))
        places = [(f"unit_seals[{symbol!r}]", place, SignerKind.UNIT_SEAL) for symbol, place in seals.items()]
        places += [(f"persons[{user!r}]", place, SignerKind.PERSON) for user, place in people.items()]
        for label, place, kind in places:
            try:
                if self._open(place, kind).is_demo:
                    text = _("a demo certificate must not be used in production.")
                    problems.append(f"OBIEG_KEYRING {label}: {text}")
            except KeyringError as error:
                problems.append(f"OBIEG_KEYRING {label}: {error}")
        if not problems:
            strict = Keyring(self.folder, {**self.config, "demo_allowed": False})
            try:
                if not strict.trust_anchors():
                    problems.append(_("No trusted certificates: list PEM files in OBIEG_KEYRING['trust_anchors']."))
                strict.checkpoint_key()
            except KeyringError as error:
                problems.append(str(error))
        return problems

    # -- inside ------------------------------------------------------------------------------------------------------

    def _open(self, place: Mapping[str, Any], kind: SignerKind, *, name: str = "", post: str = "") -> Signer:
        data, passphrase = _read(place["path"]), _passphrase(place)
        return from_pkcs12(data, passphrase, kind=kind, name=name, post=place.get("post") or post)

    def _demo_ca(self) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
        if not self.demo_allowed:
            raise KeyringError(_("No key is configured for this signature, and demo keys are not allowed here."))
        pem = self._keep("ca-key.pem", make_ca)
        certificate, key = _split(pem)
        self._keep("ca.pem", lambda: certificate.public_bytes(Encoding.PEM))
        return certificate, key

    def _demo_pair(self, file: str, subject: x509.Name) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
        ca_certificate, ca_key = self._demo_ca()
        return _split(self._keep(file, lambda: make_end(subject, ca_certificate, ca_key)))

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
            with contextlib.suppress(FileExistsError):  # another process was first: never overwrite a key
                os.link(temporary, target)
        finally:
            os.unlink(temporary)
        return target.read_bytes()


# -- the installation's keyring, by settings --------------------------------------------------------------------------


def default() -> Keyring:
    """The keyring of this installation: everything as ``OBIEG_KEYRING`` says."""
    config: Mapping[str, Any] = getattr(settings, "OBIEG_KEYRING", {})
    return Keyring(config.get("folder") or Path(settings.VAR_DIR) / "keys", config)


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


def _read(path: Path | str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        text = _("Cannot read the key file %(path)s: %(why)s.") % {"path": path, "why": error.strerror}
        raise KeyringError(text) from error


def _passphrase(place: Mapping[str, Any]) -> bytes | None:
    file = place.get("passphrase_file")
    return _read(file).rstrip(b"\r\n") if file else None


_Pkcs12 = tuple[PrivateKeyTypes | None, x509.Certificate | None, list[x509.Certificate]]


def _load_pkcs12(data: bytes, passphrase: bytes | None) -> _Pkcs12:
    try:
        return pkcs12.load_key_and_certificates(data, passphrase)
    except ValueError as error:
        raise KeyringError(_("The PKCS#12 file cannot be opened: it is damaged or the passphrase is wrong.")) from error


def _open_pkcs12(place: Mapping[str, Any]) -> _Pkcs12:
    return _load_pkcs12(_read(place["path"]), _passphrase(place))


def _file_part(symbol: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "_", symbol)[:40]


def _short_hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _split(pem: bytes) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    try:
        key = load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise KeyringError(_("A demo key file is damaged.")) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyringError(_("A demo key file is damaged."))
    return certificate, key
