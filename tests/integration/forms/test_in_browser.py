"""Filling in on a phone, by keyboard alone, without a mouse; and on a desktop without scripts."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

from cms_pages.models import FormPage
from documents.models import Letter
from journal import jobs
from people.models import User
from tests.browser.axe import assert_accessible, assert_no_sideways_scroll

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("OBIEG_SCREENSHOTS")


def look(page: Page, name: str) -> None:
    """The gate, and a picture when asked for (OBIEG_SCREENSHOTS=folder)."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the control has the focus."""
    for _n in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


def type_into(page: Page, name: str, text: str) -> None:
    tab_to(page, f"[name='{name}']")
    page.keyboard.type(text)


def press(page: Page, selector: str) -> None:
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


NEXT = "main button[name=_action][value=next]:not([tabindex='-1'])"


def fill_in(page: Page, live_server: Any, form_page: FormPage, name: str) -> None:
    page.goto(live_server.url + form_page.url)
    look(page, f"{name}-1-start")
    press(page, "main form button[type=submit]")
    page.keyboard.press("Tab")
    press(page, NEXT)
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')"), "the error summary takes the focus"
    assert page.title().startswith("Błąd:")
    look(page, f"{name}-2-errors")
    for field, text in {"f-kto-first_name": "Ola", "f-kto-last_name": "Przykładowa", "f-pesel-number": "01610100010",
                        "f-adres-street": "Leśna", "f-adres-house": "1", "f-adres-postcode": "44330",
                        "f-adres-town": "Jastrzębie-Zdrój", "f-mail": "ola@example.org"}.items():
        type_into(page, field, text)
    look(page, f"{name}-3-person")
    press(page, NEXT)
    tab_to(page, "[name='f-gatunek']")
    page.keyboard.press("ArrowUp")  # the last of the options: another species
    page.wait_for_selector("[name='f-jaki']")
    type_into(page, "f-jaki", "klon")
    type_into(page, "f-obwod", "120,5")
    tab_to(page, "[name='f-powody'][value=chore]")
    page.keyboard.press("Space")
    for part, text in {"day": "7", "month": "3", "year": "2027"}.items():
        type_into(page, f"f-kiedy-{part}", text)
    look(page, f"{name}-4-tree")
    press(page, NEXT)
    type_into(page, "f-opis", "Drzewo pochyla się nad dachem.")
    photo: Any = {"name": "zdjęcie drzewa.txt", "mimeType": "text/plain", "buffer": b"Opis\n"}
    page.set_input_files("[name='f-pliki']", photo)
    press(page, "button[value=files]")
    assert page.get_by_text("zdjęcie drzewa.txt").first.is_visible()
    assert not page.locator("[data-error-summary]").count(), "sending a file is no reason to complain"
    assert page.input_value("[name='f-opis']") == "Drzewo pochyla się nad dachem."
    tab_to(page, "[name='f-zgoda']")
    page.keyboard.press("Space")
    look(page, f"{name}-5-files")
    press(page, NEXT)
    assert page.get_by_text("klon").is_visible()
    look(page, f"{name}-6-check")
    press(page, "main form button[type=submit]")
    page.wait_for_url("**/potwierdzenie/**")
    look(page, f"{name}-7-sent")


def test_by_keyboard_on_a_phone(live_server: Any, page: Page, form_page: FormPage) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    fill_in(page, live_server, form_page, "phone")
    jobs.run_waiting()
    page.get_by_role("link", name="UPO w PDF").wait_for()  # appears by itself
    look(page, "phone-8-signed")
    assert Letter.objects.get().attachment_count == 1


def test_what_is_typed_while_questions_unfold_stays(live_server: Any, page: Page, form_page: FormPage) -> None:
    page.goto(live_server.url + form_page.url)
    press(page, "main form button[type=submit]")
    for field, text in {"f-kto-first_name": "Ola", "f-kto-last_name": "Przykładowa", "f-pesel-number": "01610100010",
                        "f-adres-house": "1", "f-adres-postcode": "44330", "f-adres-town": "Jastrzębie-Zdrój",
                        "f-mail": "ola@example.org"}.items():
        page.fill(f"[name='{field}']", text)
    press(page, NEXT)
    page.route("**/krok/2/", lambda route: (time.sleep(1), route.continue_()))  # a slow network
    page.click("label[for='id_f-gatunek_2']")
    page.wait_for_timeout(200)  # the refresh is on its way
    page.fill("[name='f-obwod']", "120,5")
    page.wait_for_selector("[name='f-jaki']")
    assert page.input_value("[name='f-obwod']") == "120,5"


def test_on_a_desktop(live_server: Any, page: Page, form_page: FormPage) -> None:
    fill_in(page, live_server, form_page, "desktop")
    page.goto(live_server.url + form_page.url)
    press(page, "main form button[type=submit]")
    press(page, "main button[value=save]")
    look(page, "desktop-9-saved")


def test_without_scripts(live_server: Any, browser: Browser, form_page: FormPage) -> None:
    page = browser.new_context(java_script_enabled=False, locale="pl-PL").new_page()
    page.goto(live_server.url + form_page.url)
    page.click("main form button[type=submit]")
    for name, text in {"kto-first_name": "Ola", "kto-last_name": "Przykładowa", "adres-house": "1",
                       "adres-postcode": "44-330", "adres-town": "Jastrzębie-Zdrój", "mail": "ola@example.org"}.items():
        page.fill(f"[name='f-{name}']", text)
    page.click("summary:has-text('Nie mam numeru PESEL')")
    page.click("label[for='id_f-pesel-none']")
    for part, text in {"day": "1", "month": "2", "year": "1990"}.items():
        page.fill(f"[name='f-pesel-{part}']", text)
    page.click(NEXT)
    page.click("label[for='id_f-gatunek_2']")
    page.click("label[for='id_f-powody_0']")
    page.fill("[name='f-obwod']", "12")
    page.click(NEXT)
    page.fill("[name='f-jaki']", "klon")  # asked for after the first try
    page.click(NEXT)
    page.fill("[name='f-opis']", "Bez skryptów.")
    page.click("label[for='id_f-zgoda']")
    page.click(NEXT)
    page.click("main form button[type=submit]")
    assert "/potwierdzenie/" in page.url and Letter.objects.count() == 1


def test_an_editor_picks_the_question_of_a_condition_by_its_words(live_server: Any, page: Page, form_page: FormPage,
                                                                  settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    editor = User.objects.create_superuser("redakcja@example.org", "Prawidlowe-haslo-7")
    client = Client()
    client.force_login(editor)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value,
                               "url": live_server.url}])
    page.set_viewport_size({"width": 1280, "height": 3000})
    page.goto(f"{live_server.url}/admin/pages/{form_page.pk}/edit/")
    chosen = page.locator("select[aria-label='Wcześniejsze pytanie']").first
    chosen.wait_for(state="attached")
    assert chosen.input_value() == "gatunek"
    words = chosen.locator("option").all_text_contents()
    assert "Gatunek" in words and "PESEL" in words and "Powody" not in words and "Jaki gatunek?" not in words
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / "editor.png"), full_page=True)
