"""Text extraction: a job per version, in a limited child process; what cannot be read is set aside with a reason."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from documents import files
from documents.models import Document, DocumentVersion, TextPage
from documents.reading import reader
from journal.jobs import job
from journal.record import record
from people.access import SYSTEM

Reading = DocumentVersion.Reading


@job(queue="slow", name="documents.read_version")
def read_version(version_id: int) -> None:
    """Read the text of one version into its TextPages and raise the document's version. Entry `document.read`.

    Idempotent. A file that cannot be read is no error of the job: it is set aside with the reason's code.
    """
    version = DocumentVersion.objects.select_related("blob").get(pk=version_id)
    if version.reading != Reading.WAITING:
        return
    pages: list[str] = []
    state, reason = Reading.READ, ""
    try:
        with files.local(version.blob_id) as path:
            pages = reader.read(path, version.blob.media_type).pages
    except reader.ReadingError as error:
        state, reason = Reading.SET_ASIDE, str(error.reason)
        if error.reason == reader.Reason.UNSUPPORTED:
            state = Reading.NO_TEXT
    if state == Reading.READ and not any(page.strip() for page in pages):
        state = Reading.NO_TEXT
    with transaction.atomic():
        locked = DocumentVersion.objects.select_for_update().get(pk=version_id)
        if locked.reading != Reading.WAITING:
            return
        put_pages(locked, pages if state == Reading.READ else [], state, reason)


def put_pages(version: DocumentVersion, pages: list[str], state: str, reason: str = "") -> None:
    """Keep the text of a version (replacing what there was) and how its reading ended. Inside a transaction.

    Entry `document.read`, by which search hears of it; it names no case, since a reading is no act in the case.
    """
    TextPage.objects.filter(version=version).delete()
    TextPage.objects.bulk_create(
        TextPage(version=version, number=number, text=text.replace("\0", "")) for number, text in enumerate(pages, 1))
    version.reading, version.reading_error = state, reason[:200]
    version.save(update_fields=["reading", "reading_error"])
    Document.objects.filter(pk=version.document_id).update(version=F("version") + 1)
    record(SYSTEM, "document.read", version.document, unit_id=version.document.unit_id,
           data={"version": version.pk, "reading": str(state)})
