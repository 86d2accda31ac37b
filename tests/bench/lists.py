"""What the staff's lists cost as tables grow: `python -m tests.bench.lists` prints it as JSON.

One letter is filed for real; SQL then copies its case, party, letter, task and index rows. Each page is asked for by a
head of unit who may see every row: the worst case, since nothing is filtered away.
"""

from __future__ import annotations

import json
import statistics
import time

import django

django.setup()

from django.db import connection, models  # noqa: E402 - needs the set-up above
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from documents.models import Case, Letter, Party  # noqa: E402
from journal import follow, seal  # noqa: E402
from people.access import GUEST  # noqa: E402
from people.models import Unit, User  # noqa: E402
from search.models import IndexedPage, IndexedThing  # noqa: E402
from tests.bench.sizes import SIZES  # noqa: E402
from tests.factories.documents import filing  # noqa: E402
from workflow import intake  # noqa: E402
from workflow.models import Process, Task  # noqa: E402

PAGES = {
    "desk": "/admin/biurko/",
    "desk, to assign": "/admin/biurko/?tab=do-dekretacji",
    "register of incoming letters": "/admin/rejestry/wplywajace/",
    "list of cases": "/admin/sprawy/",
    "search, a word in every row": "/admin/szukaj/?q=wniosek&kind=letter",
    "search, one letter": "/admin/szukaj/?q=RPW/1000050/2026",
}
#: Copies get ids from here on: the copy's number plus this.
BASE = 1_000_000
_NUMBER = f"({BASE} + n)"


def copy(model: type[models.Model], row: object, first: int, last: int, **changed: str) -> None:
    """Copies of one row; `changed` are columns as SQL over the copy's number `n`."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields]
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    values = ", ".join(changed.get(name, f'r."{name}"') for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} r, generate_series(%s, %s) n"
            f' WHERE r."{model._meta.pk.column}" = %s', [first, last, row])  # fmt: skip


def grow(template: intake.Intake, first: int, last: int) -> None:
    """Copies of all that a filing makes and a list shows."""
    case, letter = template.case, template.letter
    copy(Case, case.pk, first, last, id=_NUMBER, tracking_code=f"'KOPIA-' || {_NUMBER}")
    copy(Party, letter.correspondent_id, first, last, id=_NUMBER, case_id=_NUMBER)
    copy(Process, case.process.pk, first, last, id=_NUMBER, case_id=_NUMBER)
    copy(Letter, letter.pk, first, last, id=_NUMBER, case_id=_NUMBER, correspondent_id=_NUMBER, number=_NUMBER,
         register_number=f"'RPW/' || {_NUMBER} || '/2026'", intake_key="NULL")  # fmt: skip
    copy(Task, letter.tasks.get().pk, first, last, id=_NUMBER, case_id=_NUMBER, letter_id=_NUMBER)
    for kind, thing, name in (("case", case.pk, "KOPIA-"), ("letter", letter.pk, "RPW/")):
        key = f"'{kind}:' || {_NUMBER}"
        year = "" if kind == "case" else " || '/2026'"
        copy(IndexedThing, f"{kind}:{thing}", first, last, key=key, object_id=_NUMBER,
             reference=f"'{name}' || {_NUMBER}{year}")  # fmt: skip
        for page in IndexedPage.objects.filter(thing_id=f"{kind}:{thing}"):
            number = 2 * page.number + (kind == "letter")
            copy(IndexedPage, page.pk, first, last, id=f"({BASE} * ({number} + 1) + n)", thing_id=key)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def cost(client: Client, address: str) -> tuple[int, float]:
    """Queries of one page, and milliseconds: the median of five after a first."""
    client.get(address)
    took = []
    for _n in range(5):
        with CaptureQueriesContext(connection) as queries:
            begun = time.perf_counter()
            response = client.get(address)
            took.append((time.perf_counter() - begun) * 1000)
        assert response.status_code == 200, (address, response.status_code)
    return len(queries), statistics.median(took)


def main() -> None:
    unit = Unit.objects.get(symbol="OR")
    taken = intake.receive(GUEST, filing(unit, service_code="udostepnienie-danych"))
    seal.seal_all()
    follow.run_until_idle("search")
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email__startswith="bench"), "django.contrib.auth.backends.ModelBackend")
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in PAGES}
    size = 1
    for target in SIZES:
        grow(taken, size, target - 1)
        size = target
        for name, address in PAGES.items():
            found[name].append(cost(client, address))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
