"""A guest settles a matter: finds the service, fills in the form, gets the receipt, follows the case."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import mail
from playwright.sync_api import Page, Route, expect

from documents.models import Case, Receipt
from documents.proof.verify import verify_files
from journal import keyring
from tests.browser.conftest import City, work_off

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]

NEXT = "main button[name=_action][value=next]:not([tabindex='-1'])"
Look = Callable[..., None]


def send_form(page: Page, city: City, *, until: str = "sent") -> None:
    """Fill in the certificate's form with right answers, to the check or to the confirmation."""
    page.goto(city.url + city.portal.form.url)
    page.get_by_role("button", name="Zacznij").click()
    for name, text in {
        "kto-first_name": "Ola", "kto-last_name": "Przykładowa", "pesel-number": "01610100010",
        "adres-street": "Leśna", "adres-house": "1", "adres-postcode": "44-330", "adres-town": "Obiegowo",
        "mail": "ola@example.org",
    }.items():  # fmt: skip
        page.fill(f"[name=f-{name}]", text)
    page.click(NEXT)
    page.get_by_text("bank", exact=True).click()
    for part, text in {"day": "7", "month": "3", "year": "2019"}.items():
        page.fill(f"[name=f-od-{part}]", text)
    page.click(NEXT)
    page.get_by_text("Oświadczam, że").click()
    page.click(NEXT)
    page.wait_for_url("**/sprawdz/")
    if until == "sent":
        page.get_by_role("button", name="Wyślij do urzędu").click()
        page.wait_for_url("**/potwierdzenie/**")


def test_a_guest_finds_the_service_by_search_unit_and_life_event(guest: Page, city: City, look: Look) -> None:
    guest.goto(city.url)
    look(guest, "01-home")
    guest.get_by_role("searchbox", name="Co chcesz załatwić?").fill("zaświadczenia")
    guest.keyboard.press("Enter")
    expect(guest.get_by_role("heading", name="zaświadczenia o zameldowaniu")).to_be_visible()
    look(guest, "02-search")

    guest.goto(city.url)
    guest.get_by_role("link", name="Dokumenty").first.click()
    expect(guest.get_by_role("link", name="Wydanie zaświadczenia o zameldowaniu")).to_be_visible()
    assert guest.get_by_role("link", name="Pismo ogólne do jednostki miasta").count() == 0
    look(guest, "03-life-event")

    guest.goto(city.url + city.portal.index.url)
    guest.get_by_label("Jednostka", exact=True).select_option(label="Szkoła Podstawowa nr 1")
    guest.get_by_role("button", name="Pokaż").click()
    expect(guest.get_by_role("link", name="Pismo ogólne do jednostki miasta")).to_be_visible()
    assert guest.get_by_role("link", name="Wydanie zaświadczenia o zameldowaniu").count() == 0

    guest.goto(city.url + "/jednostki/")
    look(guest, "04-units")
    guest.locator("main").get_by_role("link", name="Wydział Organizacyjny").click()
    look(guest, "05-unit")
    guest.get_by_role("link", name="Wydanie zaświadczenia o zameldowaniu").click()
    card = guest.locator("main")
    for words in ("Opłata", "Termin", "Kto może", "Wymagane dokumenty", "Dokumenty do wglądu", "Gdzie złożyć",
                  "Sposób załatwienia", "Odwołanie",
                  "Podstawa prawna", "Uwagi", "Ob-17", "Wydział Organizacyjny"):  # fmt: skip
        expect(card.get_by_text(words).first).to_be_visible()
    look(guest, "06-card")
    guest.get_by_role("link", name="Załatw sprawę online").click()
    look(guest, "07-start")

    guest.goto(city.url + "/szukaj/?q=krokodyl")
    look(guest, "08-search-empty")


