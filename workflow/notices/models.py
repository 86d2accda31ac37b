"""Notices of staff, and what each of them wants by mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a notice is about."""

    ASSIGNED = "assigned", _("a case was assigned to me")
    TO_ASSIGN = "to_assign", _("a case waits to be assigned")
    TO_APPROVE = "to_approve", _("a letter waits for my approval")
    TO_SIGN = "to_sign", _("a letter waits for my signature")
    RETURNED = "returned", _("my letter was returned")
    ASKED = "asked", _("my unit is asked for an opinion or told")
    OPINION = "opinion", _("an opinion came in my case")
    ANSWER = "answer", _("the party answered or wrote in my case")
    LETTER = "letter", _("a further letter came in my case")
    OVERDUE = "overdue", _("the time of a case of mine or of my unit has passed")
    REMINDED = "reminded", _("a task is due soon")
    ESCALATED = "escalated", _("a resting task was passed on to me")
    SUBSTITUTE = "substitute", _("I take somebody’s place while they are away")


class When(models.TextChoices):
    """How a kind comes by mail; on the desk it always does."""

    DAILY = "daily", _("in one message a day")
    NOW = "now", _("at once")
    NEVER = "never", _("never")


class StaffNotice(models.Model):
    """One thing one person is told of, once. Names nobody and quotes nothing: it leads to the case."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    entry = models.ForeignKey("journal.Entry", on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey("documents.Case", null=True, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    #: When it went by mail, alone or in the day's message.
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("notice of staff")
        verbose_name_plural = _("notices of staff")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "entry", "kind"], name="staff_notice_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="staff_notice_user"),
            models.Index(fields=["user"], condition=models.Q(read_at__isnull=True), name="staff_notice_unread"),
        ]


class StaffNoticeChoice(models.Model):
    """How one person wants one kind by mail; no row: in one message a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    when = models.CharField(max_length=5, choices=When.choices, default=When.DAILY)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="staff_notice_choice_once")]
