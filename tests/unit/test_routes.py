"""Routes of letters: conditions, groups side by side, quorums, what is left out, which routes cannot be followed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.routes.engine import (
    Condition,
    Group,
    RouteError,
    Standing,
    Step,
    check,
    enough,
    escalates_on,
    following,
    groups,
    read,
    reminds_on,
)

VERBS = ("assign", "handle", "approve", "sign", "dispatch")
ROLES = ("head", "clerk", "deputy", "registry")


def step(order: int, group: int, verb: str = "approve", **fields: Any) -> Step:
    return Step(order=order, group=group, verb=verb, role=fields.pop("role", "head"), **fields)


TWO_LEVELS = (
    step(1, 1, "assign"), step(2, 2, "handle", role="clerk"), step(3, 3), step(4, 4, where="body"), step(5, 5, "sign"),
)  # fmt: skip


def test_groups_of_approval_follow_one_another_and_then_none_is_left() -> None:
    stands = Standing()
    first = following(TWO_LEVELS, "approve", 0, stands)
    assert first is not None and first.number == 3
    second = following(TWO_LEVELS, "approve", 3, stands)
    assert second is not None and second.steps[0].where == "body"
    assert following(TWO_LEVELS, "approve", 4, stands) is None


@pytest.mark.parametrize(
    ("fact", "op", "value", "holds"),
    [
        ("decision", "eq", "Decision", True),
        ("decision", "ne", "answer", True),
        ("notice", "in", "decision, notice", True),
        ("call", "in", "decision, notice", False),
        ("1200.50", "gt", "1 200,00", True),
        (17, "lt", "17", False),
        ("dużo", "gt", "1", False),
        (["pies", "kot perski"], "has", "kot", True),
        (None, "eq", "x", False),
        (None, "ne", "x", True),
        ("17.0", "eq", "17", True),
    ],
)
def test_conditions_compare_words_and_numbers(fact: Any, op: str, value: str, holds: bool) -> None:
    assert Condition("fee", op, value).holds({"fee": fact}) is holds


def test_a_step_whose_condition_does_not_hold_is_left_out_and_so_is_a_group_without_steps() -> None:
    costly = Condition("fee", "gt", "1000")
    route = (step(1, 1), step(2, 2, conditions=(costly,)), step(3, 3, "sign"))
    assert following(route, "approve", 1, Standing({"fee": 17})) is None
    found = following(route, "approve", 1, Standing({"fee": 5000}))
    assert found is not None and found.number == 2


def test_the_author_skips_his_own_approval_only_where_the_route_says_so() -> None:
    skipping = (step(1, 1, skip="author"), step(2, 2, "sign"))
    assert following(skipping, "approve", 0, Standing(authors={1})) is None
    strict = (step(1, 1), step(2, 2, "sign"))
    assert following(strict, "approve", 0, Standing(authors={1})) is not None


def test_who_has_approved_this_version_is_not_asked_again_where_the_route_says_so() -> None:
    route = (step(1, 1), step(2, 2, skip="earlier"), step(3, 3, "sign"))
    assert following(route, "approve", 1, Standing(earlier={2})) is None


@pytest.mark.parametrize(("quorum", "opened", "needed"), [("all", 3, 3), ("any", 3, 1), ("2", 3, 2), ("2", 1, 1)])
def test_a_quorum_never_asks_for_more_than_were_asked(quorum: str, opened: int, needed: int) -> None:
    assert Group(1, (step(1, 1, quorum=quorum),)).needed(opened) == needed


@given(
    quorum=st.sampled_from(["all", "any", "1", "2", "3", "9"]),
    opened=st.sets(st.integers(1, 8), min_size=1),
    order=st.randoms(use_true_random=False),
)
def test_a_group_ends_exactly_once_however_the_approvals_come(quorum: str, opened: set[int], order: Any) -> None:
    group = Group(1, tuple(step(number, 1, quorum=quorum) for number in sorted(opened)))
    coming, done, ends = sorted(opened), set(), []
    order.shuffle(coming)
    for each in coming:
        before = enough(group, opened, done)
        done.add(each)
        if enough(group, opened, done) and not before:
            ends.append(len(done))
    assert ends == [group.needed(len(opened))]
    assert not enough(group, opened, set()), "nobody's approval is no approval"


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(VERBS)), min_size=1, max_size=9))
def test_every_step_of_a_verb_is_met_once_by_walking_its_groups(rows: list[tuple[int, str]]) -> None:
    route = tuple(step(number, group, verb) for number, (group, verb) in enumerate(rows, 1))
    for verb in VERBS:
        after, met = 0, []
        while (group := following(route, verb, after, Standing())) is not None:
            assert group.number > after
            after = group.number
            met += [each.order for each in group.steps]
        assert sorted(met) == sorted(each.order for each in route if each.verb == verb)
    assert sum(len(group.steps) for group in groups(route)) == len(route)


def test_a_route_kept_by_an_older_process_is_read_without_what_came_later() -> None:
    kept = [{"group": 1, "order": 1, "verb": "sign", "role": "head", "where": "case", "unit_id": None, "quorum": "all",
             "term": ""}]  # fmt: skip
    assert read(kept) == (step(1, 1, "sign"),)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([], "empty"),
        ([step(1, 1, "dance")], "verb"),
        ([step(1, 1, role="king")], "role"),
        ([step(1, 1, where="named")], "place"),
        ([step(1, 1, quorum="0")], "quorum"),
        ([step(1, 1, quorum="3"), step(2, 2, "sign")], "quorum"),
        ([step(1, 1), step(2, 1, "sign")], "mixed"),
        ([step(1, 1, conditions=(Condition("moon", "eq", "full"),)), step(2, 2, "sign")], "condition"),
        ([step(1, 1, skip="always"), step(2, 2, "sign")], "skip"),
        ([step(1, 1, escalate_days=2), step(2, 2, "sign")], "escalation"),
        ([step(1, 1)], "sign"),
        ([step(1, 1, "sign"), step(2, 2)], "last"),
        ([step(1, 1, "sign", conditions=(Condition("fee", "gt", "1"),))], "always"),
    ],
)
def test_a_route_that_cannot_be_followed_is_refused(steps: list[Step], code: str) -> None:
    with pytest.raises(RouteError) as refused:
        check(steps, VERBS, ROLES)
    assert refused.value.code == code


def test_a_good_route_passes() -> None:
    check(TWO_LEVELS, VERBS, ROLES)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)), st.integers(0, 60))
def test_a_reminder_comes_before_the_day_and_an_escalation_after_it(due_on: dt.date, days: int) -> None:
    assert reminds_on(due_on, days) <= due_on < escalates_on(due_on, days)
