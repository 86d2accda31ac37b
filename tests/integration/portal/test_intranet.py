"""The intranet does not exist for an outsider, and a unit's own corner not for the other units."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from cms_pages.models import AwayPage, PhoneBookPage, StaffPage
from people.access import GUEST, SYSTEM, Access, access_of
from people.models import User
from people.services import substitutions
from search import find
from search.backends import in_database
from search.sources import open_pages
from search.sync import reindex
from tests.factories import people
from tests.integration.portal.conftest import Town


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def pages(town: Town) -> dict[str, StaffPage]:
    """An instruction for all, a corner of FN with a page below it."""
    corner = StaffPage(title="Sprawy FN", slug="fn", kind="team", only_unit=town.office.units["FN"])
    made = {
        "all": StaffPage(title="Instrukcja", slug="instrukcja", kind="instruction"),
        "corner": corner,
    }
    for page in made.values():
        town.intranet.add_child(instance=page)
    made["below"] = corner.add_child(instance=StaffPage(title="Zamknięcie roku", slug="rok"))
    return made


def test_outsiders_get_404_and_staff_the_page(town: Town, pages: dict[str, StaffPage]) -> None:
    citizen = signed_in(people.citizen().user)
    clerk = signed_in(town.office.clerk)
    for page in (town.intranet, pages["all"]):
        for outsider in (Client(), citizen):
            assert outsider.get(page.url).status_code == 404, page
        answer = clerk.get(page.url)
        assert answer.status_code == 200 and answer["Cache-Control"] == "private, no-store"


def test_a_units_corner_and_what_is_below_is_its_own(town: Town, pages: dict[str, StaffPage]) -> None:
    clerk, insider = town.office.clerk, people.member(town.office.units["FN"])
    for name in ("corner", "below"):
        assert signed_in(clerk).get(pages[name].url).status_code == 404
        assert signed_in(insider).get(pages[name].url).status_code == 200
    assert set(StaffPage.objects.visible_to(access_of(clerk))) == {pages["all"]}
    assert set(StaffPage.objects.visible_to(access_of(insider))) == set(pages.values())
    assert not StaffPage.objects.visible_to(GUEST).exists()
    assert StaffPage.objects.visible_to(SYSTEM).count() == 3
    front = signed_in(clerk).get(town.intranet.url).content.decode()
    assert "Instrukcja" in front and "Sprawy FN" not in front


def test_it_is_never_public(town: Town, pages: dict[str, StaffPage]) -> None:
    public = set(open_pages().values_list("pk", flat=True))
    assert town.portal.index.pk in public
    assert not public & {town.intranet.pk, *(page.pk for page in pages.values())}
    assert "ntranet" not in Client().get("/").content.decode()
    assert town.intranet.get_sitemap_urls() == []


def test_the_staffs_search_finds_it_and_the_public_one_does_not(town: Town, pages: dict[str, StaffPage]) -> None:
    reindex(in_database())
    clerk, insider = access_of(town.office.clerk), access_of(people.member(town.office.units["FN"]))
    citizen = access_of(people.citizen().user)

    def found(access: Access, text: str) -> set[int]:
        return {hit.object_id for hit in find.staff(access, text).hits if hit.kind == "intranet"}

    assert found(clerk, "instrukcja") == found(insider, "instrukcja") == {pages["all"].pk}
    assert found(insider, "zamknięcie roku") == {pages["below"].pk} and not found(clerk, "zamknięcie roku")
    assert not found(citizen, "instrukcja") and not find.portal("instrukcja").hits
    # The corner is opened to all: the page below follows it when it is published.
    corner = pages["corner"]
    corner.only_unit = None
    corner.save_revision().publish()
    assert found(clerk, "zamknięcie roku") == {pages["below"].pk}
    pages["all"].unpublish()
    assert not found(clerk, "instrukcja")


def test_phone_book_and_absences(town: Town) -> None:
    book = town.intranet.add_child(instance=PhoneBookPage(title="Telefony", slug="telefony"))
    away = town.intranet.add_child(instance=AwayPage(title="Nieobecni", slug="nieobecni"))
    clerk = town.office.clerk
    today = people.today()
    substitutions.plan(SYSTEM, absent=clerk, substitute=town.office.head, scope="all", valid_from=today,
                       valid_until=today + dt.timedelta(days=2), reason="choroba dziecka")  # fmt: skip
    client = signed_in(town.office.head)
    assert clerk.email in client.get(book.url, {"q": clerk.last_name}).content.decode()
    assert clerk.email not in client.get(book.url, {"q": "nikogo takiego"}).content.decode()
    assert clerk.email not in client.get(book.url, {"jednostka": town.office.units["SP-1"].slug}).content.decode()
    page = client.get(away.url).content.decode()
    assert str(clerk) in page and str(town.office.head) in page and "choroba" not in page
