"""Record files: immutable bytes named by their SHA-256, below `settings.BLOB_DIR`, never served by the web server.

A file is written to a temporary name, fsynced, renamed, and only then has a row; a cut-off upload or a full disk leaves
no blob. Whether a row without file or a file without row exists can be checked by digest at any time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from documents.models import Blob
from documents.reading import scan as virus
from documents.reading import sniff
from documents.reading.policy import DEFAULT, UploadPolicy, UploadRefused, check_upload
from journal.clock import db_now
from journal.errors import NotFound, Refused
from journal.rows import insert

__all__ = ["Readable", "UploadPolicy", "UploadRefused", "blob_path", "check_upload", "open_blob", "read_blob", "store",
           "store_upload"]

_CHUNK = 256 * 1024
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Readable(Protocol):
    """An open file or Django's uploaded file."""

    def read(self, size: int = ..., /) -> bytes: ...


def blob_path(sha256: str) -> Path:
    """Where the bytes of a digest lie: 256 folders, so that a new file seldom needs a new one."""
    root = Path(settings.BLOB_DIR) / sha256[:2]
    deeper = root / sha256[2:4] / sha256  # where the first versions put them
    return deeper if deeper.exists() else root / sha256


def store(content: Readable | bytes, *, media_type: str | None = None, name: str | None = None,
          expected_size: int | None = None, now: dt.datetime | None = None) -> Blob:
    """Keep bytes and give their Blob; equal bytes are kept once.

    `content` is read from where it stands to its end. `media_type` None: found from the content (`name` is not
    trusted). `expected_size` (bytes) refuses an upload that was cut off; `now` by the database clock, where it is
    known. The file is checked for viruses where a clamd
    is configured; an infected one is refused and not kept. Safe to call inside a transaction: after a rollback the
    bytes stay without a row and are found again by digest.

    Raises Refused: cut off, infected, the scanner gives no answer, no space left.
    """
    try:
        temporary, sha256, size = _write_temporary(content)
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise Refused(_("There is no space left for files. Nothing was saved; try again later.")) from error
        raise
    try:
        if expected_size is not None and size != expected_size:
            raise Refused(_("The file arrived incomplete. Send it again."))
        if blob_path(sha256).is_file() and (known := Blob.objects.filter(pk=sha256).first()) is not None:
            return known
        with open(temporary, "rb") as file:
            kind = media_type or sniff.sniff(file) or "application/octet-stream"
            verdict = _scan(file)
        _put(temporary, sha256)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    blob = Blob(sha256=sha256, size=size, media_type=kind[:120], scan=verdict, stored_at=now or db_now())
    return insert(blob, if_absent=True)  # somebody may store the same bytes at the same time


def store_upload(name: str, size: int, content: BinaryIO, policy: UploadPolicy = DEFAULT) -> Blob:
    """Check an uploaded file by the policy and keep it. Raises UploadRefused (has a `code`) or Refused."""
    media_type = check_upload(name, size, content, policy)
    content.seek(0)
    return store(content, media_type=media_type, name=name, expected_size=size)


def open_blob(blob: Blob | str) -> BinaryIO:
    """The bytes as an open file; the caller closes it. Raises NotFound when the file is gone (an operator's matter)."""
    sha256 = blob if isinstance(blob, str) else blob.pk
    try:
        return open(blob_path(sha256), "rb")
    except FileNotFoundError as error:
        raise NotFound(_("The file is missing from the store. Tell the administrator its number: %(number)s.")
                       % {"number": sha256[:12]}) from error


def read_blob(blob: Blob | str) -> bytes:
    """All bytes, checked against their digest. Raises NotFound when missing, OSError when they have changed on disk."""
    sha256 = blob if isinstance(blob, str) else blob.pk
    with open_blob(blob) as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OSError(errno.EIO, "stored bytes do not match their digest", str(blob_path(sha256)))
    return data


def _write_temporary(content: Readable | bytes) -> tuple[str, str, int]:
    """Write, fsync; gives the temporary path, digest (hex) and size. Leaves nothing behind when it fails."""
    folder = Path(settings.BLOB_DIR) / "tmp"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, path = tempfile.mkstemp(dir=folder, prefix="in-")
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in _chunks(content):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(path)
        raise
    return path, digest.hexdigest(), size


def _chunks(content: Readable | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while chunk := content.read(_CHUNK):
        yield chunk


def _scan(file: BinaryIO) -> str:
    result = virus.scan(file, settings.CLAMD_URL)
    if result.verdict == virus.Verdict.INFECTED:
        raise Refused(_("The file contains a virus (%(name)s) and was not saved.") % {"name": result.name})
    if result.verdict == virus.Verdict.UNAVAILABLE:
        raise Refused(_("The file could not be checked for viruses just now. Try again in a few minutes."))
    return str(result.verdict.value)


def _put(temporary: str, sha256: str) -> None:
    """Rename into place and make the new name durable. A name that is there already holds the same bytes, unless the
    disk damaged them: the fresh ones replace it either way."""
    target = blob_path(sha256)
    folders = [target.parent]
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folders.append(target.parent.parent)
    os.chmod(temporary, 0o440)
    os.replace(temporary, target)
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
