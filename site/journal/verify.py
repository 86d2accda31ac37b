"""Does the journal still tell what it told? Walks the whole chain and names the first row that does not fit.

Believes nothing in the database: digests and hashes are made again from the stored text. What a superuser can change
unseen: an entry before it is sealed (seconds; a metric), and a cut-off tail unless a checkpoint kept outside is given.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.canon import COLUMNS, FIELDS, GENESIS, detail_digest, entry_digest, seal_hash
from journal.checkpoint import BadCheckpoint, Statement, read

CHUNK = 5000
ERASED = "journal.details_erased"

_ROWS = f"""
    SELECT s.seq, s.entry_id, s.chain, s.number, s.digest, s.hash, d.entry_id, d.salt, d.text, d.erased_by_id, {COLUMNS}
    FROM journal_seal s LEFT JOIN journal_entry e ON e.id = s.entry_id
    LEFT JOIN journal_entrydetail d ON d.entry_id = s.entry_id
    WHERE s.seq > %s AND s.seq <= %s ORDER BY s.seq
"""  # noqa: S608  (a constant list of columns)
_SEAL_COLUMNS = 10
_DIGEST = _SEAL_COLUMNS + FIELDS.index("detail_digest")
_CHAIN = _SEAL_COLUMNS + FIELDS.index("chain")

#: Rows that no walk along the seals meets. Each gives an entry id, or nothing when all is well.
_STRAYS = (
    (
        gettext_lazy(
            "entry %(id)s is neither sealed nor waiting: it was put in with the triggers off, or its pending row "
            "was deleted"
        ),
        """SELECT e.id FROM journal_entry e WHERE NOT EXISTS (SELECT 1 FROM journal_seal s WHERE s.entry_id = e.id)
        AND NOT EXISTS (SELECT 1 FROM journal_pending p WHERE p.entry_id = e.id) ORDER BY 1 LIMIT 1""",
    ),
    (
        gettext_lazy("entry %(id)s waits to be sealed but is gone"),
        """SELECT p.entry_id FROM journal_pending p WHERE NOT EXISTS (SELECT 1 FROM journal_entry e
        WHERE e.id = p.entry_id) ORDER BY 1 LIMIT 1""",
    ),
    (
        gettext_lazy("entry %(id)s is sealed and waits to be sealed again"),
        """SELECT p.entry_id FROM journal_pending p JOIN journal_seal s ON s.entry_id = p.entry_id
        ORDER BY 1 LIMIT 1""",
    ),
    (
        gettext_lazy("the detail of entry %(id)s belongs to no entry"),
        """SELECT d.entry_id FROM journal_entrydetail d WHERE NOT EXISTS (SELECT 1 FROM journal_entry e
        WHERE e.id = d.entry_id) ORDER BY 1 LIMIT 1""",
    ),
)


@dataclass(frozen=True)
class Problem:
    """The first thing that does not fit. `seq` 0 and `entry_id` 0 where the problem has no such place."""

    seq: int
    entry_id: int
    what: str


@dataclass
class Report:
    """What verifying found. `ok` when nothing is wrong; times are seconds."""

    rows: int = 0
    last_seq: int = 0
    chains: int = 0
    checkpoints: int = 0
    seconds: float = 0.0
    problem: Problem | None = None
    #: Entry id -> the entry that erased its detail.
    erased: dict[int, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.problem is None


class _Found(Exception):
    def __init__(self, seq: int, entry_id: int, what: str) -> None:
        super().__init__(what)
        self.problem = Problem(seq, entry_id, what)


Progress = Callable[[int, int], None]


def verify(*, outside: list[Statement] | None = None, progress: Progress | None = None) -> Report:
    """Verify the whole journal in one snapshot. `outside`: checkpoints kept elsewhere. `progress(done, total)`."""
    report, started = Report(), time.monotonic()
    with _snapshot() as cursor:
        try:
            _Walk(cursor, report, outside or [], progress).run()
        except _Found as found:
            report.problem = found.problem
    report.seconds = time.monotonic() - started
    return report


@contextlib.contextmanager
def _snapshot() -> Iterator[CursorWrapper]:
    """One consistent look at everything: a repeatable-read transaction, unless the caller is in one already."""
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if alone:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield cursor


class _Walk:
    def __init__(
        self, cursor: CursorWrapper, report: Report, outside: list[Statement], progress: Progress | None
    ) -> None:
        self.cursor = cursor
        self.report = report
        self.progress = progress or (lambda done, total: None)
        self.heads: dict[int, tuple[int, bytes]] = {}
        self.erasures: dict[int, frozenset[int]] = {}
        self.outside = outside
        self.statements: dict[int, list[tuple[str, Statement]]] = {}

    def run(self) -> None:
        total = self._one("SELECT max(seq) FROM journal_seal") or 0
        self._read_checkpoints()
        for start in range(0, total, CHUNK):
            for row in self._rows(start, min(start + CHUNK, total)):
                self._row(row)
            self.progress(min(start + CHUNK, total), total)
        self.report.chains = len(self.heads)
        self._compare_heads()
        for statements in self.statements.values():
            for name, statement in statements:
                what = _(
                    "%(name)s says the journal reached position %(seq)s, it ends at %(last)s: its tail was cut off"
                )
                raise _Found(
                    statement.seq, 0, what % {"name": name, "seq": statement.seq, "last": self.report.last_seq}
                )
        for stray, query in _STRAYS:
            found = self._one(query)
            if found is not None:
                raise _Found(0, found, str(stray) % {"id": found})

    def _one(self, query: str, *values: Any) -> Any:
        self.cursor.execute(query, values)
        row = self.cursor.fetchone()
        return row[0] if row else None

    def _rows(self, start: int, end: int) -> Iterator[tuple[Any, ...]]:
        self.cursor.execute(_ROWS, [start, end])
        return iter(self.cursor.fetchall())

    # -- one seal and its entry -----------------------------------------------------------------------------------

    def _row(self, row: tuple[Any, ...]) -> None:
        seq, entry_id, chain, number, digest, value = row[:6]
        digest, value = bytes(digest), bytes(value)
        report = self.report
        if seq != report.last_seq + 1:
            raise _Found(report.last_seq + 1, 0, _("position %(seq)s is missing") % {"seq": report.last_seq + 1})
        count, previous = self.heads.get(chain, (0, GENESIS))
        chained = seal_hash(previous, digest, seq, chain, number) == value and number == count + 1
        if row[_SEAL_COLUMNS] is None:
            raise _Found(seq, entry_id, _("entry %(id)s is gone") % {"id": entry_id})
        if not chained:
            raise _Found(seq, entry_id, _("the seal at position %(seq)s was changed") % {"seq": seq})
        if entry_digest(row[_SEAL_COLUMNS:]) != digest or row[_CHAIN] != chain:
            raise _Found(seq, entry_id, _("entry %(id)s was changed") % {"id": entry_id})
        if row[_DIGEST] or row[6] is not None:
            self._detail(seq, entry_id, row)
        self.heads[chain] = (number, value)
        report.last_seq, report.rows = seq, report.rows + 1
        if seq in self.statements:
            self._compare_statements(seq)

    def _detail(self, seq: int, entry_id: int, row: tuple[Any, ...]) -> None:
        present, salt, text, erased_by = row[6:_SEAL_COLUMNS]
        if present is None:
            raise _Found(
                seq, entry_id, _("the detail of entry %(id)s is gone without having been erased") % {"id": entry_id}
            )
        if not row[_DIGEST]:
            raise _Found(seq, entry_id, _("entry %(id)s got a detail that it never had") % {"id": entry_id})
        if text:
            if detail_digest(bytes(salt), text) != row[_DIGEST]:
                raise _Found(seq, entry_id, _("the detail of entry %(id)s was changed") % {"id": entry_id})
        elif erased_by is None or entry_id not in self._erased_by(erased_by):
            raise _Found(
                seq,
                entry_id,
                _("the detail of entry %(id)s is empty, and no entry says it was erased") % {"id": entry_id},
            )
        else:
            self.report.erased[entry_id] = erased_by

    def _erased_by(self, erasing: int) -> frozenset[int]:
        """Which entries an erasing entry names (it is itself checked as a row of its chain)."""
        if erasing not in self.erasures:
            data = self._one("SELECT data::text FROM journal_entry WHERE id = %s AND action = %s", erasing, ERASED)
            self.erasures[erasing] = frozenset(json.loads(data).get("entries", []) if data else [])
        return self.erasures[erasing]

    # -- heads and checkpoints ------------------------------------------------------------------------------------

    def _read_checkpoints(self) -> None:
        self.cursor.execute("SELECT seq, text, signature FROM journal_checkpoint ORDER BY seq")
        for seq, text, signature in self.cursor.fetchall():
            try:
                statement = read(text, bytes(signature))
            except BadCheckpoint as error:
                raise _Found(
                    seq,
                    0,
                    _("the checkpoint at position %(seq)s was changed: its signature is not good") % {"seq": seq},
                ) from error
            if statement.seq != seq:
                raise _Found(
                    seq,
                    0,
                    _("the checkpoint at position %(seq)s was changed: it speaks of %(other)s")
                    % {"seq": seq, "other": statement.seq},
                )
            self._expect(_("the checkpoint in the database"), statement)
        for statement in self.outside:
            self._expect(_("the checkpoint kept outside"), statement)

    def _expect(self, name: str, statement: Statement) -> None:
        self.statements.setdefault(statement.seq, []).append((name, statement))
        self.report.checkpoints += 1

    def _compare_statements(self, seq: int) -> None:
        for name, statement in self.statements.pop(seq):
            if statement.heads != self.heads:
                changed = sorted(
                    chain
                    for chain in {*statement.heads, *self.heads}
                    if statement.heads.get(chain) != self.heads.get(chain)
                )
                raise _Found(
                    seq,
                    0,
                    _("%(name)s at position %(seq)s has other heads: the past of chain %(chain)s was written anew")
                    % {"name": name, "seq": seq, "chain": changed[0]},
                )

    def _compare_heads(self) -> None:
        last = self._one("SELECT seq FROM journal_sealstate") or 0
        if last != self.report.last_seq:
            raise _Found(
                self.report.last_seq,
                0,
                _(
                    "the seals end at position %(seq)s, the state says %(last)s: seals were cut off or the state was "
                    "changed"
                )
                % {"seq": self.report.last_seq, "last": last},
            )
        self.cursor.execute("SELECT chain, number, hash FROM journal_head ORDER BY chain")
        stored = {chain: (number, bytes(value)) for chain, number, value in self.cursor.fetchall()}
        for chain in sorted({*stored, *self.heads}):
            if stored.get(chain) != self.heads.get(chain):
                raise _Found(
                    self.report.last_seq,
                    0,
                    _("the head of chain %(chain)s does not fit its last seal") % {"chain": chain},
                )


def summary(report: Report) -> dict[str, Any]:
    """The report as JSON values, for machines."""
    problem = report.problem
    return {
        "ok": report.ok,
        "rows": report.rows,
        "last_seq": report.last_seq,
        "chains": report.chains,
        "checkpoints": report.checkpoints,
        "erased": len(report.erased),
        "seconds": round(report.seconds, 3),
        "rows_per_second": round(report.rows / report.seconds) if report.seconds else None,
        "problem": {"seq": problem.seq, "entry": problem.entry_id, "what": problem.what} if problem else None,
    }
