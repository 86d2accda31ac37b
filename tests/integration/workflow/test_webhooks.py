"""A unit's own system is told of the deeds it asked for: signed, once, and of nothing it may not know."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from documents.models import Case
from documents.services import cases
from journal import follow, jobs, seal
from journal.errors import NotAllowed, NotFound, Refused
from journal.models import Entry, JobFailure
from people.access import SYSTEM, Access, access_of
from people.models import Role
from tests.factories import people
from tests.factories.documents import filing
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.services import assignment
from workflow.webhooks import deeds, sending, signing
from workflow.webhooks.follower import Webhooks
from workflow.webhooks.models import Webhook, WebhookCall

pytestmark = pytest.mark.django_db


class Receiver:
    """A unit's own system: a real web server that keeps what it was told and answers as it is bid."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status)
                if receiver.status == 302:
                    self.send_header("Location", "http://169.254.169.254/")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/obieg"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self) -> list[str]:
        return [json.loads(body)["type"] for _headers, body in self.heard]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def town() -> Office:
    made = office()
    follow.run_once("webhooks")
    return made


def admin(town: Office, unit: str = "OR", **kwargs: Any) -> Access:
    return access_of(people.member(town.units[unit], Role.UNIT_ADMIN, **kwargs))


def hooked(town: Office, receiver: Receiver, *chosen: str) -> Webhook:
    return deeds.make(
        admin(town), unit=town.unit, name="System dziedzinowy", address=receiver.address,
        chosen=chosen or ("case.opened", "case.assigned"),
    )  # fmt: skip


def filed(town: Office, unit: str = "OR") -> Case:
    service = "udostepnienie-danych" if unit == "OR" else "pismo-ogolne"
    return intake.receive(SYSTEM, filing(town.units[unit], service_code=service)).case


def hear() -> None:
    seal.seal_all()
    follow.run_until_idle("webhooks")
    jobs.run_waiting(raise_errors=False)


