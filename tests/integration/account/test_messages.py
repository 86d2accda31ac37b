"""Messages in a case: between its party and who handles it, one entry each, and no personal data in the mails."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from documents.models import Case, CaseMessage
from documents.services import messages
from journal import notify
from journal.errors import Conflict, NotAllowed, NotFound, Refused
from journal.models import Entry, EntryDetail
from people.access import SYSTEM, access_of
from people.models import Citizen, Role
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.account.conftest import signed_in

pytestmark = pytest.mark.django_db
TEXT = "Kiedy mogę przyjść z mapą?"


def entries(action: str) -> list[Entry]:
    return list(Entry.objects.filter(action=action))


def test_the_party_asks_and_the_clerk_answers(town: Office, case: Case, citizen: Citizen) -> None:
    party, clerk = signed_in(citizen.user), signed_in(town.clerk)
    sent = party.post(reverse("cms_pages:message", args=[case.pk]), {"text": TEXT})
    assert sent.status_code == 302
    desk = clerk.get(reverse("desk:case", args=[case.pk])).content.decode()
    assert TEXT in desk
    answered = clerk.post(reverse("desk:message", args=[case.pk]), {"message-text": "We wtorek."})
    assert answered.status_code == 302
    assert CaseMessage.objects.get(from_office=False).read_at is not None  # answered, so read
    assert CaseMessage.objects.get(from_office=True).read_at is None
    assert case.title in party.get(reverse("cms_pages:my_messages")).content.decode()
    assert "We wtorek." in party.get(reverse("cms_pages:my_case", args=[case.pk])).content.decode()
    assert CaseMessage.objects.get(from_office=True).read_at is not None
    party.get(reverse("cms_pages:my_case", args=[case.pk]))
    assert [len(entries(f"message.{name}")) for name in ("from_party", "from_office", "read")] == [1, 1, 1]


def test_the_mails_say_that_and_not_what(town: Office, case: Case, citizen: Citizen) -> None:
    messages.from_party(access_of(citizen.user), case=case, text=TEXT)
    messages.from_office(town.access("clerk"), case=case, text="We wtorek.")
    for action, address in (("message.from_party", town.clerk.email), ("message.from_office", citizen.user.email)):
        mail = notify.mail_of(entries(action)[0])
        assert mail is not None
        assert mail.to == (address,)
        said = " ".join((mail.subject, *mail.lines))
        assert not any(secret in said for secret in (TEXT, "wtorek", case.title, "Przykładowa"))


def test_the_text_is_not_in_the_journal(case: Case, citizen: Citizen) -> None:
    messages.from_party(access_of(citizen.user), case=case, text=TEXT)
    assert not EntryDetail.objects.filter(text__contains=TEXT).exists()
    assert TEXT not in str(entries("message.from_party")[0].data)


def test_a_stranger_reads_and_writes_nothing(town: Office, case: Case) -> None:
    stranger = people.citizen().user
    with pytest.raises(NotFound):
        messages.from_party(access_of(stranger), case=case, text=TEXT)
    for client in (signed_in(stranger), Client()):
        assert client.post(reverse("cms_pages:message", args=[case.pk]), {"text": TEXT}).status_code == 404
    other = people.actor(town.units["FN"], Role.CLERK)
    with pytest.raises(NotFound):
        messages.from_office(other, case=case, text=TEXT)
    with pytest.raises(NotAllowed):
        messages.from_office(people.actor(town.unit, Role.AUDITOR), case=case, text=TEXT)
    assert not CaseMessage.objects.exists()


def test_what_is_refused_comes_back_as_it_was_typed(case: Case, citizen: Citizen) -> None:
    party, address = signed_in(citizen.user), reverse("cms_pages:message", args=[case.pk])
    assert party.post(address, {"text": "   "}).status_code == 422
    long = party.post(address, {"text": "ż" * (messages.LONGEST + 1)})
    assert long.status_code == 422
    assert "ż" * 100 in long.content.decode()
    with pytest.raises(Refused):
        messages.from_party(SYSTEM, case=case, text="ż" * (messages.LONGEST + 1))
    assert not CaseMessage.objects.exists()


def test_there_is_a_limit_within_an_hour(case: Case, citizen: Citizen) -> None:
    party, address = signed_in(citizen.user), reverse("cms_pages:message", args=[case.pk])
    answers = [party.post(address, {"text": f"Pytanie {number}"}).status_code for number in range(11)]
    assert answers == [302] * 10 + [429]


def test_a_closed_case_takes_no_message(town: Office, case: Case, citizen: Citizen) -> None:
    Case.objects.filter(pk=case.pk).update(closed_at=case.received_at)
    with pytest.raises(Conflict):
        messages.from_party(access_of(citizen.user), case=case, text=TEXT)


def test_the_text_is_erased_and_the_rest_stays(town: Office, case: Case, citizen: Citizen) -> None:
    message = messages.from_party(access_of(citizen.user), case=case, text=TEXT)
    with pytest.raises(NotAllowed):
        messages.erase(town.access("clerk"), message=message, reason="RODO")
    messages.erase(SYSTEM, message=message, reason="RODO")
    message.refresh_from_db()
    assert (message.text, message.erased_by) == ("", entries("message.erased")[0].pk)
    with pytest.raises(Conflict):
        messages.erase(SYSTEM, message=message, reason="RODO")
    page = signed_in(citizen.user).get(reverse("cms_pages:my_case", args=[case.pk])).content.decode()
    assert TEXT not in page
