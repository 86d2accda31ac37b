"""Is a certificate to be believed? The same answer for XML and PDF signatures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)
from django.utils.translation import gettext as _

from documents.proof.verdict import Part, Reason

_DEMO_PREFIX = "DEMO"
"""Every demo authority of journal.keyring states an organizational unit that begins with this word."""


def machine_now() -> dt.datetime:
    """The machine's clock, for verification where there is no database."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - see above


def subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier = NameOID.COMMON_NAME) -> str:
    """One attribute of the certificate's subject; an empty string when it is not stated."""
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def organization(certificate: x509.Certificate) -> str:
    return subject(certificate, NameOID.ORGANIZATION_NAME)


def is_demo(certificate: x509.Certificate) -> bool:
    """True when the issuer names itself a demo authority."""
    units = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return any(str(unit.value).startswith(_DEMO_PREFIX) for unit in units)


def load(der: bytes) -> x509.Certificate:
    """A certificate all of whose parts can be read (the library reads most of them only when asked).

    Raises ValueError otherwise.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
        parts = (certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.extensions)
        if certificate.not_valid_after_utc and all(part is not None for part in parts):
            return certificate
    except (UnsupportedAlgorithm, TypeError, x509.InvalidVersion, x509.DuplicateExtension) as error:
        raise ValueError("a certificate with unreadable parts") from error
    raise ValueError("a certificate with unreadable parts")


def read_anchors(files: Sequence[Path]) -> list[x509.Certificate]:
    """Trusted root certificates from PEM files. Raises OSError or ValueError for a file that holds none."""
    return [certificate for file in files for certificate in x509.load_pem_x509_certificates(file.read_bytes())]


def untrusted() -> Reason:
    """The reason that `check` gives for an issuer who is not known here; the signature may be good all the same."""
    return Reason(Part.CERTIFICATE, _("The signer's certificate does not come from a trusted authority."))


def check(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    at: dt.datetime,
) -> list[Reason]:
    """Reasons not to believe the certificate at the time ``at`` (with time zone); empty when there are none.

    The path to an anchor follows RFC 5280 as pyca/cryptography checks it; the leaf must allow digital signatures.
    Revocation is not asked: a receipt is checked without a network.
    """
    date = {"date": f"{certificate.not_valid_after_utc:%Y-%m-%d}"}
    if at > certificate.not_valid_after_utc:
        return [Reason(Part.CERTIFICATE, _("The signer's certificate expired on %(date)s.") % date)]
    if at < certificate.not_valid_before_utc:
        return [Reason(Part.CERTIFICATE, _("The signer's certificate was not valid yet."))]
    if not anchors:
        return [untrusted()]
    leaf_policy = ExtensionPolicy.permit_all().require_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
    builder = PolicyBuilder().store(Store(list(anchors))).time(at)
    builder = builder.extension_policies(ee_policy=leaf_policy, ca_policy=ExtensionPolicy.webpki_defaults_ca())
    try:
        builder.build_client_verifier().verify(certificate, list(others))
    except VerificationError:
        return [untrusted()]
    return []


def _may_sign(policy: Policy, certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not (usage.digital_signature or usage.content_commitment):
        raise ValueError("the certificate's key usage allows no signatures")
