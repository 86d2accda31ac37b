"""Counts what pages show of how services work; run by the clock, never while a page is served."""

from __future__ import annotations

from django.db import connection, transaction

from cms_pages.models.figures import OfferLoad
from journal.clock import db_now
from workflow.models import ServiceOffer

#: Days back; and the fewest cases that make a figure: of one or two a reader could recognise a neighbour.
DAYS, FEWEST = 90, 5

# From the day a case came in to the day it ended, in whole days (a case of one day is 0).
_MEDIANS = """
    WITH ended AS (
        SELECT v.service_id, c.unit_id,
               (c.closed_at AT TIME ZONE 'Europe/Warsaw')::date
               - (c.received_at AT TIME ZONE 'Europe/Warsaw')::date AS days
          FROM documents_case c
          JOIN workflow_process p ON p.case_id = c.id
          JOIN workflow_serviceversion v ON v.id = p.service_version_id
         WHERE c.closed_at > clock_timestamp() - make_interval(days => %s) AND c.crossed_at IS NULL
    )
    INSERT INTO cms_pages_handlingtime (service_id, unit_id, days, cases, counted_at)
    SELECT service_id, unit_id, greatest(0, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY days)))::int, count(*),
           clock_timestamp()
      FROM ended
     GROUP BY GROUPING SETS ((service_id), (service_id, unit_id))
    HAVING count(*) >= %s
"""


@transaction.atomic
def count_handling_times() -> int:
    """Count the medians of the last 90 days anew, per service and per service and unit. Returns how many there are."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cms_pages_handlingtime")
        cursor.execute(_MEDIANS, [DAYS, FEWEST])
        return int(cursor.rowcount)


@transaction.atomic
def look_at_loads() -> int:
    """See which offers with a capacity are full. Returns how many changed."""
    changed, now = 0, db_now()
    OfferLoad.objects.filter(offer__capacity__isnull=True).delete()
    for offer in ServiceOffer.objects.filter(capacity__isnull=False):
        full = offer.processes_full()
        made, created = OfferLoad.objects.get_or_create(offer=offer, defaults={"full": full, "counted_at": now})
        if not created and made.full != full:
            made.full, made.counted_at = full, now
            made.save()
            changed += 1
        changed += created
    return changed