def test_each_deed_asked_for_is_told_once_with_a_signature_that_holds(town: Office, receiver: Receiver) -> None:
    webhook = hooked(town, receiver)
    case = filed(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    hear()
    hear()
    assert receiver.told() == ["case.opened", "case.assigned"]
    headers, body = receiver.heard[1]
    key = base64.b64decode(signing.secret_of(webhook).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    said = json.loads(body)["data"]
    assert said["case"]["id"] == case.pk and said["unit"] == "OR" and said["facts"]["to_user"] == town.clerk.pk
    call = webhook.calls.get(entry__action="case.assigned")
    assert headers["webhook-id"] == str(call.uuid) and call.taken_at and call.status == 204


def test_a_message_names_nobody_and_quotes_nothing(town: Office, receiver: Receiver) -> None:
    hooked(town, receiver)
    case = filed(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk, instruction="tajna uwaga")
    hear()
    everything = b" ".join(body for _headers, body in receiver.heard).decode()
    assert case.title not in everything and "tajna uwaga" not in everything and town.clerk.last_name not in everything


def test_nothing_is_told_of_other_units_nor_of_sealed_cases(town: Office, receiver: Receiver) -> None:
    hooked(town, receiver)
    filed(town, "SP-1")
    sealed = filed(town)
    cases.seal(SYSTEM, case=sealed, readers=[town.head], reason="dane wrażliwe")
    assignment.assign(town.access("head"), case=filed(town), to_user=town.clerk)
    hear()
    told = [json.loads(body)["data"]["case"]["id"] for _headers, body in receiver.heard]
    assert sealed.pk not in told and len(set(told)) == 1


def test_a_webhook_of_the_office_hears_of_its_departments_but_not_of_the_schools(
    town: Office, receiver: Receiver
) -> None:
    deeds.make(admin(town, "UM", subtree=True), unit=town.units["UM"], name="EZD", address=receiver.address,
               chosen=["case.opened"], below=True)  # fmt: skip
    filed(town)
    filed(town, "SP-1")
    hear()
    assert [json.loads(body)["data"]["unit"] for _headers, body in receiver.heard] == ["OR"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_receiver_that_is_away_gets_it_later_as_the_same_message(
    town: Office, receiver: Receiver, status: int
) -> None:
    webhook = hooked(town, receiver, "case.opened")
    receiver.status = status
    filed(town)
    hear()
    call = webhook.calls.get()
    assert call.tries == 1 and call.taken_at is None and str(status) in call.error
    receiver.status = 200
    sending.send(call_id=call.pk)
    sending.send(call_id=call.pk)
    assert len(receiver.heard) == 2, "a message that was taken is not sent again"
    assert len({headers["webhook-id"] for headers, _body in receiver.heard}) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_is_kept_for_a_person_who_sends_it_again(town: Office, receiver: Receiver) -> None:
    webhook = hooked(town, receiver, "case.opened")
    receiver.status = 400
    filed(town)
    hear()
    call = webhook.calls.get()
    assert JobFailure.objects.filter(task__endswith="send", error__contains="HTTP 400").exists()
    receiver.status = 200
    sending.send_again(access_of(webhook.made_by), pk=webhook.pk, call_id=call.pk)
    jobs.run_waiting(raise_errors=False)
    call.refresh_from_db()
    assert call.taken_at and call.error == ""
    with pytest.raises(Refused):
        sending.send_again(access_of(webhook.made_by), pk=webhook.pk, call_id=call.pk)


def test_a_receiver_that_says_gone_is_called_no_more(town: Office, receiver: Receiver) -> None:
    webhook = hooked(town, receiver, "case.opened")
    receiver.status = 410
    filed(town)
    hear()
    webhook.refresh_from_db()
    assert webhook.off_at and Entry.objects.filter(action="webhook.turned_off").count() == 1
    filed(town)
    hear()
    assert len(receiver.heard) == 1
    deeds.change(access_of(webhook.made_by), pk=webhook.pk, name="n", address=receiver.address, chosen=["case.opened"],
                 below=False)  # fmt: skip
    receiver.status = 200
    filed(town)
    hear()
    assert len(receiver.heard) == 2, "turned on again by being changed; what came meanwhile is not made up for"


@pytest.mark.django_db(transaction=True)
def test_a_redirect_is_not_followed(town: Office, receiver: Receiver) -> None:
    webhook = hooked(town, receiver, "case.opened")
    receiver.status = 302
    filed(town)
    hear()
    assert "HTTP 302" in webhook.calls.get().error


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/", "https://localhost/", "http://169.254.169.254/latest/meta-data", "https://10.0.0.5/",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://192.168.1.1:8443/x", "ftp://example.com/",
        "https://user:pass@example.com/", "https://0.0.0.0/", "https://2130706433/",
    ],
)  # fmt: skip
def test_no_machine_of_our_own_network_is_called(town: Office, address: str) -> None:
    with pytest.raises(Refused):
        deeds.make(admin(town), unit=town.unit, name="x", address=address, chosen=["case.opened"])


def test_without_tls_only_our_own_networks_are_called(town: Office, receiver: Receiver) -> None:
    hooked(town, receiver)
    for address in ("http://93.184.215.14/x", "http://system.invalid/x"):
        with pytest.raises(Refused, match="https"):
            deeds.make(admin(town), unit=town.unit, name="x", address=address, chosen=["case.opened"])


@pytest.mark.django_db(transaction=True)
def test_an_address_that_moved_into_our_network_is_not_called(
    town: Office, receiver: Receiver, settings: Any
) -> None:
    webhook = hooked(town, receiver, "case.opened")
    settings.WEBHOOK_NETWORKS = []
    filed(town)
    hear()
    assert receiver.heard == [] and "127.0.0.1" in webhook.calls.get().error


def test_a_new_secret_signs_beside_the_old_one_for_a_day(town: Office, receiver: Receiver) -> None:
    webhook = hooked(town, receiver)
    old = signing.secret_of(webhook)
    webhook = deeds.renew_secret(access_of(webhook.made_by), pk=webhook.pk)
    assert signing.secret_of(webhook) != old
    now = webhook.overlap_until
    assert now is not None
    both = signing.headers(webhook, "id", now - dt.timedelta(hours=1), b"{}")["webhook-signature"].split()
    assert len(both) == 2
    assert both[1] == signing.signature(old, "id", int((now - dt.timedelta(hours=1)).timestamp()), b"{}")
    assert len(signing.headers(webhook, "id", now, b"{}")["webhook-signature"].split()) == 1


def test_only_who_manages_the_unit_makes_and_changes_them(town: Office, receiver: Receiver) -> None:
    webhook = hooked(town, receiver)
    with pytest.raises(NotAllowed):
        deeds.make(town.access("head"), unit=town.unit, name="x", address=receiver.address, chosen=["case.opened"])
    with pytest.raises(NotAllowed):
        deeds.make(admin(town, "UM"), unit=town.units["UM"], name="x", address=receiver.address, chosen=["case.opened"],
                   below=True)  # fmt: skip
    with pytest.raises(NotFound):
        deeds.delete(admin(town, "SP-1"), pk=webhook.pk)
    with pytest.raises(Refused):
        deeds.make(admin(town), unit=town.unit, name="x", address=receiver.address, chosen=["user.login"])


def test_the_log_heard_again_calls_nobody_twice(town: Office, receiver: Receiver) -> None:
    hooked(town, receiver)
    filed(town)
    hear()
    entries = Entry.objects.sealed_after(0)
    Webhooks().handle(list(entries))
    assert WebhookCall.objects.count() == 1 == len(receiver.heard)


def test_the_screens_make_try_and_delete_a_webhook(town: Office, receiver: Receiver) -> None:
    client = Client()
    manager = people.member(town.unit, Role.UNIT_ADMIN)
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert "Nie ma jeszcze" in client.get(reverse("webhooks:list")).content.decode()
    form = {"unit": town.unit.pk, "name": "HR", "address": receiver.address, "chosen": ["case.opened"], "keep": "1"}
    bad = client.post(reverse("webhooks:add"), {**form, "address": "https://10.0.0.1/"})
    assert bad.status_code == 422 and "HR" in bad.content.decode()
    made = client.post(reverse("webhooks:add"), form, follow=True)
    webhook = Webhook.objects.get()
    assert signing.secret_of(webhook) in made.content.decode()
    one = reverse("webhooks:one", args=[webhook.pk])
    assert signing.secret_of(webhook) not in client.get(one).content.decode(), "shown once"
    client.post(one, {"do": "try"})
    jobs.run_waiting()
    assert receiver.told() == ["webhook.tried"]
    assert "HTTP 204" in client.get(one).content.decode()
    client.post(one, {"do": "off"})
    assert "Wyłączony" in client.get(one).content.decode()
    client.post(one, {"do": "delete"})
    assert not Webhook.objects.exists()
    other = Client()
    other.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")
    assert other.get(reverse("webhooks:list")).status_code == 404
