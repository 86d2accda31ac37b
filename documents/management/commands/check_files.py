"""``manage.py check_files``: is every record file whole? Exit code 1 when one is changed, missing or unreadable."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from documents.integrity import FAULTS, FOLDERS, Finding, Progress, check


class Command(BaseCommand):
    """Compute every digest again and name what is changed, missing, or of no record."""

    help = "Check every record file against its digest; goes on where it was broken off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--restart", action="store_true", help="begin anew instead of going on")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = Path(settings.VAR_DIR) / "check_files.json"
        if options["restart"]:
            kept.unlink(missing_ok=True)
        progress = Progress.load(kept)
        if progress.folder:
            self.stderr.write(_("Going on where the last check was broken off: %(n)d of %(of)d folders are done.")
                              % {"n": progress.folder, "of": len(FOLDERS)})  # fmt: skip
        for finding in progress.findings:
            self._say(finding)
        self._run(progress, kept)
        kept.unlink(missing_ok=True)
        bad = sum(FAULTS[finding.fault][1] for finding in progress.findings)
        self.stdout.write(
            ngettext("%(n)d file checked (%(mb)s MB), %(bad)d damaged or missing.",
                     "%(n)d files checked (%(mb)s MB), %(bad)d damaged or missing.", progress.files)
            % {"n": progress.files, "mb": progress.size // 1_000_000, "bad": bad}
        )  # fmt: skip
        if bad:
            sys.exit(1)

    def _run(self, progress: Progress, kept: Path) -> None:
        console = Console(stderr=True)
        columns = (TextColumn(_("Checking files")), BarColumn(), TextColumn("{task.fields[files]}"),
                   TimeRemainingColumn())  # fmt: skip
        said, folder = len(progress.findings), progress.folder
        with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=len(FOLDERS), completed=folder, files=progress.files)
            for now in check(progress):
                bar.update(task, completed=now.folder, files=now.files)
                for finding in now.findings[said:]:
                    self._say(finding)
                said = len(now.findings)
                if now.folder != folder:
                    now.save(kept)
                    folder = now.folder

    def _say(self, finding: Finding) -> None:
        text = f"{finding.name}: {FAULTS[finding.fault][0]}"
        more = "; ".join(filter(None, [finding.detail, ", ".join(finding.used_by)]))
        self.stdout.write(f"{text} ({more})" if more else text)
