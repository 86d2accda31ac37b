"""The staff's side of the API: a token sees and does what its person may, no more."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from wagtail.models import APIToken

from documents.models import Case
from journal.models import Entry
from people.access import access_of
from people.models import Role, User
from people.services import tokens
from tests.factories import documents as documents_factory
from tests.factories import people as people_factory
from tests.factories.workflow import Office
from workflow import intake
from workflow.models import Task

pytestmark = pytest.mark.django_db
Token = Callable[[User], dict[str, str]]
STAFF_LISTS = ["/api/v1/letters/incoming", "/api/v1/cases", "/api/v1/tasks", "/api/v1/search?q=wniosek"]


def filed(town: Office, symbol: str = "OR") -> Case:
    """A case in the hands of the unit."""
    taken = intake.receive(
        people_factory.SYSTEM, documents_factory.filing(town.units[symbol], service_code="pismo-ogolne")
    )
    return taken.case


@pytest.mark.parametrize("url", STAFF_LISTS)
def test_without_a_token_nothing_is_told(town: Office, client: Client, url: str) -> None:
    client.force_login(town.clerk)  # a session of the screens is no token
    assert client.get(url).status_code == 401
    assert client.get(url, headers={"Authorization": "Bearer wagtail_zgadywany"}).status_code == 401


def test_a_token_sees_what_its_person_sees(town: Office, client: Client, token_of: Token, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True  # given when the token was made
    own, other = filed(town), filed(town, "SP-1")
    head = token_of(town.head)
    assert [row["id"] for row in client.get("/api/v1/cases", headers=head).json()] == [own.pk]
    [letter] = client.get("/api/v1/letters/incoming", headers=head).json()
    assert letter["case_id"] == own.pk and letter["correspondent"] == "Ola Przykładowa"
    principal = token_of(people_factory.member(town.units["SP-1"], Role.HEAD))
    assert [row["id"] for row in client.get("/api/v1/cases", headers=principal).json()] == [other.pk]


def test_lists_are_paged_by_the_last_id(town: Office, client: Client, token_of: Token) -> None:
    made = [filed(town).pk for _n in range(3)]
    headers = token_of(town.head)
    first = [row["id"] for row in client.get("/api/v1/cases?limit=2", headers=headers).json()]
    rest = [row["id"] for row in client.get(f"/api/v1/cases?limit=2&before={first[-1]}", headers=headers).json()]
    assert first + rest == made[::-1]


def test_a_superuser_without_a_role_sees_nothing(town: Office, client: Client, token_of: Token) -> None:
    filed(town)
    boss = User.objects.create_superuser("szef@um.example.org", "x")
    assert client.get("/api/v1/cases", headers=token_of(boss)).json() == []


def test_a_citizens_token_is_no_token(town: Office, client: Client) -> None:
    _token, plaintext = APIToken.create_token(user=people_factory.citizen().user, name="x")
    assert client.get("/api/v1/cases", headers={"Authorization": f"Bearer {plaintext}"}).status_code == 401


def test_the_head_assigns_and_the_journal_says_so_once(town: Office, client: Client, token_of: Token) -> None:
    case = filed(town)
    headers = token_of(town.head)
    [task] = client.get("/api/v1/tasks?tab=do-dekretacji", headers=headers).json()
    before = Entry.objects.count()
    response = client.post(
        f"/api/v1/tasks/{task['id']}/assign",
        {"to_user": town.clerk.email},
        content_type="application/json",
        headers=headers,
    )
    assert response.status_code == 200, response.content
    assert response.json()["case_id"] == case.pk
    [entry] = Entry.objects.order_by("-pk")[: Entry.objects.count() - before]
    assert (entry.action, entry.user_id) == ("case.assigned", town.head.pk)


def test_a_foreign_task_is_as_absent(town: Office, client: Client, token_of: Token) -> None:
    foreign = Task.objects.get(case=filed(town, "SP-1"))
    headers = token_of(town.head)
    for verb, body in (
        ("assign", {"to_user": town.clerk.email}),
        ("approve", {"version_id": 1}),
        ("return", {"reason": "x"}),
    ):
        answers = [
            client.post(f"/api/v1/tasks/{pk}/{verb}", body, content_type="application/json", headers=headers)
            for pk in (foreign.pk, 10**9, 10**30, 0)
        ]
        assert {a.status_code for a in answers} == {404}
        assert len({a.content for a in answers}) == 1


def test_what_the_person_may_not_is_refused_in_words(town: Office, client: Client, token_of: Token) -> None:
    task = Task.objects.get(case=filed(town))
    response = client.post(
        f"/api/v1/tasks/{task.pk}/assign",
        {"to_user": town.clerk.email},
        content_type="application/json",
        headers=token_of(town.clerk),
    )
    assert response.status_code == 403
    assert response.json()["detail"].startswith("Nie masz")


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_the_command_makes_a_token_for_who_has_a_second_factor(town: Office, client: Client, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    with pytest.raises(CommandError):
        call_command("create_token", town.clerk.email, "skaner")
    assert not APIToken.objects.exists()
    Authenticator.objects.create(user=town.clerk, type=Authenticator.Type.TOTP, data={})
    before = Entry.objects.count()
    out = StringIO()
    call_command("create_token", town.clerk.email.upper(), "skaner", stdout=out)
    plaintext = out.getvalue().strip()
    assert Entry.objects.count() == before + 1
    entry = Entry.objects.latest("pk")
    assert entry.action == "token.created"
    assert plaintext not in str(entry.data)
    headers = {"Authorization": f"Bearer {plaintext}"}
    assert client.get("/api/v1/cases", headers=headers).status_code == 200
    tokens.revoke(access_of(town.clerk), token=APIToken.objects.get())
    assert client.get("/api/v1/cases", headers=headers).status_code == 401


def test_the_command_names_an_unknown_person() -> None:
    with pytest.raises(CommandError, match="nikt@"):
        call_command("create_token", "nikt@um.example.org", "skaner")


def test_nobody_makes_a_token_of_another_person(town: Office) -> None:
    with pytest.raises(tokens.NotAllowed):
        tokens.create(access_of(town.head), user=town.clerk, name="skaner")
