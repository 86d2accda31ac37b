"""The board: sums that agree with the journal however they were counted, and show only one's own units."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from documents.models import Case
from documents.services import cases
from journal import follow, seal
from people.access import SYSTEM, access_of
from people.models import Role, User
from tests.factories import people
from tests.factories.documents import filing
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.figures import boards, draw, ribbons
from workflow.figures.follower import Figures
from workflow.figures.models import DayFigure, FlowFigure, StageFigure
from workflow.models import Service
from workflow.services import assignment, closing, cooperation


@pytest.fixture
def town(db: Any, settings: Any) -> Office:
    settings.STAFF_SECOND_FACTOR = False
    return office()


def hear() -> None:
    seal.seal_round()
    follow.run_until_idle(Figures.name)


def filed(town: Office, ago: int = 0) -> Case:
    case = intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case
    if ago:
        Case.objects.filter(pk=case.pk).update(received_at=case.received_at - dt.timedelta(days=ago))
    return case


def ended(town: Office, ago: int = 0, *, late: bool = False) -> None:
    case = filed(town, ago)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    if late:
        Case.objects.filter(pk=case.pk).update(due_on=people.today() - dt.timedelta(days=1))
    closing.close_case(town.access("clerk"), case=Case.objects.get(pk=case.pk), outcome="załatwiono")


def kept() -> tuple[list[Any], list[Any]]:
    days = DayFigure.objects.order_by("unit", "day").values_list(
        "unit__symbol", "day", "filed", "ended", "late", "days"
    )
    flows = FlowFigure.objects.order_by("id").values_list("from_unit__symbol", "to_unit__symbol", "passed", "asked")
    return list(days), list(flows)


def test_what_was_filed_ended_and_late_is_summed_by_unit_and_day(town: Office) -> None:
    filed(town)
    ended(town, ago=10)
    ended(town, ago=40, late=True)
    hear()
    assert kept()[0] == [("OR", people.today(), 3, 2, 1, 50)]


def test_who_turns_to_whom_is_counted(town: Office) -> None:
    people.member(town.units["FN"], Role.HEAD, people.staff("skarbnik"))
    assignment.pass_on(town.access("head"), case=filed(town), to_unit=town.units["FN"])
    cooperation.invite(town.access("head"), case=filed(town), unit=town.units["FN"], kind="informed")
    hear()
    assert kept()[1] == [("OR", "FN", 1, 1)]


def test_counted_anew_the_sums_are_the_same(town: Office) -> None:
    ended(town, ago=3)
    hear()
    ended(town)
    filed(town)
    hear()
    before = kept()
    call_command("count_figures", stdout=io.StringIO())
    assert kept() == before
    filed(town)
    hear()
    assert kept()[0][0][2] == before[0][0][2] + 1, "and go on from there"


def test_a_batch_that_failed_half_way_leaves_no_half_sums(town: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    filed(town)
    seal.seal_round()
    real = follow._move

    def dies(*args: Any) -> int:
        raise RuntimeError("killed on purpose")

    monkeypatch.setattr(follow, "_move", dies)
    follow.run_once(Figures.name)
    assert not DayFigure.objects.exists()
    monkeypatch.setattr(follow, "_move", real)
    hear()
    assert kept()[0] == [("OR", people.today(), 1, 0, 0, 0)]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def table(client: Client, what: str, **query: Any) -> list[list[str]]:
    answer = client.get(reverse("figures:csv", args=[what]), query)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def test_a_head_sees_own_units_only_and_an_auditor_no_persons(town: Office) -> None:
    finance = people.member(town.units["FN"], Role.HEAD, people.staff("skarbnik"))
    case = filed(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    hear()
    own, other = client_of(town.head), client_of(finance)
    assert [row[0] for row in table(own, "obciazenie")[1:]] == [town.clerk.get_full_name()]
    assert any(row[2] == "1" for row in table(own, "tygodnie")[1:])
    assert table(other, "obciazenie")[1:] == [] and table(other, "tygodnie")[1:] == []
    assert other.get(reverse("figures:board"), {"jednostka": town.unit.pk}).status_code == 404
    auditor = client_of(people.member(town.units["UM"], Role.AUDITOR, subtree=True))
    assert any(row[2] == "1" for row in table(auditor, "tygodnie")[1:]) and table(auditor, "obciazenie")[1:] == []
    assert client_of(town.clerk).get(reverse("figures:board")).url == reverse("wagtailadmin_home")


def test_the_board_draws_and_asks_as_much_for_many_as_for_few(town: Office) -> None:
    client = client_of(town.head)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("figures:board")).content.decode()
        assert "obieg-hist" in page and "obieg-heat" in page
        return len(queries)

    filed(town)
    hear()
    client.get(reverse("figures:board"))
    few = asked()
    for ago in (1, 20, 35, 70, 200):
        filed(town, ago)
    hear()
    assert asked() == few
    assert sum(count for _age, count in boards.ages({town.unit.pk})) == 6
    assert boards.ages({town.unit.pk})[-1] == (boards.OLDEST, 1)


def test_an_ended_or_crossed_case_is_no_open_one(town: Office) -> None:
    ended(town)
    case = filed(town)
    cases.cross(town.access("head"), case=case, reason="pomyłka")
    assert sum(count for _age, count in boards.ages({town.unit.pk})) == 0


def test_a_name_that_looks_like_a_formula_is_only_text(town: Office) -> None:
    town.clerk.first_name = "=HYPERLINK(1)"
    town.clerk.save()
    assignment.assign(town.access("head"), case=filed(town), to_user=town.clerk)
    assert table(client_of(town.head), "obciazenie")[1][0].startswith("'=")


@given(st.lists(st.integers(0, 500), min_size=1, max_size=20))
def test_the_scale_of_the_map_never_falls(values: list[int]) -> None:
    most = max(values)
    steps = [draw.step_of(value, most) for value in sorted(values)]
    assert steps == sorted(steps) and all(0 <= step < draw.STEPS for step in steps)
    assert all((step == 0) == (value == 0) for value, step in zip(sorted(values), steps, strict=True))


# --- how far the cases of a service come -----------------------------------------------------------------------------


def stages(town: Office) -> dict[str, int]:
    service = Service.objects.get(code="udostepnienie-danych")
    return boards.stages(service.pk, {town.unit.pk}, people.today() - dt.timedelta(days=400))


def test_each_case_counts_once_at_each_stage_also_when_it_changes_hands(town: Office) -> None:
    ended(town)
    case = filed(town)
    other = people.member(town.unit, Role.CLERK)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.assign(town.access("head"), case=case, to_user=other, reason="urlop")
    filed(town)
    closing.cross_out(town.access("clerk"), case=filed(town), reason="pomyłka")
    hear()
    assert stages(town) == {"filed": 3, "assigned": 2, "registered": 1, "settled": 1, "unconsidered": 0, "called": 0}


def test_counting_anew_gives_the_same_also_for_a_case_that_was_passed_on(town: Office) -> None:
    ended(town)
    case = filed(town)
    hear()
    assignment.pass_on(town.access("head"), case=case, to_unit=town.units["FN"])
    head = people.member(town.units["FN"], Role.HEAD)
    clerk = people.member(town.units["FN"], Role.CLERK)
    assignment.assign(access_of(head), case=Case.objects.get(pk=case.pk), to_user=clerk)
    hear()
    before = sorted(StageFigure.objects.values_list("service_id", "unit_id", "day", "filed", "assigned", "settled"))
    call_command("count_figures")
    after = sorted(StageFigure.objects.values_list("service_id", "unit_id", "day", "filed", "assigned", "settled"))
    assert before == after and stages(town)["assigned"] == 2


FLOWS = st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("VWXYZ"), st.integers(1, 500)), max_size=30)


@given(FLOWS)
def test_a_map_draws_every_flow_and_names_every_member(flows: list[tuple[str, str, int]]) -> None:
    drawn = ribbons.ribbons(flows, name="m", title="T", description="D")
    picture = ElementTree.fromstring(drawn)
    assert drawn.count("<path") == len(flows)
    for end in (0, 1):
        for member in {flow[end] for flow in flows}:
            total = sum(flow[2] for flow in flows if flow[end] == member)
            assert f">{member} ({total})<" in drawn
    assert picture.get("role") == "img"


@given(st.lists(st.tuples(st.text("abc", min_size=1), st.integers(0, 10_000)), min_size=1, max_size=8))
def test_a_funnel_has_a_bar_for_each_stage_none_wider_than_the_most(rows: list[tuple[str, int]]) -> None:
    picture = ElementTree.fromstring(draw.funnel(rows, name="f", title="T", description="D"))
    bars = [each for each in picture if each.tag == "rect"]
    assert len(bars) == len(rows) and all(0 < float(bar.get("width", "0")) <= draw.FUNNEL for bar in bars)


def test_the_page_of_a_service_shows_its_stages_and_only_units_of_ones_own(town: Office) -> None:
    ended(town)
    hear()
    client = Client()
    client.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("service_funnel"), {"usluga": "udostepnienie-danych"})
    assert dict(page.context["stages"])["załatwiona"] == 1 and "<svg" in page.content.decode()
    stranger = Client()
    stranger.force_login(people.member(town.units["SP-1"], Role.HEAD), "django.contrib.auth.backends.ModelBackend")
    page = stranger.get(reverse("service_funnel"), {"usluga": "udostepnienie-danych"})
    assert page.context["service"].code == "pismo-ogolne" and dict(page.context["stages"])["załatwiona"] == 0
    clerk = Client()
    clerk.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    assert clerk.get(reverse("service_funnel")).status_code in (302, 403)
