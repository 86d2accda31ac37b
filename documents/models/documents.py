"""Documents, their immutable versions, the blobs they point at and the text read from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.reading.reader import reason_words
from documents.visibility import DocumentQuerySet


class Blob(models.Model):
    """Bytes that never change, named by their digest; written to temp, fsynced, renamed (`documents.files`)."""

    class Scan(models.TextChoices):
        CLEAN = "clean", _("checked, clean")
        UNSCANNED = "unscanned", _("not checked for viruses")
        INFECTED = "infected", _("infected")

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=120)
    scan = models.CharField(max_length=10, choices=Scan.choices, default=Scan.UNSCANNED)
    stored_at = models.DateTimeField()


class Document(models.Model):
    """A document of a case or letter; its content is its newest version."""

    case = models.ForeignKey("documents.Case", null=True, blank=True, on_delete=models.PROTECT,
                             related_name="documents")
    letter = models.ForeignKey("documents.Letter", null=True, blank=True, on_delete=models.PROTECT,
                               related_name="documents")
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=250)
    #: filed (the filed document itself), attachment, scan, decision, summons, receipt, note
    kind = models.CharField(max_length=20, default="attachment")
    #: Whether the parties see it in "Moje sprawy" (outgoing letters only once delivered).
    public = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        default_permissions = ()
        indexes = [models.Index(fields=["case", "id"], name="document_case"),
                   models.Index(fields=["letter", "id"], name="document_letter")]

    def __str__(self) -> str:
        return self.title


class DocumentVersion(models.Model):
    """One immutable version: number from 1, author, time, digest (the blob), comment."""

    class Reading(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        READ = "read", _("read")
        NO_TEXT = "no_text", _("no text")
        SET_ASIDE = "set_aside", _("set aside")

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="versions")
    file_name = models.CharField(max_length=160)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT,
                               related_name="+")
    comment = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField()
    #: Text extraction; the reason is kept when a file was set aside.
    reading = models.CharField(max_length=10, choices=Reading.choices, default=Reading.WAITING)
    reading_error = models.CharField(max_length=200, blank=True)

    @property
    def set_aside_because(self) -> str:
        """For the clerk: why the text of this file cannot be found by search; empty when it can."""
        return reason_words(self.reading_error) if self.reading == self.Reading.SET_ASIDE else ""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="version_number_once")]
        ordering = ["document", "number"]


class TextPage(models.Model):
    """Text read from one page of a version."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="text_page_once")]
        ordering = ["version", "number"]
