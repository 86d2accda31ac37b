"""Filing: whatever enters the office, by form, e-mail, scanner, state system or the counter.

One frozen value handed to `workflow.intake.receive`. Its answers describe themselves (label, kind, raw and display
value), so nothing below the portal has to know the form they came from.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any


def _without_nul(value: Any) -> Any:
    """The value without NUL characters, which no form sends and no database text can hold."""
    if isinstance(value, str):
        return value.replace("\0", "") if "\0" in value else value
    if isinstance(value, list | tuple):
        return type(value)(_without_nul(item) for item in value)
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value


def said(part: Any) -> dict[str, Any]:
    """The fields of one of these values by name; what they hold is not copied."""
    return {name: getattr(part, name) for name in part.__dataclass_fields__}


def _plain(value: Any) -> Any:
    return said(value) if dataclasses.is_dataclass(value) else str(value)


@dataclass(frozen=True, slots=True)
class _Text:
    """Base of what people fill in: every text in it is free of NUL characters."""

    def __post_init__(self) -> None:
        for name, value in said(self).items():
            if (clean := _without_nul(value)) is not value:
                object.__setattr__(self, name, clean)


@dataclass(frozen=True, slots=True)
class Sender(_Text):
    """Who files, as given in the filing itself."""

    kind: str = "person"
    """"person" or "organisation"."""
    name: str = ""
    pesel: str = ""
    nip: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""


@dataclass(frozen=True, slots=True)
class Answer(_Text):
    """One answer: stable field id, the label shown, kind of field, raw value (JSON types), value as shown, section."""

    field: str
    label: str
    kind: str
    raw: Any
    display: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Attachment(_Text):
    """One stored file (`documents.files.store` first): digest, name as sent, media type, size, form field."""

    blob_sha256: str
    file_name: str
    media_type: str
    size: int
    field: str = ""


@dataclass(frozen=True, slots=True)
class FormRef(_Text):
    """The published form the answers belong to."""

    id: int
    number: int
    checksum: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(_Text):
    """Everything intake needs. `intake_key` makes a repeated filing the same one; the digest tells a changed body."""

    channel: str
    """A `Letter.Channel` value."""
    unit_id: int
    subject: str
    sender: Sender
    intake_key: str
    answers: tuple[Answer, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    service_code: str | None = None
    form: FormRef | None = None
    owner_id: int | None = None
    """The account it was filed with; None for a guest and for paper."""
    assurance: int = 0
    """A `people.models.Assurance` value."""
    guest_factors: tuple[str, ...] = ()
    """Plain second factors: e-mail in lower case, ISO date. Hashed before they are kept."""
    letter_date: dt.date | None = None
    sender_mark: str = ""
    received_at: dt.datetime | None = None
    """When it entered, aware; None means now. Only staff and the office's own machinery may say otherwise."""
    language: str = "pl"
    remarks: str = ""
    answers_request_id: int | None = None
    case_id: int | None = None
    """The case that a further letter belongs to, where no call is open; None opens a case of its own."""

    def digest(self) -> str:
        """SHA-256 (hex) of what was filed, over canonical JSON. Equal filings have equal digests; the moment of
        entry, the assurance of the session and the key itself do not count."""
        content = {name: value for name, value in said(self).items()
                   if name not in ("received_at", "intake_key", "assurance")}  # fmt: skip
        if self.case_id is None:
            del content["case_id"]  # what was filed before the field was there keeps its digest
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
        return hashlib.sha256(text.encode()).hexdigest()
