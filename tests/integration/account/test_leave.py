"""An account is deleted: what goes, what stays, what is in the way; and the cases go on without it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessLog
from django.core import mail
from django.test import Client
from django.urls import reverse

from cms_pages.mine import calendar
from cms_pages.models import CalendarFeed
from documents.models import Case, CaseMessage, CaseUserObjectPermission, Delivery, Receipt
from documents.services import deliveries, messages
from journal import follow, jobs, keyring, seal
from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.models import Entry
from people.access import SYSTEM, access_of, grant
from people.models import Citizen, DataExport, Farewell, User
from people.services import accounts, exports
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.account.conftest import signed_in

pytestmark = pytest.mark.django_db
PAGE = "/moje-sprawy/ustawienia/usun-konto/"


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any, tmp_path: Path) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    plain = "django.core.files.storage.FileSystemStorage"
    private = {"BACKEND": plain, "OPTIONS": {"location": str(tmp_path / "ex")}}
    settings.STORAGES = {**settings.STORAGES, "exports": private}


def gone(citizen: Citizen) -> User:
    return accounts.delete(access_of(citizen.user), user=citizen.user)


def waiting_letter(case: Case, citizen: Citizen) -> Delivery:
    letter = filings.outgoing(case, signer=keyring.unit_seal(case.body.symbol, case.body.name))
    assert letter.correspondent is not None
    return deliveries.start(SYSTEM, letter=letter, box="account", addressee=letter.correspondent, user=citizen.user)


def log_in(email: str, password: str = people.PASSWORD) -> Client:
    client = Client()
    client.post("/konto/login/", {"login": email, "password": password})
    return client


def test_the_page_says_what_goes_what_stays_why_and_how_long(case: Case, citizen: Citizen) -> None:
    calendar.make(access_of(citizen.user), user=citizen.user)
    page = signed_in(citizen.user).get(PAGE).content.decode()
    for words in (
        "PESEL zapisane na koncie", "klucze dostępu", "tajny adres kalendarza",
        "1 sprawa z tym, co zostało złożone",
        "narodowym zasobie archiwalnym", "Urzędowe poświadczenia złożenia i doręczenia",
        "dwa lata od każdego logowania",
        case.tracking_code, "pocztą",
    ):  # fmt: skip
        assert words in page, words


def test_the_deed_leaves_a_number_without_a_name(case: Case, citizen: Citizen) -> None:
    user = citizen.user
    email = user.email
    calendar.make(access_of(user), user=user)
    Authenticator.objects.create(user=user, type="totp", data={})
    exports.ask(access_of(user), user=user)
    jobs.run_waiting()
    grant("read_case", user, case)
    entries = Entry.objects.count()
    party = case.parties.get()
    before = (party.name, party.pesel, party.email)
    gone(citizen)
    assert Entry.objects.count() == entries + 1
    assert Entry.objects.latest("pk").action == "account.deleted"
    user = User.objects.get(pk=user.pk)
    assert not user.is_active
    assert not user.has_usable_password()
    assert user.deleted_at is not None
    assert (user.first_name, user.last_name, user.phone) == ("", "", "")
    assert email not in user.email
    assert user.email.endswith(".invalid")
    for model in (Citizen, EmailAddress, Authenticator, CalendarFeed, DataExport, CaseUserObjectPermission):
        assert not model.objects.filter(user_id=user.pk).exists(), model
    case.refresh_from_db()
    party.refresh_from_db()
    assert (party.name, party.pesel, party.email) == before, "what was filed is not touched"
    assert Receipt.objects.filter(case=case).exists()
    assert email not in str(list(Entry.objects.values_list("data", "label", "detail__text")))


def test_the_old_address_is_told_once_and_forgotten(citizen: Citizen) -> None:
    email = citizen.user.email
    gone(citizen)
    mail.outbox.clear()
    jobs.run_waiting()
    assert [message.to for message in mail.outbox] == [[email]]
    assert "Nikt już się na nie nie zaloguje" in mail.outbox[0].body
    assert not Farewell.objects.exists()


def test_the_same_address_registers_anew_and_sees_none_of_the_old_cases(case: Case, citizen: Citizen) -> None:
    email = citizen.user.email
    gone(citizen)
    assert not log_in(email).session.get("_auth_user_id")
    client = Client()
    client.post("/konto/signup/", {"email": email, "password1": people.PASSWORD, "password2": people.PASSWORD})
    jobs.run_waiting()
    said = "".join(str(sent.body) for sent in mail.outbox)
    found = re.search(r"https?://[^/\s]+(/konto/confirm-email/\S+)", said)
    assert found, [sent.subject for sent in mail.outbox]
    client.post(found[1])
    new = User.objects.get(email=email)
    assert new.pk != citizen.user_id
    inside = signed_in(new)
    assert case.title not in inside.get("/moje-sprawy/").content.decode()
    assert inside.get(f"/moje-sprawy/{case.pk}/").status_code == 404


def test_the_case_is_followed_by_code_and_second_factor_and_answered_by_post(
    town: Office, case: Case, citizen: Citizen
) -> None:
    guest = Client()
    answer = guest.post("/sprawdz-sprawe/", {"code": case.tracking_code, "factor": "ola@example.org"})
    assert "login" in answer["Location"], "while there is an account, it is asked for"
    gone(citizen)
    answer = guest.post("/sprawdz-sprawe/", {"code": case.tracking_code, "factor": "ola@example.org"})
    assert answer["Location"] == f"/moje-sprawy/{case.pk}/"
    page = guest.get(answer["Location"])
    assert page.status_code == 200
    assert case.title in page.content.decode()
    messages.from_office(town.access("clerk"), case=case, text="Dzień dobry")
    assert "Dzień dobry" in guest.get(answer["Location"]).content.decode()
    guest.post(f"/moje-sprawy/{case.pk}/wiadomosc/", {"text": "Dziękuję"})
    assert CaseMessage.objects.filter(text="Dziękuję", author=None).exists()
    receipt = Receipt.objects.filter(case=case).latest("pk")
    jobs.run_waiting()
    assert guest.get(reverse("documents:receipt_file", args=[receipt.number, "pdf"])).status_code == 200
    case.refresh_from_db()
    assert case.owner_id is None, "the next letter goes by post: boxes are chosen by the owner"
    assert Client().get(f"/moje-sprawy/{case.pk}/").status_code == 404


@pytest.mark.parametrize("announced", [True, False])
def test_a_letter_on_its_way_to_the_account_is_in_the_way(case: Case, citizen: Citizen, announced: bool) -> None:
    delivery = waiting_letter(case, citizen)
    if announced:
        Delivery.objects.filter(pk=delivery.pk).update(first_notice_at=db_now())
    page = signed_in(citizen.user).get(PAGE).content.decode()
    assert ("Najpierw je odbierz" if announced else "właśnie wysyła pismo") in page
    assert 'name="sure"' not in page
    with pytest.raises(accounts.Obstructed):
        gone(citizen)
    Delivery.objects.filter(pk=delivery.pk).update(first_notice_at=db_now(), received_at=db_now())
    gone(citizen)


def test_the_view_asks_for_the_password_again_then_signs_out_everywhere(citizen: Citizen) -> None:
    client, elsewhere = log_in(citizen.user.email), log_in(citizen.user.email)
    elsewhere.get("/moje-sprawy/")
    client.get("/moje-sprawy/")
    asked = client.post(PAGE, {"sure": "on"})
    assert "/reauthenticate/" in asked["Location"]
    assert User.objects.get(pk=citizen.user_id).is_active
    wrong = client.post(asked["Location"], {"password": "nie to hasło 123"})
    assert wrong.status_code == 200
    done = client.post(asked["Location"], {"password": people.PASSWORD})
    assert done["Location"] == "/konto-usuniete/"
    assert "Konto zostało usunięte" in client.get(done["Location"]).content.decode()
    assert not User.objects.get(pk=citizen.user_id).is_active
    for browser in (client, elsewhere):
        assert "login" in browser.get("/moje-sprawy/")["Location"]


def test_without_the_tick_nothing_happens(citizen: Citizen) -> None:
    client = log_in(citizen.user.email)
    asked = client.post(PAGE, {})
    answer = client.post(asked["Location"], {"password": people.PASSWORD})
    assert answer.status_code == 422
    assert "Zaznacz pole" in answer.content.decode()
    assert User.objects.get(pk=citizen.user_id).is_active


def test_staff_and_others_cannot(town: Office, citizen: Citizen) -> None:
    with pytest.raises(Refused):
        accounts.delete(access_of(town.clerk), user=town.clerk)
    with pytest.raises(NotAllowed):
        accounts.delete(access_of(people.citizen().user), user=citizen.user)
    assert "konto pracownika" in signed_in(town.clerk).get(PAGE).content.decode()
    gone(citizen)
    with pytest.raises(Refused):
        accounts.delete(SYSTEM, user=citizen.user)


def test_what_came_in_the_instant_of_the_deletion_is_untied_by_night(case: Case, citizen: Citizen) -> None:
    gone(citizen)
    Case.objects.filter(pk=case.pk).update(owner=citizen.user)
    log = AccessLog.objects.create(username="a@example.org", attempt_time=db_now())
    old = AccessLog.objects.create(username="a@example.org", attempt_time=db_now())
    AccessLog.objects.filter(pk=old.pk).update(attempt_time=db_now() - accounts.LOG_KEPT)
    assert accounts.forget() == 1
    case.refresh_from_db()
    assert case.owner_id is None
    assert list(AccessLog.objects.all()) == [log]
    assert str(User.objects.get(pk=citizen.user_id)) == f"usunięte konto nr {citizen.user_id}"


def test_the_journal_verifies_and_the_followers_go_on(case: Case, citizen: Citizen) -> None:
    gone(citizen)
    seal.seal_round()
    for name in follow.names():
        follow.run_until_idle(name)
    jobs.run_waiting()
    assert not UserSession.objects.filter(user_id=citizen.user_id).exists()
