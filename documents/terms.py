"""Terms of electronic delivery (KPA art. 46), counted by the dated rules and free days of `documents.free_days`."""

from __future__ import annotations

import datetime as dt

from documents.free_days import POLAND, rule


def second_notice_day(first_notice: dt.date) -> dt.date:
    """The day from which the second notice is due. A notice is no term of the party: it does not move."""
    return first_notice + dt.timedelta(days=rule("second_notice_days", first_notice).value)


def last_day(first_notice: dt.date, second_notice: dt.date | None = None) -> dt.date:
    """Last day on which the addressee may still sign: the day of the notice is not counted, an end on a free day moves
    to the next working day. With its end the letter is deemed delivered.

    A second notice that our machinery gave late takes nothing from the addressee: the days that follow a timely one
    follow it too."""
    end = first_notice + dt.timedelta(days=rule("deemed_delivered_days", first_notice).value)
    if second_notice is not None:
        end = max(end, second_notice + (end - second_notice_day(first_notice)))
    return POLAND.next_working(end)
