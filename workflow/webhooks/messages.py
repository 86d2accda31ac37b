"""What a webhook says: which deed, in which case and unit. Never a name, a title or a text; who may know more asks
the API."""

from __future__ import annotations

from typing import Any

from wagtail.log_actions import registry as log_actions

from documents.models import Case
from journal.models import Entry

#: Kinds of deeds that can be asked for: those on cases and letters.
KINDS = ("case", "delivery", "letter", "message", "supplement", "task")
#: The message by which an address is tried.
PING = "webhook.tried"


def actions() -> list[tuple[str, str]]:
    """The deeds that can be asked for, each with its label in the active language."""
    found = log_actions.get_choices()
    return sorted((code, str(label)) for code, label in found if code.partition(".")[0] in KINDS)


def body_of(entry: Entry, case: Case) -> dict[str, Any]:
    """The message about a sealed entry of a case."""
    return {
        "type": entry.action,
        "timestamp": entry.timestamp.isoformat(),
        "data": {
            "entry": entry.pk,
            "position": entry.seal.seq,
            "case": {"id": case.pk, "reference": case.reference or None},
            "unit": case.unit.symbol,
            "facts": entry.data,
        },
    }
