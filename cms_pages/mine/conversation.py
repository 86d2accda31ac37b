"""Messages within a case, as its party sees them on the page of the case."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from cms_pages.forms.models import FormPage
from documents.models import Case, CaseMessage
from documents.services import messages
from people.access import Access

#: The service by which anything can be written to any unit.
GENERAL_LETTER = "pismo-ogolne"


class MessageForm(forms.Form):
    """What the party writes to the office."""

    text = forms.CharField(
        label=gettext_lazy("Your message"),
        max_length=messages.LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write the message.")},
    )


def shown(actor: Access, case: Case) -> dict[str, Any]:
    """What the page of the case needs: the newest messages, oldest first, and whether one may be written. What the
    office wrote counts as read with this."""
    rows = list(CaseMessage.objects.filter(case=case).select_related("author").order_by("-id")[:100])[::-1]
    if any(row.from_office and row.read_at is None for row in rows):
        messages.read_by_party(actor, case=case)
    letter = FormPage.objects.live().filter(service__code=GENERAL_LETTER).first()
    return {
        "conversation": rows,
        "may_write": case.closed_at is None and case.crossed_at is None,
        "letter_url": letter.url if letter else "",
    }