def test_a_guest_files_with_a_wrong_pesel_first_and_gets_a_receipt(
    guest: Page, city: City, look: Look, tmp_path: Path
) -> None:
    page = guest
    page.goto(city.url + city.portal.form.url)
    page.get_by_role("button", name="Zacznij").click()
    page.fill("[name=f-kto-first_name]", "Ola")
    page.fill("[name=f-kto-last_name]", "Przykładowa")
    page.fill("[name=f-pesel-number]", "01610100011")
    page.click(NEXT)
    # The summary takes the focus, says what is wrong, and leads to the field; nothing typed is lost.
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    assert page.title().startswith("Błąd")
    look(page, "10-errors")
    page.locator("[data-error-summary]").get_by_role("link", name=re.compile("PESEL")).first.click()
    assert page.evaluate("document.activeElement.name") == "f-pesel-number"
    assert page.input_value("[name=f-kto-last_name]") == "Przykładowa"
    page.fill("[name=f-pesel-number]", "01610100010")
    for name, text in {"street": "Leśna", "house": "1", "postcode": "44330", "town": "Obiegowo"}.items():
        page.fill(f"[name=f-adres-{name}]", text)
    page.fill("[name=f-mail]", "ola@example.org")
    page.click(NEXT)
    page.get_by_text("inny cel", exact=True).click()
    page.fill("[name=f-jaki]", "ubezpieczenie")
    for part, text in {"day": "7", "month": "3", "year": "2019"}.items():
        page.fill(f"[name=f-od-{part}]", text)
    look(page, "11-step")
    page.click(NEXT)
    page.set_input_files(
        "[name=f-pliki]", {"name": "umowa najmu.txt", "mimeType": "text/plain", "buffer": b"Umowa najmu lokalu\n"}
    )
    page.get_by_text("Oświadczam, że").click()
    page.click(NEXT)
    look(page, "12-check")

    # "Change" leads to that one answer and straight back.
    page.get_by_role("link", name=re.compile("Zmień.*Jaki to cel")).click()
    expect(page.locator("[name=f-jaki]")).to_be_focused()
    page.fill("[name=f-jaki]", "dopłata do czynszu")
    page.click(NEXT)
    page.wait_for_url("**/sprawdz/")
    expect(page.get_by_text("dopłata do czynszu")).to_be_visible()
    check_url = page.url
    page.get_by_role("button", name="Wyślij do urzędu").dblclick()
    page.wait_for_url("**/potwierdzenie/**")

    case, receipt = Case.objects.get(), Receipt.objects.get()
    sent = page.locator("main")
    for words in (receipt.number, "Wydział Organizacyjny", case.tracking_code, "Co będzie dalej"):
        expect(sent.get_by_text(words).first).to_be_visible()
    assert re.search(r"\d{2}:\d{2}:\d{2}", sent.inner_text()), "the time with seconds"
    look(page, "13-sent")

    # Back, and sending once more, ends at the same case.
    page.go_back()
    if page.get_by_role("button", name="Wyślij do urzędu").count():
        page.get_by_role("button", name="Wyślij do urzędu").click()
    page.goto(check_url)
    page.wait_for_url("**/potwierdzenie/**")
    assert Case.objects.count() == 1 and Receipt.objects.count() == 1

    work_off()
    page.get_by_role("link", name="UPO w PDF").wait_for()  # appears by itself
    look(page, "14-signed")
    files = []
    for name in ("PDF", "XML"):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=re.compile(f"UPO.*{name}")).click()
        target = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(target)
        files.append((target.name, target.read_bytes()))
    verdicts = verify_files(files, anchors=keyring.trust_anchors())
    assert [verdict.valid for _name, verdict in verdicts] == [True, True], verdicts
    name, xml = files[1]
    [(_name, verdict)] = verify_files([(name, xml.replace(b"Wydzia", b"Wydzio", 1))], anchors=keyring.trust_anchors())
    assert not verdict.valid, "a changed letter breaks it"

    [message] = mail.outbox
    assert message.to == ["ola@example.org"]
    said = f"{message.subject} {message.body}"
    for private in ("Ola", "Przykładowa", "01610100010", "Leśna", "zameldowan"):
        assert private not in said, f"{private} must not travel by e-mail"


def test_a_guest_follows_the_case_with_code_and_second_factor(
    guest: Page, opened: Callable[..., Page], city: City, look: Look
) -> None:
    send_form(guest, city)
    work_off()
    case = Case.objects.get()
    guest.get_by_role("link", name="Zobacz sprawę").click()
    expect(guest.get_by_role("heading", name="zameldowani")).to_be_visible()

    other = opened()  # another browser knows nothing of it
    other.goto(f"{city.url}/moje-sprawy/{case.pk}/")
    assert other.get_by_text(case.tracking_code).count() == 0
    look(other, "20-not-yours")
    other.goto(city.url + "/sprawdz-sprawe/")
    look(other, "21-track")
    answers = []
    for code, factor in ((case.tracking_code, "kto@example.org"), ("7KQM-3WXC-9PTF-4HNC", "ola@example.org")):
        other.fill("[name=code]", code)
        other.fill("[name=factor]", factor)
        other.get_by_role("button", name="Pokaż sprawę").click()
        answers.append(other.locator("main [role=alert], main .ob-banner").first.inner_text())
    assert answers[0] == answers[1], "a wrong factor and an unknown code look the same"
    look(other, "22-track-wrong")
    other.fill("[name=code]", case.tracking_code.lower().replace("-", " "))
    other.fill("[name=factor]", "OLA@example.org")
    other.get_by_role("button", name="Pokaż sprawę").click()
    other.wait_for_url("**/moje-sprawy/**")
    expect(other.locator("main").get_by_text(case.tracking_code).first).to_be_visible()
    look(other, "23-case-of-guest")


