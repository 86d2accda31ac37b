"""What the desk costs in a small and in a large town: `python -m tests.bench.desk 1000000` prints it as JSON."""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up above
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from documents.models import Case  # noqa: E402
from journal import seal  # noqa: E402
from journal.models import Cursor, Entry, SealState  # noqa: E402
from people.models import User  # noqa: E402
from tests.bench import town as towns  # noqa: E402
from tests.bench.sizes import SMALL  # noqa: E402
from workflow.figures.counting import count_again  # noqa: E402
from workflow.figures.follower import Figures  # noqa: E402

#: Times each page is asked for at each size.
ASKED = 40
TABS = ("moje", "jednostka", "do-dekretacji", "do-akceptacji", "do-podpisu", "po-terminie", "czekaja", "zalatwione")


def client_of(user: User) -> Client:
    made = Client(SERVER_NAME="localhost")
    made.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return made


def pages(chosen: random.Random, cases: list[int]) -> dict[str, tuple[str, Callable[[], str]]]:
    """name -> (who, address of one visit)."""
    case = lambda: f"/admin/biurko/sprawa/{chosen.choice(cases)}/"  # noqa: E731
    found: dict[str, tuple[str, Callable[[], str]]] = {
        f"inbox, {tab}": ("head", lambda tab=tab: f"/admin/biurko/?tab={tab}") for tab in TABS
    }
    found["inbox, a clerk's own"] = ("clerk", lambda: "/admin/biurko/?tab=moje")
    found["inbox, filtered by words"] = ("clerk", lambda: "/admin/biurko/?tab=moje&szukaj=wniosek&termin=7-dni")
    found["counters on the home page"] = ("head", lambda: "/admin/")
    found["case page, head"] = ("head", case)
    found["case page, clerk"] = ("clerk", case)
    found["board"] = ("head", lambda: "/admin/tablica/")
    found["notices"] = ("clerk", lambda: "/admin/powiadomienia/")
    found["list of cases"] = ("head", lambda: "/admin/sprawy/")
    return found


def measure(town: towns.Town) -> dict[str, dict[str, Any]]:
    """For each page: its most queries, and p50 and p95 in milliseconds."""
    chosen = random.Random(7)
    own = list(Case.objects.filter(unit=town.units[1], pk__gte=towns.START).order_by("pk").values_list("pk", flat=True))
    cases = [pk for pk in own if (pk - towns.START) // towns.STEP < towns.OWN]
    clients = {"head": client_of(town.heads[1]), "clerk": client_of(town.clerks[1][0])}
    found = {}
    for name, (who, address) in pages(chosen, cases).items():
        addresses = [address() for _n in range(ASKED)]
        for asked in sorted(set(addresses)):  # a first visit also notes that the case was read
            clients[who].get(asked)
        took, queries = [], 0
        for asked in addresses:
            with CaptureQueriesContext(connection) as captured:
                begun = time.perf_counter()
                answer = clients[who].get(asked)
                took.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, (asked, answer.status_code)
            queries = max(queries, len(captured))
        took.sort()
        found[name] = {"queries": queries, "p50": statistics.median(took), "p95": took[int(len(took) * 0.95) - 1]}
    return found


def follow() -> None:
    """The board's sums, from the journal."""
    seq = SealState.objects.get().seq
    Cursor.objects.update_or_create(follower=Figures.name, defaults={"seq": seq})
    count_again()


def main(entries: int) -> None:
    town = towns.build()
    made = towns.templates(town)
    found: dict[str, Any] = {"sizes": []}
    first = 0
    for size in sorted({SMALL, entries}):
        begun = time.monotonic()
        towns.grow(made, town, first, size // 10)
        first = size // 10
        grown = time.monotonic()
        sealed = seal.seal_all()
        done = time.monotonic()
        follow()
        found["sizes"].append({
            "entries": Entry.objects.count(), "cases": Case.objects.count(), "grow_s": grown - begun,
            "seal_rate": sealed / (done - grown), "pages": measure(town),
        })  # fmt: skip
    begun = time.monotonic()
    call_command("verify_journal", json=True)
    found["verify_s"] = time.monotonic() - begun
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
