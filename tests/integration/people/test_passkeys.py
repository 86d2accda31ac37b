"""Passkeys at the server's door: what is no credential opens nothing and breaks nothing; nobody adds one unasked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from people.login import second_factor_url
from people.models import Role, User
from tests.factories import people as make

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/konto/2fa/webauthn/add/"


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    settings.ACCOUNT_RATE_LIMITS = False
    settings.MFA_RATE_LIMITS = {"webauthn_login": "1000/m/ip"}


def signed_in(user: User) -> Client:
    client = Client()
    client.post("/konto/login/", {"login": user.email, "password": make.PASSWORD})
    return client


@pytest.mark.parametrize(
    "given",
    [
        "", "null", "[]", "7", '"x"', "{", '{"id": "a"}', '{"rawId": 5}',
        '{"response": null, "rawId": "YQ", "id": "YQ"}',
        json.dumps({"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {
            "clientDataJSON": "e30", "authenticatorData": "YQ", "signature": "YQ", "userHandle": None}}),
        json.dumps({"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {
            "clientDataJSON": "e30", "authenticatorData": "A" * 80, "signature": "YQ", "userHandle": "MQ"}}),
    ],
)  # fmt: skip
def test_what_is_no_credential_is_refused_in_words(given: str) -> None:
    client = Client()
    client.get("/konto/2fa/webauthn/login/", headers={"accept": "application/json"})
    answer = client.post("/konto/2fa/webauthn/login/", {"credential": given}, follow=True)
    assert answer.status_code == 200
    assert not answer.wsgi_request.user.is_authenticated
    inside = signed_in(make.citizen().user)
    inside.get(ADD)
    refused = inside.post(ADD, {"name": "klucz", "credential": given})
    assert refused.status_code == 200
    assert not Authenticator.objects.exists()


def test_the_question_to_a_new_passkey_demands_that_its_owner_is_proven() -> None:
    page = signed_in(make.citizen().user).get(ADD)
    assert page.context["js_data"]["creation_options"]["publicKey"]["authenticatorSelection"]["userVerification"] == (
        "required"
    )
    assert 'name="passwordless"' not in page.content.decode()


def test_a_session_of_the_password_alone_adds_no_passkey_once_a_second_factor_exists() -> None:
    person = make.member(make.town(schools=1)["OR"], Role.CLERK)
    stolen = signed_in(person)
    assert stolen.get(ADD).status_code == 200, "the first factor may be a passkey"
    TOTP.activate(person, generate_totp_secret())
    answer = stolen.get(ADD)
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]


def test_staff_with_a_passkey_only_are_asked_for_it() -> None:
    person = make.member(make.town(schools=1)["OR"], Role.CLERK)
    assert second_factor_url(person) == "/konto/2fa/totp/activate/"
    Authenticator.objects.create(user=person, type="webauthn", data={})
    assert second_factor_url(person) == "/konto/2fa/webauthn/reauthenticate/"
    TOTP.activate(person, generate_totp_secret())
    assert second_factor_url(person) == "/konto/2fa/reauthenticate/"


def test_the_form_of_addresses_speaks_polish() -> None:
    page = signed_in(make.citizen().user).get("/konto/email/").content.decode()
    assert "Adres e-mail" in page
    assert ">Email" not in page
    assert "Dodaj adres" in page
