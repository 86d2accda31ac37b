"""Make the demo town: units, people, services, pages and a year of letters and cases, through deeds only."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo import progress, seed
from journal.errors import DomainError


class Command(BaseCommand):
    help = "Make the demo town in an empty database; run again, it adds only what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--small", action="store_true", help="ten cases only")
        parser.add_argument("--jobs", action="store_true", help="also run the jobs that the worker would run")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with progress.shown() as show:
                seed.build(show, small=options["small"])
                if options["jobs"]:
                    seed.run_jobs()
        except DomainError as error:
            raise CommandError(str(error)) from error
