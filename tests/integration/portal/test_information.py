"""Guides, questions, files, the statement, privacy notices, the bulletin: what readers get and what they must not."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Locale, Page, PageViewRestriction

from cms_pages import links, privacy
from cms_pages.library import address_of, choosable, library_chooser
from cms_pages.models import BrokenLink, NewsIndexPage, NewsPage, PageVote
from cms_pages.models.by_law import Review, review_due
from documents.models import ClassificationClass
from journal import http
from people.access import SYSTEM, access_of
from people.models import Role
from people.services import units
from search import find, missed
from search.models import MissedTerm
from tests.factories import people
from tests.factories.information import Information, information, library_file, publish
from tests.factories.portal import Portal, portal
from tests.factories.workflow import Office, office

pytestmark = pytest.mark.django_db

#: "Warunki techniczne …" 2.0 of 31 July 2024, what every statement must mark.
IDS = ("wstep", "podmiot", "zakres", "url", "data-publikacja", "data-aktualizacja", "status", "kontakt", "email",
       "telefon", "procedura", "data-sporzadzenie", "architektura", "komunikacja")  # fmt: skip


@pytest.fixture
def town(settings: Any, tmp_path: Any) -> Office:
    settings.STAFF_SECOND_FACTOR, settings.BLOB_DIR = False, tmp_path / "blobs"
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    return office()


@pytest.fixture
def site(town: Office) -> Portal:
    return portal(town.units)


@pytest.fixture
def info(town: Office, site: Portal) -> Information:
    return information(site.home, town.units["UM"])


def text_of(client: Client, address: str, **headers: Any) -> str:
    answer = client.get(address, **headers)
    assert answer.status_code == 200, (address, answer.status_code)
    return str(answer.content.decode())


def structured(html: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert len(found) == 1, found
    return dict(json.loads(found[0]))


# --- the accessibility statement --------------------------------------------------------------------------------


def test_the_statement_fills_itself_and_marks_what_the_act_asks_for(info: Information, client: Client) -> None:
    html = text_of(client, "/deklaracja-dostepnosci/")
    for name in IDS:
        assert html.count(f'id="a11y-{name}"') == 1, name
    assert '<strong id="a11y-podmiot">Urząd Miasta</strong>' in html
    assert '<time id="a11y-data-sporzadzenie" datetime="2025-09-01">1 września 2025</time>' in html
    assert "częściowo zgodna" in html and "Skany bez warstwy tekstowej" in html


def test_contact_comes_from_the_record_of_the_body(town: Office, info: Information, client: Client) -> None:
    info.statement.contact_email = info.statement.contact_phone = ""
    publish(info.statement, info.editor, info.colleague)
    units.change(SYSTEM, unit=town.units["UM"], email="urzad@um.example.test", phone="32 000 00 00")
    html = text_of(client, "/deklaracja-dostepnosci/")
    assert 'id="a11y-email" href="mailto:urzad@um.example.test"' in html and "tel:320000000" in html


def test_a_review_is_asked_for_every_year_by_the_end_of_march(info: Information) -> None:
    assert review_due(dt.date(2025, 12, 31)) == dt.date(2026, 3, 31)
    statement = info.statement
    statement.made_on, statement.reviewed_on = dt.date(2024, 9, 1), dt.date(2025, 3, 10)
    assert statement.review(dt.date(2026, 2, 28)) == Review.DONE
    assert statement.review(dt.date(2026, 3, 1)) == Review.SOON
    assert statement.review(dt.date(2026, 3, 31)) == Review.SOON
    assert statement.review(dt.date(2026, 4, 1)) == Review.LATE
    statement.reviewed_on = dt.date(2026, 4, 2)
    assert statement.review(dt.date(2026, 4, 2)) == Review.DONE


# --- privacy ----------------------------------------------------------------------------------------------------


def test_each_body_has_its_own_notice_and_a_department_its_bodys(
    town: Office, info: Information, client: Client
) -> None:
    units.change(SYSTEM, unit=town.units["SP-1"], dpo_name="Jan Ochrona", dpo_contact="iod@sp1.example.test")
    school = text_of(client, f"/prywatnosc/{town.units['SP-1'].slug}/")
    assert "Jan Ochrona" in school and "mailto:iod@sp1.example.test" in school
    assert "Jan Ochrona" not in text_of(client, f"/prywatnosc/{town.units['UM'].slug}/")
    moved = client.get(f"/prywatnosc/{town.units['OR'].slug}/")
    assert moved.status_code == 302 and moved["Location"].endswith(f"/prywatnosc/{town.units['UM'].slug}/")
    assert client.get("/prywatnosc/nie-ma/").status_code == 404


def test_how_long_comes_from_the_class_of_the_service(town: Office, site: Portal) -> None:
    said = {p.title: p for p in privacy.purposes(town.units["UM"])}
    purpose = said["Zaświadczenie o zameldowaniu"]
    assert purpose.category.startswith("B") and purpose.retention
    ClassificationClass.objects.filter(symbol=purpose.class_symbol).update(category="A", years=None)
    again = {p.title: p for p in privacy.purposes(town.units["UM"])}["Zaświadczenie o zameldowaniu"]
    assert again.retention == privacy.retention("A", None) != purpose.retention


# --- guides, questions, files -----------------------------------------------------------------------------------


def test_a_guide_leads_from_step_to_step(info: Information, client: Client) -> None:
    first = text_of(client, "/przeprowadzka/zamelduj-sie/")
    assert 'rel="prev"' not in first and 'href="/przeprowadzka/zloz-deklaracje-o-odpadach/" rel="next"' in first
    last = text_of(client, "/przeprowadzka/zglos-nieruchomosc/")
    assert 'rel="next"' not in last and "Krok 3 z 3" in last
    whole = text_of(client, "/przeprowadzka/calosc/")
    assert whole.index("Masz na to 30 dni") < whole.index("Masz na to 14 dni")
    assert client.get("/przeprowadzka/czwarty/").status_code == 404
    assert 'rel="canonical" href="http://localhost/przeprowadzka/zamelduj-sie/"' in first


def test_questions_are_told_to_machines_and_cannot_end_their_element(info: Information, client: Client) -> None:
    said = structured(text_of(client, "/pytania/"))
    assert said["@type"] == "FAQPage"
    assert [q["name"] for q in said["mainEntity"]] == ["Czy </script> to znacznik?", "Co to jest UPO?", "Jak zapłacić?"]


def test_only_public_files_are_listed_and_given(info: Information, client: Client) -> None:
    html = text_of(client, "/druki/")
    address = f"/do-pobrania/{info.file.pk}/cennik.pdf"
    assert f'href="{address}"' in html
    answer = client.get(address)
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/do-pobrania/{info.file.pk}/inny.pdf").status_code == 404
    info.file.is_public = False
    info.file.save()
    assert client.get(address).status_code == 404
    assert address not in text_of(client, "/druki/")


def test_an_editor_chooses_among_the_public_files_of_the_own_units(town: Office, client: Client) -> None:
    own, other = library_file(town.units["UM"]), library_file(town.units["SP-1"], "szkola.pdf")
    hidden = library_file(town.units["UM"], "poufny.pdf", public=False)
    editor = people.member(town.units["UM"], Role.EDITOR)
    assert list(choosable(access_of(editor))) == [own] and {own, other, hidden} > {own}
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    html = client.get(reverse(library_chooser.get_url_name("choose"))).content.decode()
    assert "cennik.pdf" in html and "szkola.pdf" not in html and "poufny.pdf" not in html


# --- the bulletin -----------------------------------------------------------------------------------------------


def test_the_bulletin_tells_who_put_what_when_and_keeps_old_versions(info: Information, client: Client) -> None:
    old = info.act.live_revision_id
    info.act.body = "<p>Brzmienie drugie.</p>"
    publish(info.act, info.editor, info.colleague)
    html = text_of(client, "/bip/organizacja/regulamin/")
    assert "Brzmienie drugie" in html and "Brzmienie pierwsze" not in html
    for word in ("Sekretarz Miasta", "5 stycznia 2026", "Urząd Miasta", "Olga Sprawdzalska"):
        assert word in html
    assert "Brzmienie pierwsze" in text_of(client, f"/bip/organizacja/regulamin/wersja/{old}/")
    register = text_of(client, "/bip/rejestr-zmian/")
    assert register.count("opublikowano") == 3


def test_a_draft_is_no_version_of_the_bulletin(info: Information, client: Client) -> None:
    info.act.body = "<p>Tajny szkic.</p>"
    draft = info.act.save_revision(user=info.editor, log_action=True)
    assert client.get(f"/bip/organizacja/regulamin/wersja/{draft.pk}/").status_code == 404
    other = info.faq.live_revision_id
    assert client.get(f"/bip/organizacja/regulamin/wersja/{other}/").status_code == 404


def test_what_was_taken_down_stays_in_the_register_but_cannot_be_read(info: Information, client: Client) -> None:
    old = info.act.live_revision_id
    info.act.unpublish()
    register = text_of(client, "/bip/rejestr-zmian/")
    assert "wycofano" in register and "/regulamin/" not in register
    assert client.get(f"/bip/organizacja/regulamin/wersja/{old}/").status_code == 404


# --- machines ---------------------------------------------------------------------------------------------------


def test_a_service_card_speaks_cpsv(site: Portal, client: Client) -> None:
    said = structured(text_of(client, "/sprawy/zaswiadczenie/"))
    assert said["@type"] == "cpsv:PublicService" and said["dct:identifier"] == "udostepnienie-danych"
    assert re.fullmatch(r"P\d+[DWM]", said["cv:processingTime"])
    assert {a["dct:identifier"] for a in said["cv:hasCompetentAuthority"]} == {"OR"}
    assert said["cv:hasCost"]["cv:currency"]["@id"].endswith("/PLN")


def test_a_unit_is_an_office_with_hours(town: Office, site: Portal, client: Client) -> None:
    week = [[["07:30", "15:30"]], [], [], [], [], [], []]
    units.change(SYSTEM, unit=town.units["SP-1"], week_hours=week, street="Szkolna 1", town="Obiegowo")
    said = structured(text_of(client, f"/jednostki/{town.units['SP-1'].slug}/"))
    assert said["@type"] == "GovernmentOffice" and said["address"]["streetAddress"] == "Szkolna 1"
    assert [(h["dayOfWeek"], h["opens"]) for h in said["openingHoursSpecification"]] == [("Monday", "07:30")]


def test_the_map_of_the_site_holds_public_pages_only(info: Information, client: Client) -> None:
    PageViewRestriction.objects.create(page=info.faq, restriction_type=PageViewRestriction.LOGIN)
    xml = text_of(client, "/sitemap.xml")
    assert "/przeprowadzka/zamelduj-sie/" in xml and "/deklaracja-dostepnosci/" in xml
    assert "/pytania/" not in xml and "/admin/" not in xml
    assert "Sitemap: http://testserver/sitemap.xml" in text_of(client, "/robots.txt")


def test_pages_say_what_they_are_to_other_sites(info: Information, client: Client) -> None:
    html = text_of(client, "/druki/?utm=1")
    assert '<link rel="canonical" href="http://localhost/druki/">' in html
    assert '<meta property="og:title" content="Druki do pobrania">' in html
    assert '<meta name="description" content="Wydrukuj i wypełnij.">' in html


def test_translations_name_each_other(info: Information, client: Client) -> None:
    assert "hreflang" not in text_of(client, "/druki/")
    english, _made = Locale.objects.get_or_create(language_code="en")
    other = info.files.copy_for_translation(english, copy_parents=True)
    publish(other, info.editor, info.colleague)
    html = text_of(client, "/druki/")
    assert re.findall(r'hreflang="([a-z-]+)"', html) == ["pl", "en", "x-default"]
    assert '<link rel="alternate" hreflang="x-default" href="http://localhost/druki/">' in html


def test_news_go_out_as_rss_and_atom(site: Portal, client: Client) -> None:
    index = site.home.add_child(instance=NewsIndexPage(title="Aktualności", slug="aktualnosci"))
    shown = index.add_child(instance=NewsPage(title="Nowy <portal> & reszta", slug="nowy", lead="Jest już nowy."))
    publish(shown, people.staff(), people.staff())
    index.add_child(instance=NewsPage(title="Szkic wiadomości", slug="szkic", lead="Jeszcze nie.", live=False))
    for address, kind in (("/kanaly/aktualnosci.rss", "rss"), ("/kanaly/aktualnosci.atom", "atom")):
        answer = client.get(address)
        assert answer.status_code == 200 and kind in answer["Content-Type"]
        xml = answer.content.decode()
        assert "Nowy &lt;portal&gt; &amp; reszta" in xml and "http://localhost/aktualnosci/nowy/" in xml
        assert "Szkic wiadomości" not in xml
        assert f'href="{address}"' in text_of(client, "/aktualnosci/nowy/")


def test_the_portals_search_finds_their_text(info: Information) -> None:
    for words, title in (("zameldować 30 dni", "Przeprowadzka"), ("dowód złożenia pisma", "Pytania"),
                         ("pochylnia", "Deklaracja dostępności"), ("brzmienie pierwsze", "Regulamin")):  # fmt: skip
        assert title in [re.sub("<[^>]+>", "", hit.title_html) for hit in find.portal(words).hits], words


# --- what readers tell editors ----------------------------------------------------------------------------------


def vote(client: Client, page: Page, answer: str, **more: str) -> int:
    """Answered in the page itself, as the script does."""
    return client.post("/ocena/", {"page": page.pk, "answer": answer, **more}, headers={"X-Part": "1"}).status_code


def test_answers_are_counted_and_nothing_else_is_kept(info: Information, client: Client) -> None:
    assert vote(client, info.faq, "no") == 200 and vote(client, info.faq, "unclear") == 200
    assert {(v.answer, v.count, v.place) for v in PageVote.objects.all()} == {("no", 1, "page"), ("unclear", 1, "page")}
    assert not client.cookies
    assert {f.name for f in PageVote._meta.get_fields()} == {"id", "page", "day", "place", "answer", "count"}


def test_a_flood_of_answers_is_held_back(info: Information, client: Client) -> None:
    assert [vote(client, info.faq, "yes") for _n in range(4)] == [200, 200, 429, 429]
    assert PageVote.objects.get().count == 2


def test_answers_that_are_none_are_refused(info: Information, client: Client) -> None:
    assert vote(client, info.faq, "maybe") == 400 and vote(client, info.faq, "yes", where="nowhere") == 400
    assert client.post("/ocena/", {"page": "²", "answer": "yes"}).status_code in (400, 404)
    assert client.post("/ocena/", {"page": "9" * 30, "answer": "yes"}).status_code == 404
    info.faq.unpublish()
    assert vote(client, info.faq, "yes") == 404
    strange = client.post("/ocena/", {"page": info.guide.pk, "answer": "yes"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert strange.status_code == 403
    assert not PageVote.objects.exists()


def test_words_without_a_result_are_counted_but_never_peoples_data(site: Portal, client: Client) -> None:
    for words in ("Kryptowaluty", "kryptowaluty ", "jan.kowalski@example.org", "44051401359", "AB12-CD34"):
        assert client.get("/szukaj/", {"q": words}).status_code == 200
    assert {(t.words, t.count) for t in MissedTerm.objects.all()} == {("kryptowaluty", 2)}
    assert missed.often(90, 10)[0][:2] == ("kryptowaluty", 2)
    client.get("/szukaj/", {"q": "zaświadczenie"})
    assert MissedTerm.objects.count() == 1


# --- links ------------------------------------------------------------------------------------------------------


def test_links_that_lead_nowhere_are_found_and_forgotten_when_mended(info: Information) -> None:
    step = info.guide.steps.first()
    step.body = (f'<p><a linktype="page" id="{info.faq.pk}">jest</a> <a linktype="page" id="99999">nie ma</a> '
                 '<a href="/szukaj/?q=x">szukaj</a> <a href="mailto:a@b.pl">list</a> '
                 '<a href="https://inny.example/a">inny</a></p>')  # fmt: skip
    step.save()
    assert links.check() == 2
    assert {(b.address, b.text) for b in BrokenLink.objects.all()} == {
        ("/nie-ma-takiej/", "tutaj"), ("page:99999", "nie ma")}  # fmt: skip
    asked: list[str] = []
    assert links.check(outside=lambda address: (asked.append(address), "HTTP 404")[1]) == 3
    assert asked == ["https://inny.example/a"]
    assert links.check() == 2 and BrokenLink.objects.count() == 3  # not tried this time, so still known
    info.faq.unpublish()
    assert links.check() == 3
    step.body = "<p>Bez odnośników.</p>"
    step.save()
    assert links.check() == 1


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/"])
def test_machines_of_our_own_network_are_never_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.socket, "create_connection", lambda *a: pytest.fail("asked"))
    assert links.ask(address) == str(links.NO_HOST)


# --- open data --------------------------------------------------------------------------------------------------


def test_open_data_as_json_and_csv(town: Office, site: Portal, client: Client) -> None:
    units.change(SYSTEM, unit=town.units["SP-1"], week_hours=[[["08:00", "12:00"]], [], [], [], [], [], []],
                 hours_exceptions=[{"day": "2099-12-24", "hours": [], "note": "Wigilia"}])  # fmt: skip
    for name, wanted in (("services", "udostepnienie-danych"), ("units", "SP-1"), ("opening-hours", "08:00"),
                         ("news", "")):  # fmt: skip
        whole = client.get(f"/api/v1/open/{name}").json()
        assert whole["version"] == "1.0" and set(whole) == {"version", "generated_at", "licence", "items"}
        table = text_of(client, f"/api/v1/open/{name}.csv")
        assert wanted in table and len(table.splitlines()) == len(whole["items"]) + 1
        if whole["items"]:
            assert table.splitlines()[0].lstrip("\ufeff").split(",") == list(whole["items"][0])
    hours = client.get("/api/v1/open/opening-hours").json()["items"]
    assert {(h["weekday"], h["day"], h["opens"], h["note"]) for h in hours} == {
        (1, None, "08:00", ""), (None, "2099-12-24", "", "Wigilia")}  # fmt: skip
    assert client.get("/api/v1/open/cokolwiek.csv").status_code == 422
    assert {s["name"] for s in client.get("/api/v1/open").json()} == {"services", "units", "opening-hours", "news"}


def test_a_cell_never_begins_like_a_formula(town: Office, client: Client) -> None:
    units.change(SYSTEM, unit=town.units["SP-1"], phone="+48 32 555 10 00")
    assert ",'+48 32 555 10 00," in text_of(client, "/api/v1/open/units.csv")


def test_open_data_asks_no_more_for_more_rows(town: Office, site: Portal, client: Client) -> None:
    def asked() -> list[int]:
        found = []
        for name in ("services", "units", "opening-hours", "news"):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/api/v1/open/{name}")
            found.append(len(queries))
        return found

    few = asked()
    for number in range(5):
        units.add(SYSTEM, parent=town.units["UM"], kind="body", symbol=f"P-{number}", name=f"Przedszkole {number}")
    assert asked() == few


def test_a_film_of_the_library_can_be_sought(town: Office, client: Client) -> None:
    file = library_file(town.units["UM"], "film.mp4")
    address = address_of(file)
    whole = b"".join(client.get(address).streaming_content)
    part = client.get(address, headers={"Range": "bytes=2-5"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, whole[2:6])
    assert (part["Content-Range"], part["Content-Length"]) == (f"bytes 2-5/{len(whole)}", "4")
    rest = client.get(address, headers={"Range": "bytes=-3"})
    assert b"".join(rest.streaming_content) == whole[-3:]
    assert client.get(address, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
