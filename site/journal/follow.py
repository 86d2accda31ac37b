"""Followers: whoever must hear of every entry (search, notifications, dispatch). Each keeps a cursor on the sealed log,
works in batches, fails and retries alone; an entry that cannot be handled is set aside where a person sees it.

One turn of a follower, as leader (a try-lock of the session, so a standby never waits):

1. the try is counted in a transaction of its own, so that an entry which kills the process is found too;
2. `handle` gets the batch. An effect in the database commits together with the cursor; an effect outside must be
   idempotent, and the cursor moves after it;
3. after a failure the batch is gone through one entry at a time; an entry that failed `MAX_TRIES` times is set aside.
"""

from __future__ import annotations

import contextlib
import logging
import traceback
import zlib
from collections.abc import Iterator, Sequence

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from journal.clock import db_now
from journal.models import Cursor, Entry, SealState, SetAside
from journal.outside import TryLater, is_outside
from journal.seal import LOCK_SPACE

logger = logging.getLogger("journal")

MAX_TRIES = 4
"""Tries of one entry before it is set aside, the one in a batch included: with the batch's own try at most five."""

DIED = "the process died while it handled this entry"

__all__ = ["Follower", "TryLater", "names", "register", "run_once", "run_until_idle"]


class Follower:
    """Base class. Register one instance from the app's AppConfig.ready()."""

    #: Names the cursor; never changed once in use.
    name: str = ""
    #: Entries in one turn.
    batch: int = 200
    #: True: `handle` writes only to this database, in the transaction that moves the cursor. False: `handle` acts
    #: outside any transaction and must be idempotent (it may see entries again).
    in_database: bool = True
    #: Whether a new follower begins with the first entry ever, or with what comes from now on.
    from_start: bool = True

    def handle(self, entries: Sequence[Entry]) -> None:
        """Handle sealed entries in the order of the log; `entry.seal.seq` is the position. Raise `TryLater` when
        something outside is down: nothing is then counted against the entries."""
        raise NotImplementedError


_followers: dict[str, Follower] = {}


def register(follower: Follower) -> Follower:
    """Make a follower known to the worker. Raises ValueError for a missing or taken name."""
    if not follower.name or follower.name in _followers:
        raise ValueError(f"a follower needs a name of its own, not {follower.name!r}")
    _followers[follower.name] = follower
    return follower


def unregister(name: str) -> None:
    """Forget a follower (tests)."""
    _followers.pop(name, None)


def names() -> list[str]:
    """Names of all registered followers."""
    return sorted(_followers)


def get(name: str) -> Follower:
    """The registered follower of that name. Raises KeyError."""
    return _followers[name]


def run_until_idle(name: str) -> int:
    """Turns until the follower has caught up (tests, the demo); returns how many entries it went past.

    Raises what the follower raised when it waits for something outside."""
    done = 0
    while moved := _turn(_followers[name]):
        done += max(0, moved)
    return done


def run_once(name: str) -> int:
    """One turn; returns how many entries the cursor moved on (0: nothing to do, or somebody else leads).

    An error of an entry is counted, logged and not raised. An error of the world outside (`journal.outside`) is raised,
    for the caller to wait."""
    return max(0, _turn(_followers[name]))


def _turn(follower: Follower) -> int:
    """As `run_once`, but -1 for a counted failure: there is still something to do."""
    with _leadership(follower.name) as leads:
        if not leads:
            return 0
        planned = _count_try(follower)
        if planned is None:
            return 0
        size, first_seen = planned
        if size == 0:
            return 1  # an entry was set aside
        try:
            return _work(follower, first_seen, size)
        except Exception as error:
            if is_outside(error):
                _forgive(follower.name, first_seen)
                raise
            logger.exception("follower %s failed behind position %s", follower.name, first_seen)
            _note_error(follower, error)
            return -1


@contextlib.contextmanager
def _leadership(name: str) -> Iterator[bool]:
    """The session's try-lock of one follower. The server drops it with the connection of a killed process."""
    key = [LOCK_SPACE, 1000 + zlib.crc32(name.encode()) % 1_000_000]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        leads: bool = cursor.fetchone()[0]
    try:
        yield leads
    finally:
        if leads and not connection.needs_rollback:
            # A broken connection has already lost the lock with its session.
            with contextlib.suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def _locked(name: str) -> Cursor:
    return Cursor.objects.select_for_update().get(follower=name)


