"""A change of what opens an account is told to its address at once, and says nothing that the reader does not know."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from django.utils import translation

from people.models import User
from tests.factories import people as make

pytestmark = pytest.mark.django_db
CHANGES = (
    "account/email/password_changed", "account/email/password_set", "account/email/password_reset",
    "account/email/email_changed", "account/email/email_deleted", "mfa/email/totp_activated",
    "mfa/email/totp_deactivated", "mfa/email/recovery_codes_generated", "mfa/email/webauthn_added",
    "mfa/email/webauthn_removed",
)  # fmt: skip


@pytest.fixture
def citizen(settings: Any) -> User:
    settings.ACCOUNT_RATE_LIMITS = False
    user = make.citizen(email="ola@example.org").user
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user


@pytest.fixture
def client_of(citizen: User) -> Client:
    client = Client()
    client.post("/konto/login/", {"login": citizen.email, "password": make.PASSWORD})
    return client


def told(address: str) -> list[str]:
    return [str(message.body) for message in mail.outbox if message.to == [address]]


def test_a_new_password_is_told(citizen: User, client_of: Client) -> None:
    new = "Zupelnie-nowe-haslo-9"
    answer = client_of.post("/konto/password/change/", {"oldpassword": make.PASSWORD, "password1": new,
                                                        "password2": new})  # fmt: skip
    assert answer.status_code == 302
    (body,) = told(citizen.email)
    assert "Hasło Twojego konta zostało zmienione." in body and "Jeśli to nie Ty" in body
    assert new not in body and "127.0.0.1" not in body


@pytest.mark.django_db(transaction=True)
def test_switching_on_codes_is_told(citizen: User, client_of: Client) -> None:
    page = client_of.get("/konto/2fa/totp/activate/")
    secret = page.context["form"].secret
    counters = list(yield_hotp_counters_from_time())
    code = format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))
    assert client_of.post("/konto/2fa/totp/activate/", {"code": code}).status_code == 302
    assert Authenticator.objects.filter(user=citizen).exists()
    assert any("kodami z aplikacji" in body for body in told(citizen.email)), [m.body for m in mail.outbox]


@pytest.mark.parametrize("language", ["pl", "uk", "en"])
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_has_its_own_words_in_every_language(
    citizen: User, rf: Any, change: str, language: str
) -> None:
    request = rf.get("/konto/", SERVER_NAME="localhost")
    said = {"from_email": "ola@example.org", "to_email": "nowa@example.org", "deleted_email": "stara@example.org"}
    with context.request_context(request), translation.override(language):
        get_adapter().send_notification_mail(change, citizen, said)
    (message,) = mail.outbox
    assert "IP" not in message.body and "Browser" not in message.body
    with context.request_context(request), translation.override("en"):
        get_adapter().send_notification_mail(change, citizen, said)
    if language != "en":
        assert mail.outbox[-1].body != message.body and mail.outbox[-1].subject != message.subject, "translated"
