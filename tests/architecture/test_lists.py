"""Every list of ours: no unlimited COUNT, and as many queries for sixty rows as for five."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cms_pages import alerts
from documents.models import Letter
from people.access import SYSTEM
from people.models import Role, User
from people.services import substitutions
from people.services import tokens as token_deeds
from search import sync
from search.backends import in_database
from tests.architecture.routes import routes
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office, office
from workflow import desk, intake
from workflow.services import assignment

pytestmark = pytest.mark.django_db
FEW, MANY = 5, 60
#: Lists of ours: who looks, and the address.
LISTS: list[tuple[str, str]] = [
    *[
        ("chief", f"/admin/biurko/?tab={tab}")
        for tab in (
            "moje",
            "jednostka",
            "do-dekretacji",
            "do-akceptacji",
            "do-podpisu",
            "do-wysylki",
            "zastepstwa",
            "po-terminie",
            "czekaja",
            "zalatwione",
        )
    ],
    ("chief", "/admin/"),
    ("chief", "/admin/sprawy/"),
    ("chief", "/admin/sprawy/results/"),
    ("chief", "/admin/rejestry/wplywajace/"),
    ("chief", "/admin/rejestry/wplywajace/results/"),
    ("chief", "/admin/rejestry/wychodzace/"),
    ("chief", "/admin/rejestry/wychodzace/results/"),
    ("registry", "/admin/rejestry/do-druku/"),
    ("registry", "/admin/rejestry/do-druku/results/"),
    ("registry", "/admin/rejestry/ksiega-wplywow/"),
    ("registry", "/admin/rejestry/ksiega-wyslanych/"),
    ("chief", "/admin/szukaj/?q=wniosek"),
    ("chief", "/admin/szukaj/podpowiedzi/?q=wni"),
    ("admin", "/admin/osoby/jednostki/"),
    ("admin", "/admin/osoby/jednostki/results/"),
    ("admin", "/admin/osoby/pracownicy/"),
    ("admin", "/admin/osoby/pracownicy/results/"),
    ("admin", "/admin/osoby/role/"),
    ("admin", "/admin/osoby/role/results/"),
    ("admin", "/admin/osoby/zastepstwa/"),
    ("admin", "/admin/osoby/zastepstwa/results/"),
    ("registry", "/admin/osoby/obywatele/"),
    ("registry", "/admin/osoby/obywatele/results/"),
    ("boss", "/admin/problemy/"),
    ("editor", "/admin/komunikaty/"),
    ("editor", "/admin/komunikaty/results/"),
    ("editor", "/admin/wydarzenia/"),
    ("editor", "/admin/karty-do-przegladu/"),
    ("owner", "/moje-sprawy/"),
    ("api", "/api/v1/cases"),
    ("api", "/api/v1/letters/incoming"),
    ("api", "/api/v1/tasks"),
    ("api", "/api/v1/search?q=wniosek"),
    ("guest", "/api/v1/units"),
    ("guest", "/api/v1/services"),
    ("guest", "/api/v1/forms"),
    ("guest", "/szukaj/?q=wniosek"),
]
_COUNT = re.compile(r"COUNT\(", re.IGNORECASE)
_LIMITED = re.compile(r"\bLIMIT \d+\)?", re.IGNORECASE)
#: Small tables that Wagtail and Django count (pages an editor may see, sites, a person's own things), and what waits
#: for the operator on the problems page: troubles nobody has handled yet, few by nature.
SMALL = re.compile(
    r'FROM "(wagtailcore_|wagtailusers_|wagtailimages_|taggit_|django_|auth_)'
    r"|journal_setaside WHERE resolved_at IS NULL"
)


def grow(town: Office, owner: User, count: int) -> None:
    """More of everything: cases with tasks of each kind, staff, roles, substitutions, units, citizens."""
    today = people.today()
    for number in range(count):
        taken = intake.receive(
            SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych", owner_id=owner.pk, attachments=())
        )
        if number % 2:
            assignment.assign(SYSTEM, case=taken.case, to_user=town.head, instruction="")
        person = people.member(town.unit)
        people.join(town.units["FN"], Role.CLERK, person)
        substitutions.plan(
            SYSTEM, absent=person, substitute=town.head, scope="all", valid_from=today, valid_until=today, reason=""
        )
        people.citizen()
        alerts.post(SYSTEM, unit=town.units["UM"], level="info", title="Awaria", text="Nie działa telefon.")
        people.units.add(
            SYSTEM, parent=town.units["UM"], kind="cell", symbol=f"W{people.User.objects.count()}", name="Wydział"
        )
    sync.reindex(in_database())


@pytest.fixture
def clients(settings: Any, tmp_path: Any) -> tuple[Office, User, dict[str, Client]]:
    settings.STAFF_SECOND_FACTOR, settings.BLOB_DIR = False, tmp_path / "blobs"
    town = office()
    owner = people.citizen().user
    chief = town.head
    people.join(town.unit, Role.CLERK, chief)
    acting = {
        "chief": chief,
        "registry": town.registry,
        "owner": owner,
        "admin": people.member(town.units["UM"], Role.UNIT_ADMIN, subtree=True),
        "editor": people.member(town.units["UM"], Role.EDITOR),
        "boss": User.objects.create_superuser("boss@um.example.org", "x"),
    }
    found = {"guest": Client()}
    for name, user in acting.items():
        found[name] = Client()
        found[name].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    _token, plaintext = token_deeds.create(SYSTEM, user=chief, name="test")
    found["api"] = Client(headers={"Authorization": f"Bearer {plaintext}"})
    return town, owner, found


def queries(client: Client, url: str) -> list[str]:
    """The statements of one request, asked twice so that caches of the process are warm."""
    for _n in range(2):
        cache.clear()
        with CaptureQueriesContext(connection) as caught:
            response = client.get(url)
        assert response.status_code == 200, (url, response.status_code)
    return [query["sql"] for query in caught.captured_queries]


def test_lists_stay_cheap(clients: Any) -> None:
    town, owner, found = clients
    grow(town, owner, FEW)
    before = {url: len(queries(found[who], url)) for who, url in LISTS}
    grow(town, owner, MANY - FEW)
    assert Letter.objects.count() >= MANY
    wrong = []
    for who, url in LISTS:
        after = queries(found[who], url)
        if len(after) > before[url]:
            wrong.append(f"{url}: {before[url]} queries for {FEW} rows, {len(after)} for {MANY}")
        wrong += [f"{url}: {sql[:300]}" for sql in after if counts_all(sql)]
    assert not wrong, "\n" + "\n".join(wrong)


def counts_all(sql: str) -> bool:
    """Whether a statement counts rows of a growing table without a limit."""
    return bool(_COUNT.search(sql)) and not _LIMITED.search(sql) and not SMALL.search(sql)


def test_what_counts_as_counting() -> None:
    assert counts_all('SELECT COUNT(*) AS "__count" FROM "documents_case" WHERE "unit_id" = 3')
    assert not counts_all('SELECT COUNT(*) FROM (SELECT 1 FROM "documents_case" LIMIT 1000) subquery')


def test_every_list_of_ours_is_here() -> None:
    """Index views of ours in the URLconf, and the tabs of the desk."""
    ours = {
        "/" + route.template
        for route in routes()
        if route.key.endswith((":index", ":index_results", "_modeladmin_index"))
        and not route.arguments
        and not route.template.startswith("django-admin/")
        and not route.key.startswith("wagtail")
    }
    asked = {url.split("?")[0] for _who, url in LISTS}
    assert not {url for url in ours if url not in asked}
    assert {tab.code for tab in desk.tabs(SYSTEM)} <= {url.partition("tab=")[2] for _who, url in LISTS}
