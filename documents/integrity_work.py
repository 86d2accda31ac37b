"""The check of all record files as a work that people begin and watch; goes on where it was broken off."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy, ngettext

from documents.integrity import FAULTS, FOLDERS, Progress, check
from journal import works


def run(tick: works.Tick) -> str:
    """Compute every digest again; each damaged or missing file is a trouble."""
    place = Path(settings.VAR_DIR) / "check_files_work.json"
    progress = Progress.load(place)
    told, folder = 0, progress.folder
    for now in check(progress):
        for finding in now.findings[told:]:
            used = ", ".join(finding.used_by)
            tick.trouble(finding.name, "; ".join(filter(None, [str(FAULTS[finding.fault][0]), finding.detail, used])))
        told = len(now.findings)
        if now.folder != folder:
            now.save(place)
            folder = now.folder
        tick(now.folder, len(FOLDERS))
    place.unlink(missing_ok=True)
    bad = sum(FAULTS[finding.fault][1] for finding in progress.findings)
    return ngettext(
        "%(n)d file checked (%(mb)s MB), %(bad)d damaged or missing.",
        "%(n)d files checked (%(mb)s MB), %(bad)d damaged or missing.", progress.files,
    ) % {"n": progress.files, "mb": progress.size // 1_000_000, "bad": bad}  # fmt: skip


works.register(
    "check-files", label=gettext_lazy("Check the record files"), run=run,
    about=gettext_lazy("Reads every kept file and compares it with the digest under which it was taken in."),
)  # fmt: skip
