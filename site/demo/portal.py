"""The portal: home, catalogue with cards and forms, directory of units, news, content; published as Wagtail does."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from wagtail.models import GroupPagePermission, Page, Site, WorkflowPage

from cms_pages import moderation
from cms_pages.forms.build import build_form_page
from cms_pages.models import (
    ContentPage,
    FeaturedService,
    HomePage,
    NewsIndexPage,
    NewsPage,
    PortalSettings,
    ServiceIndexPage,
    ServicePage,
    UnitIndexPage,
    UnitPage,
)
from demo import information, languages, prose, reading, services
from demo.forms import form_spec
from demo.progress import Show
from journal.clock import db_now, warsaw_day
from people.access import SYSTEM
from people.models import Membership, Role, RoleGroup, Unit, User
from workflow.models import Service

#: Services that businesses, and organisations of any kind, use as well.
FOR_BUSINESS = frozenset({"zajecie-pasa-drogowego", "lokalizacja-zjazdu", "decyzja-srodowiskowa", "warunki-zabudowy",
                          "wypis-wyrys", "zaswiadczenie-o-niezaleganiu", "pismo-ogolne", "usuniecie-drzew",
                          "podzial-nieruchomosci", "dodatkowy-odbior-odpadow", "ulga-podatkowa"})  # fmt: skip
FOR_ALL = frozenset({"pismo-ogolne", "skarga-wniosek", "petycja", "informacja-publiczna", "zgromadzenie"})
EDITOR, COLLEAGUE = "redaktor@example.test", "redaktor2@example.test"


class Press:
    """Puts pages into the tree and publishes them: written by one editor, published by another."""

    def __init__(self) -> None:
        self.editor = User.objects.get(email=EDITOR)
        self.colleague = User.objects.get(email=COLLEAGUE)

    @transaction.atomic
    def put(self, parent: Page, page: Page) -> Page:
        """The page with that address below the parent: the one there is, else this one, published."""
        known = parent.get_children().filter(slug=page.slug).first()
        if known is not None:
            return known.specific
        page.live, page.owner = False, self.editor
        parent.add_child(instance=page)
        # Nobody's own right to publish is asked, as when a workflow's last approval publishes.
        page.save_revision(user=self.editor).publish(user=self.colleague, skip_permission_checks=True)
        page.refresh_from_db()
        return page


def build(show: Show) -> None:
    """Add the pages that are missing."""
    press = Press()
    about = reading.toml("pages/portal.toml")
    home = _home(press, about)
    catalogue = about["services"]
    index = press.put(home, ServiceIndexPage(title=catalogue["title"], slug="uslugi", lead=catalogue["lead"],
                                             show_in_menus=True))
    for service in show.walk("Karty usług i formularze", services.described()):
        _card(press, index, service)
    directory = press.put(home, UnitIndexPage(title=about["units"]["title"], slug="jednostki", show_in_menus=True))
    for unit in show.walk("Strony jednostek", list(Unit.objects.all())):
        _unit_page(press, directory, unit)
    _texts(press, home, about, show)
    information.build(press, home)
    _feature(home, index, about["home"]["featured"])
    _moderate(home)
    languages.build(home, press.editor, press.colleague, show)


@transaction.atomic
def _home(press: Press, about: dict[str, Any]) -> HomePage:
    """The home page as the site's root; Wagtail's welcome page goes."""
    site = Site.objects.get(is_default_site=True)
    home = HomePage.objects.first()
    if home is None:
        root = Page.get_first_root_node()
        home = press.put(root, HomePage(title=about["home"]["title"], slug="obiegowo", lead=about["home"]["lead"]))
        welcome, site.root_page = site.root_page, home
        address = urlsplit(settings.SITE_URL)
        site.hostname = address.hostname or "localhost"
        site.port = address.port or (443 if address.scheme == "https" else 80)
        site.site_name = about["town"]
        site.save()
        if welcome is not None and welcome.specific_class is Page:
            Page.objects.get(pk=welcome.pk).delete()
        town = PortalSettings.for_site(site)
        town.town_name, town.contact = about["town"], about["contact"].strip()
        town.save()
    return home


@transaction.atomic
def _card(press: Press, index: Page, about: dict[str, Any]) -> None:
    card, code = about["card"], about["code"]
    service = Service.objects.get(code=code)
    page = press.put(index, ServicePage(
        title=about["title"], slug=code, service=service, card_number=card["number"], life_event=card["life_event"],
        lead=card["lead"], who=prose.html(card["who"]), documents_needed=prose.html(card["documents_needed"]),
        documents_shown=prose.html(card["documents_shown"]), where_to_file=_shared("where", card["where"]),
        how_settled=prose.html(card["how_settled"]), appeal=_shared("appeal", card["appeal"]),
        remarks=_shared("remarks", card["remarks"]), easy_text=prose.html(card.get("easy", "")),
        approved_by=card["approved_by"], responsible=_owner(service),
        for_business=code in FOR_BUSINESS or card["life_event"] == "firma", for_others=code in FOR_ALL,
        for_citizens=card["life_event"] != "firma",
        review_on=warsaw_day(db_now()).replace(month=12, day=31), search_description=card["lead"]))
    if page.get_children().live().first() is None:
        build_form_page(page, service, form_spec(about))


def _owner(service: Service) -> User | None:
    """Who keeps a card: the head of a unit that offers it."""
    units = service.offers.order_by("pk").values_list("unit_id", flat=True)[:1]
    heads = Membership.objects.filter(role_group__unit_id__in=list(units), role_group__role=Role.HEAD)
    head = heads.select_related("user").order_by("pk").first()
    return head.user if head else None


def _shared(kind: str, text: str) -> str:
    """A card's own text, or the common one it names with "@"."""
    return prose.html(reading.toml("cards.toml")[kind][text[1:]] if text.startswith("@") else text)


