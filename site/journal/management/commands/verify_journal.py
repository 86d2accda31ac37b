"""``manage.py verify_journal``: is the journal whole? Exit code 1 names the first bad row."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from journal.checkpoint import BadCheckpoint, read_file
from journal.verify import summary, verify


class Command(BaseCommand):
    """Verify the sealed journal against itself, its checkpoints and the checkpoints kept outside."""

    help = "Verify the journal; exit code 1 names the first row that was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoint",
            action="append",
            default=[],
            metavar="FILE",
            type=Path,
            help="a checkpoint kept outside; may be given several times, or be a folder of them",
        )
        parser.add_argument("--json", action="store_true", help="one line for machines instead of sentences")

    def handle(self, *args: Any, **options: Any) -> None:
        outside = [self._read(file) for path in options["checkpoint"] for file in self._files(path)]
        console = Console(stderr=True)
        columns = (TextColumn(_("Verifying the journal")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, disable=options["json"] or not console.is_terminal) as bar:
            task = bar.add_task("", total=None)
            report = verify(outside=outside, progress=lambda done, total: bar.update(task, completed=done, total=total))
        if options["json"]:
            self.stdout.write(json.dumps(summary(report), ensure_ascii=False))
        elif report.problem:
            self.stderr.write(_("The journal was changed: %(what)s.") % {"what": report.problem.what})
        else:
            self.stdout.write(
                _(
                    "The journal is whole: %(rows)s entries in %(chains)s chains, %(checkpoints)s "
                    "checkpoints, %(erased)s erased details, %(rate)s entries a second."
                )
                % {
                    "rows": report.rows,
                    "chains": report.chains,
                    "checkpoints": report.checkpoints,
                    "erased": len(report.erased),
                    "rate": summary(report)["rows_per_second"] or "–",
                }
            )
        if report.problem:
            sys.exit(1)

    def _files(self, path: Path) -> list[Path]:
        return sorted(path.glob("*.json")) if path.is_dir() else [path]

    def _read(self, path: Path) -> Any:
        try:
            return read_file(path)
        except (BadCheckpoint, OSError) as error:
            raise CommandError(
                _("The checkpoint %(path)s cannot be used: %(why)s.") % {"path": path, "why": error}, returncode=1
            ) from error
