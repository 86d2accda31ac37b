"""``manage.py work``: seals the journal, feeds its followers and runs the jobs."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from journal import follow, worker


class Command(BaseCommand):
    """Run the background work; several may run at once, on several machines."""

    help = "Seal the journal, feed its followers, run jobs. Stops cleanly on SIGTERM and Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do all that is waiting, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            sealed, followed, ran = worker.drain()
            self.stdout.write(
                _("Sealed %(sealed)s entries, followed %(followed)s, ran %(ran)s jobs.")
                % {"sealed": sealed, "followed": followed, "ran": ran}
            )
            return
        self._say(
            _("Worker %(pid)s started: sealer, followers %(names)s, queues %(queues)s.")
            % {"pid": os.getpid(), "names": ", ".join(follow.names()) or "–", "queues": ", ".join(worker.CONCURRENCY)}
        )
        worker.run_forever()
        self._say(_("Worker %(pid)s stopped.") % {"pid": os.getpid()})

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
