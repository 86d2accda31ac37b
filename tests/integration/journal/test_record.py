"""Writing entries: inside the deed's transaction, stamped by the database, never changed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from journal.models import Entry, EntryDetail, Pending
from journal.record import record

pytestmark = pytest.mark.django_db


def test_an_entry_is_stamped_by_the_database_and_queued_for_the_sealer(deed, body):
    entry = deed(
        unit_id=body.cell.pk,
        data={"number": 7},
        detail={"name": "Ewa"},
        case_id=5,
        happened_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    )
    entry.refresh_from_db()
    assert abs(entry.recorded_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert entry.timestamp == dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    assert entry.chain == body.pk
    assert entry.detail.text == '{"name":"Ewa"}' and "Ewa" not in str(entry.data) + entry.label
    assert Pending.objects.filter(entry_id=entry.pk).exists()


def test_the_application_cannot_set_the_time_of_recording(deed):
    entry = deed()
    entry.pk, entry.recorded_at = None, dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    super(Entry, entry).save_base(force_insert=True, raw=True)
    entry.refresh_from_db()
    assert entry.recorded_at.year > 2000


def test_a_rolled_back_deed_leaves_nothing(deed):
    with pytest.raises(RuntimeError), transaction.atomic():
        deed(detail={"reason": "x"})
        raise RuntimeError
    assert not Entry.objects.exists() and not Pending.objects.exists() and not EntryDetail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded(body, actor):
    with pytest.raises(transaction.TransactionManagementError):
        record(actor, "test.done", body)


@pytest.mark.parametrize("data", [{"x": 1.5}, {"x": [float("nan")]}])
def test_floats_are_refused(deed, data):
    with pytest.raises(ValueError, match="float"):
        deed(data=data)


def test_an_action_nobody_registered_is_refused(deed):
    with pytest.raises(ValueError, match="not registered"):
        deed(action="test.unknown")


def test_wagtail_cannot_log_past_the_deeds(body):
    with pytest.raises(TypeError, match="journal.record"):
        Entry.objects.log_action(body, "wagtail.edit")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET action = 'x'",
        "DELETE FROM journal_entry",
        "UPDATE journal_entrydetail SET text = 'x'",
        "DELETE FROM journal_entrydetail",
        "UPDATE journal_entrydetail SET text = ''",
    ],
)
def test_the_database_refuses_to_change_an_entry(deed, statement):
    deed(detail={"name": "Ewa"})
    with (
        pytest.raises(IntegrityError, match="append-only|only be erased"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["entry", "entrydetail", "seal", "checkpoint"])
def test_the_database_refuses_to_empty_the_journal(table):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE journal_{table} ENABLE TRIGGER journal_no_truncate")
        cursor.execute(f"TRUNCATE journal_{table} CASCADE")
