"""Count the figures of the boards anew from the journal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from journal.models import Cursor
from workflow.figures.follower import Figures, recount
from workflow.figures.models import DayFigure


class Command(BaseCommand):
    help = "Counts the figures of the boards anew from the journal, up to where their follower stands."

    def handle(self, *_args: Any, **_options: Any) -> None:
        with transaction.atomic():
            # A turn of the follower that is under way ends first; a later one waits at its sums until this is over.
            with connection.cursor() as statement:
                statement.execute(f"LOCK TABLE {DayFigure._meta.db_table} IN EXCLUSIVE MODE")
            cursor = Cursor.objects.select_for_update().filter(follower=Figures.name).first()
            counted = recount(cursor.seq) if cursor else 0
        self.stdout.write(f"counted {counted} entries")
