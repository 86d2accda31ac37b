"""The page editor saves by itself while an editor works; pressing a button in that very moment does what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect

from cms_pages import moderation
from cms_pages.models import ContentPage, FormPage, ServicePage
from people.access import SYSTEM
from people.models import Role, RoleGroup, User
from tests.browser.conftest import City
from tests.factories import people

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]

EXPLORER = re.compile(r"/admin/pages/\d+/$")
SUBMIT = "[name=action-submit]"


@dataclass
class Desk:
    """An editor at the screen of a new page."""

    page: Page
    user: User
    city: City

    def add(self) -> None:
        self.page.goto(f"{self.city.url}/admin/pages/add/cms_pages/contentpage/{self.city.portal.home.pk}/")

    def type(self, text: str) -> None:
        """Add to the title, key by key, as the address is made of it."""
        title = self.page.locator("[name=title]")
        title.press("End")
        title.press_sequentially(text)

    def press(self, what: str) -> None:
        button = self.page.locator(what).first
        if not button.is_visible():
            self.page.locator("footer .w-dropdown__toggle, footer [data-w-dropdown-target=toggle]").last.click()
        button.click()


@pytest.fixture
def desk(city: City, sign_in: Callable[[User], Page]) -> Desk:
    unit = city.office.units["UM"]
    user = people.member(unit, Role.EDITOR)
    moderation.moderate(SYSTEM, page=city.portal.home)
    group = RoleGroup.objects.get(unit=unit, role=Role.EDITOR)
    moderation.open_branch(SYSTEM, role_group=group, page=city.portal.home)
    return Desk(sign_in(user), user, city)


def is_autosave(route: Route) -> bool:
    return route.request.method == "POST" and "application/json" in route.request.headers.get("accept", "")


def test_a_press_while_the_new_page_is_being_saved_waits_for_it(desk: Desk) -> None:
    """The first save makes the page. A press that does not wait for it would make a second one."""
    page, held = desk.page, []

    def hold(route: Route) -> None:
        if is_autosave(route) and not held:
            answer = route.fetch()  # the server has saved it; the answer is still on its way
            held.append((route, answer))
        else:
            route.continue_()

    page.route("**/admin/pages/**", hold)
    desk.add()
    page.wait_for_timeout(2500)  # what the editor compares with is taken two seconds after it opened
    desk.type("Opłaty lokalne")
    for _n in range(100):
        page.wait_for_timeout(100)
        if held:
            break
    assert held, "the editor saves by itself"
    desk.press(SUBMIT)
    page.wait_for_timeout(500)
    held[0][0].fulfill(response=held[0][1])
    page.wait_for_url(EXPLORER)
    made = ContentPage.objects.filter(title="Opłaty lokalne")
    assert made.count() == 1
    assert made.get().current_workflow_state.requested_by == desk.user


def test_an_editor_is_not_in_conflict_with_himself(desk: Desk) -> None:
    """The editor asks the server every ten seconds who else is here. An answer that was under way while it saved by
    itself names that save, as if somebody else had made it."""
    page, asked = desk.page, []
    desk.add()
    page.wait_for_timeout(2500)
    desk.type("Opłaty lokalne")
    page.wait_for_url(re.compile(r"/edit/$"))
    page.locator(".w-editing-sessions").wait_for(state="attached")
    page.wait_for_timeout(1500)

    def hold(route: Route) -> None:
        if asked:
            route.continue_()
        else:
            asked.append(route)

    page.route("**/editing-sessions/ping/**", hold)
    page.evaluate("window.wagtail.app.queryController('w-session').ping()")
    page.wait_for_timeout(500)
    assert asked
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/edit/")):
        desk.type(" i ulgi")
    page.wait_for_timeout(300)
    with page.expect_response("**/editing-sessions/ping/**"):
        asked[0].continue_()
    page.wait_for_timeout(500)
    desk.press(SUBMIT)
    page.wait_for_url(EXPLORER)
    expect(page.locator("#w-save-confirmation-dialog")).to_have_count(0)


def test_who_only_reads_and_approves_writes_nothing(desk: Desk) -> None:
    """Pages that were not made in the editor come back from its screen with keys in their paragraphs and empty texts
    for none; that is nobody's writing, however early or late the button is pressed."""
    page = desk.page
    colleague = people.member(desk.city.office.units["UM"], Role.EDITOR)
    for kind in (ServicePage, FormPage):
        waiting = kind.objects.live().first()
        waiting.title = f"{waiting.title} (2026)"
        waiting.save_revision(user=colleague)
        waiting.get_workflow().start(waiting, colleague)
        page.goto(f"{desk.city.url}/admin/pages/{waiting.pk}/edit/")
        if kind is FormPage:
            page.wait_for_timeout(4000)  # the editor has saved by itself what it rewrote
        desk.press("[data-workflow-action-name=approve]")
        page.wait_for_url(EXPLORER)
        waiting.refresh_from_db()
        assert waiting.title.endswith(" (2026)"), page.locator(".messages").inner_text()
