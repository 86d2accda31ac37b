"""What goes on in the town: pictures, notices, events with participants, an urgent message, the intranet."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.timezone import get_default_timezone
from wagtail.models import Page, PageViewRestriction, Site

from cms_pages import alerts, events
from cms_pages.models import (
    Alert,
    AwayPage,
    EventIndexPage,
    EventPage,
    EventRegistration,
    HomePage,
    IntranetPage,
    NewsPage,
    NoticeIndexPage,
    NoticePage,
    PhoneBookPage,
    PortalSettings,
    StaffPage,
    UnitPage,
)
from demo import pictures, prose, reading
from demo.crew import Names
from demo.portal import Press
from demo.progress import Show
from journal.clock import db_now, warsaw_day
from people.access import GUEST, SYSTEM
from people.models import Membership, Role, Substitution, Unit
from people.services import substitutions

#: The plan of the town is 1000 by 600; the office stands on the square.
SQUARE = (470, 306)


def build(show: Show) -> None:
    """Add what is missing."""
    press, about = Press(), reading.toml("pages/life.toml")
    home = HomePage.objects.get(slug="obiegowo")
    units = {unit.symbol: unit for unit in Unit.objects.select_related("body")}
    _settings(about)
    for slug, (name, words) in show.walk("Ilustracje", list(about["pictures"].items())):
        NewsPage.objects.filter(slug=slug, image=None).update(image=pictures.image(name, words))
    _places()
    for item in about["unit_news"]:
        page = UnitPage.objects.get(unit=units[item["unit"]])
        press.put(
            page, NewsPage(title=item["title"], slug=item["slug"], lead=item["lead"], body=prose.html(item["body"]))
        )
    _notices(press, home, about, units)
    _events(press, home, about, units, show)
    _alert(about["alert"], units["UM"])
    _intranet(press, home, about["intranet"], units)
    _absences()


@transaction.atomic
def _settings(about: dict[str, Any]) -> None:
    town = PortalSettings.for_site(Site.objects.get(is_default_site=True))
    if town.hero_id is None:
        town.hero = pictures.image("ranek", about["pictures"]["nowy-portal"][1])
        for name in ("line", "phone", "email", "facebook", "youtube"):
            setattr(town, name, about[name])
        # The first lines are the office and its address; telephone and e-mail have fields of their own.
        town.contact = "\n".join(town.contact.splitlines()[:2])
        town.save()


def _places() -> None:
    """Where the units stand on the plan: departments on the square, others spread over the town."""
    for page in UnitPage.objects.filter(plan_x=None).select_related("unit__body"):
        unit = page.unit
        page.plan_x, page.plan_y = SQUARE
        if unit.depth > 1 and unit.kind == Unit.Kind.BODY:
            page.plan_x, page.plan_y = 70 + unit.pk * 137 % 860, 100 + unit.pk * 89 % 470
        page.directions = _directions(unit)
        page.save(update_fields=["plan_x", "plan_y", "directions"])


def _directions(unit: Unit) -> str:
    if unit.depth == 1 or unit.kind == Unit.Kind.CELL:
        return ("Autobusy 1, 4 i 12, przystanek Rynek (120 m). Wejście z pochylnią od ul. Ratuszowej, winda na każde "
                "piętro. Dwa miejsca parkingowe dla osób z niepełnosprawnościami przed wejściem.")  # fmt: skip
    return "Wejście od ulicy, bez stopni. Najbliższy przystanek jest w odległości około 200 m."


def _notices(press: Press, home: Page, about: dict[str, Any], units: dict[str, Unit]) -> None:
    today = warsaw_day(db_now())
    board = press.put(home, NoticeIndexPage(title="Obwieszczenia", slug="obwieszczenia"))
    for item in about["notices"]:
        first = today + dt.timedelta(days=item["from"])
        press.put(board, NoticePage(
            title=item["title"], slug=item["slug"], unit=units[item["unit"]], reference=item["reference"],
            posted_from=first, posted_until=first + dt.timedelta(days=item["days"]), lead=item["lead"],
            body=prose.html(item["body"])))  # fmt: skip


def _events(press: Press, home: Page, about: dict[str, Any], units: dict[str, Unit], show: Show) -> None:
    calendar = press.put(home, EventIndexPage(title="Wydarzenia", slug="wydarzenia", show_in_menus=True))
    names, today = Names("wydarzenia"), warsaw_day(db_now())
    for item in show.walk("Wydarzenia", about["events"]):
        clock = dt.time.fromisoformat(item["hour"])
        starts = dt.datetime.combine(today + dt.timedelta(days=item["days"]), clock, tzinfo=get_default_timezone())
        picture = about["pictures"]
        drawn = dict(picture.values())
        made = press.put(calendar, EventPage(
            title=item["title"], slug=item["slug"], unit=units[item["unit"]], starts_at=starts,
            ends_at=starts + dt.timedelta(hours=item["length"]), place=item["place"], place_access=item["access"],
            lead=item["lead"], body=prose.html(item["body"]), places=item.get("places"),
            image=pictures.image(item["picture"], drawn[item["picture"]]) if "picture" in item else None,
            takes_registrations="people" in item))  # fmt: skip
        if "people" in item and not EventRegistration.objects.filter(event=made).exists():
            for number in range(item["people"]):
                first, last = names.next()
                address = f"uczestnik{made.pk}.{number}@example.test"
                needs = "miejsce dla wózka" if number == 3 else ""
                events.register(GUEST, event=made, name=f"{first} {last}", email=address,
                                phone=f"500 100 {number:03d}", needs=needs)  # fmt: skip


def _alert(about: dict[str, Any], office: Unit) -> None:
    if not Alert.objects.exists():
        alerts.post(SYSTEM, unit=office, level=about["level"], title=about["title"], text=about["text"],
                    starts_at=db_now(), ends_at=db_now() + dt.timedelta(days=about["days"]))  # fmt: skip


def _intranet(press: Press, home: Page, about: dict[str, Any], units: dict[str, Unit]) -> None:
    front = press.put(home, IntranetPage(title=about["title"], slug="intranet", lead=about["lead"]))
    PageViewRestriction.objects.get_or_create(page=front, restriction_type=PageViewRestriction.LOGIN)
    press.put(front, PhoneBookPage(title="Książka telefoniczna", slug="telefony"))
    press.put(front, AwayPage(title="Kto jest nieobecny", slug="nieobecni"))
    for item in about["pages"]:
        unit = units.get(item.get("unit", ""))
        press.put(front, StaffPage(
            title=item["title"], slug=item["slug"], kind=item["kind"], unit=unit,
            only_unit=unit if item.get("only") else None, lead=item["lead"],
            body=prose.html(item["body"])))  # fmt: skip


def _absences() -> None:
    """Two people of the education department on leave, if nobody is."""
    if Substitution.objects.filter(reason="urlop").exists():
        return
    today = warsaw_day(db_now())
    members = Membership.objects.filter(role_group__unit__symbol="ED", role_group__role__in=[Role.HEAD, Role.CLERK])
    people = [member.user for member in members.select_related("user").order_by("pk")[:2]]
    if len(people) == 2:
        first, second = people
        substitutions.plan(SYSTEM, absent=first, substitute=second, scope=Substitution.Scope.INBOX, valid_from=today,
                           valid_until=today + dt.timedelta(days=5), reason="urlop")  # fmt: skip
