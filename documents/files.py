"""Record files: immutable bytes named by their SHA-256, kept by `documents.store`, never served by the web server.

A file is written to a temporary name, fsynced, put into the store, and only then has a row; a cut-off upload or a full
disk leaves no blob. Rows without file and files without row are found by `check_files`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from documents import store as stores
from documents.models import Blob
from documents.reading import scan as virus
from documents.reading import sniff
from documents.reading.policy import DEFAULT, UploadPolicy, UploadRefused, check_upload
from journal.clock import db_now
from journal.errors import NotFound, Refused
from journal.rows import insert

__all__ = ["Readable", "UploadPolicy", "UploadRefused", "check_upload", "chunks", "local", "read_blob", "store",
           "store_upload"]

logger = logging.getLogger(__name__)
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Readable(Protocol):
    """An open file or Django's uploaded file."""

    def read(self, size: int = ..., /) -> bytes: ...


def store(content: Readable | bytes, *, media_type: str | None = None, name: str | None = None,
          expected_size: int | None = None, now: dt.datetime | None = None) -> Blob:
    """Keep bytes and give their Blob; equal bytes are kept once.

    `content` is read from where it stands to its end. `media_type` None: found from the content (`name` is not
    trusted). `expected_size` (bytes) refuses an upload that was cut off; `now` by the database clock, where it is
    known. The file is checked for viruses where a clamd
    is configured; an infected one is refused and not kept. Safe to call inside a transaction: after a rollback the
    bytes stay without a row and are found again by digest.

    Raises Refused: cut off, infected, the scanner or the storage gives no answer, no space left.
    """
    with _kept_or_refused():
        temporary, sha256, size = _write_temporary(content)
    try:
        if expected_size is not None and size != expected_size:
            raise Refused(_("The file arrived incomplete. Send it again."))
        kept = stores.current()
        with _kept_or_refused():
            there = kept.has(sha256)
        if there and (known := Blob.objects.filter(pk=sha256).first()) is not None:
            return known
        with open(temporary, "rb") as file:
            kind = media_type or sniff.sniff(file) or "application/octet-stream"
            verdict = _scan(file)
        with _kept_or_refused():
            kept.put(temporary, sha256)
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


def chunks(blob: Blob | str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes piece by piece, from `start` on, `length` of them. Raises NotFound when the file is gone (an operator's
    matter), before the first piece."""
    sha256 = blob if isinstance(blob, str) else blob.pk
    try:
        return stores.current().chunks(sha256, start, length)
    except FileNotFoundError as error:
        raise _gone(sha256) from error


@contextlib.contextmanager
def local(blob: Blob | str) -> Iterator[Path]:
    """The bytes as a file of this machine, for a child process: `with local(blob) as path`. Raises NotFound."""
    sha256 = blob if isinstance(blob, str) else blob.pk
    with contextlib.ExitStack() as held:
        try:
            path = held.enter_context(stores.current().local(sha256))
        except FileNotFoundError as error:
            raise _gone(sha256) from error
        yield path


def read_blob(blob: Blob | str) -> bytes:
    """All bytes, checked against their digest. Raises NotFound when missing, OSError when they have changed on disk."""
    sha256 = blob if isinstance(blob, str) else blob.pk
    data = b"".join(chunks(sha256))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise stores.changed(sha256)
    return data


def _gone(sha256: str) -> NotFound:
    return NotFound(_("The file is missing from the store. Tell the administrator its number: %(number)s.")
                    % {"number": sha256[:12]})


@contextlib.contextmanager
def _kept_or_refused() -> Iterator[None]:
    """Around what asks the disk or the storage: raises Refused when there is no space, or no answer."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise Refused(_("There is no space left for files. Nothing was saved; try again later.")) from error
        logger.exception("a record file could not be kept")
        raise Refused(_("The file could not be kept just now. Nothing was saved; try again later.")) from error


def _write_temporary(content: Readable | bytes) -> tuple[str, str, int]:
    """Write, fsync; gives the temporary path, digest (hex) and size. Leaves nothing behind when it fails."""
    handle, path = tempfile.mkstemp(dir=stores.temporary_folder(), prefix="in-")
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in _pieces(content):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(path)
        raise
    return path, digest.hexdigest(), size


def _pieces(content: Readable | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while chunk := content.read(stores.CHUNK):
        yield chunk


def _scan(file: BinaryIO) -> str:
    result = virus.scan(file, settings.CLAMD_URL)
    if result.verdict == virus.Verdict.INFECTED:
        raise Refused(_("The file contains a virus (%(name)s) and was not saved.") % {"name": result.name})
    if result.verdict == virus.Verdict.UNAVAILABLE:
        raise Refused(_("The file could not be checked for viruses just now. Try again in a few minutes."))
    return str(result.verdict.value)
