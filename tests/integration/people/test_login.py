"""One door: citizens sign up and in, staff give a second factor, nobody is led astray or kept in."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse

from people.access import SYSTEM, access_of
from people.models import Assurance, Citizen, Membership, Role, Unit, User
from people.services import memberships, users
from tests.factories import people as make

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN, ADMIN = "/konto/login/", "/admin/"


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def town() -> dict[str, Unit]:
    return make.town(schools=1)


def code_for(secret: str) -> str:
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


def sign_in(client: Client, email: str, password: str = make.PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"login": email, "password": password, **more})


def with_second_factor(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def link_in(message: Any) -> str:
    found = re.search(r"https?://[^/\s]+(/konto/\S+)", message.body)
    assert found, message.body
    return found[1]


def test_a_citizen_signs_up_confirms_and_signs_in() -> None:
    client = Client()
    answer = client.post(
        "/konto/signup/",
        {
            "email": "Nowa@Example.org",
            "password1": make.PASSWORD,
            "password2": make.PASSWORD,
            "is_staff": "true",
            "is_superuser": "on",
        },
    )
    assert answer.status_code == 302
    user = User.objects.get(email="nowa@example.org")
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert not Citizen.objects.exists(), "an unconfirmed address makes nobody a citizen"
    assert sign_in(Client(), "nowa@example.org").url == reverse("account_email_verification_sent")
    link = link_in(mail.outbox[0])
    assert client.get(link).status_code == 200
    assert not Citizen.objects.exists(), "opening the link by a mail scanner confirms nothing"
    client.post(link)
    assert Citizen.objects.get().assurance == Assurance.ACCOUNT
    assert sign_in(Client(), "NOWA@example.org").url == "/moje-sprawy/"


def test_the_same_answer_for_a_known_and_an_unknown_address() -> None:
    known = make.citizen(email="znana@example.org").user.email
    pages = []
    for email in (known, "nieznana@example.org"):
        client = Client()
        signed = client.post("/konto/signup/", {"email": email, "password1": make.PASSWORD, "password2": make.PASSWORD})
        reset = Client().post("/konto/password/reset/", {"email": email})
        wrong = sign_in(Client(), email, "zle-haslo-zle-haslo")
        text = re.sub(r'value="[^"]*"|nonce="[^"]*"', "", wrong.content.decode())
        pages.append((signed.status_code, signed.url, reset.status_code, reset.url, wrong.status_code, text))
    assert pages[0] == pages[1]
    assert len(mail.outbox) == 4


def test_a_forgotten_password_is_set_anew_and_ends_other_sessions() -> None:
    citizen = make.citizen(email="jan@example.org")
    elsewhere = Client()
    sign_in(elsewhere, "jan@example.org")
    assert elsewhere.get("/konto/sessions/").status_code == 200
    client = Client()
    client.post("/konto/password/reset/", {"email": "jan@example.org"})
    form = client.get(link_in(mail.outbox[-1]), follow=True)
    answer = client.post(
        form.request["PATH_INFO"], {"password1": "Zupelnie-nowe-haslo-9", "password2": "Zupelnie-nowe-haslo-9"}
    )
    assert answer.url == reverse("account_reset_password_from_key_done")
    assert elsewhere.get("/konto/sessions/").status_code == 302
    assert sign_in(Client(), citizen.user.email).status_code == 200
    assert sign_in(Client(), citizen.user.email, "Zupelnie-nowe-haslo-9").url == "/moje-sprawy/"


@pytest.mark.parametrize("door", ["/admin/login/", "/django-admin/login/", "/admin/"])
def test_the_other_doors_lead_to_the_one_door(door: str) -> None:
    answer = Client().get(door, {"next": "/admin/osoby/jednostki/"})
    assert answer.status_code == 302 and answer.url.startswith(LOGIN) and "next=" in answer.url
    assert Client().post("/django-admin/login/", {"username": "x", "password": "y"}).status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://zly.example.com/",
        "//zly.example.com",
        "/\\zly.example.com",
        "javascript:alert(1)",
        "https:zly.example.com",
        "http://a@zly.example.com",
        "\t//zly.example.com",
        "data:text/html,x",
    ],
)
def test_nobody_is_led_to_a_foreign_page(target: str) -> None:
    make.citizen(email="jan@example.org")
    answer = sign_in(Client(), "jan@example.org", next=target)
    assert answer.status_code == 302 and answer.url == "/moje-sprawy/"
    already = Client()
    sign_in(already, "jan@example.org")
    assert already.get(f"{LOGIN}?next={quote(target)}").url == "/moje-sprawy/"


def test_a_login_in_the_middle_of_a_form_leads_back_to_it() -> None:
    make.citizen(email="jan@example.org")
    page = Client().get(LOGIN, {"next": "/formularz/krok-3/?szkic=7"}).content.decode()
    assert 'value="/formularz/krok-3/?szkic=7"' in page
    assert sign_in(Client(), "jan@example.org", next="/formularz/krok-3/?szkic=7").url == "/formularz/krok-3/?szkic=7"


def test_the_session_key_changes_at_sign_in() -> None:
    make.citizen(email="jan@example.org")
    client = Client()
    client.session["draft"] = "x"
    client.get(LOGIN)
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    sign_in(client, "jan@example.org")
    assert client.session.session_key != before


def test_staff_without_a_second_factor_are_led_to_set_one_up(town: dict[str, Unit]) -> None:
    person = make.member(town["OR"], Role.HEAD)
    client = Client()
    assert sign_in(client, person.email).url == ADMIN
    answer = client.get("/admin/osoby/zastepstwa/")
    assert answer.status_code == 302 and answer.url.startswith(reverse("mfa_activate_totp"))
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200, page.url
    secret = page.context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert done.status_code == 302
    assert client.get("/admin/osoby/zastepstwa/").status_code == 200


def test_without_the_second_factor_there_are_no_rights_at_any_door(town: dict[str, Unit], rf: Any) -> None:
    from people.middleware import AccessMiddleware

    person = make.member(town["OR"], Role.HEAD)
    client = Client()
    sign_in(client, person.email)
    request = rf.get("/pliki/1/x.pdf")
    request.user, request.session = User.objects.get(pk=person.pk), client.session
    seen = []
    AccessMiddleware(lambda r: seen.append(r.access.user_id))(request)  # type: ignore[arg-type,func-returns-value]
    assert seen == [None]
    assert client.get("/django-admin/").status_code == 302
    assert client.post("/admin/osoby/zastepstwa/new/").url.startswith(reverse("mfa_activate_totp"))


def test_staff_sign_in_with_password_and_code(town: dict[str, Unit]) -> None:
    person = make.member(town["OR"], Role.HEAD)
    secret = with_second_factor(person)
    client = Client()
    assert sign_in(client, person.email).url == reverse("mfa_authenticate")
    assert client.get(ADMIN).status_code == 302, "the password alone opens nothing"
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert client.post(reverse("mfa_authenticate"), {"code": code_for(secret)}).url == ADMIN
    assert client.get(ADMIN).status_code == 200


def test_a_session_from_another_door_is_asked_for_the_code(town: dict[str, Unit]) -> None:
    person = make.member(town["OR"], Role.HEAD)
    secret = with_second_factor(person)
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(ADMIN).url.startswith(reverse("mfa_reauthenticate"))
    answer = client.post(reverse("mfa_reauthenticate"), {"code": code_for(secret), "next": ADMIN})
    assert answer.url == ADMIN
    assert client.get(ADMIN).status_code == 200


def test_a_waived_second_factor_opens_the_demo_town(town: dict[str, Unit], settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client = Client()
    assert sign_in(client, make.member(town["OR"]).email).url == ADMIN
    assert client.get(ADMIN).status_code == 200


def test_citizens_never_see_the_staff_pages(town: dict[str, Unit]) -> None:
    make.citizen(email="jan@example.org")
    client = Client()
    sign_in(client, "jan@example.org")
    for path in ("/admin/", "/admin/osoby/jednostki/", "/admin/pages/", "/django-admin/"):
        assert client.get(path).status_code == 403


def test_the_last_role_ended_ends_the_sessions(town: dict[str, Unit], settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    person = make.member(town["OR"])
    make.join(town["FN"], Role.CLERK, person)
    client = Client()
    sign_in(client, person.email)
    assert client.get(ADMIN).status_code == 200 and UserSession.objects.filter(user=person).exists()
    first, last = Membership.objects.filter(user=person)
    memberships.end(SYSTEM, membership=first)
    assert client.get(ADMIN).status_code == 200, "one role is left"
    memberships.end(SYSTEM, membership=last)
    assert client.get(ADMIN).url.startswith(LOGIN)
    sign_in(client, person.email)
    assert client.get(ADMIN).status_code == 403, "the account is there, a role is not"


def test_a_role_that_ran_out_overnight_opens_nothing(town: dict[str, Unit], settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    person = make.member(town["OR"])
    client = Client()
    sign_in(client, person.email)
    before = make.today() - make.dt.timedelta(days=1)
    Membership.objects.filter(user=person).update(valid_from=before, valid_until=before)
    assert not access_of(person).units
    assert client.get(ADMIN).status_code == 403, "even before the sweep"


def test_a_disabled_account_is_out_at_once(town: dict[str, Unit], settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    person = make.member(town["OR"])
    client = Client()
    sign_in(client, person.email)
    users.disable(SYSTEM, user=person)
    assert client.get(ADMIN).status_code == 302
    assert sign_in(Client(), person.email).url == reverse("account_inactive")


def test_an_invited_colleague_sets_the_first_password(town: dict[str, Unit], settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    made = users.create_staff(SYSTEM, email="nowy@um.example.org", first_name="N", last_name="N", post="")
    make.join(town["OR"], Role.CLERK, made)
    client = Client()
    client.post("/konto/password/reset/", {"email": made.email})
    form = client.get(link_in(mail.outbox[-1]), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": make.PASSWORD, "password2": make.PASSWORD})
    assert sign_in(client, made.email).url == ADMIN


def test_staff_keep_the_address_the_office_gave(town: dict[str, Unit], settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    person = make.member(town["OR"])
    client = Client()
    sign_in(client, person.email)
    client.post("/konto/email/", {"action_add": "", "email": "prywatny@example.org"})
    assert list(person.emailaddress_set.values_list("email", flat=True)) == [person.email]


def test_many_wrong_passwords_lock_the_pair_of_account_and_address(settings: Any) -> None:
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 3
    make.citizen(email="jan@example.org")
    make.citizen(email="ewa@example.org")
    for _ in range(3):
        sign_in(Client(), "JAN@example.org", "zle-haslo-zle-haslo")
    assert sign_in(Client(), "jan@example.org").status_code in (200, 403, 429)
    assert "_auth_user_id" not in Client().session
    client = Client()
    sign_in(client, "jan@example.org")
    assert "_auth_user_id" not in client.session
    other = Client()
    sign_in(other, "ewa@example.org")
    assert "_auth_user_id" in other.session, "somebody else at the same address signs in"
