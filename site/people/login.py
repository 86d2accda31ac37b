"""Signing in: one door (allauth) for citizens and staff, a second factor for staff, and where each goes then."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from people.access import Access
from people.models import User
from people.passkeys import FACTORS, holds_factor
from people.services import citizens

#: Session key that a second factor set up in this very session leaves: its owner has just proven to hold it.
SET_UP_HERE = "people_second_factor_of"


class AccountAdapter(DefaultAccountAdapter):
    """allauth's hooks: what a person signing up becomes, and where a person signing in goes.

    Signing up makes citizens only; staff accounts come from `users.create_staff`."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff go to their desk, citizens to their cases. A safe `next` has been preferred before this is asked."""
        return home_of(request.user)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return home_of(request.user)

    def format_email_subject(self, subject: str) -> str:
        return f"{settings.WAGTAIL_SITE_NAME}: {subject.strip()}"

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """A confirmed address makes an account a citizen's."""
        confirmed: bool = super().confirm_email(request, email_address)
        user = email_address.user
        if confirmed and not user.is_staff:
            citizens.register(Access(user_id=user.pk), user=user, language=_language(request))
        return confirmed

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Setting up the first second factor right after the password was given does not ask for it again. Who has one
        already, set up elsewhere, must show it before another is added."""
        user = self.request.user
        records = get_authentication_records(self.request, user)
        first = self.request.session.get(SET_UP_HERE) == user.pk or not holds_factor(user)
        if first and records and all(record.get("method") == "password" for record in records):
            given: float = records[-1].get("at", 0)
            if app == "allauth.mfa" and time.time() - given < account_settings.REAUTHENTICATION_TIMEOUT:
                return False
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return required

    def clean_email(self, email: str) -> str:
        """Staff keep the address the office gave them: it names the account in the journal and on letters."""
        user = getattr(self.request, "user", None)
        if isinstance(user, User) and user.is_staff and email.lower() != user.email:
            raise ValidationError(_("The address of a staff account is set by the office."))
        cleaned: str = super().clean_email(email)
        return cleaned


def home_of(user: Any) -> str:
    """The first page of a signed-in person."""
    return reverse("wagtailadmin_home") if user.is_staff else settings.LOGIN_REDIRECT_URL


def needs_second_factor(request: HttpRequest) -> bool:
    """Whether this session is of a member of staff who has not given a second factor in it."""
    user = request.user
    if not settings.STAFF_SECOND_FACTOR or not user.is_authenticated or not user.is_staff:
        return False
    if request.session.get(SET_UP_HERE) == user.pk:
        return False
    return all(record.get("method") != "mfa" for record in get_authentication_records(request, user))


def second_factor_url(user: User) -> str:
    """Where a second factor is given, or set up when there is none yet."""
    known = set(Authenticator.objects.filter(user=user, type__in=FACTORS).values_list("type", flat=True))
    if Authenticator.Type.TOTP in known:
        return reverse("mfa_reauthenticate")
    return reverse("mfa_reauthenticate_webauthn" if known else "mfa_activate_totp")


def note_second_factor(*, request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    """Receiver of allauth's `authenticator_added`: setting a factor up proves it for this session."""
    if authenticator.type in FACTORS:
        request.session[SET_UP_HERE] = user.pk


def attempted_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The account that an attempt to sign in names, for axes: lower case, whichever form it came from."""
    given = credentials or {}
    name = given.get("email") or given.get("username") or (request.POST.get("login", "") if request else "")
    return str(name).strip().lower()


def _language(request: HttpRequest) -> str:
    code = getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)[:2]
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
