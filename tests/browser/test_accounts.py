"""Accounts in the browser: registered, confirmed by e-mail, signed in, a forgotten password; the second factor."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from people.models import Citizen, Role
from tests.browser.conftest import City, code_for, work_off
from tests.factories import people

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
Look = Callable[..., None]


def link_in_newest_mail(city: City) -> str:
    """The address in the last message, at the server under test."""
    found = re.search(r"https?://[^/\s]+(/konto/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return city.url + found[1]


def test_a_citizen_registers_confirms_signs_in_and_resets_the_password(guest: Page, city: City, look: Look) -> None:
    page = guest
    page.goto(city.url)
    page.locator("header").get_by_role("link", name="Zaloguj się").first.click()
    look(page, "60-login")
    page.locator("main").get_by_role("link", name=re.compile("Załóż konto|Utwórz konto")).first.click()
    page.fill("[name=email]", "nowa@example.org")
    page.fill("[name=password1]", "krótkie")
    page.fill("[name=password2]", "krótkie")
    page.click("main form button[type=submit]")
    look(page, "61-signup-error")
    assert page.input_value("[name=email]") == "nowa@example.org"
    page.fill("[name=password1]", people.PASSWORD)
    page.fill("[name=password2]", people.PASSWORD)
    page.click("main form button[type=submit]")
    look(page, "62-confirm-your-address")
    work_off()
    assert not Citizen.objects.exists(), "not before the address is confirmed"
    page.goto(link_in_newest_mail(city))
    look(page, "63-confirm")
    page.click("main form button[type=submit]")
    work_off()
    assert Citizen.objects.get().user.email == "nowa@example.org"

    page.goto(city.url + "/konto/login/")
    if page.locator("[name=login]").count():
        page.fill("[name=login]", "nowa@example.org")
        page.fill("[name=password]", "zupełnie-inne-hasło")
        page.click("main form button[type=submit]")
        look(page, "64-login-wrong")
        page.fill("[name=password]", people.PASSWORD)
        page.click("main form button[type=submit]")
    page.goto(city.url + "/moje-sprawy/")
    expect(page.get_by_role("heading", name="Moje sprawy")).to_be_visible()
    look(page, "65-no-cases-yet")
    page.locator("header").get_by_role("button", name="Wyloguj").first.click()

    page.goto(city.url + "/konto/login/")
    page.locator("main").get_by_role("link", name=re.compile("hasł")).first.click()
    page.fill("[name=email]", "nowa@example.org")
    page.click("main form button[type=submit]")
    work_off()
    page.goto(link_in_newest_mail(city))
    page.fill("[name=password1]", "Zupelnie-nowe-haslo-8")
    page.fill("[name=password2]", "Zupelnie-nowe-haslo-8")
    look(page, "66-new-password")
    page.click("main form button[type=submit]")
    page.goto(city.url + "/konto/login/")
    page.fill("[name=login]", "nowa@example.org")
    page.fill("[name=password]", "Zupelnie-nowe-haslo-8")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/moje-sprawy/")


def test_staff_set_up_a_second_factor_before_they_see_anything(guest: Page, city: City, look: Look) -> None:
    page, person = guest, people.member(city.office.unit, Role.CLERK)
    page.goto(city.url + "/admin/biurko/")
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", people.PASSWORD)
    page.click("main form button[type=submit]")
    page.goto(city.url + "/admin/biurko/")
    page.wait_for_url("**/2fa/totp/activate/**")
    look(page, "67-second-factor")
    page.get_by_text("Nie możesz zeskanować?").click()
    secret = page.locator("main details").get_by_text(re.compile(r"^\s*[A-Z2-7]{16,}\s*$")).first.inner_text().strip()
    page.fill("[name=code]", code_for(secret))
    page.locator("main form button[type=submit]").first.click()
    page.goto(city.url + "/admin/biurko/")
    expect(page.get_by_role("heading", name="Biurko")).to_be_visible()