def _last_seq() -> int:
    return SealState.objects.values_list("seq", flat=True).first() or 0


@transaction.atomic
def _count_try(follower: Follower) -> tuple[int, int] | None:
    """Count the try that follows. Returns the batch size (0: an entry was set aside) and the position it starts
    behind, or None when there is nothing to do."""
    last = _last_seq()
    cursor, created = Cursor.objects.get_or_create(
        follower=follower.name, defaults={"seq": 0 if follower.from_start else last, "moved_at": db_now()}
    )
    if cursor.seq >= last:
        return None
    cursor = _locked(follower.name)
    if cursor.tries and not cursor.careful_until:
        # The last try neither moved the cursor nor said why: the process died in it.
        cursor.careful_until = min(cursor.seq + follower.batch, last)
    if cursor.tries >= MAX_TRIES:
        _set_aside(cursor)
        cursor.save()
        return 0, cursor.seq
    cursor.tries += 1
    cursor.save()
    return (1 if cursor.careful_until else follower.batch), cursor.seq


def _work(follower: Follower, behind: int, size: int) -> int:
    if not follower.in_database:
        entries = list(Entry.objects.sealed_after(behind)[:size])
        follower.handle(entries)
        return _move(follower.name, behind, entries)
    with transaction.atomic():
        entries = list(Entry.objects.sealed_after(behind)[:size])
        follower.handle(entries)
        return _move(follower.name, behind, entries)


@transaction.atomic
def _move(name: str, behind: int, entries: Sequence[Entry]) -> int:
    cursor = _locked(name)
    if cursor.seq != behind:
        raise RuntimeError(f"follower {name} was moved to {cursor.seq} by somebody else")
    cursor.seq = entries[-1].seal.seq
    cursor.tries, cursor.last_error, cursor.moved_at = 0, "", db_now()
    if cursor.seq >= cursor.careful_until:
        cursor.careful_until = 0
    cursor.save()
    return len(entries)


def _set_aside(cursor: Cursor) -> None:
    """Step over the entry that the follower cannot handle and keep it for a person."""
    seq = Entry.objects.sealed_after(cursor.seq).values_list("seal__seq", flat=True)[0]
    SetAside.objects.update_or_create(
        follower=cursor.follower,
        seq=seq,
        defaults={
            "error": cursor.last_error or DIED,
            "tries": cursor.tries,
            "set_aside_at": db_now(),
            "resolved_at": None,
            "resolution": "",
        },
    )
    logger.error("follower %s: entry at position %s set aside", cursor.follower, seq)
    cursor.seq, cursor.tries, cursor.last_error, cursor.moved_at = seq, 0, "", db_now()
    if cursor.seq >= cursor.careful_until:
        cursor.careful_until = 0


@transaction.atomic
def _note_error(follower: Follower, error: Exception) -> None:
    cursor = _locked(follower.name)
    cursor.last_error = "".join(traceback.format_exception(error))[-4000:]
    if not cursor.careful_until:
        cursor.careful_until = min(cursor.seq + follower.batch, _last_seq())
    cursor.save()


def _forgive(name: str, behind: int) -> None:
    """Something outside is down: the try does not count. A database that is down cannot be told so either."""
    with contextlib.suppress(DatabaseError), transaction.atomic():
        cursor = _locked(name)
        if cursor.seq == behind and cursor.tries:
            cursor.tries -= 1
            cursor.save()


# --- what a person does with an entry that was set aside ---------------------------------------------------------


def retry(item: SetAside) -> None:
    """Handle one set-aside entry again, out of order. Call inside the deed's transaction; raises what `handle` raises
    and LookupError when no such follower is registered any more."""
    follower = _followers.get(item.follower)
    if follower is None:
        raise LookupError(f"no follower is named {item.follower}")
    entry = Entry.objects.sealed_after(item.seq - 1)[0]
    follower.handle([entry])