def test_the_form_by_keyboard_alone(guest: Page, city: City) -> None:
    page = guest
    page.goto(city.url + city.portal.form.url)

    def tab_to(selector: str) -> None:
        for _n in range(150):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached by Tab")

    def write(name: str, text: str) -> None:
        tab_to(f"[name='f-{name}']")
        page.keyboard.type(text)

    def press(selector: str) -> None:
        tab_to(selector)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    press("main form button[type=submit]")
    for name, text in {
        "kto-first_name": "Ola", "kto-last_name": "Przykładowa", "pesel-number": "01610100010", "adres-street": "Leśna",
        "adres-house": "1", "adres-postcode": "44330", "adres-town": "Obiegowo", "mail": "ola@example.org",
    }.items():  # fmt: skip
        write(name, text)
    press(NEXT)
    tab_to("[name=f-cel]")
    page.keyboard.press("Space")
    for part, text in {"day": "7", "month": "3", "year": "2019"}.items():
        write(f"od-{part}", text)
    press(NEXT)
    tab_to("[name=f-zgoda]")
    page.keyboard.press("Space")
    press(NEXT)
    press("main form button[type=submit]")
    page.wait_for_url("**/potwierdzenie/**")
    assert Case.objects.count() == 1


def test_nothing_typed_is_lost_while_the_page_asks_the_server(guest: Page, city: City) -> None:
    page = guest
    page.goto(city.url + city.portal.form.url)
    page.get_by_role("button", name="Zacznij").click()
    for name, text in {
        "kto-first_name": "Ola", "kto-last_name": "Przykładowa", "pesel-number": "01610100010",
        "adres-house": "1", "adres-postcode": "44-330", "adres-town": "Obiegowo", "mail": "ola@example.org",
    }.items():  # fmt: skip
        page.fill(f"[name=f-{name}]", text)
    page.click(NEXT)
    page.wait_for_url("**/krok/2/")

    def slowly(route: Route) -> None:
        page.fill("[name=f-od-day]", "7")  # typed after the question went out, before the answer is back
        route.continue_()

    page.route("**/krok/2/", slowly, times=1)
    page.get_by_text("inny cel", exact=True).click()
    page.locator("[name=f-jaki]").wait_for()
    expect(page.locator("[name=f-od-day]")).to_have_value("7")
    expect(page.locator("[name=f-cel][value=inny]")).to_be_checked()


def test_a_letter_to_a_school_from_a_phone(opened: Callable[..., Page], city: City, look: Look) -> None:
    page = opened(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    screens: list[str] = []
    page.on("framenavigated", lambda frame: screens.append(frame.url))
    page.goto(city.url + city.portal.letter.get_parent().url)
    page.get_by_role("link", name="Załatw sprawę online").tap()
    page.get_by_role("button", name="Zacznij").tap()
    page.locator("[name=unit]").select_option(label="Szkoła Podstawowa nr 1")
    page.get_by_role("button", name="Zapisz i przejdź dalej").tap()
    typed = {
        "subject": "Obiady w stołówce", "tresc": "Proszę o jadłospis bez orzechów.", "kto-first_name": "Ola",
        "kto-last_name": "Przykładowa", "adres-street": "Leśna", "adres-house": "1", "adres-postcode": "44330",
        "adres-town": "Obiegowo", "mail": "ola@example.org",
    }  # fmt: skip
    for names in (("subject", "tresc"), tuple(typed)[2:]):
        for name in names:
            page.fill(f"[name=f-{name}]", typed[name])
        page.locator(NEXT).tap()
    page.wait_for_url("**/sprawdz/")
    page.get_by_role("button", name="Wyślij do urzędu").tap()
    page.wait_for_url("**/potwierdzenie/**")
    case = Case.objects.select_related("unit").get()
    assert case.unit.symbol == "SP-1" and "Obiady w stołówce" in case.title
    assert len(screens) <= 8, screens
    look(page, "30-letter-sent")
