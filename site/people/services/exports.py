"""Deeds on archives of what is held of a person: asked for by that person, made by a job, kept for a few days."""

from __future__ import annotations

import datetime as dt
import secrets
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal import works
from journal.clock import db_now
from journal.errors import NotAllowed, NotFound, Refused
from journal.jobs import job
from journal.record import record
from people import archive
from people.access import Access
from people.holdings import holders, subject_of
from people.models import DataExport, User

#: How long an archive can be fetched.
KEPT = dt.timedelta(days=7)
#: How many a person may ask for within a day: each is work, and a copy of all they have.
MOST, WITHIN = 3, dt.timedelta(days=1)
#: One that is not ready by then is given up: another may be asked for.
GIVEN_UP = dt.timedelta(hours=6)


def storage() -> Storage:
    """Where archives lie: private, never served by the web server."""
    return storages["exports"]


def newest(user: User) -> DataExport | None:
    """What the person asked for last."""
    return DataExport.objects.filter(user=user).order_by("-asked_at", "-pk").first()


def is_waiting(export: DataExport, now: dt.datetime) -> bool:
    """Whether it is still being made."""
    return export.ready_at is None and now - export.asked_at < GIVEN_UP


def is_there(export: DataExport, now: dt.datetime) -> bool:
    """Whether it can be fetched."""
    return bool(export.file) and export.expires_at is not None and now < export.expires_at


@transaction.atomic
def ask(actor: Access, *, user: User) -> DataExport:
    """Ask for the archive of one's own data; a job makes it. Entry `account.data_asked`.

    Raises NotAllowed for another's account; Refused for staff (their data is the employer's file), while one is being
    made, and for a fourth one within a day."""
    if not actor.is_system and actor.user_id != user.pk:
        raise NotAllowed(_("Only the owner of an account asks for its data."))
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_staff:
        raise Refused(_("This is a staff account. Ask the office as your employer for your data."))
    now = db_now()
    last = newest(user)
    if last is not None and is_waiting(last, now):
        raise Refused(_("Your archive is being made already."))
    if DataExport.objects.filter(user=user, asked_at__gt=now - WITHIN).count() >= MOST:
        raise Refused(_("You have asked for your data three times today. Try again tomorrow."))
    export = DataExport.objects.create(user=user, asked_at=now, areas=len(holders()))
    make.defer(export_id=export.pk)
    record(actor, "account.data_asked", export, data={"user": user.pk})
    return export


@job("slow", name="people.make_export")
def make(export_id: int) -> None:
    """Write the archive and keep it; a job. Does nothing for one that is made, or whose account is gone meanwhile."""
    export = DataExport.objects.select_related("user").filter(pk=export_id, ready_at__isnull=True).first()
    if export is None:
        return

    def progress(done: int) -> None:
        DataExport.objects.filter(pk=export_id).update(done=done)
        tick(done, export.areas)

    with (
        translation.override("pl"),
        works.kept("my-data", alone=False) as tick,
        tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file,
    ):
        archive.write(subject_of(export.user), file, progress=progress)
        size = file.tell()
        file.seek(0)
        name = storage().save(f"{export_id}-{secrets.token_urlsafe(16)}.zip", File(file))
    now = db_now()
    kept = DataExport.objects.filter(pk=export_id, ready_at__isnull=True).update(
        ready_at=now, expires_at=now + KEPT, file=name, size=size
    )
    if not kept:  # another worker was faster, or the account was deleted
        storage().delete(name)


def open_file(export: DataExport) -> BinaryIO:
    """The archive to be read. Raises NotFound when it has expired or is not ready."""
    if not is_there(export, db_now()):
        raise NotFound(_("This archive is not there any more. Ask for a new one."))
    try:
        return cast(BinaryIO, storage().open(export.file))
    except FileNotFoundError as error:
        raise NotFound(_("This archive is not there any more. Ask for a new one.")) from error


def pieces(export: DataExport) -> Iterator[bytes]:
    """The archive piece by piece. Raises NotFound before the first."""
    return archive.pieces(open_file(export))


def end() -> int:
    """Delete the files of archives whose time has run out; how many."""
    ended = list(DataExport.objects.filter(expires_at__lte=db_now()).exclude(file=""))
    remove(ended)
    return len(ended)


def remove(exports: list[DataExport]) -> None:
    """Delete the files of these archives now."""
    for export in exports:
        storage().delete(export.file)
        DataExport.objects.filter(pk=export.pk).update(file="")


works.register(
    "my-data", label=gettext_lazy("Archive of somebody's data"),
    about=gettext_lazy("Asked for by the owner of an account."),
)  # fmt: skip
