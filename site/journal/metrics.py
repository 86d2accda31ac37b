"""The journal's figures for monitoring: two queries, each row count bounded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.db import connection

from journal import follow
from journal.health import oldest_pending_age
from journal.worker import CONCURRENCY

#: At most so many rows of a kind are counted; one more says "more than that".
MOST = 10_000

# The jobs' states are read by partial indexes (`procrastinate_jobs_priority_idx_v1`, `journal_jobs_failed`).
_FIGURES = """
    SELECT
      coalesce((SELECT seq FROM journal_sealstate), 0),
      (SELECT json_object_agg(follower, seq) FROM journal_cursor)::text,
      (SELECT json_object_agg(follower, n) FROM (
          SELECT follower, count(*) AS n FROM (
              SELECT follower FROM journal_setaside WHERE resolved_at IS NULL LIMIT %(most)s) s GROUP BY follower
      ) s)::text,
      (SELECT json_agg(json_build_array(queue_name, 'waiting', n)) FROM (
          SELECT queue_name, count(*) AS n FROM (
              SELECT queue_name FROM procrastinate_jobs WHERE status = 'todo' LIMIT %(most)s) j GROUP BY queue_name
      ) j)::text,
      (SELECT json_agg(json_build_array(queue_name, 'failed', n)) FROM (
          SELECT queue_name, count(*) AS n FROM (
              SELECT queue_name FROM procrastinate_jobs WHERE status = 'failed' LIMIT %(most)s) j GROUP BY queue_name
      ) j)::text,
      coalesce((SELECT extract(epoch FROM clock_timestamp() - e.at)::float8
          FROM (SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = 'mail'
                ORDER BY priority DESC, id LIMIT 1) j
          JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred' ORDER BY e.at LIMIT 1), 0)
"""


@dataclass(frozen=True)
class Figures:
    """Ages in seconds, positions, and numbers of rows (at most `MOST` + 1)."""

    oldest_unsealed: float
    oldest_unsent_mail: float
    position: int
    #: By (queue, "waiting" or "failed"); every queue stands there, also an empty one.
    jobs: dict[tuple[str, str], int] = field(default_factory=dict)
    #: Sealed entries that each registered follower has not read.
    lag: dict[str, int] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)


def figures() -> Figures:
    """The figures of this moment."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"most": MOST + 1})
        position, cursors, set_aside, waiting, failed, mail = cursor.fetchone()
    read = json.loads(cursors or "{}")
    aside = json.loads(set_aside or "{}")
    jobs = {(queue, state): 0 for queue in CONCURRENCY for state in ("waiting", "failed")}
    for queue, state, number in json.loads(waiting or "[]") + json.loads(failed or "[]"):
        jobs[queue, state] = number
    return Figures(
        oldest_unsealed=oldest_pending_age(),
        oldest_unsent_mail=mail,
        position=position,
        jobs=jobs,
        lag={name: position - read.get(name, 0) for name in follow.names()},
        set_aside={name: aside.get(name, 0) for name in follow.names()},
    )
