"""A procedural letter under the unit's seal: written, sealed, registered and sent in one go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from documents.models import Case, Letter
from documents.services import deliveries, letters
from journal import keyring
from journal.errors import Refused
from people.access import Access
from workflow import process
from workflow.models import RouteStep


def send(
    actor: Access,
    *,
    case: Case,
    kind: str,
    subject: str,
    content: Mapping[str, Any],
    moment: dt.datetime,
    happened_at: dt.datetime | None = None,
) -> Letter:
    """Write to the case's first party from the template of `kind`, with the unit's seal, and send it: to the account
    of a party who filed with one, else on paper, with a task to print and post it.

    A step of a larger deed, inside its transaction and with its case locked; `moment` is when that deed happens.
    Needs `handle_cases`. Raises Refused when the case has no party. Entries: those of the letter and its delivery.
    """
    addressee = case.parties.order_by("id").first()
    if addressee is None:
        raise Refused(_("The case has no party to write to."))
    letter = letters.draft(
        actor,
        case=case,
        kind=kind,
        subject=subject,
        addressee=addressee,
        content=dict(content),
        happened_at=happened_at,
    )
    version = letters.render(letter, author_id=actor.user_id)
    seal = keyring.unit_seal(case.body.symbol, case.body.name)
    letters.sign(actor, letter=letter, version=version, signer=seal, happened_at=happened_at)
    letter = letters.register_outgoing(actor, letter=letter, happened_at=happened_at)
    box = "account" if case.owner_id else "paper"
    deliveries.start(actor, letter=letter, box=box, addressee=addressee, user=case.owner, happened_at=happened_at)
    if box == "paper":
        process.add_task(case, RouteStep.Verb.DISPATCH, by=actor, letter=letter, now=moment)
    return letter
