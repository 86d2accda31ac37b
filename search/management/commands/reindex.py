"""Read everything into the search index again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from search.backends import current
from search.management.bars import bar
from search.sync import reindex


class Command(BaseCommand):
    """Read everything again. The index answers meanwhile; broken off, it is simply started again."""

    help = "Read everything into the search index again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clear", action="store_true", help="empty the index first (search finds less meanwhile)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["clear"]:
            current().clear()
        with bar(_("Reading into the index")) as progress:
            count = reindex(progress)
        self.stdout.write(ngettext("%(n)d thing indexed", "%(n)d things indexed", count) % {"n": count})
