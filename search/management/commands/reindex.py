"""Read everything into the search index again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from search.sync import reindex


class Command(BaseCommand):
    help = "Read everything into the search index again."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reindex()} things indexed")
