"""A folder as a channel: one sub-folder per message, for tests, imports and trial set-ups.

In: `<root>/in/<id>/message.json` (fields of a Filing: unit_id, subject, sender, remarks, letter_date ...) beside the
files it names in `files`. Taken messages move to `<root>/done/<id>`, raw as they came. Out: `<root>/out/<delivery id>/`
with the signed PDF and `message.json`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from documents import files
from documents.boxes.base import Box
from documents.filing import Answer, Attachment, Filing, Sender
from documents.models import Delivery
from documents.reading.policy import clean_filename
from people.access import Access


class FolderBox(Box):
    """Works on a folder of its own; several may be registered under different names."""

    name = "folder"
    label = _("folder")

    def __init__(self, root: Path, name: str = "folder") -> None:
        self.root = Path(root)
        self.name = name

    def send(self, delivery: Delivery) -> None:
        version = delivery.letter.signed_version
        assert version is not None
        target = self.root / "out" / str(delivery.pk)
        if target.exists():
            return
        draft = target.with_name(f".{delivery.pk}.part")
        draft.mkdir(parents=True, exist_ok=True)
        draft.joinpath(clean_filename(version.file_name)).write_bytes(files.read_blob(version.blob_id))
        said = {"register_number": delivery.letter.register_number, "addressee": delivery.addressee.name,
                "sha256": version.blob_id}
        draft.joinpath("message.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        os.replace(draft, target)

    def fetch(self) -> Iterable[Filing]:
        incoming = self.root / "in"
        return self._read(incoming) if incoming.is_dir() else ()

    def _read(self, incoming: Path) -> Iterator[Filing]:
        for folder in sorted(incoming.iterdir()):
            message = folder / "message.json"
            if message.is_file():
                yield self._filing(folder, json.loads(message.read_text(encoding="utf-8")))

    def _filing(self, folder: Path, said: dict[str, Any]) -> Filing:
        attachments = []
        for name in said.get("files", ()):
            path = folder / Path(name).name
            with path.open("rb") as file:
                blob = files.store_upload(path.name, path.stat().st_size, file)
            attachments.append(Attachment(blob.pk, path.name, blob.media_type, blob.size))
        day = said.get("letter_date")
        return Filing(
            channel="folder", unit_id=int(said["unit_id"]), subject=str(said["subject"]),
            sender=Sender(**said.get("sender", {})), intake_key=f"{self.name}:{folder.name}",
            answers=tuple(Answer(**answer) for answer in said.get("answers", ())), attachments=tuple(attachments),
            service_code=said.get("service_code"), letter_date=dt.date.fromisoformat(day) if day else None,
            sender_mark=str(said.get("sender_mark", "")), remarks=str(said.get("remarks", "")))

    def acknowledge(self, filing: Filing, actor: Access) -> None:
        message_id = filing.intake_key.removeprefix(f"{self.name}:")
        done = self.root / "done"
        done.mkdir(parents=True, exist_ok=True)
        source = self.root / "in" / Path(message_id).name
        if source.exists():
            os.replace(source, done / source.name)
