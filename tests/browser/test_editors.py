"""Editors: one writes a service card and a form in the admin, another approves, and only then it is live."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from cms_pages import moderation
from cms_pages.models import FormPage, ServicePage
from people.access import SYSTEM
from people.models import Role, RoleGroup, User
from tests.browser.conftest import DESKTOP, City
from tests.factories import people
from tests.factories.workflow import service

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]


EXPLORER = re.compile(r"/admin/pages/\d+/$")


def press(page: Page, action: str) -> None:
    """Press a button of the editor's footer once, and end in the explorer. Before it, time as for reading: the editor
    saves by itself (half a second after a change) what was typed or only looked at."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2000)
    button = page.locator(action).first
    if not button.is_visible():
        page.locator("footer [data-w-dropdown-target=toggle], footer .w-dropdown__toggle").last.click()
    button.click()
    page.wait_for_url(EXPLORER)


def submit_for_moderation(page: Page) -> None:
    """The editor's main button: ask a colleague."""
    press(page, "[name=action-submit]")


def approve(page: Page) -> None:
    """The other editor's button."""
    press(page, "[data-workflow-action-name=approve]")


def add(page: Page, stream: Locator, kind: str) -> None:
    """Add a block to a stream by the words of its kind."""
    page.wait_for_timeout(600)  # the block before glides in
    stream.locator("button.c-sf-add-button").last.click()
    page.get_by_role("option", name=kind, exact=True).click()


def test_a_card_and_a_form_go_live_when_a_colleague_approves(
    city: City, sign_in: Callable[[User], Page], guest: Page, look: Callable[..., None], root: Path
) -> None:
    unit = city.office.units["UM"]
    service("rejestracja-psa", city.office.unit)
    moderation.moderate(SYSTEM, page=city.portal.home)
    author_user, colleague_user = (people.member(unit, Role.EDITOR) for _n in range(2))
    group = RoleGroup.objects.get(unit=unit, role=Role.EDITOR)
    moderation.open_branch(SYSTEM, role_group=group, page=city.portal.home)

    author = sign_in(author_user)
    author.goto(f"{city.url}/admin/pages/add/cms_pages/servicepage/{city.portal.index.pk}/")
    author.fill("[name=title]", "Rejestracja psa")
    author.select_option("[name=service]", label="Rejestracja psa")
    author.select_option("[name=life_event]", "dom")
    author.fill("[name=lead]", "Zgłoś psa do ewidencji miasta.")
    submit_for_moderation(author)
    card = ServicePage.objects.get(title="Rejestracja psa")
    assert not card.live
    author.goto(f"{city.url}/admin/pages/{card.pk}/edit/")
    assert author.locator("[data-workflow-action-name=approve]").count() == 0, "nobody approves his own"
    author.screenshot(path=str(root / "var" / "screenshots" / "80-author.png"), caret="initial")
    assert guest.goto(f"{city.url}/sprawy/rejestracja-psa/").status == 404  # type: ignore[union-attr]

    colleague = sign_in(colleague_user)
    colleague.goto(f"{city.url}/admin/pages/{card.pk}/edit/")
    approve(colleague)
    card.refresh_from_db()
    assert card.live
    guest.goto(f"{city.url}/sprawy/rejestracja-psa/")
    expect(guest.get_by_role("heading", name="Rejestracja psa")).to_be_visible()
    assert guest.get_by_role("link", name="Załatw sprawę online").count() == 0
    look(guest, "81-card-without-form")

    # The form: one page with one question, built from blocks.
    author.goto(f"{city.url}/admin/pages/add/cms_pages/formpage/{card.pk}/")
    author.fill("[name=title]", "Zgłoszenie psa")
    author.select_option("[name=service]", label="Rejestracja psa")
    steps = author.locator("[data-contentpath=steps]")
    steps.locator("button.c-sf-add-button").first.click()
    author.fill("[name=steps-0-value-title-pl]", "Pies")
    steps.locator("[data-contentpath=sections] button.c-sf-add-button").first.click()
    fields = steps.locator("[data-contentpath=fields]")
    add(author, fields, "Osoba (imię i nazwisko)")
    author.fill("[name$='fields-0-value-label-pl']", "Właściciel psa")
    add(author, fields, "Tekst")
    author.fill("[name$='fields-1-value-label-pl']", "Imię psa")
    add(author, fields, "Adres e-mail")
    author.fill("[name$='fields-2-value-label-pl']", "Adres e-mail")
    author.set_viewport_size({"width": 1280, "height": 2600})
    author.wait_for_timeout(600)
    author.screenshot(path=str(root / "var" / "screenshots" / "82-form-editor.png"), caret="initial")
    author.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a dict of the two lengths
    submit_for_moderation(author)
    form = FormPage.objects.get(title="Zgłoszenie psa")
    assert not form.live and form.current_version is None
    colleague.goto(f"{city.url}/admin/pages/{form.pk}/edit/")
    approve(colleague)
    form.refresh_from_db()
    assert form.live

    guest.goto(f"{city.url}/sprawy/rejestracja-psa/")
    guest.get_by_role("link", name="Załatw sprawę online").click()
    guest.get_by_role("button", name="Zacznij").click()
    guest.get_by_label("Imię psa").fill("Burek")
    look(guest, "83-new-form")
