"""Every body's own classification plan: one kind for the office, one for schools, one for other units."""

from __future__ import annotations

import datetime as dt

from demo import reading
from demo.progress import Show
from documents.models import ClassificationScheme
from documents.services import plan
from people.access import SYSTEM
from people.models import Unit

VALID_FROM = dt.date(2020, 1, 1)
SOURCE = "Wykaz demonstracyjny; symbole i kategorie to wiedza ogólna, niepotwierdzona w źródle"


def build(show: Show) -> None:
    """Import the plans that are missing."""
    files = {row["symbol"]: f"jrwa_{row['plan']}.csv" for row in reading.table("bodies.csv")}
    known = set(ClassificationScheme.objects.values_list("body_id", flat=True))
    for body in show.walk("Wykazy akt (JRWA)", list(Unit.objects.bodies())):
        if body.pk not in known:
            data = reading.text(files.get(body.symbol, "jrwa_city.csv")).encode()
            plan.import_csv(SYSTEM, body=body, data=data, valid_from=VALID_FROM, source=SOURCE)
