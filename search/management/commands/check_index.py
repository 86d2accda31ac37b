"""``manage.py check_index``: does the search index agree with the database? Exit code 1 when not."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from search import drift
from search.backends import each
from search.backends.base import Backend
from search.management.bars import bar

SHOWN = 20


class Command(BaseCommand):
    """Compare ids, versions and permissions both ways; `--repair` puts right what differs."""

    help = "Compare the search index with the database; exit code 1 when they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="put right what differs")

    def handle(self, *args: Any, **options: Any) -> None:
        agree = [self._check(backend, repair=options["repair"]) for backend in each()]
        if not all(agree):
            sys.exit(1)

    def _check(self, backend: Backend, *, repair: bool) -> bool:
        with bar(_("Comparing the index")) as progress:
            found = drift.check(backend, progress)
        if found.behind:
            self.stdout.write(_("The index has still to hear of %(n)d entries.") % {"n": found.behind})
        if not found:
            said = _("The index agrees with the database (%(n)d things).") % {"n": found.checked}
            self.stdout.write(f"{backend.name}: {said}")
            return True
        for title, keys in (
            (_("missing in the index"), found.missing),
            (_("no longer in the database"), found.surplus),
            (_("with another version"), found.outdated),
            (_("open to other people"), found.permission),
        ):
            if keys:
                more = " …" if len(keys) > SHOWN else ""
                self.stdout.write(f"{backend.name}: {title}: {len(keys)} ({', '.join(keys[:SHOWN])}{more})")
        if not repair:
            self.stdout.write(_("Repair with: manage.py check_index --repair"))
            return False
        drift.repair(backend, found)
        left = drift.check(backend)
        if left:
            self.stdout.write(_("Still different: %(n)d. Run the command again.") % {"n": len(left.wrong)})
            return False
        self.stdout.write(_("Repaired."))
        return True
