"""Staff screens about people: what each role sees, that every write is one deed, that lists never count everything."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from journal.models import Entry
from people.access import SYSTEM
from people.models import Assurance, Membership, Role, StaffMember, Substitution, Unit, User
from people.services import substitutions
from tests.factories import people as make

pytestmark = pytest.mark.django_db
LISTS = ["people_units", "people_staff", "people_memberships", "people_substitutions", "people_citizens"]


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def town() -> dict[str, Unit]:
    return make.town()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("role", "open_lists"),
    [
        (Role.UNIT_ADMIN, {"people_units", "people_staff", "people_memberships", "people_substitutions"}),
        (Role.REGISTRY, {"people_substitutions", "people_citizens"}),
        (Role.CLERK, {"people_substitutions"}),
        (Role.EDITOR, {"people_substitutions"}),
        (Role.COORDINATOR, {"people_substitutions"}),
    ],
)
def test_each_role_opens_its_lists_and_sees_them_in_the_menu(
    town: dict[str, Unit], role: str, open_lists: set[str]
) -> None:
    client = signed_in(make.member(town["OR"], role))
    menu = client.get(reverse("wagtailadmin_home")).content.decode()
    for name in LISTS:
        url = reverse(f"{name}:index")
        answer = client.get(url)
        assert (answer.status_code == 200) is (name in open_lists), (name, answer.status_code)
        assert (url in menu) is (name in open_lists), name


def test_an_administrator_sees_the_own_unit_only(town: dict[str, Unit]) -> None:
    admin = make.member(town["SP-1"], Role.UNIT_ADMIN)
    mine, foreign = make.member(town["SP-1"]), make.member(town["SP-2"])
    client = signed_in(admin)
    listed = client.get(reverse("people_staff:index")).content.decode()
    assert mine.email in listed and foreign.email not in listed
    assert "SP-2" not in client.get(reverse("people_units:index")).content.decode()
    for name, own, other in (
        ("people_units", town["SP-1"].pk, town["SP-2"].pk),
        ("people_staff", mine.pk, foreign.pk),
        ("people_memberships", mine.memberships.get().pk, foreign.memberships.get().pk),
    ):
        assert client.get(reverse(f"{name}:edit", args=[own])).status_code == 200, name
        answers = [client.get(reverse(f"{name}:edit", args=[pk])) for pk in (other, 987654)]
        assert [answer.status_code for answer in answers] == [404, 404], name
    assert client.post(reverse("people_staff:wylacz", args=[foreign.pk])).status_code == 404
    assert User.objects.get(pk=foreign.pk).is_active


def test_every_write_is_one_entry(town: dict[str, Unit]) -> None:
    admin = make.member(town["UM"], Role.UNIT_ADMIN, subtree=True)
    person, other = make.member(town["OR"], Role.HEAD), make.member(town["OR"])
    today = make.today()
    client = signed_in(admin)
    unit_form = {"symbol": "KD", "name": "Wydział Komunikacji"}
    writes: list[tuple[str, list[Any], dict[str, Any], str]] = [
        ("people_units:add", [], {**unit_form, "parent": town["UM"].pk, "kind": "cell"}, "unit.added"),
        ("people_units:edit", [town["OR"].pk], {"symbol": "OR", "name": "Organizacja"}, "unit.changed"),
        (
            "people_staff:add",
            [],
            {"email": "nowy@um.example.org", "first_name": "Jan", "last_name": "Nowy"},
            "user.created",
        ),
        ("people_staff:edit", [person.pk], {"first_name": "Ewa", "last_name": "Inna"}, "user.changed"),
        ("people_staff:wylacz", [person.pk], {}, "user.disabled"),
        ("people_staff:wlacz", [person.pk], {}, "user.enabled"),
        ("people_staff:drugi-skladnik", [person.pk], {}, "user.second_factor_reset"),
        (
            "people_memberships:add",
            [],
            {"user": other.pk, "unit": town["FN"].pk, "role": "clerk", "clearance": 0, "valid_from": today.isoformat()},
            "membership.started",
        ),
        (
            "people_memberships:edit",
            [other.memberships.get().pk],
            {"valid_until": today.isoformat()},
            "membership.ended",
        ),
        (
            "people_substitutions:add",
            [],
            {
                "absent": person.pk,
                "substitute": other.pk,
                "scope": "all",
                "valid_from": today.isoformat(),
                "valid_until": today.isoformat(),
            },
            "substitution.planned",
        ),
    ]
    for name, args, data, action in writes:
        before = Entry.objects.count()
        answer = client.post(reverse(name, args=args), data)
        assert answer.status_code == 302, (name, answer.context and answer.context["form"].errors)
        assert Entry.objects.count() == before + 1, name
        assert Entry.objects.latest("pk").action == action
    for name, pk, action in (
        ("people_substitutions:delete", Substitution.objects.get().pk, "substitution.ended"),
        ("people_memberships:delete", Membership.objects.get(user=person).pk, "membership.ended"),
    ):
        before = Entry.objects.count()
        assert client.get(reverse(name, args=[pk])).status_code == 200
        assert client.post(reverse(name, args=[pk])).status_code == 302
        assert Entry.objects.count() == before + 1
        assert Entry.objects.latest("pk").action == action


def test_a_refused_deed_keeps_what_was_typed_and_says_why(town: dict[str, Unit]) -> None:
    client = signed_in(make.member(town["UM"], Role.UNIT_ADMIN, subtree=True))
    answer = client.post(
        reverse("people_units:add"),
        {"symbol": "FN", "name": "Drugi Finansowy", "kind": "cell", "parent": town["UM"].pk},
    )
    page = answer.content.decode()
    assert answer.status_code == 200 and "Drugi Finansowy" in page
    assert answer.context["form"].non_field_errors()
    assert Unit.objects.filter(symbol="FN").count() == 1


def test_fields_that_are_not_in_the_form_change_nothing(town: dict[str, Unit]) -> None:
    client = signed_in(make.member(town["OR"], Role.UNIT_ADMIN))
    person = make.member(town["OR"])
    client.post(
        reverse("people_staff:edit", args=[person.pk]),
        {
            "first_name": "Jan",
            "last_name": "Nowy",
            "is_superuser": "true",
            "is_staff": "",
            "email": "x@example.org",
            "groups": "1",
            "user_permissions": "1",
        },
    )
    person.refresh_from_db()
    assert (person.first_name, person.is_superuser, person.is_staff) == ("Jan", False, True)
    assert person.email != "x@example.org"


def test_the_counter_confirms_an_identity(town: dict[str, Unit]) -> None:
    citizen, other = make.citizen(), make.citizen()
    client = signed_in(make.member(town["OR"], Role.REGISTRY))
    url = reverse("people_citizens:index")
    assert citizen.user.email not in client.get(url).content.decode(), "nobody browses citizens"
    found = client.get(url, {"q": citizen.user.email}).content.decode()
    assert reverse("people_citizens:edit", args=[citizen.pk]) in found and other.user.email not in found
    assert client.get(reverse("people_citizens:index"), {"q": "obywatel"}).context["object_list"] == []
    client.post(
        reverse("people_citizens:edit", args=[citizen.pk]),
        {
            "unit": town["OR"].pk,
            "first_name": "Jan",
            "last_name": "Kowalski",
            "number": "44051401359",
            "code": make.identity_code(citizen),
        },
    )
    citizen.refresh_from_db()
    assert citizen.assurance == Assurance.CONFIRMED


def test_a_clerk_plans_only_the_own_substitution(town: dict[str, Unit]) -> None:
    chief, clerk, third = make.member(town["OR"], Role.HEAD), make.member(town["OR"]), make.member(town["FN"])
    outsider = make.member(town["FN"], Role.HEAD)
    today = make.today()
    form = {"scope": "all", "valid_from": today.isoformat(), "valid_until": today.isoformat()}
    client = signed_in(clerk)
    client.post(reverse("people_substitutions:add"), {**form, "absent": chief.pk, "substitute": third.pk})
    assert not Substitution.objects.exists()
    client.post(reverse("people_substitutions:add"), {**form, "absent": clerk.pk, "substitute": third.pk})
    planned = Substitution.objects.get()
    assert signed_in(outsider).get(reverse("people_substitutions:delete", args=[planned.pk])).status_code == 404
    assert signed_in(chief).get(reverse("people_substitutions:delete", args=[planned.pk])).status_code == 200
    substitutions.end(SYSTEM, substitution=planned)


def test_no_way_into_wagtails_own_user_and_group_editors(town: dict[str, Unit]) -> None:
    client = signed_in(make.member(town["UM"], Role.UNIT_ADMIN, subtree=True))
    person = make.member(town["OR"])
    for url in (
        "/admin/users/",
        f"/admin/users/edit/{person.pk}/",
        "/admin/users/new/",
        "/admin/groups/",
        "/admin/groups/new/",
    ):
        assert client.get(url).status_code in (302, 403), url
        assert client.post(url, {"is_superuser": "on"}).status_code in (302, 403, 405), url
    person.refresh_from_db()
    assert not person.is_superuser


def test_there_is_no_copying_and_no_usage_page(town: dict[str, Unit]) -> None:
    client = signed_in(make.member(town["UM"], Role.UNIT_ADMIN, subtree=True))
    for prefix in ("jednostki", "pracownicy", "role", "zastepstwa"):
        for page in ("copy", "usage", "history", "reorder"):
            assert client.get(f"/admin/osoby/{prefix}/{page}/{town['OR'].pk}/").status_code == 404


@pytest.mark.parametrize("name", LISTS[:4])
def test_lists_page_by_place_and_count_to_a_limit(town: dict[str, Unit], name: str) -> None:
    client = signed_in(make.member(town["UM"], Role.UNIT_ADMIN, subtree=True))
    people = [make.member(town["OR"]) for _ in range(25)]
    units_before = Unit.objects.count()
    assert units_before
    for number in range(25):
        make.units.add(SYSTEM, parent=town["OR"], kind="cell", symbol=f"OR-{number}", name=f"Komórka {number}")
    for absent, substitute in zip(people, people[1:], strict=False):
        substitutions.plan(
            SYSTEM, absent=absent, substitute=substitute, valid_from=make.today(), valid_until=make.today()
        )
    client.get(reverse(f"{name}:index"))
    seen: list[int] = []
    url = reverse(f"{name}:index")
    query: dict[str, str] = {}
    counts = []
    while True:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(url, query)
        counts.append(len(queries))
        for query_text in (q["sql"] for q in queries):
            assert "COUNT(" not in query_text or "LIMIT" in query_text, query_text
        page = answer.context["page_obj"]
        seen += [row.pk for row in page]
        if not page.next_cursor:
            break
        query = {"after": page.next_cursor}
    assert len(seen) == len(set(seen)) == page.count and len(seen) > 20
    first = client.get(url, {"before": page.previous_cursor}).context["page_obj"]
    assert [row.pk for row in first] == seen[:20]
    assert not first.previous_cursor or len(seen) > 40
    assert client.get(url, {"after": "zepsute!"}).status_code == 200


def test_staff_members_are_users_of_one_kind() -> None:
    assert StaffMember._meta.concrete_model is User
