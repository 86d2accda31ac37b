"""Rows of one deed are written in one round trip; answers that stand still are remembered for a moment."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from journal.brief import briefly
from journal.clock import db_now
from journal.models import JobFailure, SentMail
from journal.rows import insert, together, write_now

pytestmark = pytest.mark.django_db


def failure(number: int) -> JobFailure:
    return JobFailure(job_id=number, task="t", attempt=1, error="e", failed_at=db_now())


def test_rows_have_their_ids_at_once_and_stand_in_the_table_at_the_end() -> None:
    with transaction.atomic(), together(JobFailure, JobFailure) as now:
        assert now is not None and now.tzinfo is not None
        with CaptureQueriesContext(connection, ) as asked:
            rows = [insert(JobFailure(job_id=n, task="t", attempt=1, error="e", failed_at=now)) for n in range(3)]
        assert len(asked) == 1 and rows[0].pk < rows[1].pk < rows[2].pk, "only the third id was not expected"
        assert not JobFailure.objects.exists()
    assert list(JobFailure.objects.order_by("pk").values_list("pk", "job_id")) == [(r.pk, r.job_id) for r in rows]
    rows[0].refresh_from_db()
    assert rows[0].failed_at == now


def test_an_error_writes_nothing_and_what_waits_can_be_written_early() -> None:
    with pytest.raises(LookupError), transaction.atomic(), together():
        insert(failure(1))
        raise LookupError
    assert not JobFailure.objects.exists()
    with transaction.atomic(), together():
        insert(failure(2))
        with together():
            insert(failure(3))
        assert not JobFailure.objects.exists(), "the outer one writes"
        write_now()
        assert JobFailure.objects.count() == 2
    assert insert(failure(4)).pk and JobFailure.objects.count() == 3


def test_a_row_that_is_there_already_stays_as_it_is() -> None:
    first = insert(SentMail(key="k", sent_at=db_now()), if_absent=True)
    insert(SentMail(key="k", sent_at=db_now()), if_absent=True)
    assert SentMail.objects.get().sent_at == first.sent_at


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_waits() -> None:
    with pytest.raises(transaction.TransactionManagementError), together():
        raise AssertionError("not reached")


def test_what_stands_still_is_asked_once_and_errors_are_not_kept(settings: Any) -> None:
    asked: list[int] = []

    @briefly
    def ask(number: int) -> int:
        asked.append(number)
        if number < 0:
            raise ValueError
        return number

    settings.BRIEFLY = 60
    assert [ask(1), ask(1), ask(2)] == [1, 1, 2] and asked == [1, 2]
    for _n in range(2):
        with pytest.raises(ValueError):
            ask(-1)
    assert asked == [1, 2, -1, -1]
    settings.BRIEFLY = 0
    assert ask(1) == 1 and asked[-1] == 1 and len(asked) == 5
