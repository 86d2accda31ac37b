"""Checkpoints: signed statements of all heads at one position, copied outside so that a cut-off tail shows."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from journal import keyring
from journal.canon import canonical_json

logger = logging.getLogger("journal")

FORMAT = "obieg-checkpoint-1"
EVERY_ROWS = 1000
EVERY_SECONDS = 600

_DUE = """
    SELECT s.seq - coalesce(c.seq, 0) AS rows, extract(epoch FROM clock_timestamp() - c.made_at)
    FROM journal_sealstate s LEFT JOIN LATERAL
        (SELECT seq, made_at FROM journal_checkpoint ORDER BY seq DESC LIMIT 1) c ON true
"""
# One statement, one snapshot: the position and the heads belong together.
_HEADS = """
    SELECT s.seq, clock_timestamp(), (SELECT json_agg(json_build_array(chain, number, encode(hash, 'hex'))
                                                      ORDER BY chain) FROM journal_head)::text
    FROM journal_sealstate s
"""
_INSERT = """
    INSERT INTO journal_checkpoint (seq, made_at, text, signature) VALUES (%s, %s, %s, %s)
    ON CONFLICT (seq) DO NOTHING
"""


class BadCheckpoint(Exception):
    """A checkpoint that cannot be read or whose signature is not good."""


@dataclass(frozen=True)
class Statement:
    """What a checkpoint says: the heads of all chains when `seq` was the last position."""

    seq: int
    heads: dict[int, tuple[int, bytes]]


def folder() -> Path:
    """Where the copies go: `settings.CHECKPOINT_DIR`, best on another machine."""
    return Path(settings.CHECKPOINT_DIR)


def checkpoint_if_due() -> int | None:
    """Make a checkpoint after 1,000 new rows, or after 10 minutes with any; returns its position."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        row = cursor.fetchone()
    if row is None or not row[0] or (row[0] < EVERY_ROWS and row[1] is not None and row[1] < EVERY_SECONDS):
        return None
    return make_checkpoint()


def make_checkpoint() -> int | None:
    """Sign the heads as they are now and copy them outside; returns the position, None for an empty log.

    Raises OSError when the copy cannot be written: the row stays, `copy_outside` writes it later.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HEADS)
        row = cursor.fetchone()
        if row is None or not row[0]:
            return None
        seq, made_at, heads = row
        text = canonical_json(
            {"format": FORMAT, "seq": seq, "made_at": made_at.isoformat(), "heads": json.loads(heads)}
        )
        cursor.execute(_INSERT, [seq, made_at, text, keyring.sign_bytes(text.encode())])
    copy_outside()
    return int(seq)


def copy_outside() -> Path | None:
    """Write the newest checkpoint to `folder()` unless it is there; temp file, fsync, rename."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, text, signature FROM journal_checkpoint ORDER BY seq DESC LIMIT 1")
        row = cursor.fetchone()
    if row is None:
        return None
    seq, text, signature = row
    target = folder() / f"{seq:012d}.json"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"text": text, "signature": bytes(signature).hex()}, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).rename(target)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
    return target


def read_file(path: Path) -> Statement:
    """The statement of a copy kept outside. Raises BadCheckpoint (also for a wrong signature) and OSError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return read(found["text"], bytes.fromhex(found["signature"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadCheckpoint(f"{path.name} is no checkpoint") from error


def read(text: str, signature: bytes) -> Statement:
    """The statement of a checkpoint whose signature is good. Raises BadCheckpoint."""
    if not keyring.verify_bytes(text.encode(), signature):
        raise BadCheckpoint("the signature is not good")
    try:
        found: dict[str, Any] = json.loads(text)
        if found["format"] != FORMAT:
            raise BadCheckpoint(f"unknown format {found['format']!r}")
        heads = {int(chain): (int(number), bytes.fromhex(value)) for chain, number, value in found["heads"]}
        return Statement(seq=int(found["seq"]), heads=heads)
    except (ValueError, KeyError, TypeError) as error:
        raise BadCheckpoint("the text cannot be read") from error
