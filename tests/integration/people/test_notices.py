"""Where a citizen hears of what happens: choices by kind and channel, a proven telephone, the provider on the wire."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from documents.services import messages
from journal import follow, jobs, seal, sms
from journal.errors import NotAllowed, Refused
from journal.models import Entry
from people.access import SYSTEM, access_of
from people.models import NoticeChoice, ProvenPhone, User
from people.notices import KINDS, channels
from people.services import notices
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office, office
from workflow import intake

pytestmark = pytest.mark.django_db
PAGE = "cms_pages:my_notices"


@pytest.fixture(autouse=True)
def outbox(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR, settings.BLOB_DIR = tmp_path, tmp_path / "blobs"
    settings.SMS = {"provider": "demo"}
    cache.clear()  # the limits of tries
    return tmp_path / "sms"


def sent(outbox: Path) -> list[list[str]]:
    return [path.read_text().splitlines() for path in sorted(outbox.glob("*.txt"))] if outbox.is_dir() else []


def work() -> None:
    for _round in range(10):
        if not seal.seal_round() + follow.run_until_idle("notifications") + jobs.run_waiting():
            return


@pytest.fixture
def citizen() -> User:
    return people.citizen(email="ola@example.org").user


def proven(user: User) -> ProvenPhone:
    phone = notices.ask_phone(access_of(user), user=user, number="600 700 800")
    return notices.confirm_phone(access_of(user), user=user, code=notices._code(phone))


def told(town: Office, user: User) -> list[str]:
    """What the clerk's message brings: subjects of the mails about it."""
    case = intake.receive(SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych",
                                                 owner_id=user.pk)).case  # fmt: skip
    work()
    mail.outbox.clear()
    messages.from_office(SYSTEM, case=case, text="Dzień dobry")
    work()
    return [str(message.subject) for message in mail.outbox]


@pytest.mark.parametrize(("email", "text"), [(True, False), (False, True), (True, True), (False, False)])
def test_a_message_goes_where_the_citizen_chose(citizen: User, outbox: Path, email: bool, text: bool) -> None:
    proven(citizen)
    work()
    before = len(sent(outbox))
    notices.choose(access_of(citizen), user=citizen, choices={"message": (email, text)})
    assert len(told(office(), citizen)) == email
    texts = sent(outbox)
    assert len(texts) - before == text
    if text:
        number, words = next(each for each in texts if "portal" in each[1] and "kod" not in each[1].lower())
        assert number == "+48600700800" and set(words) <= sms.GSM and sms.parts(words) == 1
        assert "Ola" not in words and "@" not in words


def test_what_the_law_requires_goes_by_mail_whatever_was_chosen(citizen: User) -> None:
    notices.choose(access_of(citizen), user=citizen, choices={"letter": (False, False), "time": (False, False)})
    row = NoticeChoice.objects.get(user=citizen, kind="letter")
    assert row.email and KINDS["letter"].fixed
    NoticeChoice.objects.filter(pk=row.pk).update(email=False)  # whatever stands in the row
    assert channels(citizen.pk, "letter").email and not channels(citizen.pk, "time").email


def test_text_messages_need_a_proven_telephone(citizen: User, outbox: Path) -> None:
    actor = access_of(citizen)
    with pytest.raises(Refused):
        notices.choose(actor, user=citizen, choices={"message": (True, True)})
    for wrong in ("12", "abc", ""):
        with pytest.raises(Refused):
            notices.ask_phone(actor, user=citizen, number=wrong)
    notices.ask_phone(actor, user=citizen, number="600700800")
    work()
    [(number, words)] = sent(outbox)
    code = re.search(r"\b(\d{6})\b", words)
    assert number == "+48600700800" and code
    other = f"{(int(code[1]) + 1) % 1_000_000:06}"
    for _try in range(notices.TRIES):
        with pytest.raises(Refused):
            notices.confirm_phone(actor, user=citizen, code=other)
    with pytest.raises(Refused):  # too many tries: not even the right one
        notices.confirm_phone(actor, user=citizen, code=code[1])
    proven(citizen)
    notices.choose(actor, user=citizen, choices={"message": (True, True)})
    notices.ask_phone(actor, user=citizen, number="+48 700 700 700")
    assert not NoticeChoice.objects.get(kind="message").sms, "another number has to be proven first"


