"""The counting of terms: known vectors, then laws that must hold for any input."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from workflow.deadlines import (
    POLAND,
    Calendar,
    DeadlineError,
    Extension,
    FreeKind,
    Pause,
    PauseKind,
    Term,
    TermUnit,
    Urgency,
    due,
    state,
    supplement_due,
    warning_dates,
    warsaw_day,
)
from workflow.management.commands.due_date import Command


def d(text: str) -> date:
    return date.fromisoformat(text)


# --- vectors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "term", "raw", "rolled"),
    [
        ("2025-12-17", "7d", "2025-12-24", "2025-12-29"),  # Christmas Eve, two holidays, a weekend
        ("2026-01-31", "1m", "2026-02-28", "2026-03-02"),  # no 31st in February; the 28th is a Saturday
        ("2026-03-31", "1m", "2026-04-30", "2026-04-30"),
        ("2024-01-30", "1m", "2024-02-29", "2024-02-29"),  # leap year
        ("2026-11-24", "2w", "2026-12-08", "2026-12-08"),  # Tuesday to Tuesday
        ("2024-12-17", "7d", "2024-12-24", "2024-12-24"),  # Christmas Eve was a working day a year before
        ("2017-05-20", "7d", "2017-05-27", "2017-05-27"),  # a Saturday before the amendment
        ("2017-05-27", "7d", "2017-06-03", "2017-06-05"),  # a Saturday after it
        ("2010-12-30", "7d", "2011-01-06", "2011-01-07"),  # Epiphany is free since 2011 ...
        ("2009-12-30", "7d", "2010-01-06", "2010-01-06"),  # ... and was not before
        ("2018-11-05", "7d", "2018-11-12", "2018-11-13"),  # the one-off holiday
        ("2026-03-29", "1w", "2026-04-05", "2026-04-07"),  # Easter and Easter Monday
        ("2025-11-30", "3m", "2026-02-28", "2026-03-02"),  # over the new year
    ],
)
def test_vectors(start: str, term: str, raw: str, rolled: str) -> None:
    result = due(d(start), Term.parse(term))
    assert (result.raw, result.rolled) == (d(raw), d(rolled))
    assert result.moved == (raw != rolled)


def test_the_day_of_the_event_is_not_counted() -> None:
    assert due(d("2026-11-23"), Term.parse("1d")).raw == d("2026-11-24")


def test_steps_name_every_free_day_and_the_article() -> None:
    result = due(d("2025-12-17"), Term.parse("7d"))
    assert [(s.code, s.day.isoformat()) for s in result.steps] == [
        ("start", "2025-12-17"),
        ("term", "2025-12-24"),
        *[("free", f"2025-12-{n}") for n in (24, 25, 26, 27, 28)],
    ]
    assert {s.article for s in result.steps if s.code == "free"} == {"art. 57 § 4 k.p.a."}
    assert Term.parse("1m").article == "art. 57 § 3 k.p.a."
    with override("en"):
        text = result.rule()
    assert "Christmas Eve" in text
    assert "Saturday" in text
    assert "art. 57 § 1 k.p.a." in text


def test_extra_free_days_move_the_end() -> None:
    calendar = Calendar({d("2026-11-27"): "zarządzenie 12/2026"})
    assert due(d("2026-11-20"), Term.parse("7d"), calendar).rolled == d("2026-11-30")
    assert calendar.free_kind(d("2026-11-27")) is FreeKind.EXTRA
    assert calendar.reason(d("2026-11-27")) == "zarządzenie 12/2026"
    assert POLAND.free_kind(d("2026-11-27")) is None


# --- terms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["7d", " 2W ", "1 m"])
def test_terms_are_read_leniently(text: str) -> None:
    assert str(Term.parse(text)) == text.replace(" ", "").lower()


@pytest.mark.parametrize("text", ["", "7", "d7", "0d", "-1d", "1y", "1.5d", "99999d", "７d", "7d 1w"])
def test_other_text_is_not_a_term(text: str) -> None:
    with pytest.raises(DeadlineError):
        Term.parse(text)


@pytest.mark.parametrize(("start", "term"), [("2100-12-30", "1d"), ("2090-01-01", "999m"), ("2026-01-01", "9999w")])
def test_a_term_beyond_the_calendar_is_refused(start: str, term: str) -> None:
    with pytest.raises(DeadlineError, match="2100"):
        due(d(start), Term.parse(term), Calendar({d("2100-12-31"): "x"}))


def test_a_start_outside_the_calendar_is_refused() -> None:
    with pytest.raises(DeadlineError):
        due(date(1960, 12, 31), Term.parse("1d"))
    with pytest.raises(TypeError):
        due(datetime(2026, 1, 1, tzinfo=UTC), Term.parse("1d"))


# --- pauses and extensions --------------------------------------------------------------------------------------


def pause(first: str, last: str | None, kind: PauseKind = PauseKind.NOT_COUNTED) -> Pause:
    return Pause(d(first), d(last) if last else None, "art. 35 § 5 k.p.a.", "wezwanie", kind)


def test_days_not_counted_are_added_once_where_they_overlap() -> None:
    # 10 days from 2.11: raw 12.11; 5.-9. and 8.-11. are seven days together
    result = due(
        d("2026-11-02"),
        Term.parse("10d"),
        pauses=[pause("2026-11-05", "2026-11-09"), pause("2026-11-08", "2026-11-11")],
    )
    assert result.counted == d("2026-11-19")
    assert result.not_counted_days == 7


def test_a_pause_that_begins_in_the_added_days_counts_too() -> None:
    result = due(
        d("2026-11-02"),
        Term.parse("10d"),
        pauses=[pause("2026-11-12", "2026-11-13"), pause("2026-11-14", "2026-11-15")],
    )
    assert result.counted == d("2026-11-16")
    assert due(d("2026-11-02"), Term.parse("10d"), pauses=[pause("2026-11-13", "2026-11-30")]).counted == d(
        "2026-11-12"
    )


def test_days_before_the_event_do_not_count_as_a_pause() -> None:
    assert due(d("2026-11-02"), Term.parse("10d"), pauses=[pause("2026-10-01", "2026-11-03")]).counted == d(
        "2026-11-13"
    )


def test_an_open_pause_stops_the_time() -> None:
    open_pause = pause("2026-11-05", None, PauseKind.SUSPENSION)
    result = due(d("2026-11-02"), Term.parse("10d"), pauses=[open_pause], as_of=d("2026-11-24"))
    assert result.stopped_by is open_pause
    assert result.counted == d("2026-12-02")  # 12.11 and the twenty days 5.-24.11
    assert due(d("2026-11-02"), Term.parse("10d"), pauses=[open_pause]).raw == d("2026-11-12")
    assert due(d("2026-11-02"), Term.parse("10d"), pauses=[open_pause], as_of=d("2026-11-04")).stopped_by is None
    closed = due(d("2026-11-02"), Term.parse("10d"), pauses=[pause("2026-11-05", "2026-11-24")])
    assert closed.stopped_by is None
    assert closed.counted == result.counted


def test_a_pause_cannot_end_before_it_begins() -> None:
    with pytest.raises(DeadlineError):
        pause("2026-11-05", "2026-11-04")


def test_an_extension_sets_a_new_date_and_later_pauses_add_to_it() -> None:
    extension = Extension(d("2026-12-15"), d("2026-11-10"), "opinia biegłego")
    result = due(d("2026-11-02"), Term.parse("10d"), extensions=[extension])
    assert result.rolled == d("2026-12-15")
    assert result.extended_by is extension
    assert result.raw == d("2026-11-12")
    later = due(d("2026-11-02"), Term.parse("10d"), extensions=[extension], pauses=[pause("2026-11-20", "2026-11-24")])
    assert later.counted == d("2026-12-20")
    assert later.rolled == d("2026-12-21")  # the 20th is a Sunday
    assert later.not_counted_days == 5


def test_an_extension_never_shortens() -> None:
    early = Extension(d("2026-11-05"), d("2026-11-03"), "pomyłka")
    result = due(d("2026-11-02"), Term.parse("10d"), extensions=[early])
    assert result.rolled == d("2026-11-12")
    assert result.extended_by is None


# --- what people are told ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "urgency", "days", "words"),
    [
        ("2026-11-16", Urgency.OK, 8, "8 days left"),
        ("2026-11-17", Urgency.SOON, 7, "7 days left"),
        ("2026-11-23", Urgency.SOON, 1, "1 day left"),
        ("2026-11-24", Urgency.TODAY, 0, "due today"),
        ("2026-11-25", Urgency.OVERDUE, 1, "1 day overdue"),
        ("2026-11-29", Urgency.OVERDUE, 5, "5 days overdue"),
    ],
)
def test_state(today: str, urgency: Urgency, days: int, words: str) -> None:
    found = state(d("2026-11-24"), d(today))
    assert (found.urgency, found.days) == (urgency, days)
    with override("en"):
        assert found.words() == words


def test_a_stopped_deadline_is_never_overdue() -> None:
    assert state(d("2026-11-24"), d("2026-12-24"), stopped=True).urgency is Urgency.STOPPED


def test_warning_dates() -> None:
    assert warning_dates(d("2026-11-24")) == (d("2026-11-17"), d("2026-11-21"), d("2026-11-23"))


def test_the_day_is_the_day_in_poland() -> None:
    assert warsaw_day(datetime(2026, 11, 24, 23, 30, tzinfo=UTC)) == d("2026-11-25")
    assert warsaw_day(datetime(2026, 7, 1, 21, 59, tzinfo=UTC)) == d("2026-07-01")
    assert warsaw_day(datetime(2026, 7, 1, 22, 0, tzinfo=UTC)) == d("2026-07-02")
    with pytest.raises(ValueError, match="time zone"):
        warsaw_day(datetime(2026, 11, 24))


def test_a_supplement_takes_at_least_seven_days_from_delivery() -> None:
    assert supplement_due(d("2026-11-24")).rolled == d("2026-12-01")
    assert supplement_due(d("2026-11-24"), 14).rolled == d("2026-12-08")
    with pytest.raises(DeadlineError, match="7"):
        supplement_due(d("2026-11-24"), 6)


# --- laws -------------------------------------------------------------------------------------------------------

days = st.dates(date(1990, 1, 1), date(2080, 12, 31))
terms = st.one_of(
    st.builds(Term, st.integers(1, 400), st.just(TermUnit.DAYS)),
    st.builds(Term, st.integers(1, 60), st.just(TermUnit.WEEKS)),
    st.builds(Term, st.integers(1, 36), st.just(TermUnit.MONTHS)),
)


@given(days, terms)
def test_never_before_the_raw_end_and_never_on_a_free_day(start: date, term: Term) -> None:
    result = due(start, term)
    assert start < result.raw <= result.counted <= result.rolled
    assert not POLAND.is_free(result.rolled)
    assert all(POLAND.is_free(result.counted + timedelta(n)) for n in range((result.rolled - result.counted).days))


@given(days, st.integers(0, 40), terms)
def test_a_later_start_never_ends_earlier(start: date, later: int, term: Term) -> None:
    assert due(start, term).rolled <= due(start + timedelta(later), term).rolled


@given(days, st.integers(1, 36))
def test_months_end_on_the_same_number_or_the_last_day(start: date, months: int) -> None:
    raw = due(start, Term(months, TermUnit.MONTHS)).raw
    assert (raw.year * 12 + raw.month) - (start.year * 12 + start.month) == months
    assert raw.day == start.day or (raw.day < start.day and (raw + timedelta(1)).day == 1)


@given(days, st.integers(1, 60))
def test_weeks_end_on_the_same_weekday(start: date, weeks: int) -> None:
    assert due(start, Term(weeks, TermUnit.WEEKS)).raw.weekday() == start.weekday()


@st.composite
def pauses_after(draw: st.DrawFn, start: date) -> list[Pause]:
    spans = draw(st.lists(st.tuples(st.integers(-20, 120), st.one_of(st.none(), st.integers(0, 60))), max_size=5))
    return [
        Pause(start + timedelta(a), None if n is None else start + timedelta(a + n), "art. 35 § 5 k.p.a.", "x")
        for a, n in spans
    ]


@given(st.data(), days, terms, st.integers(0, 200))
def test_more_days_not_counted_never_shorten(data: st.DataObject, start: date, term: Term, seen: int) -> None:
    some = data.draw(pauses_after(start))
    more = some + data.draw(pauses_after(start))
    extensions = [Extension(start + timedelta(90), start + timedelta(20), "x")] if data.draw(st.booleans()) else []
    as_of = start + timedelta(seen)
    fewer = due(start, term, pauses=some, extensions=extensions, as_of=as_of)
    longer = due(start, term, pauses=more, extensions=extensions, as_of=as_of)
    assert fewer.raw <= fewer.counted <= longer.counted
    assert fewer.rolled <= longer.rolled
    assert not POLAND.is_free(longer.rolled)


@given(st.data(), days, terms)
def test_the_end_is_the_raw_number_of_counted_days_away(data: st.DataObject, start: date, term: Term) -> None:
    pauses = [p for p in data.draw(pauses_after(start)) if p.last is not None]
    result = due(start, term, pauses=pauses)
    paused = {p.first + timedelta(n) for p in pauses if p.last for n in range((p.last - p.first).days + 1)}
    counted = [day for n in range(1, (result.counted - start).days + 1) if (day := start + timedelta(n)) not in paused]
    assert len(counted) == (result.raw - start).days
    assert counted[-1] == result.counted


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_prints_raw_and_rolled_date_with_the_rule() -> None:
    out = StringIO()
    with override("en"):
        call_command(Command(), "2025-12-17", "7d", stdout=out)
    text = out.getvalue()
    assert "Raw end:  2025-12-24 (Wednesday)\n" in text
    assert "Due date: 2025-12-29 (Monday)\n" in text
    assert "art. 57 § 4 k.p.a." in text


def test_the_command_reads_the_polish_way_of_writing_dates() -> None:
    out = StringIO()
    call_command(Command(), "31.01.2026", "1m", stdout=out)
    assert "2026-03-02" in out.getvalue()


@pytest.mark.parametrize(
    ("start", "term"),
    [
        ("2025-02-30", "7d"),
        ("30.02.2025", "7d"),
        ("yesterday", "7d"),
        ("2025-12-17", "7"),
        ("2099-12-17", "9999d"),
        ("1800-01-01", "1d"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(start: str, term: str) -> None:
    with pytest.raises(CommandError) as caught:
        call_command(Command(), start, term)
    assert "\n" not in str(caught.value)
