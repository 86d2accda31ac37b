"""Filings and cases for tests, made through the deeds only."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from documents import files
from documents.filing import Answer, Attachment, Filing, Sender
from documents.models import Case, Letter, Receipt
from documents.services import cases, letters, plan, receipts
from people.access import SYSTEM, Access
from people.models import Unit, User

_count = itertools.count(1)
PLAN = """symbol;hasło;kategoria;uwagi
0;Zarządzanie;;
00;Organy;;
000;Posiedzenia;A;
5;Sprawy obywatelskie;;
53;Ewidencja;;
534;Ludność;;
5343;Meldunki;B10;
5345;Udostępnianie danych;BE5;
"""


def plan_of(body: Unit, *, valid_from: dt.date = dt.date(2011, 1, 1)) -> None:
    """A small classification plan of a body."""
    plan.import_csv(SYSTEM, body=body, data=PLAN.encode(), valid_from=valid_from, source="test plan")


def attachment(content: bytes = b"Zalacznik do sprawy.\n", name: str = "załącznik.txt") -> Attachment:
    """A stored file of a filing."""
    blob = files.store(content, media_type="text/plain")
    return Attachment(blob.pk, name, blob.media_type, blob.size, "zalacznik")


def filing(unit: Unit, **fields: Any) -> Filing:
    """A filing by a guest, with one answer and one attachment."""
    number = next(_count)
    given: dict[str, Any] = {
        "channel": "portal", "unit_id": unit.pk, "subject": f"Wniosek o zaświadczenie {number}",
        "sender": Sender(name="Ola Przykładowa", pesel="01610100010", email="ola@example.org", street="Leśna 1",
                         postcode="44-330", town="Jastrzębie-Zdrój"),
        "intake_key": f"test:{number}", "guest_factors": ("ola@example.org",),
        "answers": (Answer("cel", "Cel zaświadczenia", "text", "szkoła", "szkoła", "Dane"),),
        **fields,
    }
    if "attachments" not in given:
        given["attachments"] = (attachment(f"Zalacznik {number}\n".encode()),)
    return Filing(**given)


def file(unit: Unit, *, actor: Access = SYSTEM, **fields: Any) -> tuple[Case, Letter, Receipt]:
    """What intake makes of a filing in the keeping: case, incoming letter, promised receipt."""
    given = filing(unit, **fields)
    case = cases.open(actor, unit=unit, title=given.subject, owner_id=given.owner_id,
                      guest_factors=given.guest_factors, parties=[given.sender])
    letter = letters.register_incoming(actor, filing=given, unit=unit, case=case)
    assert letter.received_at is not None
    receipt = receipts.promise(actor, letter=letter, case=case, document=letter.documents.get(kind="filed"),
                               happened_at=letter.received_at)
    return case, letter, receipt


def outgoing(case: Case, *, actor: Access = SYSTEM, kind: str = "decision", html: str = "<p>Orzekam.</p>",
             signer: Any = None) -> Letter:
    """A signed and registered outgoing letter to the case's first party."""
    addressee = case.parties.order_by("id").first()
    assert addressee is not None
    letter = letters.draft(actor, case=case, kind=kind, subject="Decyzja", addressee=addressee,
                           content={"html": html})
    version = letters.render(letter)
    letters.sign(actor, letter=letter, version=version, signer=signer)
    return letters.register_outgoing(actor, letter=letter)


def owner_of(citizen: Any) -> User:
    """The account of a citizen."""
    user: User = citizen.user
    return user
