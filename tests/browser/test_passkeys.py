"""A passkey in the browser: added with Chromium's own virtual authenticator, then the only thing that signs in."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import CDPSession, Page, expect

from people.models import Role, User
from tests.browser.conftest import City
from tests.factories import people

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
Look = Callable[..., None]


def device(page: Page, *, proves_owner: bool = True) -> tuple[CDPSession, str]:
    """A key inside the browser, like that of a phone; `proves_owner`: whether finger or PIN fit."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": proves_owner,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session, made["authenticatorId"]


def test_a_citizen_adds_a_passkey_and_signs_in_with_it(
    city: City, sign_in: Callable[[User], Page], look: Look
) -> None:
    person = people.citizen(email="klucz@example.org").user
    page = sign_in(person)
    session, key = device(page)
    page.goto(city.url + "/konto/2fa/")
    look(page, "80-second-factor")
    page.get_by_role("link", name="Dodaj klucz dostępu").click()
    look(page, "81-passkey-add")
    page.fill("[name=name]", "Telefon Oli")
    page.get_by_role("button", name="Dodaj klucz dostępu").click()
    page.wait_for_url("**/recovery-codes/**")
    look(page, "82-recovery-codes")
    assert Authenticator.objects.get(type="webauthn").wrap().name == "Telefon Oli"
    page.goto(city.url + "/konto/2fa/webauthn/")
    expect(page.locator("main")).to_contain_text("Telefon Oli")
    look(page, "83-passkeys")

    page.goto(city.url + "/konto/2fa/webauthn/add/")
    page.get_by_role("button", name="Dodaj klucz dostępu").click()
    expect(page.get_by_role("alert")).to_contain_text("To urządzenie ma już klucz")
    look(page, "84-passkey-known")

    page.locator("header").get_by_role("button", name="Wyloguj").first.click()
    page.goto(city.url + "/konto/login/?next=/moje-sprawy/ustawienia/")
    look(page, "85-login-passkey")
    page.get_by_role("button", name="Zaloguj się kluczem dostępu").click()
    page.wait_for_url("**/moje-sprawy/ustawienia/")
    expect(page.locator("main")).to_contain_text("klucz@example.org")

    page.locator("header").get_by_role("button", name="Wyloguj").first.click()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto(city.url + "/konto/login/")
    page.get_by_role("button", name="Zaloguj się kluczem dostępu").click()
    expect(page.get_by_role("alert")).to_contain_text("nie został użyty")
    assert "/login/" in page.url, "a key whose owner is not proven opens nothing"

    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", people.PASSWORD)
    page.get_by_role("button", name=re.compile("^Zaloguj się$")).last.click()
    page.wait_for_url("**/2fa/authenticate/**")
    look(page, "86-password-then-passkey")
    page.get_by_role("button", name="Użyj klucza dostępu").click()
    page.wait_for_url("**/moje-sprawy/")


def test_a_passkey_is_the_second_factor_of_staff(city: City, sign_in: Callable[[User], Page]) -> None:
    person = people.member(city.office.unit, Role.CLERK)
    page = sign_in(person)
    device(page)
    page.goto(city.url + "/konto/2fa/webauthn/add/")
    if "reauthenticate" in page.url:  # the app was given at the sign-in, not just now
        page.fill("[name=password]", people.PASSWORD)
        page.get_by_role("button", name="Potwierdź").click()
    page.get_by_role("button", name="Dodaj klucz dostępu").click()
    page.wait_for_url(re.compile("/2fa/(recovery-codes/)?$"))
    Authenticator.objects.filter(user=person).exclude(type="webauthn").delete()
    page.context.clear_cookies()
    page.goto(city.url + "/admin/biurko/")
    page.get_by_role("button", name="Zaloguj się kluczem dostępu").click()
    page.wait_for_url("**/admin/biurko/")
    expect(page.get_by_role("heading", name="Biurko")).to_be_visible()
