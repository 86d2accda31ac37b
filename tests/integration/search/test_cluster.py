"""Search on a real Elasticsearch as the office meets it: kept in step, rebuilt, compared, and away."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from documents.services import cases
from journal import follow, jobs, seal
from journal.models import Cursor, Entry
from people.access import SYSTEM
from people.models import Role
from search import backends, checks, drift, find, signals, sync
from search.backends import elastic as module
from search.backends.elastic import ElasticBackend
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.portal import portal
from tests.factories.workflow import office

pytestmark = pytest.mark.django_db


def follow_cluster(elastic: ElasticBackend) -> None:
    seal.seal_round()
    sync.Search(elastic).handle(list(Entry.objects.sealed_after(0)))


def known(elastic: ElasticBackend) -> set[str]:
    return {row[0] for row in list(elastic.keys())}


def test_the_follower_keeps_the_cluster_in_step_and_drift_is_repaired(
    elastic: ElasticBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    units = people.town()
    case, _letter, _receipt = filings.file(units["OR"], subject="Zaświadczenie o dochodach")
    follow_cluster(elastic)
    found = find.staff(people.actor(units["OR"], Role.CLERK), "zaświadczeniami")
    assert {hit.kind for hit in found.hits} >= {"case", "letter"} and not found.standby
    assert not drift.check(elastic)
    elastic.remove([f"case:{case.pk}"])
    cases.share(SYSTEM, case=case, reader=people.member(units["FN"], Role.CLERK), reason="x")
    wrong = drift.check(elastic)
    assert wrong.missing == [f"case:{case.pk}"]
    drift.repair(elastic, wrong)
    assert not drift.check(elastic)
    call_command("reindex")
    call_command("check_index")
    assert "elasticsearch" in capsys.readouterr().out


def test_a_new_index_is_built_beside_the_old_one_and_misses_nothing_said_meanwhile(elastic: ElasticBackend) -> None:
    units = people.town()
    filings.file(units["OR"], subject="Pierwsze pismo")
    sync.reindex(elastic)
    reader = people.actor(units["OR"], Role.CLERK)
    with elastic.rebuilding() as place:
        assert find.staff(reader, "pierwsze").hits, "the old one answers meanwhile"
        case, _letter, _receipt = filings.file(units["OR"], subject="Drugie pismo")
        elastic._known = (0.0, [])
        follow_cluster(elastic)
        place.put(doc for chunk in sync.sources.everything() for doc in chunk if doc.key != f"case:{case.pk}")
    assert find.staff(reader, "pierwsze").hits and find.staff(reader, "drugie").hits
    assert len(elastic.client.indices.get(index="test-*")) == 1


def test_a_failed_build_leaves_the_old_index(elastic: ElasticBackend) -> None:
    units = people.town()
    filings.file(units["OR"], subject="Pismo")
    sync.reindex(elastic)
    with pytest.raises(LookupError), elastic.rebuilding():
        raise LookupError
    assert find.staff(people.actor(units["OR"], Role.CLERK), "pismo").hits
    assert len(elastic.client.indices.get(index="test-*")) == 1


def test_a_cluster_that_is_away_costs_one_short_wait_and_a_banner(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "_away_until", 0.0)
    units = people.town()
    filings.file(units["OR"], subject="Zaświadczenie o dochodach")
    sync.reindex(backends.in_database())
    settings.ELASTICSEARCH_URL, settings.ELASTICSEARCH_INDEX = "http://127.0.0.1:9", "away"
    settings.STAFF_SECOND_FACTOR = False
    (warning,) = checks.cluster_fits(None)
    assert warning.id == "search.W001", "an outage does not stop the start"
    client.force_login(people.member(units["OR"], Role.CLERK))
    begun = time.monotonic()
    answer = client.get("/admin/szukaj/", {"q": "zaświadczeń"})
    assert answer.status_code == 200, answer.get("Location")
    page = answer.content.decode()
    assert "zastępcz" in page and "dochodach" in page and time.monotonic() - begun < 30
    assert find._away_until > time.monotonic(), "the next one does not wait"
    assert client.get("/szukaj/", {"q": "zaświadczeń"}).status_code == 200
    seal.seal_round()
    away = backends.cluster()
    assert away is not None
    with pytest.raises(follow.TryLater):
        sync.Search(away).handle(list(Entry.objects.sealed_after(0)))
    assert not Cursor.objects.filter(follower="search_cluster").exists()


def test_a_published_page_reaches_the_cluster_by_a_job_that_waits_for_it(elastic: ElasticBackend) -> None:
    pages = portal(office().units)
    signals.refresh(pages.index, elastic)
    assert find.portal("zameldowania").hits
    pages.card.unpublish()
    assert not find.portal("zameldowania").hits, "checked against the database"
    assert f"service:{pages.card.pk}" in known(elastic)
    jobs.run_waiting()
    assert f"service:{pages.card.pk}" not in known(elastic)


def test_an_index_of_another_mapping_stops_the_start_with_what_to_do(
    elastic: ElasticBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks.cluster_fits(None) == []
    monkeypatch.setattr(module, "MAPPING", 99)
    (error,) = checks.cluster_fits(None)
    assert error.id == "search.E001" and "reindex" in str(error.hint)


def test_the_index_asks_for_nothing_that_an_ordinary_node_lacks() -> None:
    """Only what the core and analysis-common have; no dictionary on the nodes."""
    analysis = module.SETTINGS["analysis"]
    assert {part["type"] for part in analysis["tokenizer"].values()} == {"whitespace"}
    assert {part["type"] for part in analysis["filter"].values()} == {"pattern_capture"}
