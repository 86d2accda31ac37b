"""Where a citizen wants to hear of what happens: choices by kind and channel, and a proven telephone."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ProvenPhone(models.Model):
    """An account's telephone number for text messages (E.164). Proven once `confirmed_at` stands; before that a code is
    on its way: six digits made of `nonce`, good until `expires_at`, for a few tries."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="proven_phone")
    number = models.CharField(max_length=16)
    nonce = models.CharField(max_length=32)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()


class NoticeChoice(models.Model):
    """What an account has chosen for one kind of message (`people.notices.KINDS`); no row: the usual."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    email = models.BooleanField(default=True)
    sms = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notice_choice_once")]
