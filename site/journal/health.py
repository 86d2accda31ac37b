"""How far behind the journal is: metrics with limits, and what intake asks before it accepts."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from journal.brief import briefly

_OLDEST_PENDING = """
    SELECT extract(epoch FROM clock_timestamp() - e.recorded_at)::float8
    FROM journal_pending p JOIN journal_entry e ON e.id = p.entry_id ORDER BY p.entry_id LIMIT 1
"""
_AGES = """
    SELECT 'seal position', coalesce((SELECT seq FROM journal_sealstate), 0)::float8
    UNION ALL SELECT 'set aside', count(*)::float8 FROM journal_setaside WHERE resolved_at IS NULL
    UNION ALL SELECT 'failed jobs', count(*)::float8 FROM procrastinate_jobs WHERE status = 'failed'
    UNION ALL SELECT 'oldest due job', coalesce(max(extract(epoch FROM now() - coalesce(j.scheduled_at, e.at))), 0)
        FROM procrastinate_jobs j
        LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred' AND j.scheduled_at IS NULL
        WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
    UNION ALL SELECT 'checkpoint age', extract(epoch FROM now() - max(made_at)) FROM journal_checkpoint
    UNION ALL SELECT 'lag ' || c.follower, (coalesce((SELECT seq FROM journal_sealstate), 0) - c.seq)::float8
        FROM journal_cursor c
"""


def oldest_pending_age() -> float:
    """Age in seconds of the oldest committed entry that is not sealed yet; 0.0 when all are."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_PENDING)
        row = cursor.fetchone()
    return float(row[0]) if row else 0.0


@briefly
def sealing_keeps_up() -> bool:
    """Whether that age is within `settings.OLDEST_PENDING_LIMIT`; past it, intake must refuse with a clear message."""
    return oldest_pending_age() <= settings.OLDEST_PENDING_LIMIT


def ages() -> dict[str, float]:
    """Figures for the metrics and the problems page: seconds, positions or counts, as each name says.

    Keys: ``oldest_pending_seconds``, ``seal_position``, ``set_aside``, ``failed_jobs``, ``oldest_due_job`` (seconds),
    ``checkpoint_age`` (seconds, missing before the first), ``lag_<follower>`` (entries behind the sealed log).
    """
    with connection.cursor() as cursor:
        cursor.execute(_AGES)
        rows = cursor.fetchall()
    found = {name.replace(" ", "_"): float(value) for name, value in rows if value is not None}
    return {"oldest_pending_seconds": oldest_pending_age(), **found}
