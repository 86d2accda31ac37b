"""What a party may open: the letter as it was delivered, never its drafts; an account's case only with the account."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import Client, RequestFactory
from django.urls import reverse

from documents import files, guests
from documents.boxes import registry
from documents.models import Case, DocumentVersion, Letter
from documents.services import deliveries, documents, letters
from journal import keyring
from people.access import SYSTEM, access_of
from people.models import Citizen
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def citizen() -> Citizen:
    return people.citizen()


@pytest.fixture
def case(citizen: Citizen) -> Case:
    town = people.town(schools=0)
    make.plan_of(town["UM"])
    return make.file(town["OR"], owner_id=citizen.user_id)[0]


@pytest.fixture
def letter(case: Case, citizen: Citizen) -> Letter:
    """A decision with an older text, signed and announced in the account, not yet signed for."""
    addressee = case.parties.get()
    drafted = letters.draft(
        SYSTEM, case=case, kind="decision", subject="Decyzja", addressee=addressee, content={"html": "<p>Nie.</p>"}
    )
    letters.render(drafted)
    letters.revise(SYSTEM, letter=drafted, content={"html": "<p>Tak.</p>"})
    version = letters.render(drafted)
    letters.sign(SYSTEM, letter=drafted, version=version, signer=keyring.unit_seal("UM", "Urząd Miasta"))
    sent = letters.register_outgoing(SYSTEM, letter=drafted)
    delivery = deliveries.start(SYSTEM, letter=sent, box="account", addressee=addressee, user=citizen.user)
    registry.get("account").send(delivery)
    sent.refresh_from_db()
    return sent


def signed_in(citizen: Citizen) -> Client:
    client = Client()
    client.force_login(citizen.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def statuses(client: Client, letter: Letter) -> list[int]:
    """The answer to each version of the letter's own document, oldest first."""
    versions = DocumentVersion.objects.filter(document__letter=letter).order_by("number")
    return [
        client.get(reverse("documents:download", args=[version.pk, version.file_name])).status_code
        for version in versions
    ]


def test_a_letter_opens_with_its_delivery_and_its_drafts_never(citizen: Citizen, letter: Letter) -> None:
    client = signed_in(citizen)
    assert statuses(client, letter) == [404, 404, 404]
    deliveries.sign_for(access_of(citizen.user), delivery=letter.delivery)
    assert statuses(client, letter) == [404, 404, 200]


def test_of_a_document_that_is_shown_the_party_gets_the_newest_version(citizen: Citizen, case: Case) -> None:
    first = documents.add(
        SYSTEM, case=case, blob=files.store(b"brudnopis"), title="Opinia", file_name="opinia.txt", public=True
    )
    newest = documents.add_version(
        SYSTEM, document=first.document, blob=files.store(b"czystopis"), file_name="opinia.txt"
    )
    client = signed_in(citizen)
    answers = [client.get(reverse("documents:download", args=[v.pk, v.file_name])).status_code for v in (first, newest)]
    assert answers == [404, 200]


def test_the_code_of_an_accounts_case_leads_to_signing_in(case: Case, citizen: Citizen) -> None:
    client = Client()
    answer = client.post(reverse("cms_pages:track"), {"code": case.tracking_code, "factor": "ola@example.org"})
    page = reverse("cms_pages:my_case", args=[case.pk])
    assert answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
    assert page in answer["Location"].replace("%2F", "/")
    assert client.get(page).status_code == 404
    assert signed_in(citizen).get(page).status_code == 200


def _request() -> Any:
    request = RequestFactory().get("/")
    request.user, request.session = AnonymousUser(), SessionStore()
    return request


def test_a_guests_session_opens_guests_cases_only(case: Case) -> None:
    request = _request()
    guests.remember(request, case)
    assert not guests.may_open(request, case)
    other = make.file(case.unit)[0]
    guests.remember(request, other)
    assert guests.may_open(request, other)


def test_a_letter_shows_nothing_before_its_notice_and_a_hidden_file_never(
    case: Case, citizen: Citizen, letter: Letter
) -> None:
    client, page = signed_in(citizen), reverse("cms_pages:my_case", args=[case.pk])
    attached = case.documents.get(kind="attachment")
    assert attached.title in client.get(page).content.decode()
    documents.set_public(SYSTEM, document=attached, public=False)
    letter.delivery.__class__.objects.filter(letter=letter).update(first_notice_at=None)
    answer = client.get(page)
    assert attached.title not in answer.content.decode() and not answer.context["deliveries"]
