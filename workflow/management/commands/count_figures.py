"""Count the figures of the boards anew from the journal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from workflow.figures.counting import count_again


class Command(BaseCommand):
    help = "Counts the figures of the boards anew from the journal, up to where their follower stands."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"counted {count_again()} entries")
