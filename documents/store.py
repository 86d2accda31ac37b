"""Where the bytes of record files lie: a folder of this machine, or S3-type storage. One face, two backends.

Names are digests (SHA-256, hex) in 256 folders, the same in both, so that a store is moved by copying it. Neither ever
changes bytes under a name. `settings.STORAGES["records"]` (from `STORAGE_URL`) makes it S3; else `settings.BLOB_DIR`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import storages

CHUNK = 256 * 1024
ALIAS = "records"


@dataclass(frozen=True)
class Stored:
    """Something that lies in the store: `name` is its digest, or for anything else its path; `changed`: Unix time."""

    name: str
    size: int
    changed: float


class BlobStore(Protocol):
    """What a store promises. Each raises FileNotFoundError for a name it has not, OSError when it cannot answer."""

    def has(self, sha256: str) -> bool: ...

    def put(self, temporary: str, sha256: str) -> None:
        """Keep the bytes of a finished temporary file durably under the name, all or nothing; the file may be moved."""

    def chunks(self, sha256: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Bytes from `start` on, `length` of them; opened before the first is asked for."""

    def local(self, sha256: str) -> AbstractContextManager[Path]:
        """The bytes as a file of this machine, for a child process; to be read inside the context, never changed."""

    def entries(self, prefix: str) -> Iterator[Stored]:
        """All that lies in the folder of two hexadecimal digits, in no order."""


def current() -> BlobStore:
    """The store of the settings."""
    return Remote(storages[ALIAS]) if ALIAS in settings.STORAGES else Folder(Path(settings.BLOB_DIR))


class Folder:
    """A folder: written to a temporary name, fsynced, renamed; a cut-off upload or a full disk leaves nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the bytes of a digest lie."""
        folder = self.root / sha256[:2]
        deeper = folder / sha256[2:4] / sha256  # where the first versions put them
        return deeper if deeper.exists() else folder / sha256

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def put(self, temporary: str, sha256: str) -> None:
        """Rename into place and make the new name durable. A name that is there already holds the same bytes, unless
        the disk damaged them: the fresh ones replace it either way."""
        target = self.path(sha256)
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

    def chunks(self, sha256: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        file = open(self.path(sha256), "rb")  # noqa: SIM115  # closed by the generator, or here
        try:
            file.seek(start)
        except OSError:
            file.close()
            raise
        return _pieces(file, length)

    @contextlib.contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        if not self.has(sha256):
            raise FileNotFoundError(errno.ENOENT, "not in the store", sha256)
        yield self.path(sha256)

    def entries(self, prefix: str) -> Iterator[Stored]:
        return self._walk(self.root / prefix, prefix)

    def _walk(self, folder: Path, prefix: str) -> Iterator[Stored]:
        if not folder.is_dir():
            return
        with os.scandir(folder) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(Path(entry.path), prefix)
                    continue
                with contextlib.suppress(FileNotFoundError):  # tidied meanwhile
                    known = entry.stat(follow_symlinks=False)
                    fits = entry.name.startswith(prefix) and entry.is_file(follow_symlinks=False)
                    name = entry.name if fits else os.path.relpath(entry.path, self.root)
                    yield Stored(name, known.st_size, known.st_mtime)


class Remote:
    """S3-type storage through django-storages: private, each object written whole or not at all."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage
        self.root = storage.location.strip("/")

    def _object(self, sha256: str) -> Any:
        return self.storage.bucket.Object(f"{self.root}/{sha256[:2]}/{sha256}")

    def has(self, sha256: str) -> bool:
        try:
            with _answered(sha256):
                self._object(sha256).load()
        except FileNotFoundError:
            return False
        return True

    def put(self, temporary: str, sha256: str) -> None:
        """Send the file; it counts only when the store says that it has all of it."""
        with _answered(sha256):
            target = self._object(sha256)
            target.upload_file(temporary, Config=self.storage.transfer_config)
            target.load()
            if target.content_length != os.path.getsize(temporary):
                raise OSError(errno.EIO, "the storage kept fewer bytes than were sent", sha256)

    def chunks(self, sha256: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if length == 0:
            return iter(())
        until = "" if length is None else str(start + length - 1)
        asked = {"Range": f"bytes={start}-{until}"} if start or until else {}
        with _answered(sha256):
            body = self._object(sha256).get(**asked)["Body"]
        return self._read(body, sha256)

    def _read(self, body: Any, sha256: str) -> Iterator[bytes]:
        with contextlib.closing(body), _answered(sha256):
            yield from body.iter_chunks(CHUNK)

    @contextlib.contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        folder = temporary_folder()
        handle, name = tempfile.mkstemp(dir=folder, prefix="out-")
        try:
            digest = hashlib.sha256()
            with os.fdopen(handle, "wb") as file:
                for chunk in self.chunks(sha256):
                    file.write(chunk)
                    digest.update(chunk)
            if digest.hexdigest() != sha256:
                raise changed(sha256)
            yield Path(name)
        finally:
            os.unlink(name)

    def entries(self, prefix: str) -> Iterator[Stored]:
        folder = f"{self.root}/{prefix}/"
        with _answered(prefix):
            for found in self.storage.bucket.objects.filter(Prefix=folder):
                name = found.key[len(folder) :]
                name = name if name.startswith(prefix) and "/" not in name else found.key[len(self.root) + 1 :]
                yield Stored(name, found.size, found.last_modified.timestamp())


def temporary_folder() -> Path:
    """Where files wait before they are kept, on the disk of the folder store."""
    folder = Path(settings.BLOB_DIR) / "tmp"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def changed(sha256: str) -> OSError:
    """The error of bytes that are no longer those that were kept."""
    return OSError(errno.EIO, "stored bytes do not match their digest", sha256)


def _pieces(file: BinaryIO, length: int | None) -> Iterator[bytes]:
    with file:
        while length is None or length > 0:
            piece = file.read(CHUNK if length is None else min(CHUNK, length))
            if not piece:
                return
            yield piece
            length = None if length is None else length - len(piece)


@contextlib.contextmanager
def _answered(name: str) -> Iterator[None]:
    """Errors of the storage as those of a disk: absent, or no answer."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey", "NotFound"}:
            raise FileNotFoundError(errno.ENOENT, "not in the storage", name) from error
        raise OSError(errno.EIO, f"the storage refuses: {error}", name) from error
    except BotoCoreError as error:
        raise OSError(errno.EIO, f"the storage gives no answer: {error}", name) from error