def _unit_page(press: Press, directory: Page, unit: Unit) -> None:
    said = reading.toml("pages/units.toml")
    about = said["by_symbol"].get(unit.symbol) or said["by_category"].get(unit.category) or said["other"]
    department = next((row for row in reading.table("departments.csv") if row["symbol"] == unit.symbol), None)
    press.put(directory, UnitPage(
        title=unit.name, slug=unit.slug, unit=unit, lead=department["about"] if department else about["lead"],
        body=prose.html(about["body"].replace("{name}", unit.name))))


def _texts(press: Press, home: Page, about: dict[str, Any], show: Show) -> None:
    today = db_now()
    news = press.put(home, NewsIndexPage(title="Aktualności", slug="aktualnosci", show_in_menus=True))
    for item in show.walk("Aktualności i treści", [*about["news"], *about["content"]]):
        body = prose.html(item["body"])
        if "days_ago" in item:
            press.put(news, NewsPage(title=item["title"], slug=item["slug"], lead=item["lead"], body=body,
                                     first_published_at=today - dt.timedelta(days=item["days_ago"])))
        else:
            press.put(home, ContentPage(title=item["title"], slug=item["slug"], lead=item["lead"], body=body))


@transaction.atomic
def _feature(home: HomePage, index: Page, codes: list[str]) -> None:
    if home.featured.exists():
        return
    pages = {page.slug: page for page in ServicePage.objects.child_of(index)}
    home.featured.set([FeaturedService(service_page=pages[code], sort_order=n) for n, code in enumerate(codes)])
    home.save_revision().publish()


def _moderate(home: Page) -> None:
    """Editors of the city write everywhere on the portal; what one of them wrote waits for another."""
    # The root of the tree has a workflow of Wagtail's own, which is not ours.
    if not WorkflowPage.objects.filter(page=home).exists():
        moderation.moderate(SYSTEM, page=home)
    for group in RoleGroup.objects.filter(unit__symbol="UM", role=Role.EDITOR):
        if not GroupPagePermission.objects.filter(group=group.group, page=home).exists():
            moderation.open_branch(SYSTEM, role_group=group, page=home)
