"""Make, in the bench's own office, a portal and the same content as a plain Wagtail site below `/zwykla/`.

`python -m tests.bench.portal make` prints the addresses of both by kind of page as JSON; `... queries ADDRESS...`
prints how many questions each asks the database; `... reader` the session cookie of a citizen.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - needs the set-up above
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils.html import strip_tags  # noqa: E402

from cms_pages.models import NewsIndexPage, NewsPage, ServicePage, UnitPage  # noqa: E402
from people.models import Unit  # noqa: E402
from tests.bench.rival.models import PlainPage  # noqa: E402
from tests.factories.people import citizen  # noqa: E402
from tests.factories.portal import CARD, portal  # noqa: E402
from tests.factories.workflow import service  # noqa: E402

SERVICES, NEWS = 30, 12
TEXT = "".join(
    f"<p>Akapit {number}. Miasto zaprasza mieszkańców na spotkanie w sprawie zieleni, dróg i szkół. Można przyjść bez "
    "zapisów, a uwagi przekazać także przez portal. Odpowiemy na każde pytanie.</p>" for number in range(6)
)


def make() -> dict[str, dict[str, str]]:
    """Both sites; the addresses by kind."""
    units = {unit.symbol: unit for unit in Unit.objects.all()}
    made = portal(units)
    for number in range(SERVICES - 2):
        offered = service(f"usluga-{number}", units["OR"])
        made.index.add_child(instance=ServicePage(title=f"Usługa numer {number}", slug=f"usluga-{number}",
                                                  service=offered, **CARD))  # fmt: skip
    index = made.home.add_child(instance=NewsIndexPage(title="Aktualności", slug="aktualnosci", show_in_menus=True))
    for number in range(NEWS):
        index.add_child(instance=NewsPage(title=f"Wiadomość {number}", slug=f"wiadomosc-{number}", lead="Krótko o tym.",
                                          body=TEXT))  # fmt: skip
    news, card = NewsPage.objects.first(), made.card
    unit = UnitPage.objects.filter(unit=units["OR"]).get()
    prose = "".join(str(value) for value in CARD.values())

    plain = made.home.add_child(instance=PlainPage(title="Miasto Obiegowo", slug="zwykla", lead=made.home.lead,
                                                   body=TEXT))  # fmt: skip
    services = plain.add_child(instance=PlainPage(title="Sprawy", slug="sprawy", lead=made.index.lead))
    for page in ServicePage.objects.child_of(made.index):
        services.add_child(instance=PlainPage(title=page.title, slug=page.slug, lead=page.lead[:300], body=prose))
    told = plain.add_child(instance=PlainPage(title=news.title, slug="wiadomosc", lead=news.lead, body=TEXT))
    about = plain.add_child(instance=PlainPage(title=unit.title, slug="jednostka",
                                               body=f"<p>{strip_tags(prose)}</p>"))  # fmt: skip
    for card_offered in ServicePage.objects.offered_by(unit.unit_id, unit.locale_id):  # which our unit's page lists too
        about.add_child(instance=PlainPage(title=card_offered.title, slug=card_offered.slug, lead=card_offered.lead))
    twins: dict[str, tuple[Any, Any]] = {
        "home": (made.home, plain), "services": (made.index, services), "service": (card, services.get_children()[0]),
        "news": (news, told), "unit": (unit, about),
    }  # fmt: skip
    return {kind: {"ours": ours.get_url(), "plain": twin.get_url()} for kind, (ours, twin) in twins.items()}


def queries(addresses: list[str]) -> dict[str, int]:
    """Questions of each address to the database, by a reader whom no kept page is given."""
    found = {}
    for address in addresses:
        Client(SERVER_NAME="localhost").get(address, {"x": 0})  # what is remembered briefly
        with CaptureQueriesContext(connection) as asked:
            answer = Client(SERVER_NAME="localhost").get(address, {"x": 1})
        assert answer.status_code == 200, (address, answer.status_code)
        found[address] = len(asked)
    return found


def reader() -> str:
    """A citizen who is signed in: the cookie."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(citizen().user, backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


if __name__ == "__main__":
    match sys.argv[1]:
        case "make":
            print(json.dumps(make()))
        case "reader":
            print(reader())
        case _:
            print(json.dumps(queries(sys.argv[2:])))
