"""Letters: what comes in and goes out, each with its register number."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.visibility import LetterQuerySet


class Letter(models.Model):
    """A row of a register: incoming (RPW), outgoing or internal. The number is unique and gapless per body,
    direction and year; the year is that of `happened_at` of the registration in Europe/Warsaw."""

    class Direction(models.TextChoices):
        INCOMING = "in", _("incoming")
        OUTGOING = "out", _("outgoing")
        INTERNAL = "internal", _("internal")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("portal form")
        PAPER = "paper", _("paper post")
        PERSON = "person", _("in person")
        EMAIL = "email", _("e-mail")
        FOLDER = "folder", _("folder")
        TOWN = "town", _("another unit of the town")

    direction = models.CharField(max_length=8, choices=Direction.choices)
    body = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="letters")
    case = models.ForeignKey("documents.Case", null=True, blank=True, on_delete=models.PROTECT,
                             related_name="letters")
    #: Null while an outgoing letter is a draft.
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    number = models.PositiveIntegerField(null=True, blank=True)
    #: As printed: "RPW/123/2026", "RPK/45/2026".
    register_number = models.CharField(_("register number"), max_length=40, blank=True)

    subject = models.CharField(_("subject"), max_length=250)
    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    #: Sender of an incoming letter, addressee of an outgoing one.
    correspondent = models.ForeignKey("documents.Party", null=True, blank=True, on_delete=models.PROTECT,
                                      related_name="letters")
    correspondent_mark = models.CharField(_("their reference"), max_length=80, blank=True)
    letter_date = models.DateField(_("date on the letter"), null=True, blank=True)
    posted_on = models.DateField(null=True, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)
    attachment_count = models.PositiveSmallIntegerField(default=0)
    remarks = models.TextField(blank=True)
    #: A kind of letter for templates and statuses: application, supplement, decision, summons, plain.
    kind = models.CharField(max_length=20, default="plain")
    #: Idempotency: channel + remote id (or form key). The body digest refuses a changed body under the same key.
    intake_key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    intake_digest = models.CharField(max_length=64, blank=True)
    #: Self-describing answers of a filing: [{field, label, kind, raw, display, section}].
    answers = models.JSONField(default=list, blank=True)
    service_code = models.CharField(max_length=60, blank=True)
    #: The published form it was filed with: {id, number, checksum, title}; empty for paper.
    form = models.JSONField(default=dict, blank=True)
    #: How sure the office was of who filed (`people.models.Assurance`), and in which language.
    assurance = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=2, default="pl")
    #: Context of an outgoing letter's text: {"html": sanitised body, ...}.
    content = models.JSONField(default=dict, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT,
                               related_name="+")
    version = models.PositiveIntegerField(default=1)
    #: The signed PDF that is delivered. What was approved is bound to its version by the approval's task.
    signed_version = models.ForeignKey("documents.DocumentVersion", null=True, blank=True,
                                       on_delete=models.PROTECT, related_name="+")

    received_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    #: Letters are no content of pages: Wagtail's reference index (a job per save) has nothing to find in them.
    wagtail_reference_index_ignore = True

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["body", "direction", "year", "number"],
                                               name="letter_number_once")]
        indexes = [
            models.Index(fields=["unit", "direction", "-id"], name="letter_unit_direction"),
            models.Index(fields=["body", "direction", "-id"], name="letter_body_direction"),
            models.Index(fields=["case", "id"], name="letter_case"),
        ]

    def __str__(self) -> str:
        return self.register_number or self.subject
