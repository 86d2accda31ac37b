"""A process that the faults tests start and kill: ``write`` records deeds, ``work`` seals and follows them, ``serve``
is the whole worker with jobs that leave a trace."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "site"), str(ROOT)]

import django  # noqa: E402 - needs the path above

django.setup()

from django.db import OperationalError, connection, transaction  # noqa: E402 - needs the setup

from journal import follow, jobs, notify, worker  # noqa: E402
from journal.record import record  # noqa: E402
from people.access import SYSTEM  # noqa: E402
from people.models import Unit  # noqa: E402

notify.register("test.survived", label="A test deed")


class InDatabase(follow.Follower):
    """Writes each position it hears of; an entry marked as poison kills the process."""

    name, batch = "faults-in-database", 50
    table = "fault_inside"

    def handle(self, entries):
        with connection.cursor() as cursor:
            for entry in entries:
                if entry.data.get("poison"):
                    os.kill(os.getpid(), signal.SIGKILL)
                cursor.execute(f"INSERT INTO {self.table} (seq) VALUES (%s)", [entry.seal.seq])


class Outside(InDatabase):
    """The same with an idempotent effect outside the transaction of its cursor."""

    name, in_database = "faults-outside", False

    def handle(self, entries):
        with connection.cursor() as cursor:
            for entry in entries:
                cursor.execute("INSERT INTO fault_outside (seq) VALUES (%s) ON CONFLICT DO NOTHING", [entry.seal.seq])
                cursor.execute("INSERT INTO fault_calls (seq) VALUES (%s)", [entry.seal.seq])


def write(seed: int) -> None:
    """Deeds on a few units; some wait in the middle, some are rolled back, one in 300 is poison."""
    chance = random.Random(seed)
    units = list(Unit.objects.all())
    number = 0
    while True:
        number += 1
        unit = chance.choice(units)
        try:
            with transaction.atomic():
                Unit.objects.select_for_update().get(pk=unit.pk)
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE fault_thing SET turn = turn + 1 WHERE unit = %s RETURNING turn", [unit.pk])
                    turn = cursor.fetchone()[0]
                if chance.random() < 0.05:
                    time.sleep(chance.random() * 0.3)
                record(
                    SYSTEM,
                    "test.survived",
                    unit,
                    unit_id=unit.pk,
                    data={"turn": turn, "poison": chance.random() < 1 / 300},
                    detail={"n": number},
                )
                if chance.random() < 0.05:
                    raise RuntimeError("rolled back")
        except RuntimeError:
            continue
        except OperationalError:
            connection.close()
            time.sleep(0.2)


@jobs.job(name="faults.first")
def first(key: int) -> None:
    """Leaves its trace and defers a second job in the same transaction."""
    time.sleep(0.02)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_inside (seq) VALUES (%s)", [key])
        second.defer(key=key)


@jobs.job("slow", name="faults.second")
def second(key: int) -> None:
    """Leaves its trace, idempotently."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_outside (seq) VALUES (%s) ON CONFLICT DO NOTHING", [key])


@jobs.job(name="faults.deadly", queue="mail")
def deadly() -> None:
    """Kills the worker each time."""
    os.kill(os.getpid(), signal.SIGKILL)


def serve() -> None:
    """The worker as `manage.py work` runs it, in a hurry to rescue."""
    jobs.DEAD_AFTER = 12
    worker.HOUSEKEEPING_PAUSE = 1.0
    worker.run_forever()


def work() -> None:
    """The worker's own loops, without the job workers."""
    follow.register(InDatabase())
    follow.register(Outside())
    follow.unregister("notifications")
    stopping = threading.Event()
    for loop in worker._loops(stopping):
        loop.start()
    time.sleep(3600)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(int(sys.argv[2]))
    elif sys.argv[1] == "serve":
        serve()
    else:
        work()
