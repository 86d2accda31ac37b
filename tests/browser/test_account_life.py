"""The account from its owner's data to its end: data for forms, the code at the counter, the archive, the deletion."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from documents.models import Case
from people.models import Assurance, Citizen, User
from tests.browser.conftest import City, work_off
from tests.browser.test_guest_journey import send_form
from tests.factories import people

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
Look = Callable[..., None]


def test_the_identity_is_confirmed_at_the_counter(city: City, sign_in: Callable[[User], Page], look: Look) -> None:
    person = people.citizen(email="ola@example.org")
    page, desk = sign_in(person.user), sign_in(city.office.registry)
    page.goto(city.url + "/moje-sprawy/ustawienia/")
    look(page, "87-settings")
    page.get_by_role("link", name="Dane do formularzy").click()
    page.get_by_label("Imię").fill("Ola")
    page.get_by_label("Nazwisko").fill("Przykładowa")
    page.get_by_label("PESEL").fill("01610100011")
    page.get_by_role("button", name="Zapisz dane").click()
    look(page, "88-profile-error")
    assert page.get_by_label("Imię").input_value() == "Ola"
    page.get_by_label("PESEL").fill("01610100010")
    page.get_by_role("button", name="Zapisz dane").click()
    expect(page.get_by_text("Dane zostały zapisane")).to_be_visible()
    look(page, "89-profile")

    page.goto(city.url + "/moje-sprawy/ustawienia/tozsamosc/")
    look(page, "90-identity")
    page.get_by_role("button", name="Utwórz kod").click()
    code = page.locator(".ob-panel h2").inner_text().strip()
    look(page, "91-identity-code")
    desk.goto(city.url + "/admin/osoby/obywatele/")
    look(desk, "92-counter")
    desk.goto(f"{city.url}/admin/osoby/obywatele/?q={code.lower()}")
    expect(desk.get_by_label("PESEL")).to_have_value("01610100010")
    look(desk, "93-counter-compare")
    desk.get_by_role("button", name="Potwierdź tożsamość").first.click()
    expect(desk.locator(".messages")).to_contain_text("Ola Przykładowa")
    assert Citizen.objects.get(pk=person.pk).assurance == Assurance.CONFIRMED
    page.reload()
    page.goto(city.url + "/moje-sprawy/ustawienia/tozsamosc/")
    expect(page.get_by_text("Tożsamość potwierdzona", exact=True)).to_be_visible()
    look(page, "94-identity-confirmed")


def test_the_data_are_fetched_and_the_account_is_deleted(
    city: City, sign_in: Callable[[User], Page], opened: Callable[..., Page], look: Look, tmp_path: Path
) -> None:
    page = sign_in(people.citizen(email="ola@example.org").user)
    send_form(page, city)
    work_off()
    case = Case.objects.get()
    page.goto(city.url + "/moje-sprawy/ustawienia/moje-dane/")
    look(page, "95-data")
    page.get_by_role("button", name="Przygotuj archiwum").click()
    expect(page.locator("#archiwum")).to_contain_text("Gotowe: 0 z")
    look(page, "96-data-waiting")
    work_off()
    expect(page.get_by_text("Archiwum jest gotowe")).to_be_visible()
    look(page, "97-data-ready")
    with page.expect_download() as fetching:
        page.get_by_role("link", name="Pobierz archiwum (ZIP").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(fetching.value.path()).read_bytes()))
    assert fetching.value.suggested_filename.startswith("moje-dane-")
    assert case.tracking_code in archive.read("index.html").decode()
    archive.extractall(tmp_path)
    kept = opened()
    kept.goto((tmp_path / "index.html").as_uri())
    look(kept, "98-data-index")
    for link in kept.locator("a").all():
        assert (tmp_path / unquote(str(link.get_attribute("href")))).is_file()

    page.goto(city.url + "/moje-sprawy/ustawienia/usun-konto/")
    look(page, "99-delete")
    page.get_by_role("button", name="Usuń konto").click()
    if "reauthenticate" in page.url:
        page.fill("[name=password]", people.PASSWORD)
        page.get_by_role("button", name="Potwierdź").click()
    expect(page.get_by_text("Zaznacz pole").first).to_be_visible()
    look(page, "99-delete-error")
    page.locator("label", has_text="Wiem, że tego nie da się cofnąć").click()
    page.get_by_role("button", name="Usuń konto").click()
    page.wait_for_url("**/konto-usuniete/")
    look(page, "99-deleted")
    work_off()
    assert mail.outbox[-1].to == ["ola@example.org"]
    page.goto(city.url + "/konto/login/")
    page.fill("[name=login]", "ola@example.org")
    page.fill("[name=password]", people.PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("[name=login]")).to_be_visible()
    page.goto(city.url + "/sprawdz-sprawe/")
    page.fill("[name=code]", case.tracking_code)
    page.fill("[name=factor]", "ola@example.org")
    page.get_by_role("button", name="Pokaż sprawę").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.title)
