"""The demo certificate authority: how its certificates look. Keys made here are kept by journal.keyring alone."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DEMO_MARK = "DEMO - podpis testowy"
"""Stands as organizational unit in every demo certificate; it is how a demo signature is known as one."""

CA_DAYS, END_DAYS = 7300, 3650


def now() -> dt.datetime:
    """The machine's clock: certificates are made and judged where there may be no database."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)  # noqa: TID251 - see above


def subject_name(*, common: str, organization: str, title: str = "") -> x509.Name:
    """A subject that says DEMO."""
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
    start = now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - dt.timedelta(days=1))
        .not_valid_after(start + dt.timedelta(days=days))
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


def key_pem(key: rsa.RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    """The private key, unencrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def make_ca() -> bytes:
    """A new authority: private key and certificate, PEM."""
    key = _new_key()
    owner = subject_name(common="Obieg DEMO CA", organization="Obieg")
    builder = _builder(owner, owner, key, CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(sign=False), critical=True)
    return key_pem(key) + builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def make_end(subject: x509.Name, issuer: x509.Certificate, issuer_key: rsa.RSAPrivateKey) -> bytes:
    """A new key with its certificate from the authority, PEM."""
    key = _new_key()
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = _builder(subject, issuer.subject, key, END_DAYS)
    builder = builder.add_extension(authority, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(sign=True), critical=True)
    return key_pem(key) + builder.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)
