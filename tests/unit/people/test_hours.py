"""Opening hours: typed, kept, told."""

from __future__ import annotations

import datetime as dt

import pytest

from people import hours

OFFICE = [*[[["07:30", "15:30"]]] * 3, [["07:30", "12:00"], ["13:00", "17:00"]], [["07:30", "14:00"]], [], []]
MONDAY = dt.date(2026, 11, 23)


def at(day: int, clock: str) -> dt.datetime:
    return dt.datetime.combine(MONDAY + dt.timedelta(days=day), dt.time.fromisoformat(clock))


def never(_day: dt.date) -> str:
    return ""


def test_what_people_type_is_read() -> None:
    assert hours.parse_day("7.30–15.30") == [["07:30", "15:30"]]
    assert hours.parse_day("8-12, 13:00 - 16:15") == [["08:00", "12:00"], ["13:00", "16:15"]]
    assert hours.parse_day("0.00–24.00") == [["00:00", "23:59"]]
    assert hours.parse_day(" ") == hours.parse_day("Zamknięte") == []


@pytest.mark.parametrize("text", ["rano", "15–7", "8–12, 11–13", "25–26", "7.30", "7.70–8.30", "8–12;13–16"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(hours.HoursError):
        hours.parse_day(text)


def test_kept_hours_are_shown_as_they_are_typed() -> None:
    for text in ("7.30–15.30", "8.00–12.00, 13.00–16.00", "0.00–24.00"):
        assert hours.day_text(hours.parse_day(text)) == text


def test_exceptions_are_read_in_order_and_written_back() -> None:
    kept = hours.parse_exceptions("24.12.2026 zamknięte Wigilia\n\n23.12.2026: 8–12 krótszy dzień")
    assert kept == [
        {"day": "2026-12-23", "hours": [["08:00", "12:00"]], "note": "krótszy dzień"},
        {"day": "2026-12-24", "hours": [], "note": "Wigilia"},
    ]
    assert hours.parse_exceptions(hours.exceptions_text(kept)) == kept


@pytest.mark.parametrize("text", ["jutro zamknięte", "31.02.2026 8–12", "1.12.2026 8–12\n01.12.2026 zamknięte"])
def test_exceptions_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(hours.HoursError):
        hours.parse_exceptions(text)


def test_check_knows_what_is_kept() -> None:
    hours.check([], [])
    hours.check(OFFICE, [{"day": "2026-12-24", "hours": [], "note": ""}])
    for week, exceptions in (([[]], []), (OFFICE, [{"day": "x", "hours": []}]), ([[["9", "8"]]] * 7, []), (None, [])):
        with pytest.raises(hours.HoursError):
            hours.check(week, exceptions)


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [(at(0, "07:29"), False, None), (at(0, "07:30"), True, "15:30"), (at(0, "15:30"), False, None),
     (at(3, "12:30"), False, None), (at(3, "13:00"), True, "17:00"), (at(5, "10:00"), False, None)],
)  # fmt: skip
def test_open_now(moment: dt.datetime, is_open: bool, until: str | None) -> None:
    found = hours.standing(moment, OFFICE, [], never)
    assert found.is_open is is_open
    assert found.until == (dt.time.fromisoformat(until) if until else None)


def test_the_next_opening_skips_what_is_closed() -> None:
    friday_evening = at(4, "18:00")
    found = hours.standing(friday_evening, OFFICE, [], never)
    assert (found.next_day, found.next_time) == (MONDAY + dt.timedelta(days=7), dt.time(7, 30))
    holiday = MONDAY + dt.timedelta(days=7)
    found = hours.standing(friday_evening, OFFICE, [], lambda day: "święto" if day == holiday else "")
    assert found.next_day == holiday + dt.timedelta(days=1)
    assert hours.standing(at(3, "12:30"), OFFICE, [], never).next_time == dt.time(13, 0)


def test_an_exception_wins_over_week_and_holiday() -> None:
    exceptions = [{"day": MONDAY.isoformat(), "hours": [["10:00", "12:00"]], "note": "dyżur"}]
    found = hours.standing(at(0, "11:00"), OFFICE, exceptions, lambda _day: "święto")
    assert found.is_open and found.note == "dyżur"
    assert not hours.standing(at(0, "08:00"), OFFICE, exceptions, never).is_open


def test_a_unit_without_hours_is_never_said_to_open() -> None:
    found = hours.standing(at(0, "11:00"), [], [], never)
    assert not found.is_open and found.next_day is None
