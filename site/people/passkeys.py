"""Passkeys (WebAuthn): a key in a phone or computer, opened by fingerprint, face or PIN. Two factors in one, so it
signs in alone. allauth checks them; here stands only what our sign-in asks for besides."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import User

#: What counts as a second factor of a person; recovery codes only stand in for one.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
#: Errors of allauth's and fido2's readers on JSON that is no credential.
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


class MFAAdapter(DefaultMFAAdapter):
    """allauth's hooks: how a passkey is called."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code or key was not accepted. Try again."),
        "unverified_email": gettext_lazy("Confirm the e-mail address of your account first."),
    }

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """The name offered for a new passkey."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The name the browser shows is the portal's; the key stays bound to the host."""
        return {**super().get_public_key_credential_rp_entity(), "name": settings.WAGTAIL_SITE_NAME}


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    """A new passkey. Whether the device proved its owner is not asked: it always must
    (`MFA_WEBAUTHN_USER_VERIFICATION`)."""

    name = forms.CharField(label=gettext_lazy("Name of the key"), max_length=60, required=False)
    passwordless = None

    def clean(self) -> dict[str, Any]:
        with _Readable():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class RenamePasskeyForm(webauthn.EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(label=gettext_lazy("Name of the key"), max_length=60)


class LoginPasskeyForm(webauthn.LoginWebAuthnForm):
    """Signing in with a passkey alone."""

    def clean_credential(self) -> Authenticator:
        with _Readable():
            return super().clean_credential()


class SecondPasskeyForm(webauthn.AuthenticateWebAuthnForm):
    """A passkey after the password."""

    def clean_credential(self) -> Authenticator:
        with _Readable():
            return super().clean_credential()


class AgainPasskeyForm(webauthn.ReauthenticateWebAuthnForm):
    """A passkey asked for again before something protected."""

    def clean_credential(self) -> Authenticator:
        with _Readable():
            return super().clean_credential()


class _Readable:
    """Around what reads a credential: JSON that is none is a wrong key, never an error of the server."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, _UNREADABLE) and not isinstance(error, ValidationError):
            raise ValidationError(MFAAdapter.error_messages["incorrect_code"]) from error


def holds_factor(user: User) -> bool:
    """Whether the person has set up a second factor: an app or a passkey."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()
