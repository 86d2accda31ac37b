"""Deeds on documents and their immutable versions."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from documents.models import Blob, Case, Document, DocumentVersion, Letter
from documents.reading.policy import clean_filename
from documents.services import cases
from documents.text import read_version
from journal.clock import db_now
from journal.errors import NotFound, Refused
from journal.models import Audience
from journal.record import record
from people.access import Access


def append_version(document: Document, blob: Blob, *, file_name: str, author_id: int | None, comment: str = "",
                   moment: dt.datetime | None = None, read: bool = True) -> DocumentVersion:
    """The next version of a document, whose row the caller's transaction holds; its text is read by a job unless
    `read` is False. Writes no entry: it is a part of other deeds."""
    newest = document.versions.aggregate(newest=Max("number"))["newest"] or 0
    waiting = DocumentVersion.Reading.WAITING if read else DocumentVersion.Reading.NO_TEXT
    version = DocumentVersion.objects.create(
        document=document, number=newest + 1, blob=blob, file_name=clean_filename(file_name, blob.media_type),
        author_id=author_id, comment=comment[:250], created_at=moment or db_now(), reading=waiting)
    if read:
        read_version.defer(version_id=version.pk)
    return version


def _locked(document: Document) -> Document:
    found = Document.objects.select_for_update(of=("self",)).select_related("case", "letter").filter(
        pk=document.pk).first()
    if found is None:
        raise NotFound(_("There is no such document."))
    return found


def _require(actor: Access, document: Document) -> None:
    if not actor.is_system and not Document.objects.visible_to(actor).filter(pk=document.pk).exists():
        raise NotFound(_("There is no such document."))
    actor.require("handle_cases" if document.case_id else "register_letters", document.unit_id)


@transaction.atomic
def add(actor: Access, *, case: Case, blob: Blob, title: str, file_name: str, kind: str = "attachment",
        letter: Letter | None = None, public: bool = False, happened_at: dt.datetime | None = None) -> DocumentVersion:
    """Add a document to a case, with its first version. Entry `document.added`. Needs `handle_cases`.

    `public`: the parties see it in their case at once. Raises Refused for an empty title, Conflict for an ended case.
    """
    case = cases.lock(case)
    cases.require_handling(actor, case)
    cases.require_open(case)
    moment = actor.moment(happened_at, case.unit_id)
    if not title.strip():
        raise Refused(_("Give the document a title."))
    document = Document.objects.create(case=case, letter=letter, unit_id=case.unit_id, title=title.strip()[:250],
                                       kind=kind, public=public, created_at=moment)
    version = append_version(document, blob, file_name=file_name, author_id=actor.user_id, moment=moment)
    cases.touch(case)
    record(actor, "document.added", document, case_id=case.pk, unit_id=case.unit_id,
           audience=Audience.PARTY if public else Audience.STAFF,
           data={"version": version.pk, "sha256": blob.pk, "kind": kind}, happened_at=moment)
    return version


@transaction.atomic
def add_version(actor: Access, *, document: Document, blob: Blob, file_name: str, comment: str = "",
                happened_at: dt.datetime | None = None) -> DocumentVersion:
    """A further version; the earlier ones stay. Entry `document.version_added`. Needs `handle_cases` (a letter without
    case: `register_letters`). What was filed, signed or delivered takes no further version: Refused."""
    document = _locked(document)
    _require(actor, document)
    moment = actor.moment(happened_at, document.unit_id)
    if document.kind in {"filed", "filed_pdf"} or (document.letter and document.letter.signed_at):
        raise Refused(_("A filed or signed document cannot be changed."))
    version = append_version(document, blob, file_name=file_name, author_id=actor.user_id, comment=comment,
                             moment=moment)
    Document.objects.filter(pk=document.pk).update(version=F("version") + 1)
    record(actor, "document.version_added", document, case_id=document.case_id, unit_id=document.unit_id,
           data={"version": version.pk, "number": version.number, "sha256": blob.pk}, happened_at=moment)
    return version


@transaction.atomic
def set_public(actor: Access, *, document: Document, public: bool) -> Document:
    """Show a document to the parties of its case, or hide it (KPA art. 73-74: the view of the file, with exclusions).
    Entry `document.shown` or `document.hidden`. Needs `handle_cases`. A letter is shown by its delivery only."""
    document = _locked(document)
    _require(actor, document)
    if document.letter is not None and document.letter.direction == Letter.Direction.OUTGOING:
        raise Refused(_("A letter is shown to the party when it is delivered."))
    document.public = public
    document.version += 1
    document.save(update_fields=["public", "version"])
    record(actor, "document.shown" if public else "document.hidden", document, case_id=document.case_id,
           unit_id=document.unit_id)
    return document
