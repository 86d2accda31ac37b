"""A letter on paper: scanned and registered, found by an inflected word of its text, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from weasyprint import HTML

from documents.models import Case
from people.models import Role, User
from tests.browser.conftest import City, work_off
from tests.factories import people

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]


def test_a_scanned_letter_is_registered_and_found_by_its_text(
    city: City, sign_in: Callable[[User], Page], look: Callable[..., None]
) -> None:
    scan = HTML(string="<p>Proszę o naprawę chodników przy ulicy Leśnej, bo płyty są popękane.</p>").write_pdf()
    registry = sign_in(city.office.registry)
    registry.goto(city.url + "/admin/biurko/nowe-pismo/")
    look(registry, "70-paper-empty")
    assert registry.get_by_label("Data na piśmie").input_value() == str(people.today())
    registry.get_by_label("Adresat").select_option(label=str(city.office.unit))
    registry.get_by_label("Temat").fill("Prośba mieszkańca")
    registry.get_by_label("Nadawca", exact=False).first.fill("Jan Testowy")
    registry.get_by_label("Kod pocztowy").fill("44330")
    registry.set_input_files("#id_files", {"name": "skan.pdf", "mimeType": "application/pdf", "buffer": scan})
    registry.get_by_role("button", name="Zarejestruj").click()
    expect(registry.get_by_text("00-000").first).to_be_visible()  # how a postcode is written
    assert registry.get_by_label("Temat").input_value() == "Prośba mieszkańca"
    look(registry, "71-paper-error")
    expect(registry.get_by_text("skan.pdf").first).to_be_visible()  # it need not be chosen again
    registry.get_by_label("Kod pocztowy").fill("44-330")
    registry.get_by_role("button", name="Zarejestruj").click()
    expect(registry.get_by_text("RPW/1/").first).to_be_visible()
    look(registry, "72-paper-registered")
    work_off()
    case = Case.objects.get()
    assert case.title == "Prośba mieszkańca"

    clerk = sign_in(city.office.clerk)
    clerk.goto(city.url + "/admin/szukaj/")
    clerk.locator("#find-q").fill("naprawa chodnika")
    clerk.keyboard.press("Enter")
    expect(clerk.locator(".obieg-hit").first).to_be_visible()
    expect(clerk.locator(".obieg-hit__text").filter(has_text="chodników").first).to_be_visible()
    look(clerk, "73-found")

    stranger = sign_in(people.member(city.office.units["SP-1"], Role.CLERK))
    stranger.goto(city.url + "/admin/szukaj/?q=naprawa+chodnika")
    expect(stranger.get_by_text("Nic nie znaleziono").first).to_be_visible()
    assert stranger.locator(".obieg-hit, .obieg-facet").count() == 0
    look(stranger, "74-nothing-for-strangers")
    assert stranger.goto(f"{city.url}/admin/biurko/sprawa/{case.pk}/").status == 404  # type: ignore[union-attr]
