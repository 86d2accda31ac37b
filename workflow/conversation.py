"""Messages of a case on the desk: what its page shows of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from documents.models import Case, CaseMessage
from documents.services import messages
from people.access import Access


class MessageForm(forms.Form):
    """What the clerk writes to the party."""

    text = forms.CharField(
        label=gettext_lazy("Message to the party"),
        help_text=gettext_lazy(
            "No decision and no call: those are letters. The party gets an e-mail without the text."
        ),
        max_length=messages.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def shown(case: Case, access: Access) -> dict[str, Any]:
    """What the case page needs: the newest messages, oldest first, and whether this person may answer."""
    rows = CaseMessage.objects.visible_to(access).filter(case=case).select_related("author").order_by("-id")[:100]
    newest = list(rows)[::-1]
    handles = access.may("handle_cases", case.unit_id)
    return {
        "conversation": newest,
        "conversation_unread": any(row.read_at is None and not row.from_office for row in newest),
        "conversation_handles": handles,
        "conversation_answers": handles and case.closed_at is None and case.crossed_at is None,
    }
