"""The address decides a page's language; what is no page follows the reader."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation
from wagtail.models import Page

from cms_pages import open_data
from cms_pages.models import ServicePage
from tests.factories.portal import Portal, portal
from tests.factories.translations import translated
from tests.factories.workflow import office

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Portal:
    return portal(office().units)


def _reader(cookie: str = "", accept: str = "") -> Client:
    client = Client(headers={"Accept-Language": accept}) if accept else Client()
    if cookie:
        client.cookies["django_language"] = cookie
    return client


@pytest.mark.parametrize("cookie", ["", "pl", "en", "uk"])
@pytest.mark.parametrize("accept", ["", "en", "uk"])
def test_a_page_speaks_the_language_of_its_address(town: Portal, cookie: str, accept: str) -> None:
    translated(town.home, "en", title="Town portal", lead="Settle it from home")
    reader = _reader(cookie, accept)
    polish, english = reader.get("/"), reader.get("/en/")
    assert '<html lang="pl"' in polish.text and "Załatw sprawę w mieście" in polish.text
    assert '<html lang="en"' in english.text and "Settle it from home" in english.text
    assert (polish["Content-Language"], english["Content-Language"]) == ("pl", "en")


def test_an_english_page_makes_the_form_that_follows_english(town: Portal) -> None:
    translated(town.home, "en", title="Town portal", lead="Settle it from home")
    reader = _reader()
    assert "Sprawdź sprawę" in reader.get("/sprawdz-sprawe/").text
    reader.get("/en/")
    assert '<html lang="en"' in reader.get("/sprawdz-sprawe/").text
    reader.get("/")
    assert '<html lang="en"' in reader.get("/sprawdz-sprawe/").text, "a Polish page read on the way changes nothing"


def test_what_is_no_page_follows_the_cookie_then_the_browser(town: Portal) -> None:
    for reader, language in ((_reader("uk", "en"), "uk"), (_reader("", "en"), "en"), (_reader("pl", "en"), "pl")):
        answer = reader.get("/sprawdz-sprawe/")
        assert f'<html lang="{language}"' in answer.text
        assert "Accept-Language" in answer["Vary"]
    assert "Accept-Language" not in _reader("en").get("/").get("Vary", "")


def test_no_page_is_shown_below_another_language(town: Portal) -> None:
    assert _reader().get("/en/").status_code == 404, "nothing is translated yet"
    assert _reader().get("/en/sprawy/").status_code == 404
    translated(town.home, "en", title="Town portal")
    assert _reader().get("/en/").status_code == 200
    assert _reader().get("/en/sprawy/").status_code == 404
    assert _reader().get("/uk/").status_code == 404


def test_a_form_has_an_address_in_every_language_and_is_one_form(town: Portal) -> None:
    polish = _address(town.form)
    english = _reader().get(f"/en{polish}")
    assert '<html lang="en"' in english.text and "Certificate of registered address" in english.text
    assert "Certificate of registered address" not in _reader("en").get(polish).text
    reader = _reader()
    reader.get(f"/en{polish}")
    begun = reader.post(f"/wniosek/nowy/{town.form.pk}/", follow=True)
    assert '<html lang="en"' in begun.text


def _address(page: Page) -> str:
    """In Polish, whatever the last request spoke."""
    with translation.override("pl"):
        return str(page.url)


def _switch(reader: Client, language: str, path: str) -> str:
    answer = reader.post("/jezyk/setlang/", {"language": language, "next": path})
    assert answer.status_code == 302
    assert reader.cookies["django_language"].value == language
    return str(answer["Location"])


def test_the_switch_leads_to_the_translation_or_says_that_there_is_none(town: Portal) -> None:
    translated(town.home, "en", title="Town portal")
    translated(town.index, "en", title="Services", slug="services", lead="All of them")
    translated(town.card, "en", title="Certificate", slug="certificate", lead="Proves your address.")
    reader = _reader()
    assert _switch(reader, "en", "/sprawy/zaswiadczenie/") == "/en/services/certificate/"
    assert _switch(reader, "pl", "/en/services/certificate/") == "/sprawy/zaswiadczenie/"
    assert _switch(reader, "en", _address(town.form)) == f"/en{_address(town.form)}"
    assert _switch(reader, "en", "/sprawdz-sprawe/") == "/sprawdz-sprawe/"
    where = _switch(reader, "en", "/sprawy/pismo-ogolne/")
    assert where.startswith("/en/services/?brak=")
    told = reader.get(where).text
    assert "This page has no translation yet" in told and 'href="/sprawy/pismo-ogolne/"' in told
    assert _switch(reader, "uk", "/sprawy/") == "/"
    assert _switch(reader, "en", "https://elsewhere.example/") == "/en/"


def test_a_card_is_one_record_in_all_languages(town: Portal) -> None:
    translated(town.home, "en", title="Town portal")
    translated(town.index, "en", title="Services", slug="services")
    card = translated(town.card, "en", title="Certificate", slug="certificate", lead="Proves your address.")
    shown = _reader().get("/en/services/certificate/").text
    version = town.card.current
    assert version is not None and version.legal_basis.splitlines()[0][:40] in shown
    assert f'href="/en{_address(town.form)}"' in shown, "the same form, in English"
    other = ServicePage.objects.get(slug="pismo-ogolne").service
    town.card.refresh_from_db()
    town.card.service, town.card.card_number = other, "Ob-99"
    town.card.save_revision().publish()
    card.refresh_from_db()
    assert (card.service, card.card_number) == (other, "Ob-99")
    assert card.title == "Certificate"


def test_machines_are_told_of_the_other_languages(town: Portal) -> None:
    translated(town.home, "en", title="Town portal")
    translated(town.index, "en", title="Services", slug="services")
    translated(town.card, "en", title="Certificate", slug="certificate", lead="Proves your address.")
    shown = _reader().get("/en/services/certificate/").text
    for code, path in (("pl", "/sprawy/zaswiadczenie/"), ("en", "/en/services/certificate/")):
        assert f'<link rel="alternate" hreflang="{code}" href="http://localhost{path}">' in shown
    assert '<link rel="alternate" hreflang="x-default" href="http://localhost/sprawy/zaswiadczenie/">' in shown
    assert '<link rel="canonical" href="http://localhost/en/services/certificate/">' in shown
    assert 'property="og:locale" content="en_GB"' in shown and '"@language": "en"' in shown
    assert "authority/language/ENG" in shown
    chart = _reader().get("/sitemap.xml").text
    assert "<loc>http://localhost/en/services/certificate/</loc>" in chart
    assert 'hreflang="en" href="http://localhost/en/services/certificate/"' in chart


def test_a_catalogue_shows_polish_cards_that_nobody_has_translated(town: Portal) -> None:
    translated(town.home, "en", title="Town portal")
    translated(town.index, "en", title="Services", slug="services")
    translated(town.card, "en", title="Certificate", slug="certificate", lead="Proves your address.")
    shown = _reader().get("/en/services/").text
    assert "Certificate" in shown and "Wydanie zaświadczenia" not in shown
    assert 'lang="pl"' in shown and "Pismo ogólne do jednostki miasta" in shown
    assert shown.index("Certificate") < shown.index("Pismo ogólne do jednostki miasta")
    assert "Certificate" not in _reader().get("/sprawy/").text


def test_open_data_and_the_feed_are_not_repeated_in_other_languages(town: Portal) -> None:
    translated(town.home, "en", title="Town portal")
    translated(town.index, "en", title="Services", slug="services")
    translated(town.card, "en", title="Certificate", slug="certificate", lead="Proves your address.")
    assert [row["title"] for row in open_data.service_rows()] == ["Pismo ogólne do jednostki miasta", town.card.title]


def test_each_language_is_searched_by_itself(town: Portal) -> None:
    translated(town.home, "en", title="Town portal")
    translated(town.index, "en", title="Services", slug="services")
    translated(town.card, "en", title="Certificate of address", slug="certificate", lead="Proves your address.")
    reader = _reader("en")
    assert "/en/services/certificate/" in reader.get("/szukaj/?q=certificate").text
    nothing = reader.get("/szukaj/?q=zameldowaniu").text
    assert 'href="/sprawy/zaswiadczenie/"' not in nothing and "?q=zameldowaniu&amp;w=pl" in nothing
    assert 'href="/sprawy/zaswiadczenie/"' in reader.get("/szukaj/?q=zameldowaniu&w=pl").text
    assert "/en/services/certificate/" not in _reader("pl").get("/szukaj/?q=certificate").text
