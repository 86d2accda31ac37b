"""What happened, sealed and provable: entries, the seal chain, and who still has to hear of it.

The tables follow the sealed-journal algorithm: a deed inserts its Entry as the last statement of its own
transaction; a database trigger puts the entry's id into Pending; the sealer (`journal.seal`) gives pending entries
a gapless position and a hash chained to the one before; followers (`journal.follow`) read the sealed log.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.models.audit_log import BaseLogEntry, BaseLogEntryManager, LogEntryQuerySet


class Audience(models.TextChoices):
    """Who outside the office may read an entry."""

    STAFF = "staff", _("staff only")
    PARTY = "party", _("the parties of the case")


class EntryQuerySet(LogEntryQuerySet):
    def of_case(self, case_id: int) -> EntryQuerySet:
        """Entries of one case, oldest first."""
        return self.filter(case_id=case_id).order_by("id")

    def for_parties(self) -> EntryQuerySet:
        """Entries that the parties of a case may read."""
        return self.filter(audience=Audience.PARTY)

    def sealed_after(self, seq: int) -> EntryQuerySet:
        """Sealed entries behind a position of the log, in the order of the log."""
        return self.filter(seal__seq__gt=seq).select_related("seal", "detail").order_by("seal__seq")


class EntryManager(BaseLogEntryManager.from_queryset(EntryQuerySet)):  # type: ignore[misc]  # built at import
    def get_queryset(self) -> EntryQuerySet:
        return EntryQuerySet(self.model, using=self._db)

    def for_instance(self, instance: models.Model) -> EntryQuerySet:
        """Entries about one thing (Wagtail's history views ask this)."""
        return self.filter(
            content_type__model=instance._meta.model_name,
            content_type__app_label=instance._meta.app_label,
            object_id=str(instance.pk),
        )

    def log_action(self, instance: models.Model, action: str, **kwargs: Any) -> NoReturn:
        """Wagtail's views call this to log what they saved. Entries are written by deeds only, once."""
        raise TypeError(f"{action} on {instance._meta.label}: entries are written by journal.record, inside a deed")


class Entry(BaseLogEntry):
    """One deed: who, what, to which thing, in which case and unit. Append-only (a trigger refuses UPDATE and DELETE).

    `label` and `data` are chained and permanent, so they hold no personal data: names, comments and reasons live in
    the erasable `EntryDetail`, whose salted digest is chained here as `detail_digest`.
    `timestamp` (Wagtail's field) is when it happened in the office's life; `recorded_at` is the database clock at
    insert, set by a trigger and never by the application. Both are UTC.
    """

    # Wagtail's fields again, without the indexes and foreign key locks that an append-only log has no use for.
    content_type = models.ForeignKey(
        ContentType,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    action = models.CharField(max_length=64)
    content_changed = models.BooleanField(default=False)
    revision = models.ForeignKey(
        "wagtailcore.Revision",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    object_id = models.CharField(max_length=64)
    #: The case this belongs to (`documents.Case` id), null when it concerns no case.
    case_id = models.BigIntegerField(null=True, blank=True)
    #: The unit in whose name it was done; null for deeds outside any unit (a citizen's account).
    unit = models.ForeignKey(
        "people.Unit",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    #: Which hash chain it belongs to: the id of the unit's body, 0 for deeds outside any unit.
    chain = models.BigIntegerField(default=0)
    #: Set when the actor acted for somebody ("w zastępstwie"): the person substituted.
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.STAFF)
    recorded_at = models.DateTimeField(editable=False, null=True)
    #: Hex SHA-256 of the salted detail, empty when the entry has none.
    detail_digest = models.CharField(max_length=64, blank=True, default="")

    objects = EntryManager()

    class Meta(BaseLogEntry.Meta):
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        indexes = [
            models.Index(fields=["case_id", "id"], name="entry_case"),
            models.Index(fields=["unit", "-id"], name="entry_unit"),
            models.Index(fields=["content_type", "object_id", "-id"], name="entry_thing"),
            models.Index(fields=["action", "-id"], name="entry_action"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action} {self.label}"

    @cached_property
    def user_display_name(self) -> str:
        """Who did it, as Wagtail's histories show it; with the absent person in whose place it was done."""
        name = str(super().user_display_name)
        if self.on_behalf_of is None:
            return name
        return _("%(name)s, in place of: %(absent)s") % {"name": name, "absent": self.on_behalf_of}


class EntryDetail(models.Model):
    """The erasable side of an entry: names, comments, reasons. Erasing empties text and salt (with the salt a guess
    could be tested against the digest) and names the entry that says so; the digest stays in the chain."""

    entry = models.OneToOneField(Entry, on_delete=models.DO_NOTHING, related_name="detail", primary_key=True)
    salt = models.BinaryField()
    #: The canonical JSON text that was hashed; empty once erased.
    text = models.TextField(blank=True)
    #: The entry that records the erasure ("erased by entry N").
    erased_by = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="+")


class Pending(models.Model):
    """Ids of committed entries that are not sealed yet. Filled by a trigger, emptied by the sealer."""

    entry_id = models.BigIntegerField(primary_key=True)


class Seal(models.Model):
    """The position of one entry in the log and the hash that chains it to the one before. Append-only."""

    seq = models.BigIntegerField(primary_key=True)
    # No constraint in the database: both tables are append-only, and sealing would lock every entry's row.
    entry = models.OneToOneField(Entry, on_delete=models.DO_NOTHING, db_constraint=False, related_name="seal")
    #: Chain key: the body unit's id, 0 for deeds outside any unit. `number` counts within the chain from 1.
    chain = models.BigIntegerField()
    number = models.BigIntegerField()
    #: SHA-256 of the entry's canonical form, and SHA-256 over (previous hash of this chain, digest, seq, chain,
    #: number); see `journal.canon`.
    digest = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="seal_chain_number")]


class Head(models.Model):
    """Last number and hash of each chain; a verifier compares it with the seals."""

    chain = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField()
    hash = models.BinaryField()


class SealState(models.Model):
    """One row: the last position given out. Locked by the sealer for each batch."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)


class Checkpoint(models.Model):
    """A signed statement of all heads at one position; a copy goes outside, so that a cut-off tail shows."""

    seq = models.BigIntegerField(unique=True)
    made_at = models.DateTimeField()
    #: Canonical text of seq, time and heads, and its signature by the keyring's checkpoint key.
    text = models.TextField()
    signature = models.BinaryField()


class Cursor(models.Model):
    """How far one follower has read the sealed log."""

    follower = models.CharField(max_length=64, primary_key=True)
    seq = models.BigIntegerField(default=0)
    #: Tries of the batch that starts after `seq`, counted in a transaction of their own before the work.
    tries = models.PositiveIntegerField(default=0)
    #: Up to this position the follower goes one entry at a time, to find the poison; 0 in normal times.
    careful_until = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)


class SetAside(models.Model):
    """A poison entry of one follower, waiting for a person to read the error and retry or drop it."""

    follower = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    error = models.TextField()
    tries = models.PositiveIntegerField(default=0)
    set_aside_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["follower", "seq"], name="set_aside_once")]
        ordering = ["-set_aside_at"]


class JobFailure(models.Model):
    """Why a job failed, try by try: procrastinate keeps the job, this keeps the reason for the person who looks."""

    job_id = models.BigIntegerField(db_index=True)
    task = models.CharField(max_length=128)
    attempt = models.PositiveIntegerField()
    error = models.TextField()
    failed_at = models.DateTimeField()


class SentMail(models.Model):
    """One message per key, ever: the effect key of the notifications. Holds no address and no text."""

    key = models.CharField(max_length=200, primary_key=True)
    sent_at = models.DateTimeField()


class Work(models.Model):
    """Long work that people watch: how far it is, what went wrong with which of its rows, and how it ended."""

    class Outcome(models.TextChoices):
        DONE = "done", pgettext_lazy("work", "done")
        FAILED = "failed", pgettext_lazy("work", "failed")
        CANCELLED = "cancelled", pgettext_lazy("work", "cancelled")

    #: Its name in the registry of `journal.works`.
    kind = models.CharField(max_length=40)
    #: Null: the system, by the clock.
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    #: Whether no other of its kind may run beside it.
    alone = models.BooleanField(default=True)
    job_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    #: Of how many how many are done; a total of 0 is not known.
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    #: One sentence: what came of it.
    result = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["-asked_at"], name="work_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(ended_at__isnull=True, alone=True), name="work_one_at_once"
            )
        ]


class WorkTrouble(models.Model):
    """One row of a work that went wrong. Names things by their numbers, never people."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="troubles")
    what = models.CharField(max_length=200)
    why = models.CharField(max_length=500)

    class Meta:
        default_permissions = ()
        ordering = ["id"]
