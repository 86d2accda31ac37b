"""The text of a foreign file, read in a limited child process. This is what the rest of the program calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from documents.reading.sandbox import Extracted, ReadingError, Reason, run_limited

__all__ = ["Extracted", "Limits", "ReadingError", "Reason", "read", "reason_words"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: seconds of time, MB of address space, MB of answer."""

    seconds: float = 60
    memory_mb: int = 768
    output_mb: int = 24


DEFAULT = Limits()


def read(path: Path | str, media_type: str | None = None, *, limits: Limits = DEFAULT) -> Extracted:
    """Text per page of PDF, DOCX, ODT, XLSX, ODS, RTF, TXT, HTML, XML and e-mail files; content decides, `media_type`
    only helps among text formats. Raises ReadingError with a reason code; never anything else for any content."""
    result = run_limited(
        "documents.reading.extract:extract",
        path,
        arguments={"media_type": media_type},
        seconds=limits.seconds,
        memory_mb=limits.memory_mb,
        output_mb=limits.output_mb,
    )
    if result.reason is not None:
        raise ReadingError(result.reason, result.detail)
    value = result.value
    return Extracted(pages=value["pages"], media_type=value["media_type"], warnings=value["warnings"])


def reason_words(reason: Reason | str) -> str:
    """For the clerk: why a file's text cannot be found by search."""
    return {
        Reason.TIMEOUT: _("Reading the file took too long."),
        Reason.MEMORY: _("The file needs too much memory to be read."),
        Reason.BROKEN: _("The file is damaged and could not be read."),
        Reason.ENCRYPTED: _("The file is locked with a password."),
        Reason.TOO_LARGE: _("The file unpacks to too much data."),
        Reason.UNSUPPORTED: _("Text cannot be read from this type of file."),
    }[Reason(reason)]
