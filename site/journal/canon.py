"""The canonical form of an entry and the hashes of the chain. Pure: what a foreign verifier has to rebuild.

Canonical text: a tag, then each field as ``<length>:<text>`` (length in characters) or ``-`` for none, in the order of
`FIELDS`; UTF-8 of it goes into SHA-256. Times are microseconds since 1970-01-01 UTC, booleans ``t`` and ``f``, `data`
is JSON with sorted keys and no spaces. Nothing depends on how the server prints a value.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from typing import Any

FIELDS = (
    "id",
    "recorded_at",
    "timestamp",
    "action",
    "content_type_id",
    "object_id",
    "label",
    "data",
    "user_id",
    "on_behalf_of_id",
    "case_id",
    "unit_id",
    "chain",
    "audience",
    "detail_digest",
    "uuid",
    "revision_id",
    "content_changed",
    "deleted",
)

#: The same fields as SQL over the alias `e`, in values that need no interpretation.
COLUMNS = ", ".join(
    {
        "recorded_at": "(extract(epoch FROM e.recorded_at) * 1000000)::bigint",
        "timestamp": "(extract(epoch FROM e.timestamp) * 1000000)::bigint",
        "data": "e.data::text",
        "uuid": "e.uuid::text",
    }.get(name, f"e.{name}")
    for name in FIELDS
)

_DATA = FIELDS.index("data")
_TAG = "obieg-entry-1"
_SEAL_TAG = b"obieg-seal-1"
_SEAL_NUMBERS = struct.Struct(">qqq")

#: What stands before the first seal of a chain.
GENESIS = b"\0" * 32


def canonical_json(value: Any) -> str:
    """JSON text that is the same for equal values: sorted keys, no spaces, non-ASCII kept."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def canonical(fields: Iterable[str | int | bool | None]) -> str:
    """Canonical text of field values. Different values never give the same text."""
    parts = [_TAG]
    for value in fields:
        if value is None:
            parts.append("-")
            continue
        if value is True or value is False:
            text = "t" if value else "f"
        else:
            text = value if isinstance(value, str) else str(value)
        parts.append(f"{len(text)}:{text}")
    return "".join(parts)


def entry_digest(row: tuple[Any, ...]) -> bytes:
    """SHA-256 of one entry, from a row of `COLUMNS`."""
    data = row[_DATA]
    if data != "{}":
        row = (*row[:_DATA], canonical_json(json.loads(data)), *row[_DATA + 1 :])
    return hashlib.sha256(canonical(row).encode()).digest()


def seal_hash(previous: bytes, digest: bytes, seq: int, chain: int, number: int) -> bytes:
    """SHA-256 that chains one seal to the one before it in its chain."""
    return hashlib.sha256(_SEAL_TAG + previous + digest + _SEAL_NUMBERS.pack(seq, chain, number)).digest()


def detail_digest(salt: bytes, text: str) -> str:
    """Hex SHA-256 of a salted detail, as it stands in its entry."""
    return hashlib.sha256(salt + text.encode()).hexdigest()
