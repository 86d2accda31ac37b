"""The archive of what is held of a person: one ZIP with a JSON file and a folder of files for each area, and a page
that people can read. Written piece by piece: its size is not bound by memory."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from journal.clock import db_now
from people.holdings import Fact, HeldFile, Holder, Subject, Value, holders

#: Bytes in a file from which its entry is written with 64-bit sizes.
_LARGE = 2**31 - 2**20


def write(subject: Subject, target: BinaryIO, *, progress: Callable[[int], None] = lambda _number: None) -> None:
    """Write the archive, in the language that is active. `progress` hears how many areas are done."""
    now = localtime(db_now())
    stamp = now.timetuple()[:6]
    folder = settings.FILE_UPLOAD_TEMP_DIR
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive, tempfile.TemporaryFile(dir=folder) as page:
        page.write(_html("head", {"subject": subject, "made_at": now}))
        for number, holder in enumerate(holders(), 1):
            _area(archive, page, holder, subject, stamp)
            progress(number)
        page.write(_html("foot", {}))
        page.seek(0)
        with archive.open(_entry("index.html", stamp), "w", force_zip64=True) as entry:
            shutil.copyfileobj(page, entry)


def _area(archive: zipfile.ZipFile, page: IO[bytes], holder: Holder, subject: Subject, stamp: Any) -> None:
    page.write(_html("area", {"holder": holder}))
    any_record = False
    with archive.open(_entry(f"{holder.name}.json", stamp), "w", force_zip64=True) as entry:
        head = {"area": holder.name, "title": str(holder.title)}
        entry.write(json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "records": [')
        for record in holder.records(subject):
            said = {"title": str(record.title), "facts": {fact.key: _plain(fact.value) for fact in record.facts}}
            entry.write((b",\n" if any_record else b"\n") + json.dumps(said, ensure_ascii=False).encode())
            page.write(_html("record", {"title": record.title, "facts": list(map(_in_words, record.facts))}))
            any_record = True
        entry.write(b"\n]}\n")
    names: set[str] = set()
    for held in holder.files(subject):
        name = f"{holder.name}/{_unique(safe_name(held.name), names)}"
        page.write(_html("file", {"name": name.partition("/")[2], "path": name, "size": held.size}))
        _file(archive, held, name, stamp)
    page.write(_html("area_end", {"empty": not any_record and not names}))


def _file(archive: zipfile.ZipFile, held: HeldFile, name: str, stamp: Any) -> None:
    entry = _entry(name, stamp, zipfile.ZIP_STORED)
    with archive.open(entry, "w", force_zip64=held.size > _LARGE) as target:
        for piece in held.chunks():
            target.write(piece)


def _entry(name: str, stamp: Any, kind: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, stamp)
    entry.compress_type, entry.external_attr = kind, 0o600 << 16
    return entry


def _html(part: str, context: dict[str, Any]) -> bytes:
    return render_to_string(f"account/export/{part}.html", context).encode()


def _plain(value: Value) -> str | int | bool | None:
    return value.isoformat() if isinstance(value, dt.date) else value


def _in_words(fact: Fact) -> dict[str, object]:
    value: object = fact.value
    if isinstance(value, bool):
        value = _("yes") if value else _("no")
    elif isinstance(value, dt.datetime):
        value = date_format(localtime(value), "j E Y, H:i")
    elif isinstance(value, dt.date):
        value = date_format(value, "j E Y")
    return {"label": fact.label, "value": value}


def safe_name(name: str) -> str:
    """A file name that no program takes for a place elsewhere: no folders, no control characters, not too long."""
    plain = unicodedata.normalize("NFC", name)
    plain = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]', "_", plain).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= 8:
        return f"{stem[:120]}.{ending}" if stem else ending
    return plain[:128] or "plik"


def _unique(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found.lower() in taken:
        number += 1
        found = f"{number}-{name}"
    taken.add(found.lower())
    return found


def pieces(file: BinaryIO, size: int = 256 * 1024) -> Iterator[bytes]:
    """An open file piece by piece; it is closed at the end."""
    with file:
        while piece := file.read(size):
            yield piece
