"""What monitoring reads: true figures, for named askers only, by the same few queries whatever the office holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from journal import follow, jobs, metrics, seal
from journal.clock import db_now
from journal.models import SetAside
from journal.record import record
from people.access import SYSTEM
from tests.factories import people

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-monitoring"


@jobs.job("mail")
def unsent_letter() -> None:
    raise ValueError("never sent")


@pytest.fixture
def asked(settings: Any, client: Client) -> Any:
    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = TOKEN, []

    def ask() -> dict[str, float]:
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200 and answer["content-type"].startswith("text/plain")
        lines = [line.rpartition(" ") for line in answer.content.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _space, value in lines}

    return ask


def test_only_named_askers_learn_that_there_is_something(settings: Any, client: Client) -> None:
    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = "", []
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    settings.METRICS_NETWORKS = ["10.1.0.0/16", "fd00::/8"]
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="fd00::1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.2.2.3").status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_figures_are_those_of_the_office(asked: Any) -> None:
    unit = people.town(schools=0)["UM"]
    for name in follow.names():
        seal.seal_all()
        follow.run_until_idle(name)
    jobs.run_waiting(raise_errors=False)
    quiet = asked()
    assert quiet["obieg_oldest_unsealed_seconds"] == 0 and quiet["obieg_intake_open"] == 1
    assert quiet['obieg_follower_lag_entries{follower="notifications"}'] == 0
    assert quiet['obieg_jobs{queue="mail",state="waiting"}'] == 0 and quiet["obieg_oldest_unsent_mail_seconds"] == 0
    with transaction.atomic():
        record(SYSTEM, "unit.changed", unit, unit_id=unit.pk)
    unsent_letter.defer()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '1 hour'")
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('slow', 'x', 'failed')")
    SetAside.objects.create(follower="notifications", seq=1, error="x", set_aside_at=db_now())
    found = asked()
    assert found["obieg_oldest_unsealed_seconds"] > 0
    assert found['obieg_jobs{queue="mail",state="waiting"}'] == 1
    assert found['obieg_jobs{queue="slow",state="failed"}'] == 1
    assert 3500 < found["obieg_oldest_unsent_mail_seconds"] < 3700
    assert found['obieg_follower_set_aside_entries{follower="notifications"}'] == 1
    seal.seal_all()
    assert asked()['obieg_follower_lag_entries{follower="notifications"}'] == 1


def test_a_closed_intake_shows(asked: Any, settings: Any) -> None:
    people.town(schools=0)
    settings.OLDEST_PENDING_LIMIT = -1
    assert asked()["obieg_intake_open"] == 0


def test_no_count_grows_with_the_office(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST", 5)
    with CaptureQueriesContext(connection) as few:
        asked()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " SELECT 'default', 'x', s::procrastinate_job_status FROM generate_series(1, 50),"
            " unnest(ARRAY['todo', 'failed']) s"
        )
    with CaptureQueriesContext(connection) as many:
        found = asked()
    assert len(few) == len(many) < 8
    assert (
        found['obieg_jobs{queue="default",state="waiting"}'] == 6 == found['obieg_jobs{queue="default",state="failed"}']
    )
