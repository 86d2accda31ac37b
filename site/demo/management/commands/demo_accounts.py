"""Print the accounts of the demo town; nothing where there is none."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from demo import accounts


class Command(BaseCommand):
    help = "Print the accounts of the demo town and their password."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in accounts.lines():
            self.stdout.write(line)
