"""Many clerks at one task, many heads at one case, a worker killed while it escalates: every effect once.

`OBIEG_FAULT_TASKS` (200) and `OBIEG_FAULT_ESCALATIONS` (1000) set the size. `pytest -m faults -s tests/faults`."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import close_old_connections, connection

from config import env
from documents.models import Case
from journal.clock import db_now, warsaw_day
from journal.errors import Conflict, DomainError
from journal.models import Entry
from people.access import SYSTEM, access_of
from people.models import Role, User
from tests.factories import people
from tests.factories.documents import filing
from tests.factories.workflow import Office, office
from tests.faults.test_journal_kills import url
from workflow import intake
from workflow.models import Assignment, Task
from workflow.routes import escalation
from workflow.services import assignment, catalogue, decisions
from workflow.services.catalogue import Step

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
CLERKS, HEADS = 50, 64
TASKS = int(os.environ.get("OBIEG_FAULT_TASKS", "200"))
ESCALATIONS = int(os.environ.get("OBIEG_FAULT_ESCALATIONS", "1000"))
SWEEPER = "import django; django.setup()\nfrom workflow.routes import escalation\nwhile True: escalation.sweep()"


@pytest.fixture
def town(settings: Any, tmp_path: Any) -> Office:
    settings.BLOB_DIR = tmp_path / "blobs"
    return office()


def filed(town: Office) -> Case:
    return intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """What all of them came to, begun at the same moment, each on a connection of its own."""
    start, found = threading.Barrier(len(deeds)), []

    def run(deed: Callable[[], Any]) -> None:
        try:
            start.wait()
            found.append(deed())
        except DomainError as error:
            found.append(error)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(deeds), "a thread died"
    return found


def test_of_fifty_who_decide_one_task_exactly_one_does_and_the_others_hear_who(town: Office) -> None:
    heads = [people.member(town.unit, Role.HEAD, people.staff(f"glowa{number}")) for number in range(CLERKS)]
    for _round in range(TASKS):
        case = filed(town)
        assignment.assign(SYSTEM, case=case, to_user=town.clerk)
        assignment.register_case(town.access("clerk"), case=case)
        letter = decisions.draft_letter(town.access("clerk"), case=case, kind="notice", subject="P", body="Tekst.")
        task = decisions.send_for_approval(town.access("clerk"), letter=letter)
        version = task.document_version_id or 0

        def decide(head: User, task: Task = task, version: int = version) -> Callable[[], Any]:
            actor, returns = access_of(head), head.pk % 2
            if returns:
                return lambda: decisions.return_letter(actor, task=task, reason="popraw")
            return lambda: decisions.approve(actor, task=task, version_id=version)

        found = at_once([decide(head) for head in heads])
        refused = [each for each in found if isinstance(each, Conflict)]
        assert len(refused) == CLERKS - 1, Counter(type(each).__name__ for each in found)
        task.refresh_from_db()
        assert all(str(task.done_by) in str(each.message) for each in refused)
        decided = Entry.objects.filter(case_id=case.pk, action__in=["letter.approved", "letter.returned"])
        assert decided.count() == 1 and Task.objects.open().filter(letter=letter).count() == 1
    print(f"\n{CLERKS} heads at once, {TASKS} tasks: one decision each")


def test_of_many_who_assign_one_case_none_is_lost_and_it_has_one_clerk(town: Office) -> None:
    clerks = [people.member(town.unit, Role.CLERK, people.staff(f"osoba{number}")) for number in range(HEADS)]
    case = filed(town)
    actor = town.access("head")

    def give(clerk: User) -> Callable[[], Any]:
        return lambda: assignment.assign(actor, case=case, to_user=clerk, reason="podział pracy")

    found = at_once([give(clerk) for clerk in clerks])
    assert not [each for each in found if isinstance(each, Exception)]
    case.refresh_from_db()
    (task,) = Task.objects.open().filter(case=case, verb="handle")
    assert task.assignee_id == case.handler_id
    assert Entry.objects.filter(case_id=case.pk, action="case.assigned").count() == HEADS
    (kept,) = Assignment.objects.filter(case=case, ended_at=None)
    assert kept.user_id == case.handler_id and Assignment.objects.filter(case=case).count() == HEADS


def test_a_worker_killed_while_it_escalates_does_each_once(town: Office) -> None:
    people.member(town.units["UM"], Role.HEAD, people.staff("prezydent"))
    steps = [Step("assign", Role.HEAD, escalate_days=1, escalate_to="superior"), Step("sign", Role.HEAD)]
    catalogue.add_route(SYSTEM, code="standard", name="Droga", steps=steps)
    first = filed(town)
    task = Task.objects.get(case=first)
    Task.objects.bulk_create(
        Task(case=first, verb="assign", unit=town.unit, role="head", due_on=task.due_on, created_at=db_now(),
             escalate_days=1, escalate_to="superior")
        for _number in range(ESCALATIONS - 1)
    )  # fmt: skip
    Task.objects.update(due_on=warsaw_day(db_now()) - dt.timedelta(days=9))
    paths = os.pathsep.join(map(str, (env.SITE_DIR, env.ROOT)))
    surroundings = {**os.environ, "DATABASE_URL": url(), "PYTHONPATH": paths}
    chance, kills, end = random.Random(7), 0, time.monotonic() + 600

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", SWEEPER], env=surroundings, stderr=subprocess.DEVNULL)

    workers = [start(), start()]
    try:
        while escalation.to_escalate().exists() and time.monotonic() < end:
            time.sleep(chance.uniform(2.5, 5))
            victim = chance.randrange(len(workers))
            workers[victim].send_signal(signal.SIGKILL)
            workers[victim].wait()
            kills += 1
            workers[victim] = start()
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    time.sleep(1)
    escalation.sweep()
    twins = Task.objects.filter(escalated_from__isnull=False)
    said = Entry.objects.filter(action="task.escalated")
    print(f"\n{ESCALATIONS} escalations, {kills} kills: {twins.count()} twins, {said.count()} entries")
    assert twins.count() == ESCALATIONS == said.count()
    assert len(set(said.values_list("object_id", flat=True))) == ESCALATIONS
