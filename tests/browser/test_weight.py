"""What a page of the portal weighs on its way to a phone, and that it asks nobody else for anything."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Page, Response

from tests.browser.conftest import City

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
#: Bytes of everything the first look at a page transfers (text as gzip sends it).
MOST = 120_000


@pytest.mark.parametrize("kind", ["home", "card", "index"])
def test_a_page_is_light_and_asks_nobody_else(guest: Page, city: City, kind: str) -> None:
    answers: list[Response] = []
    guest.on("response", lambda answer: answers.append(answer))
    place = {"home": city.portal.home, "card": city.portal.card, "index": city.portal.index}[kind]
    guest.goto(city.url + place.url, wait_until="networkidle")
    assert {answer.url.split("/")[2] for answer in answers if not answer.url.startswith("data:")} == {
        city.url.split("/")[2]
    }
    bodies = {answer.url: answer.body() for answer in answers if answer.ok}
    packed = (".woff2", ".png", ".webp")
    sizes = {url: len(body if url.endswith(packed) else gzip.compress(body)) for url, body in bodies.items()}
    assert sum(sizes.values()) < MOST, sizes
    assert len(sizes) >= 4, "page, style sheet, script and letters"
