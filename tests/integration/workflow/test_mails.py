"""Mails of the circulation: to whoever filed, in the language they filed in, without a word of the matter."""

from __future__ import annotations

import pytest

from journal import notify
from journal.models import Entry
from people.access import GUEST
from tests.factories import documents as filings
from tests.factories.workflow import Office
from workflow import intake
from workflow.services import assignment, supplements

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "word"), [("pl", "uzupełnienie"), ("en", "supplement")])
def test_a_guest_reads_the_call_in_the_language_of_the_filing(town: Office, language: str, word: str) -> None:
    filing = filings.filing(town.unit, service_code="udostepnienie-danych", language=language)
    case = intake.receive(GUEST, filing).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    supplements.request_supplement(
        town.access("clerk"), case=case, items=[{"label": "numer działki"}], days=7, reason="brak"
    )
    mail = notify.mail_of(Entry.objects.get(action="supplement.requested"))
    assert mail is not None and mail.to == ("ola@example.org",) and mail.language == language
    said = " ".join((mail.subject, *mail.lines)).lower()
    assert word in said and "działki" not in said and "ola" not in said
