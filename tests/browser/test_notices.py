"""How the citizen hears of the case: a telephone proven by a code, then a choice for each kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from people.models import NoticeChoice, User
from tests.browser.conftest import City, work_off
from tests.factories import people

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]


def test_the_citizen_proves_a_telephone_and_chooses(
    city: City, sign_in: Callable[[User], Page], look: Callable[..., None], settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR, settings.SMS = tmp_path, {"provider": "demo"}
    cache.clear()
    citizen = people.citizen(email="ola@example.org").user
    page = sign_in(citizen)
    page.goto(city.url + "/moje-sprawy/ustawienia/")
    page.get_by_role("link", name="Jak mówimy Ci o sprawach").click()
    look(page, "85-notices")
    page.get_by_label("Numer telefonu").fill("123")
    page.get_by_role("button", name="Wyślij mi kod").click()
    expect(page.get_by_text("dziewięć cyfr").first).to_be_visible()
    expect(page.get_by_label("Numer telefonu")).to_have_value("123")
    look(page, "86-notices-error")
    page.get_by_label("Numer telefonu").fill("600 700 800")
    page.get_by_role("button", name="Wyślij mi kod").click()
    expect(page.get_by_text("Wysłaliśmy kod na numer +48")).to_be_visible()
    work_off()
    [message] = (tmp_path / "sms").glob("*.txt")
    code = re.search(r"\d{6}", message.read_text().splitlines()[1])
    assert code
    look(page, "87-notices-code")
    page.get_by_label("Kod z wiadomości").fill(code[0])
    page.get_by_role("button", name="Potwierdź numer").click()
    expect(page.get_by_text("Numer telefonu jest potwierdzony").first).to_be_visible()
    page.get_by_label("Wiadomość od urzędnika: SMS-em").check()
    page.get_by_label("Terminy sprawy: e-mailem").uncheck()
    page.get_by_role("button", name="Zapisz wybór").click()
    expect(page.get_by_text("Twój wybór jest zapisany").first).to_be_visible()
    look(page, "88-notices-chosen")
    chosen = {row.kind: (row.email, row.sms) for row in NoticeChoice.objects.filter(user=citizen)}
    assert chosen["message"] == (True, True) and chosen["time"] == (False, False) and chosen["letter"][0]
