"""Who is called of which entry: follows the journal, so each call is made once, whatever is killed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from documents.models import Case
from journal.clock import db_now
from journal.follow import Follower
from journal.jobs import defer_together
from journal.models import Entry
from workflow.webhooks import sending
from workflow.webhooks.messages import KINDS, body_of
from workflow.webhooks.models import Webhook, WebhookCall


class Webhooks(Follower):
    """Keeps the calls and defers their sending, in the transaction that moves the cursor."""

    name = "webhooks"
    from_start = False

    def handle(self, entries: Sequence[Entry]) -> None:
        wanted = [entry for entry in entries if entry.case_id and entry.action.partition(".")[0] in KINDS]
        if not wanted:
            return
        for webhook in Webhook.objects.filter(off_at=None).select_related("unit"):
            heard = [entry for entry in wanted if entry.action in webhook.actions]
            if heard:
                _call(webhook, heard)


def _call(webhook: Webhook, heard: Sequence[Entry]) -> None:
    """Calls about the entries whose cases the webhook may name."""
    cases = Case.objects.visible_to(webhook.reader()).filter(pk__in={entry.case_id for entry in heard})
    seen = cases.select_related("unit").in_bulk()
    now = db_now()
    known = set(
        WebhookCall.objects.filter(webhook=webhook, entry__in=[entry.pk for entry in heard]).values_list(
            "entry_id", flat=True
        )
    )
    made = WebhookCall.objects.bulk_create(
        WebhookCall(webhook=webhook, entry_id=entry.pk, body=body_of(entry, seen[entry.case_id]), made_at=now)
        for entry in heard
        if entry.case_id in seen and entry.pk not in known
    )
    defer_together(*((sending.send, {"call_id": call.pk}) for call in made))
