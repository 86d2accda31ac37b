"""By which law the time runs: what binds when a case cannot be settled in its time."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.deadlines import POLAND, Term, due
from workflow.regimes import REGIMES, choices, last_day, regime

DAYS = st.dates(dt.date(2016, 1, 1), dt.date(2090, 1, 1))


@pytest.mark.parametrize(
    ("key", "term", "delay"),
    [
        ("kpa", "1m", "art. 36 § 1 k.p.a."),
        ("certificate", "7d", "art. 36 § 1 k.p.a."),
        ("complaint", "1m", "art. 36 § 1 w zw. z art. 237 § 4 k.p.a."),
        ("udip", "14d", "art. 13 ust. 2 u.d.i.p."),
        ("petition", "3m", "art. 10 ust. 3 ustawy o petycjach"),
    ],
)
def test_each_law_has_its_term_and_its_article_of_delay(key: str, term: str, delay: str) -> None:
    found = regime(key, dt.date(2026, 3, 2))
    assert (found.term, found.delay_article) == (term, delay)


def test_public_information_is_given_within_two_months_of_the_request() -> None:
    law = regime("udip", dt.date(2026, 3, 2))
    end = due(dt.date(2026, 3, 2), Term.parse(law.term)).raw
    assert end == dt.date(2026, 3, 16)
    assert last_day(law, dt.date(2026, 3, 2), end, POLAND) == dt.date(2026, 5, 4), "2 May is a Saturday"


def test_a_petition_may_take_three_months_more_from_the_end_of_its_time() -> None:
    law = regime("petition", dt.date(2026, 1, 12))
    end = due(dt.date(2026, 1, 12), Term.parse(law.term)).raw
    assert last_day(law, dt.date(2026, 1, 12), end, POLAND) == dt.date(2026, 7, 13), "12 July is a Sunday"


@given(DAYS, st.sampled_from([each.key for each in REGIMES]))
def test_the_last_day_is_never_before_the_end_of_the_term_and_never_free(start: dt.date, key: str) -> None:
    law = regime(key, start)
    end = due(start, Term.parse(law.term)).raw
    last = last_day(law, start, end, POLAND)
    assert last is None if not law.longest else last is not None and last >= end and not (
        POLAND.is_free(last) and last != end
    )


def test_no_law_overlaps_with_itself_and_none_holds_before_it_was_made() -> None:
    for key, _label in choices():
        rows = sorted((each for each in REGIMES if each.key == key), key=lambda each: each.since)
        assert all(first.until and first.until < second.since for first, second in zip(rows, rows[1:], strict=False))
    with pytest.raises(LookupError):
        regime("petition", dt.date(2014, 1, 1))
