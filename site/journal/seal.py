"""The sealer: gives committed entries a gapless position and a hash chained to the one before.

Why reading `pending` in id order is enough: a deed locks its business rows first and inserts its entry last, so of two
deeds on one thing the earlier has committed before the later gets its id. Whatever one statement sees of `pending`
therefore never holds the later without the earlier.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from journal.canon import COLUMNS, FIELDS, GENESIS, entry_digest, seal_hash

logger = logging.getLogger("journal")

#: Advisory locks of the journal: the first key of `pg_try_advisory_*lock(int, int)`; the second says which.
LOCK_SPACE = 0x0B1E6
SEALER_LOCK = 1
BATCH = 1000

_PENDING = f"""
    SELECT {COLUMNS} FROM journal_pending p JOIN journal_entry e ON e.id = p.entry_id
    ORDER BY p.entry_id LIMIT %s
"""  # noqa: S608  (a constant list of columns)
_ID, _CHAIN = FIELDS.index("id"), FIELDS.index("chain")


def seal_round(limit: int = 5000, batch: int = BATCH) -> int:
    """Seal up to `limit` pending entries, `batch` in each transaction; returns how many.

    Safe to call from many processes: the leader is whoever gets the lock for this batch, the others return 0 at once.
    """
    done = 0
    while done < limit:
        sealed = _seal_batch(min(batch, limit - done))
        done += sealed
        if sealed < batch:
            break
    return done


def seal_all() -> int:
    """Seal until nothing is pending (tests, the demo); returns how many."""
    done = 0
    while sealed := seal_round():
        done += sealed
    return done


def _seal_batch(size: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_SPACE, SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_PENDING, [size])
        rows = cursor.fetchall()
        if rows:
            _write(cursor, rows)
    return len(rows)


def _write(cursor: CursorWrapper, rows: list[tuple[Any, ...]]) -> None:
    last = _locked_seq(cursor)
    chains = sorted({row[_CHAIN] for row in rows})
    cursor.execute("SELECT chain, number, hash FROM journal_head WHERE chain = ANY(%s)", [chains])
    heads = {chain: (number, bytes(value)) for chain, number, value in cursor.fetchall()}
    with cursor.copy("COPY journal_seal (seq, entry_id, chain, number, digest, hash) FROM STDIN") as copy:
        for seq, row in enumerate(rows, last + 1):
            chain = row[_CHAIN]
            number, previous = heads.get(chain, (0, GENESIS))
            digest = entry_digest(row)
            value = seal_hash(previous, digest, seq, chain, number + 1)
            heads[chain] = (number + 1, value)
            copy.write_row((seq, row[_ID], chain, number + 1, digest, value))
    cursor.execute("DELETE FROM journal_pending WHERE entry_id = ANY(%s)", [[row[_ID] for row in rows]])
    cursor.executemany(
        "INSERT INTO journal_head (chain, number, hash) VALUES (%s, %s, %s) "
        "ON CONFLICT (chain) DO UPDATE SET number = excluded.number, hash = excluded.hash",
        [(chain, number, value) for chain, (number, value) in sorted(heads.items())],
    )
    cursor.execute("UPDATE journal_sealstate SET seq = %s WHERE id = 1", [last + len(rows)])


def _locked_seq(cursor: CursorWrapper) -> int:
    """The last position given out; its row is locked until the end of the transaction."""
    cursor.execute("INSERT INTO journal_sealstate (id, seq) VALUES (1, 0) ON CONFLICT DO NOTHING")
    cursor.execute("SELECT seq FROM journal_sealstate WHERE id = 1 FOR UPDATE")
    seq: int = cursor.fetchone()[0]
    return seq
