"""The coordinator draws routes: what was typed is shown as a picture, kept as a version, or refused with its words."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from people.access import SYSTEM
from people.models import Role
from tests.factories import people
from tests.factories.workflow import Office, office
from workflow.models import RouteTemplate
from workflow.routes import diagram
from workflow.services import catalogue
from workflow.services.catalogue import Step

LONG = {
    "name": "Długa droga", "code": "dluga", "kroki-TOTAL_FORMS": 4, "kroki-INITIAL_FORMS": 0,
    "kroki-0-group": 2, "kroki-0-verb": "sign", "kroki-0-role": "head", "kroki-0-where": "body",
    "kroki-1-group": 1, "kroki-1-verb": "approve", "kroki-1-role": "head", "kroki-1-where": "case",
    "kroki-1-quorum": "any", "kroki-1-fact0": "fee", "kroki-1-op0": "gt", "kroki-1-value0": "1000",
    "kroki-1-escalate_days": 2, "kroki-1-escalate_to": "superior",
    "kroki-2-group": 1, "kroki-2-verb": "approve", "kroki-2-role": "deputy", "kroki-2-where": "case",
    "kroki-2-quorum": "any",
    "kroki-3-group": "", "kroki-3-verb": "register", "kroki-3-role": "clerk", "kroki-3-where": "case",
}  # fmt: skip


@pytest.fixture
def town(db: Any, settings: Any) -> Office:
    settings.STAFF_SECOND_FACTOR = False
    return office()


@pytest.fixture
def coordinator(town: Office) -> Client:
    client = Client()
    user = people.member(town.units["UM"], Role.COORDINATOR, subtree=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def picture_of(answer: Any) -> ElementTree.Element:
    page = answer.content.decode()
    begin = page.index('<svg class="obieg-route"')
    return ElementTree.fromstring(page[begin : page.index("</svg>", begin) + 6])


def test_what_is_typed_becomes_a_version_in_the_order_of_its_stages(coordinator: Client) -> None:
    assert coordinator.post(reverse("routes:add"), LONG).status_code == 302
    route = RouteTemplate.objects.get(code="dluga")
    steps = list(route.steps.order_by("group", "order"))
    assert [(s.verb, s.group, s.role, s.quorum) for s in steps] == [
        ("approve", 1, "head", "any"), ("approve", 1, "deputy", "any"), ("sign", 2, "head", "all"),
    ]  # fmt: skip
    assert steps[0].conditions == [{"fact": "fee", "op": "gt", "value": "1000"}]
    assert (steps[0].escalate_days, steps[0].escalate_to) == (2, "superior")
    shown = coordinator.get(reverse("routes:route", args=["dluga"]))
    words = " ".join(picture_of(shown).itertext())
    assert "Opłata" in words or "opłata" in words, words
    assert 'value="1000"' in shown.content.decode(), "the form holds what is kept"
    assert "Długa droga" in coordinator.get(reverse("routes:list")).content.decode()


def test_the_picture_is_shown_before_anything_is_kept(coordinator: Client) -> None:
    before = RouteTemplate.objects.count()
    shown = coordinator.post(reverse("routes:add"), {**LONG, "show": "1"})
    assert shown.status_code == 200 and RouteTemplate.objects.count() == before
    assert len(picture_of(shown).findall(".//{*}rect")) >= 4, "three boxes and the frame of two side by side"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kroki-0-verb": "approve"}, "podpis"),
        ({"kroki-1-quorum": "wielu"}, "kroki-1-quorum"),
        ({"kroki-1-op0": ""}, "Warunek"),
        ({"kroki-0-where": "named"}, "Krok 3"),
        ({"code": "standard"}, "kod"),
        ({"name": ""}, "id_name"),
    ],
)
def test_a_wrong_route_is_refused_and_what_was_typed_stays(
    coordinator: Client, wrong: dict[str, str], said: str
) -> None:
    before = RouteTemplate.objects.count()
    answer = coordinator.post(reverse("routes:add"), {**LONG, **wrong})
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page
    assert 'value="1000"' in page and RouteTemplate.objects.count() == before


def test_who_looked_at_an_older_version_overwrites_nothing(coordinator: Client) -> None:
    sign = {name: value for name, value in LONG.items() if name != "code"}
    catalogue.add_route(SYSTEM, code="standard", name="Inna", steps=[Step("sign", "head")])
    answer = coordinator.post(reverse("routes:route", args=["standard"]), {**sign, "version": 1})
    assert answer.status_code == 422
    assert RouteTemplate.objects.filter(code="standard").count() == 2
    assert coordinator.post(reverse("routes:route", args=["standard"]), {**sign, "version": 2}).status_code == 302


def test_an_older_version_can_be_looked_at(coordinator: Client) -> None:
    catalogue.add_route(SYSTEM, code="standard", name="Inna", steps=[Step("sign", "head")])
    address = reverse("routes:route", args=["standard"])
    assert len(picture_of(coordinator.get(address)).findall(".//{*}g")) == 1
    assert len(picture_of(coordinator.get(address, {"wersja": 1})).findall(".//{*}g")) == 5
    assert coordinator.get(address, {"wersja": 99}).status_code == 404


@given(
    rows=st.lists(
        st.lists(st.tuples(st.text(max_size=60), st.text(max_size=90), st.lists(st.text(max_size=80), max_size=3)),
                 min_size=1, max_size=4),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_any_route_gives_a_picture_that_is_xml_and_holds_all_its_boxes(rows: list[Any]) -> None:
    clean = lambda text: "".join(c for c in text if c.isprintable())  # noqa: E731  what names of units can be
    made = [
        diagram.Row(tuple(diagram.Box(clean(a), clean(b), tuple(map(clean, c)), diagram.Standing.NOW, "teraz")
                          for a, b, c in row))
        for row in rows
    ]  # fmt: skip
    root = ElementTree.fromstring(diagram.draw(made, title="T", description="D", name="x"))
    assert len(root.findall("g")) == sum(len(row) for row in rows)
    _x, _y, width, height = (float(each) for each in root.get("viewBox", "").split())
    for box in root.findall("g/rect"):
        assert float(box.get("x", 0)) >= 0 and float(box.get("x", 0)) + float(box.get("width", 0)) <= width
        assert float(box.get("y", 0)) + float(box.get("height", 0)) <= height


def test_several_conditions_of_a_step_all_stay_when_the_route_is_kept_again(coordinator: Client) -> None:
    more: dict[str, Any] = {**LONG, "kroki-1-fact1": "party", "kroki-1-op1": "eq", "kroki-1-value1": "organisation"}
    coordinator.post(reverse("routes:add"), more)
    page = coordinator.get(reverse("routes:route", args=["dluga"]))
    initial = next(row.initial for row in page.context["rows"].forms if row.initial.get("fact0"))
    assert (initial["fact0"], initial["fact1"], initial["value1"]) == ("fee", "party", "organisation")
    again = {name: value for name, value in more.items() if name != "code"}
    coordinator.post(reverse("routes:route", args=["dluga"]), {**again, "version": 1})
    newest = RouteTemplate.objects.get(code="dluga", version=2)
    kept = [step.conditions for step in newest.steps.order_by("group", "order") if step.conditions]
    assert kept == [[{"fact": "fee", "op": "gt", "value": "1000"},
                     {"fact": "party", "op": "eq", "value": "organisation"}]]  # fmt: skip
