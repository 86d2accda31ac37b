"""A procedural letter under the unit's seal: written, sealed, registered and sent in one go, to one party or to all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from documents.models import Case, Letter, Party
from documents.services import deliveries, letters
from journal import keyring
from journal.errors import Refused
from people.access import Access
from workflow import process
from workflow.models import RouteStep


def send_to_all(
    actor: Access,
    *,
    case: Case,
    kind: str,
    subject: str,
    content: Mapping[str, Any],
    moment: dt.datetime,
    happened_at: dt.datetime | None = None,
) -> list[Letter]:
    """`send` to each party of the case, the first one first: a letter, number and delivery for each (art. 36 k.p.a.
    has all of them told). Who only wrote into the case is no party. Raises Refused when the case has no party."""
    parties = list(case.parties.filter(role="applicant").order_by("id"))
    if not parties:
        raise Refused(_("The case has no party to write to."))
    return [
        send(
            actor,
            case=case,
            kind=kind,
            subject=subject,
            content=content,
            moment=moment,
            happened_at=happened_at,
            addressee=party,
        )
        for party in parties
    ]


def send(
    actor: Access,
    *,
    case: Case,
    kind: str,
    subject: str,
    content: Mapping[str, Any],
    moment: dt.datetime,
    happened_at: dt.datetime | None = None,
    addressee: Party | None = None,
) -> Letter:
    """Write to one party (the first, who filed, when none is named) from the template of `kind`, with the unit's seal,
    and send it: to the account of the party whose account the case is in, else on paper, with a task to print and post
    it.

    A step of a larger deed, inside its transaction and with its case locked; `moment` is when that deed happens.
    Needs `handle_cases`. Raises Refused when the case has no party. Entries: those of the letter and its delivery.
    """
    first = case.parties.order_by("id").first()
    addressee = addressee or first
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
    # Others have no access to the owner's account: what is sent there would never reach them.
    box = "account" if case.owner_id and addressee == first else "paper"
    user = case.owner if box == "account" else None
    deliveries.start(actor, letter=letter, box=box, addressee=addressee, user=user, happened_at=happened_at)
    if box == "paper":
        process.add_task(case, RouteStep.Verb.DISPATCH, by=actor, letter=letter, now=moment)
    return letter
