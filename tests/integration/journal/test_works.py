"""Long work is watched while it runs, stopped when somebody asks, and told of row by row when it goes wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.functional import lazystr

from journal import jobs, works
from journal.clock import db_now
from journal.errors import Conflict, NotAllowed, NotFound
from journal.models import Entry, Work
from people.access import Access, access_of
from people.models import Role, User
from tests.factories import people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kind() -> Iterator[str]:
    yield "trial"
    works._kinds.pop("trial", None)


@pytest.fixture(autouse=True)
def at_every_step(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    monkeypatch.setattr(works, "PAUSE", 0.0)


def register(run: Any) -> None:
    works.register("trial", label=lazystr("Trial"), about=lazystr("Tries."), run=run)


def coordinator() -> Access:
    return access_of(person())


def person(role: str = Role.COORDINATOR) -> User:
    return people.member(people.town(0)["UM"], role)


def test_everybody_sees_how_far_a_work_is_while_its_own_transaction_is_open(kind: str) -> None:
    seen = []

    def run(tick: works.Tick) -> str:
        with transaction.atomic():
            for number in range(1, 4):
                tick(number, 3)
                # what another connection would see: the tick's own, which is in no transaction
                with tick._own.cursor() as cursor:
                    cursor.execute("SELECT done, total FROM journal_work WHERE id = %s", [tick.work_id])
                    seen.append(cursor.fetchone())
        return "trzy"

    register(run)
    made = works.begin(coordinator(), kind=kind)
    jobs.run_waiting()
    made.refresh_from_db()
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert (made.outcome, made.result, made.done, made.total) == ("done", "trzy", 3, 3) and made.ended_at


def test_a_work_stops_at_its_next_step_when_somebody_asks_and_leaves_nothing_half_done(kind: str) -> None:
    actor = coordinator()
    steps = []

    def run(tick: works.Tick) -> str:
        with transaction.atomic():
            User.objects.filter(pk=actor.user_id).update(first_name="Zmieniona")
            for number in range(10):
                steps.append(number)
                if number == 2:
                    with tick._own.cursor() as cursor:  # somebody else, meanwhile
                        cursor.execute("UPDATE journal_work SET cancel_asked_at = now() WHERE id = %s", [tick.work_id])
                tick(number, 10)
        return ""

    register(run)
    made = works.begin(actor, kind=kind)
    jobs.run_waiting()
    made.refresh_from_db()
    assert made.outcome == "cancelled" and steps == [0, 1, 2]
    assert not User.objects.filter(first_name="Zmieniona").exists()


def test_what_waits_is_cancelled_at_once_and_never_runs(kind: str) -> None:
    ran = []
    register(lambda tick: ran.append(1) or "")
    actor = coordinator()
    made = works.begin(actor, kind=kind)
    works.cancel(actor, pk=made.pk)
    jobs.run_waiting()
    made.refresh_from_db()
    assert made.outcome == "cancelled" and ran == []
    with pytest.raises(Conflict):
        works.cancel(actor, pk=made.pk)
    assert list(Entry.objects.filter(action__startswith="work.").values_list("action", flat=True).order_by("id")) == [
        "work.begun", "work.cancelled",
    ]  # fmt: skip


def test_two_of_a_kind_never_run_at_once(kind: str) -> None:
    register(lambda _tick: "")
    actor = coordinator()
    works.begin(actor, kind=kind)
    with pytest.raises(Conflict):
        works.begin(actor, kind=kind)
    jobs.run_waiting()
    works.begin(actor, kind=kind)


def test_a_work_that_fails_says_why_and_can_be_begun_again(kind: str) -> None:
    def run(tick: works.Tick) -> str:
        tick.trouble("wiersz 7", "brak daty")
        raise ValueError("zły plik")

    register(run)
    made = works.begin(coordinator(), kind=kind)
    jobs.run_waiting()
    made.refresh_from_db()
    assert made.outcome == "failed" and "zły plik" in made.result
    assert list(made.troubles.values_list("what", "why")) == [("wiersz 7", "brak daty")]


def test_one_whose_worker_died_for_good_does_not_stand_in_the_way(kind: str) -> None:
    register(lambda _tick: "")
    actor = coordinator()
    dead = works.begin(actor, kind=kind)
    jobs.app.connector.execute_query(query="UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %(id)s",
                                     id=dead.job_id)  # fmt: skip
    works.begin(actor, kind=kind)
    dead.refresh_from_db()
    assert dead.outcome == "failed"


def test_a_work_of_the_clock_is_kept_too(kind: str) -> None:
    works.register("trial", label=lazystr("Trial"), about=lazystr("Tries."))
    assert kind not in [each.name for each in works.kinds()]
    with works.kept(kind) as tick:
        tick(5, 5)
        with pytest.raises(Conflict), works.kept(kind):
            pass
    with pytest.raises(RuntimeError), works.kept(kind):
        raise RuntimeError("x")
    assert list(Work.objects.order_by("id").values_list("outcome", flat=True)) == ["done", "failed"]
    then = db_now() - dt.timedelta(hours=2)
    Work.objects.create(kind=kind, asked_at=then, started_at=then)
    with works.kept(kind):
        pass


def test_the_rest_is_told_from_the_pace_until_now() -> None:
    now = db_now()
    work = Work(started_at=now - dt.timedelta(seconds=30), done=30, total=90)
    assert works.rest_of(work, now) == pytest.approx(60)
    assert works.rest_of(Work(started_at=now, done=0, total=90), now) is None


def test_nobody_else_begins_sees_or_stops_them(kind: str) -> None:
    register(lambda _tick: "")
    clerk = person(Role.CLERK)
    with pytest.raises(NotAllowed):
        works.begin(access_of(clerk), kind=kind)
    client = Client()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("works:list")).status_code == 404
    with pytest.raises(NotFound):
        works.begin(access_of(people.member(people.Unit.objects.get(symbol="UM"), Role.COORDINATOR)), kind="nothing")


def test_the_page_begins_shows_and_gives_the_rows_that_went_wrong(kind: str) -> None:
    def run(tick: works.Tick) -> str:
        tick(1, 2)
        tick.trouble("=wiersz", "zły")
        return "gotowe"

    register(run)
    client = Client()
    client.force_login(person(), backend="django.contrib.auth.backends.ModelBackend")
    assert "Trial" in client.get(reverse("works:list")).content.decode()
    client.post(reverse("works:list"), {"kind": kind})
    assert "hx-get" in client.get(reverse("works:list")).content.decode()
    jobs.run_waiting()
    part = client.get(reverse("works:list"), {"czesc": "1"}).content.decode()
    assert "gotowe" in part and "<html" not in part and "hx-get" not in part
    rows = client.get(reverse("works:troubles", args=[Work.objects.get().pk])).content.decode()
    assert "'=wiersz;zły" in rows


@pytest.mark.parametrize("kind_", ["verify-journal", "check-files", "reindex", "count-figures"])
def test_every_work_of_ours_runs_to_its_end(kind_: str) -> None:
    made = works.begin(coordinator(), kind=kind_)
    jobs.run_waiting()
    made.refresh_from_db()
    assert made.outcome == "done" and made.result, made.result
