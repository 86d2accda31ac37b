"""A small portal for journeys: home, catalogue, two service cards with forms, unit pages; published as editors do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wagtail.models import Collection, Locale, Page, Site

from cms_pages.forms.build import build_form_page
from cms_pages.models import (
    FeaturedService,
    FormPage,
    HomePage,
    PortalSettings,
    ServiceIndexPage,
    ServicePage,
    UnitIndexPage,
    UnitPage,
)
from people.models import Unit
from search.backends import in_database
from search.sync import reindex
from workflow.models import Service

CERTIFICATE: dict[str, Any] = {
    "title": {"pl": "Wniosek o wydanie zaświadczenia o zameldowaniu", "en": "Certificate of registered address"},
    "intro": "Zaświadczenie potwierdza, gdzie i od kiedy jesteś zameldowany.",
    "steps": [
        {"id": "dane", "title": "Twoje dane", "fields": [
            {"kind": "person", "id": "kto", "label": "Imię i nazwisko"},
            {"kind": "pesel", "id": "pesel", "label": "PESEL", "why": "Po numerze PESEL odróżniamy osoby o tym samym "
             "imieniu i nazwisku."},
            {"kind": "address", "id": "adres", "label": "Adres do korespondencji"},
            {"kind": "email", "id": "mail", "label": "Adres e-mail",
             "help": "Wyślemy na niego wiadomości o sprawie."},
        ]},
        {"id": "tresc", "title": "Zaświadczenie", "fields": [
            {"kind": "choice", "id": "cel", "label": "Do czego potrzebujesz zaświadczenia?", "options": [
                {"id": "szkola", "text": "zapis dziecka do szkoły"}, {"id": "bank", "text": "bank"},
                {"id": "inny", "text": "inny cel"}]},
            {"kind": "text", "id": "jaki", "label": "Jaki to cel?", "when": {"field": "cel", "value": "inny"}},
            {"kind": "date", "id": "od", "label": "Od kiedy jesteś zameldowany?"},
        ]},
        {"id": "koniec", "title": "Załączniki i oświadczenie", "fields": [
            {"kind": "files", "id": "pliki", "label": "Dokument, z którego wynika prawo do lokalu", "required": False,
             "extensions": ["pdf", "jpg", "png", "txt"], "max_files": 3},
            {"kind": "declaration", "id": "zgoda", "label": "Oświadczam, że podane dane są zgodne z prawdą."},
        ]},
    ],
}  # fmt: skip
LETTER: dict[str, Any] = {
    "title": {"pl": "Pismo ogólne", "en": "General letter"},
    "intro": "Napisz do dowolnej jednostki miasta, gdy nie ma osobnego formularza.",
    "steps": [
        {"id": "pismo", "title": "Twoje pismo", "fields": [
            {"kind": "text", "id": "subject", "label": "Czego dotyczy pismo?"},
            {"kind": "long_text", "id": "tresc", "label": "Treść", "max_length": 4000},
            {"kind": "files", "id": "pliki", "label": "Załączniki", "required": False, "max_files": 5},
        ]},
        {"id": "dane", "title": "Twoje dane", "fields": [
            {"kind": "person", "id": "kto", "label": "Imię i nazwisko"},
            {"kind": "address", "id": "adres", "label": "Adres do korespondencji"},
            {"kind": "email", "id": "mail", "label": "Adres e-mail"},
        ]},
    ],
}  # fmt: skip

CARD: dict[str, Any] = {
    "card_number": "Ob-17", "life_event": "dokumenty",
    "lead": "Zaświadczenie, które potwierdza adres i okres zameldowania.",
    "who": "<p>Osoba, której dotyczy zameldowanie, albo jej pełnomocnik.</p>",
    "documents_needed": "<ul><li>wniosek</li><li>pełnomocnictwo, jeśli działasz przez pełnomocnika</li></ul>",
    "documents_shown": "<p>Dowód osobisty albo paszport (w urzędzie).</p>",
    "where_to_file": "<p>Przez ten portal albo w Wydziale Organizacyjnym, pokój 12.</p>",
    "how_settled": "<p>Wydajemy zaświadczenie albo postanowienie o odmowie.</p>",
    "appeal": "<p>Na postanowienie o odmowie służy zażalenie w terminie 7 dni.</p>",
    "remarks": "<p>Zaświadczenie do szkoły jest wolne od opłaty skarbowej.</p>",
    "approved_by": "Naczelnik Wydziału Organizacyjnego",
}  # fmt: skip


@dataclass
class Portal:
    """The pages of the small portal."""

    home: HomePage
    index: ServiceIndexPage
    card: ServicePage
    form: FormPage
    letter: FormPage


def portal(units: dict[str, Unit]) -> Portal:
    """Publish the portal over the services and units of `tests.factories.workflow.office`."""
    Locale.objects.get_or_create(language_code="pl")
    if Collection.get_first_root_node() is None:  # a test that empties the tables takes it with it
        Collection.add_root(name="Root")
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    home = root.add_child(instance=HomePage(title="Miasto Obiegowo", slug="obiegowo",
                                            lead="Załatw sprawę w mieście"))  # fmt: skip
    Site.objects.all().delete()
    site = Site.objects.create(hostname="localhost", root_page=home, is_default_site=True, site_name="Obiegowo")
    town = PortalSettings.for_site(site)
    town.town_name, town.contact = "Miasto Obiegowo", "Urząd Miasta, Rynek 1, 00-001 Obiegowo"
    town.save()
    index = home.add_child(instance=ServiceIndexPage(
        title="Sprawy do załatwienia", slug="sprawy", lead="Wszystkie sprawy urzędu i jednostek miasta.",
        show_in_menus=True))  # fmt: skip
    named = Service.objects.get(code="udostepnienie-danych")
    named.title = "Zaświadczenie o zameldowaniu"
    named.save(update_fields=["title"])
    card = index.add_child(instance=ServicePage(
        title="Wydanie zaświadczenia o zameldowaniu", slug="zaswiadczenie", service=named, **CARD))  # fmt: skip
    general = Service.objects.get(code="pismo-ogolne")
    letter = index.add_child(instance=ServicePage(
        title="Pismo ogólne do jednostki miasta", slug="pismo-ogolne", service=general, life_event="kontakt",
        lead="Gdy żaden formularz nie pasuje."))  # fmt: skip
    directory = home.add_child(instance=UnitIndexPage(title="Jednostki", slug="jednostki", show_in_menus=True))
    for unit in units.values():
        directory.add_child(instance=UnitPage(title=unit.name, slug=unit.slug, unit=unit))
    FeaturedService.objects.create(page=home, service_page=card)
    made = Portal(home, index, card, build_form_page(card, named, CERTIFICATE),
                  build_form_page(letter, general, LETTER))  # fmt: skip
    reindex(in_database())
    return made
