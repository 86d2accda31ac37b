"""Editors: one writes a service card and a form in the admin, another approves, and only then it is live."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from people.access import SYSTEM
from people.models import Role, RoleGroup, User
from playwright.sync_api import Page, expect

from cms_pages import moderation
from cms_pages.models import FormPage, ServicePage
from tests.browser.conftest import City
from tests.factories import people
from tests.factories.workflow import service

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]


EXPLORER = re.compile(r"/admin/pages/\d+/$")


def submit_for_moderation(page: Page) -> None:
    """The editor's main button: ask a colleague."""
    button = page.locator("[name=action-submit]").first
    if not button.is_visible():
        page.locator("footer [data-w-dropdown-target=toggle], footer .w-dropdown__toggle").last.click()
    button.click()
    page.wait_for_url(EXPLORER)


def approve(page: Page) -> None:
    """The other editor's button."""
    button = page.locator("[data-workflow-action-name=approve]").first
    if not button.is_visible():
        page.locator("footer [data-w-dropdown-target=toggle], footer .w-dropdown__toggle").last.click()
    button.click()
    page.wait_for_url(EXPLORER)


def test_a_card_and_a_form_go_live_when_a_colleague_approves(
    city: City, sign_in: Callable[[User], Page], guest: Page, look: Callable[..., None]
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
    author.screenshot(path="var/screenshots/80-author.png", caret="initial")
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
    author.screenshot(path="var/screenshots/82-form-editor.png", caret="initial")
