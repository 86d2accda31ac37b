"""Whether every record file still is what it was: digests computed again, missing files and files of no record named.

The store's 256 folders are compared with the rows one after another, so memory does not grow with the store and a check
that was broken off goes on with the folder it stopped in.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from documents.models import Blob, DocumentVersion
from documents.store import BlobStore, current

FOLDERS = tuple(f"{number:02x}" for number in range(256))
#: A file without a row that is younger may belong to a transaction that is not over yet.
YOUNG_SECONDS = 60 * 60
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Fault(StrEnum):
    """What can be wrong with a record file."""

    CHANGED = "changed"  # the bytes are not those that were kept (bitrot, or a hand on the disk)
    MISSING = "missing"  # a record names bytes that are not there
    UNREADABLE = "unreadable"  # the disk or its rights refuse
    ORPHAN = "orphan"  # bytes that no record names: left by a transaction that was rolled back
    STRANGER = "stranger"  # something in the store that is no record file


#: What each fault is called, and whether a check fails by it.
FAULTS: dict[Fault, tuple[Promise, bool]] = {
    Fault.CHANGED: (gettext_lazy("changed on disk"), True),
    Fault.MISSING: (gettext_lazy("missing"), True),
    Fault.UNREADABLE: (gettext_lazy("cannot be read"), True),
    Fault.ORPHAN: (gettext_lazy("belongs to no record"), False),
    Fault.STRANGER: (gettext_lazy("is no record file"), False),
}


@dataclass(frozen=True)
class Finding:
    """One fault: `name` is the digest (or the path below the store of a stranger); `used_by` says which documents."""

    fault: Fault
    name: str
    detail: str = ""
    used_by: tuple[str, ...] = ()


@dataclass
class Progress:
    """How far a check is; kept in a file, so that the next run goes on. Sizes in bytes."""

    folder: int = 0
    files: int = 0
    size: int = 0
    findings: list[Finding] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write beside and rename, so that a killed run leaves the one before."""
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self)))
        os.replace(beside, path)

    @classmethod
    def load(cls, path: Path) -> Progress:
        """What a broken-off run left; a fresh start where there is nothing, or nothing readable."""
        try:
            kept = json.loads(path.read_text())
            rows = [Finding(Fault(row["fault"]), row["name"], row["detail"], tuple(row["used_by"]))
                    for row in kept.pop("findings")]
            return cls(**kept, findings=rows)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return cls()


def check(progress: Progress) -> Iterator[Progress]:
    """Go through the store from where `progress` stands; yields it after every file. `progress.folder` moves when all
    of a folder is done: what is kept then has no half of a folder."""
    for number in range(progress.folder, len(FOLDERS)):
        for finding, size in _folder(FOLDERS[number]):
            progress.files += finding is None or size > 0
            progress.size += size
            if finding is not None:
                progress.findings.append(finding)
            yield progress
        progress.folder = number + 1
        yield progress


def _folder(prefix: str) -> Iterator[tuple[Finding | None, int]]:
    """Rows and files that begin with the two digits: (fault or None, bytes read)."""
    store = current()
    kept = {each.name: each for each in store.entries(prefix)}
    for name in sorted(name for name in kept if not _DIGEST.match(name)):
        del kept[name]
        yield Finding(Fault.STRANGER, name), 0
    rows = Blob.objects.filter(pk__gte=prefix, pk__lt=prefix + "g").order_by("pk").values_list("pk", "size")
    for sha256, size in rows.iterator(chunk_size=2000):
        if kept.pop(sha256, None):
            yield _judge(store, sha256, size)
        else:
            yield Finding(Fault.MISSING, sha256, used_by=used_by(sha256)), 0
    for sha256, each in sorted(kept.items()):
        if time.time() - each.changed > YOUNG_SECONDS and not Blob.objects.filter(pk=sha256).exists():
            yield Finding(Fault.ORPHAN, sha256, detail=f"{each.size} B"), 0


def _judge(store: BlobStore, sha256: str, size: int) -> tuple[Finding | None, int]:
    digest, read = hashlib.sha256(), 0
    try:
        for chunk in store.chunks(sha256):
            digest.update(chunk)
            read += len(chunk)
    except OSError as error:
        return Finding(Fault.UNREADABLE, sha256, error.strerror or "", used_by(sha256)), read
    if digest.hexdigest() == sha256 and read == size:
        return None, read
    detail = f"{read} B != {size} B" if read != size else digest.hexdigest()
    return Finding(Fault.CHANGED, sha256, detail, used_by(sha256)), read


def used_by(sha256: str, most: int = 5) -> tuple[str, ...]:
    """Which records the bytes belong to, by their numbers, without names or titles."""
    found: list[str] = []
    for relation in Blob._meta.related_objects:
        rows = relation.related_model._base_manager.filter(**{relation.field.name: sha256}).order_by("pk")
        if relation.related_model is DocumentVersion:
            names = ("document_id", "number", "document__case__reference", "document__letter__register_number")
            found += [f"document {document} v{number}" + (f" ({reference or letter})" if reference or letter else "")
                      for document, number, reference, letter in rows.values_list(*names)[:most]]  # fmt: skip
        else:
            name = relation.related_model._meta.model_name
            found += [f"{name} {pk}" for pk in rows.values_list("pk", flat=True)[:most]]
    return tuple(found[:most])
