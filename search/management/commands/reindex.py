"""Read everything into the search index again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from search.backends import each
from search.management.bars import bar
from search.sync import reindex


class Command(BaseCommand):
    """Read everything again. The index answers meanwhile (on Elasticsearch a new one is built beside it and takes its
    place); broken off, it is simply started again."""

    help = "Read everything into the search index again."
    requires_system_checks = ()  # the checks refuse an index of another mapping: this mends it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clear", action="store_true", help="empty the index first (search finds less meanwhile)")
        parser.add_argument("--only", choices=("embedded", "elasticsearch"), help="one of the indexes")

    def handle(self, *args: Any, **options: Any) -> None:
        for backend in each():
            if options["only"] and backend.name != options["only"]:
                continue
            if options["clear"]:
                backend.clear()
            with bar(_("Reading into the index")) as progress:
                count = reindex(backend, progress)
            said = ngettext("%(n)d thing indexed", "%(n)d things indexed", count) % {"n": count}
            self.stdout.write(f"{backend.name}: {said}")
