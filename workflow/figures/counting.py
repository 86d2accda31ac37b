"""Counting the figures of the boards anew from the journal: by command, and as a work that people watch."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction
from django.utils.translation import gettext_lazy, ngettext

from journal import works
from journal.models import Cursor
from workflow.figures.follower import Figures, recount
from workflow.figures.models import DayFigure


@transaction.atomic
def count_again(progress: Callable[[int, int], None] = lambda _done, _total: None) -> int:
    """Count anew up to where the follower stands; gives how many entries. Boards show the old figures until the end."""
    # A turn of the follower that is under way ends first; a later one waits at its sums until this is over.
    with connection.cursor() as statement:
        statement.execute(f"LOCK TABLE {DayFigure._meta.db_table} IN EXCLUSIVE MODE")
    cursor = Cursor.objects.select_for_update().filter(follower=Figures.name).first()
    return recount(cursor.seq, progress) if cursor else 0


def run(tick: works.Tick) -> str:
    count = count_again(tick)
    return ngettext("%(n)d entry counted", "%(n)d entries counted", count) % {"n": count}


works.register(
    "count-figures", label=gettext_lazy("Count the figures of the boards again"), run=run,
    about=gettext_lazy("Makes the sums of all boards anew from the journal. Boards show the old ones until the end."),
)  # fmt: skip
