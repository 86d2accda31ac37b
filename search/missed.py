"""What people looked for on the portal and did not find: kept as counted words, for 90 days, without persons.

What looks like somebody's data is not kept at all: an e-mail address, a long number, a tracking code, many words (a
pasted text). Editors see words only when they were asked more than once.
"""

from __future__ import annotations

import datetime as dt
import logging
import re

from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.http import HttpRequest

from journal.clock import db_now, warsaw_day
from journal.jobs import periodic
from people.limits import Limit, address_of
from search.models import MissedTerm

logger = logging.getLogger("search")
#: Days that counters are kept, words of one question, different words of one day.
KEPT_DAYS, MOST_WORDS, MOST_A_DAY = 90, 6, 5000
#: Questions of one address of the network that are counted in an hour.
FROM_ADDRESS = Limit("missed-term", 20, 3600)
_PERSONAL = re.compile(r"@|\d[\d\s.\-/]{4,}\d|\d{5,}|\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")


def harmless(text: str) -> str:
    """The words as they are counted: small letters, single spaces; empty for what may be somebody's data."""
    words = " ".join(text.split())
    if not words or len(words) > 80 or len(words.split()) > MOST_WORDS or _PERSONAL.search(words):
        return ""
    return words.casefold()[:80]


def note(request: HttpRequest, text: str) -> None:
    """Count words that found nothing. Never raises: the search has answered already."""
    words = harmless(text)
    if not words or not FROM_ADDRESS.take(address_of(request)):
        return
    table = connection.ops.quote_name(MissedTerm._meta.db_table)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (day, words, count) "  # noqa: S608  # our own table's name
                "SELECT d, %s, 1 FROM (SELECT (clock_timestamp() AT TIME ZONE 'Europe/Warsaw')::date AS d) AS today "
                f"WHERE (SELECT count(*) FROM (SELECT 1 FROM {table} WHERE day = d LIMIT %s) AS kept) < %s "
                f"ON CONFLICT (day, words) DO UPDATE SET count = {table}.count + 1",
                [words, MOST_A_DAY, MOST_A_DAY],
            )
    except DatabaseError:
        logger.exception("a question without an answer could not be counted")


def often(days: int, most: int) -> list[tuple[str, int, dt.date]]:
    """Words asked more than once in the last days, the most frequent first: words, how often, last day."""
    since = warsaw_day(db_now()) - dt.timedelta(days=days)
    rows = MissedTerm.objects.filter(day__gte=since).values("words").annotate(n=Sum("count")).filter(n__gt=1)
    last: dict[str, dt.date] = {}
    found = [(row["words"], row["n"]) for row in rows.order_by("-n", "words")[:most]]
    for words, day in (
        MissedTerm.objects.filter(words__in=[w for w, _n in found]).order_by("day").values_list("words", "day")
    ):
        last[words] = day
    return [(words, n, last[words]) for words, n in found]


@periodic("55 1 * * *", queue="slow")
def forget_missed_terms() -> None:
    """Counters go after 90 days."""
    MissedTerm.objects.filter(day__lt=warsaw_day(db_now()) - dt.timedelta(days=KEPT_DAYS)).delete()
