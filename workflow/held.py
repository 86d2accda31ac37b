"""Scans chosen on a paper form that is shown again: stored already, named by a list that its author alone can send."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, cast

from django.core import signing
from django.core.files.uploadedfile import UploadedFile

from documents.files import store_upload
from documents.filing import Attachment
from documents.reading.policy import UploadRefused, check_set, clean_filename
from journal.errors import Refused

#: How long (seconds) the list is taken; a form is not left open for longer.
_LASTS = 24 * 3600


def seal(user_id: int, scans: Iterable[Attachment]) -> str:
    """The scans as a signed text for a hidden field. A digest alone would open strangers' files."""
    rows = [[s.blob_sha256, s.file_name, s.media_type, s.size] for s in scans]
    return signing.dumps(rows, salt=_salt(user_id), compress=True)


def unseal(user_id: int, text: str) -> list[Attachment]:
    """The scans of a list that was made for this person within a day; none for anything else."""
    try:
        rows = signing.loads(text, salt=_salt(user_id), max_age=_LASTS)
    except signing.BadSignature:
        return []
    return [Attachment(sha256, name, kind, size, "scan") for sha256, name, kind, size in rows]


def _salt(user_id: int) -> str:
    return f"workflow.held:{user_id}"


def take(uploads: Iterable[UploadedFile], have: list[Attachment]) -> tuple[list[Attachment], list[str]]:
    """Store what was chosen now beside what is held; all that is held then, and messages for those refused."""
    scans, refused = list(have), []
    for upload in uploads:
        name, size = upload.name or "", upload.size or 0
        try:
            check_set([*(s.size for s in scans), size])
            blob = store_upload(name, size, cast(BinaryIO, upload))
        except (UploadRefused, Refused) as error:
            refused.append(f"{clean_filename(name)}: {error.message}")
            continue
        if blob.sha256 not in {s.blob_sha256 for s in scans}:
            kept = clean_filename(name, blob.media_type)
            scans.append(Attachment(blob.sha256, kept, blob.media_type, blob.size, "scan"))
    return scans, refused
