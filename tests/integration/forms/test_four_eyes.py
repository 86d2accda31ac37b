"""Four eyes on pages: another editor of the same branch approves; nobody else, on no path."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from wagtail.models import Locale, Page

from cms_pages import moderation
from cms_pages.models import ContentPage, HomePage
from people.access import SYSTEM
from people.models import Role, RoleGroup, Unit, User
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def units() -> dict[str, Unit]:
    return people.town()


def editor(unit: Unit) -> User:
    return User.objects.get(pk=people.member(unit, Role.EDITOR).pk)


@pytest.fixture
def cast(units: dict[str, Unit]) -> dict[str, Any]:
    """Two editors of the city, two of a school with a branch of its own; a page of the city waits for approval."""
    Locale.objects.get_or_create(language_code="pl")
    root = Page.get_first_root_node() or Page.add_root(instance=Page(title="Root", slug="root"))
    home = root.add_child(instance=HomePage(title="Miasto", slug="miasto-test"))
    school = home.add_child(instance=ContentPage(title="Szkoła", slug="szkola"))
    city = home.add_child(instance=ContentPage(title="Opłaty", slug="oplaty", live=False))
    made = {name: editor(units[symbol]) for name, symbol in
            (("author", "UM"), ("colleague", "UM"), ("teacher", "SP-1"), ("headmaster", "SP-1"))}  # fmt: skip
    moderation.moderate(SYSTEM, page=home)
    for symbol, page in (("UM", home), ("SP-1", school)):
        group = RoleGroup.objects.get(unit=units[symbol], role=Role.EDITOR)
        moderation.open_branch(SYSTEM, role_group=group, page=page)
    city.save_revision(user=made["author"])
    city.get_workflow().start(city, made["author"])
    return {**made, "city": Page.objects.get(pk=city.pk).specific}


@pytest.mark.parametrize(("who", "may"), [("author", False), ("colleague", True), ("teacher", False)])
def test_only_another_editor_of_the_branch_approves(cast: dict[str, Any], who: str, may: bool) -> None:
    page, user = cast["city"], cast[who]
    task = page.current_workflow_task.specific
    assert task.user_can_access_editor(page, user) is (who != "teacher")
    waiting = task.get_task_states_user_can_moderate(user)
    assert [state.workflow_state.content_object.pk for state in waiting] == ([page.pk] if may else [])
    state = page.current_workflow_task_state
    if may:
        state.task.specific.on_action(state, user, "approve", seen=moderation.read_mark(page.get_latest_revision()))
        page.refresh_from_db()
        assert page.live and page.current_workflow_state is None
    else:
        with pytest.raises(PermissionDenied):
            state.task.specific.on_action(
                state, user, "approve", seen=moderation.read_mark(page.get_latest_revision())
            )
