"""The call itself: a job that is tried for 24 hours while the other side is away (`journal.jobs.Patience`)."""

from __future__ import annotations

import datetime as dt
import json

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from journal import http
from journal.clock import db_now
from journal.errors import NotFound, Refused
from journal.jobs import job, periodic
from journal.outside import TryLater
from journal.record import record
from people.access import SYSTEM, Access
from workflow.webhooks import deeds, signing
from workflow.webhooks.messages import PING
from workflow.webhooks.models import WebhookCall

#: How long what is known of a call is kept.
KEPT = dt.timedelta(days=30)
#: Answers that say "not now".
LATER = frozenset({408, 425, 429})
#: The answer by which a receiver wants no more calls.
GONE = 410


class NotTaken(Exception):
    """The receiver refuses this message, or the address may not be called."""


@job("mail")
def send(call_id: int) -> None:
    """Send one message, unless it was taken already or its webhook was turned off. A receiver may get it twice (its
    answer may be lost); the `webhook-id` is then the same."""
    call = WebhookCall.objects.select_related("webhook").filter(pk=call_id, taken_at=None).first()
    if call is None or call.webhook.off_at:
        return
    webhook, now = call.webhook, db_now()
    body = json.dumps(call.body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        **signing.headers(webhook, str(call.uuid), now, body),
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Obieg webhook",
    }
    status: int | None = None
    error: Exception | None = None
    try:
        answer = http.ask("POST", webhook.address, body=body, headers=headers, allowed=settings.WEBHOOK_NETWORKS)
    except http.Unreachable as found:
        error = TryLater(str(found))
    except http.Forbidden as found:
        error = NotTaken(str(found))
    else:
        status = answer.status
        if status in LATER or status >= 500:
            error = TryLater(f"HTTP {status}: {answer.text[:200]}")
        elif not 200 <= status < 300:
            error = NotTaken(f"HTTP {status}: {answer.text[:200]}")
    WebhookCall.objects.filter(pk=call.pk).update(
        tries=F("tries") + 1, tried_at=now, status=status, error=str(error or "")[:300].replace("\x00", ""),
        taken_at=None if error else now,
    )  # fmt: skip
    if status == GONE:
        deeds.turn_off(SYSTEM, webhook=webhook, reason="HTTP 410")
    elif error is not None:
        raise error


@transaction.atomic
def try_out(actor: Access, *, pk: int) -> WebhookCall:
    """Send a message that tells of no deed, to see whether the address takes it. One entry: webhook.tried."""
    kept = deeds.managed(actor, pk)
    now = db_now()
    body = {"type": PING, "timestamp": now.isoformat(), "data": {"unit": kept.unit.symbol}}
    call = WebhookCall.objects.create(webhook=kept, body=body, made_at=now)
    record(actor, PING, kept, unit_id=kept.unit_id)
    send.defer(call_id=call.pk)
    return call


@transaction.atomic
def send_again(actor: Access, *, pk: int, call_id: int) -> WebhookCall:
    """Send a message that was not taken once more. Raises Refused for one that was. One entry: webhook.sent_again."""
    kept = deeds.managed(actor, pk)
    call = kept.calls.select_for_update().filter(pk=call_id).first()
    if call is None:
        raise NotFound(_("There is no such message."))
    if call.taken_at:
        raise Refused(_("This message was taken already."))
    record(actor, "webhook.sent_again", kept, unit_id=kept.unit_id, data={"call": call.pk})
    send.defer(call_id=call.pk)
    return call


@periodic("50 1 * * *", queue="slow")
def forget() -> int:
    """Every night: calls of long ago."""
    gone, _models = WebhookCall.objects.filter(made_at__lt=db_now() - KEPT).delete()
    return gone
