"""R6, R7: writers and workers are SIGKILLed at random; nothing is lost, doubled or disordered, poison is set aside."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from journal import follow, jobs, seal
from journal.models import Entry, JobFailure, Pending, Seal, SetAside
from journal.verify import verify
from people.models import Unit
from tests.faults import journal_child

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
CHILD = Path(journal_child.__file__)
SECONDS = int(os.environ.get("OBIEG_FAULT_SECONDS", "30"))


def url() -> str:
    """The address of the test database, for the children."""
    found = connection.settings_dict
    who = quote(found["USER"]) + (":" + quote(found["PASSWORD"]) if found["PASSWORD"] else "")
    return f"postgresql://{who}@{quote(found['HOST'], safe='')}:{found['PORT'] or 5432}/{found['NAME']}"


def start(*args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), *args], stderr=subprocess.DEVNULL, env={**os.environ, "DATABASE_URL": url()}
    )


@pytest.fixture
def town(transactional_db):
    tables = (
        "fault_inside (id bigserial, seq bigint)",
        "fault_outside (seq bigint PRIMARY KEY)",
        "fault_calls (seq bigint)",
        "fault_thing (unit bigint PRIMARY KEY, turn bigint)",
    )
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DROP TABLE IF EXISTS {table.split()[0]}; CREATE TABLE {table}")
        for number in range(5):
            unit = Unit.add_root(kind="body", symbol=f"F{number}", name="Body", slug=f"f{number}")
            Unit.objects.filter(pk=unit.pk).update(body=unit)
            cursor.execute("INSERT INTO fault_thing VALUES (%s, 0)", [unit.pk])
    yield
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DROP TABLE {table.split()[0]}")


def column(query: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]


def test_killed_writers_sealers_and_followers_lose_nothing(town):
    chance = random.Random(4)
    children = {("write", str(seed)): start("write", str(seed)) for seed in range(3)}
    children.update({("work", str(n)): start("work") for n in range(2)})
    kills, end = 0, time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.3, 1.2))
            what = chance.choice([key for key in children if key[0] == "work"] * 3 + list(children))
            children[what].send_signal(signal.SIGKILL)
            kills += 1
            for key, child in list(children.items()):
                if child.poll() is not None or child.returncode is not None or key == what:
                    child.wait()
                    children[key] = start(*key)
    finally:
        for child in children.values():
            child.kill()
            child.wait()
    assert kills > SECONDS / 2
    # The last of them is gone: finish the work here, without followers that kill this process.
    time.sleep(1)
    seal.seal_all()
    poison = set(Entry.objects.filter(data__poison=True, seal__isnull=False).values_list("seal__seq", flat=True))
    for made in (journal_child.InDatabase(), journal_child.Outside()):
        follow.register(made)
    handle, journal_child.InDatabase.handle = journal_child.InDatabase.handle, _not_poison
    try:
        for name in ("faults-in-database", "faults-outside"):
            follow.run_until_idle(name)
    finally:
        journal_child.InDatabase.handle = handle
        for name in ("faults-in-database", "faults-outside"):
            follow.unregister(name)

    total = Entry.objects.count()
    print(f"{kills} kills, {total} entries, {len(poison)} poison, {SetAside.objects.count()} set aside")
    assert total > 100 and not Pending.objects.exists()
    assert column("SELECT seq FROM journal_seal ORDER BY seq") == list(range(1, total + 1))
    assert Seal.objects.count() == total
    assert verify().problem is None
    for unit in Unit.objects.all():
        turns = [
            data["turn"]
            for data in Entry.objects.filter(object_id=str(unit.pk))
            .order_by("seal__seq")
            .values_list("data", flat=True)
        ]
        assert turns == list(range(1, len(turns) + 1)), "two deeds on one thing are sealed in the order of their lock"
        assert column(f"SELECT turn FROM fault_thing WHERE unit = {unit.pk}") == [len(turns)]
    aside = {
        name: set(SetAside.objects.filter(follower=name).values_list("seq", flat=True))
        for name in ("faults-in-database", "faults-outside")
    }
    inside = column("SELECT seq FROM fault_inside ORDER BY id")
    assert inside == sorted(set(inside)), "each effect in the database once, in order"
    assert set(inside) | aside["faults-in-database"] == set(range(1, total + 1))
    assert not set(inside) & aside["faults-in-database"]
    assert not poison & set(inside) and poison == aside["faults-in-database"] & poison
    assert set(column("SELECT seq FROM fault_outside")) | aside["faults-outside"] == set(range(1, total + 1))


def _not_poison(self, entries):
    """As the child's follower, but poison raises instead of killing."""
    with connection.cursor() as cursor:
        for entry in entries:
            if entry.data.get("poison"):
                raise ValueError("poison")
            cursor.execute("INSERT INTO fault_inside (seq) VALUES (%s)", [entry.seal.seq])


def test_jobs_of_killed_workers_are_all_done(town):
    """R6: the effect in the job's own transaction, and what it deferred, once per job that was acknowledged; a job that
    kills its worker ends among the failed ones, with the reason."""
    for key in range(60):
        journal_child.first.defer(key=key)
    journal_child.deadly.defer()
    children = [start("serve"), start("serve")]
    begun, killed = time.monotonic(), False
    try:
        while time.monotonic() - begun < 150:
            time.sleep(1)
            for number, child in enumerate(children):
                if child.poll() is not None:
                    children[number] = start("serve")
            if not killed and column("SELECT count(*) FROM fault_inside")[0] > 5:
                children[0].kill()
                killed = True
            left = column(
                "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
                " AND task_name LIKE 'faults.%'"
            )[0]
            if not left:
                break
        children[1].terminate()
        assert children[1].wait(timeout=30) == 0, "a clean stop"
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert column("SELECT seq FROM fault_outside ORDER BY seq") == list(range(60))
    inside = column("SELECT seq FROM fault_inside ORDER BY seq")
    assert set(inside) == set(range(60))
    seconds = column("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'faults.second'")[0]
    assert seconds == len(inside), "a job deferred in the transaction of the effect lives and dies with it"
    failed = ProcrastinateJob.objects.get(task_name="faults.deadly")
    assert failed.status == "failed"
    assert JobFailure.objects.filter(job_id=failed.pk, error=jobs.DIED).count() == jobs.MAX_DEATHS
    print(f"{len(inside) - 60} effects repeated, {time.monotonic() - begun:.0f} s")