def test_nobody_chooses_for_another(citizen: User) -> None:
    other = access_of(people.citizen().user)
    for deed in (lambda: notices.choose(other, user=citizen, choices={}),
                 lambda: notices.ask_phone(other, user=citizen, number="600700800"),
                 lambda: notices.drop_phone(other, user=citizen)):  # fmt: skip
        with pytest.raises(NotAllowed):
            deed()


def test_the_page_chooses_confirms_and_forgets(citizen: User, outbox: Path) -> None:
    client = Client()
    client.force_login(citizen, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse(PAGE)
    assert client.post(url, {"what": "phone", "number": "12"}).status_code == 422
    assert client.post(url, {"what": "phone", "number": "600700800"}).status_code == 302
    work()
    code = re.search(r"\d{6}", sent(outbox)[0][1])
    assert code and client.post(url, {"what": "code", "code": code[0]}).status_code == 302
    shown = client.get(url).content.decode()
    assert "+48 ••• ••• 800" in shown and "600700800" not in shown
    client.post(url, {"sms-message": "1", "email-time": "1"})
    assert NoticeChoice.objects.get(kind="message").sms and not NoticeChoice.objects.get(kind="message").email
    client.post(url, {"what": "drop"})
    assert not ProvenPhone.objects.exists() and not NoticeChoice.objects.filter(sms=True).exists()
    actions = Entry.objects.filter(user_id=citizen.pk).order_by("pk").values_list("action", flat=True)
    made = ["user.phone_asked", "user.phone_confirmed", "user.notices_chosen", "user.phone_dropped"]
    assert list(actions)[-4:] == made


class Provider(BaseHTTPRequestHandler):
    """Speaks SMSAPI's wire protocol, as far as one message."""

    seen: list[dict[str, str]] = []
    answers: list[tuple[int, dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.seen.append({name: values[0] for name, values in body.items()}
                         | {"path": self.path, "token": self.headers["Authorization"]})  # fmt: skip
        usual: tuple[int, dict[str, Any]] = (200, {"count": 1, "list": [{"id": "A1", "points": 0.1}]})
        status, said = self.answers.pop(0) if self.answers else usual
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture
def provider(settings: Any) -> Iterator[type[Provider]]:
    Provider.seen, Provider.answers = [], []
    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS = {"provider": "smsapi", "token": "tajny", "from": "Obiegowo",
                    "address": f"http://127.0.0.1:{server.server_port}"}  # fmt: skip
    yield Provider
    server.shutdown()
    server.server_close()


def test_the_provider_gets_one_message_for_one_key(provider: type[Provider]) -> None:
    assert sms.send_once("k1", "+48600700800", "Pismo czeka – zajrzyj") and not sms.send_once("k1", "+48600700800", "x")
    [said] = provider.seen
    assert said["path"] == "/sms.do" and said["token"] == "Bearer tajny" and said["to"] == "48600700800"
    assert said["message"] == "Pismo czeka - zajrzyj" and said["check_idx"] == "1" and said["from"] == "Obiegowo"


def test_a_provider_that_fails_is_asked_again_and_a_double_is_taken_as_sent(provider: type[Provider]) -> None:
    provider.answers = [(200, {"error": 101, "message": "Authorization failed"}), (500, {}), (200, {"error": 53})]
    for _try in range(2):
        with pytest.raises(sms.NotSent):
            sms.send_once("k2", "+48600700800", "Pismo czeka")
    assert sms.send_once("k2", "+48600700800", "Pismo czeka"), "it had been sent before the answer was lost"
    assert len({each["idx"] for each in provider.seen}) == 1


def test_a_message_of_the_party_reaches_who_assigns_while_nobody_handles_the_case(citizen: User) -> None:
    town = office()
    case = intake.receive(SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych",
                                                 owner_id=citizen.pk)).case  # fmt: skip
    work()
    mail.outbox.clear()
    messages.from_party(SYSTEM, case=case, text="Kiedy?")
    work()
    assert town.head.email in {address for message in mail.outbox for address in message.to}
