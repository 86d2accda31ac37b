"""The rules of a route: which steps of which group come next, which are left out, and when a group is done.

Pure: a route is the list of steps that a process keeps as they stood (`process.snapshot`), facts are given. Steps of
one group run side by side; groups follow one another by number. Nothing here knows a database or a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

#: How the value of a condition is held against the fact.
OPERATORS = ("eq", "ne", "in", "gt", "lt", "has")
#: Facts of a case that a condition may name; besides them `answer:<field id>`, an answer of the filing.
FACTS = ("letter_kind", "service", "party", "assurance", "fee", "class", "register_channel")
#: When a step is left out: never; when the letter's author holds its position; when somebody who holds its position has
#: approved this version in an earlier group.
SKIPS = ("", "author", "earlier")
ESCALATIONS = ("", "deputy", "superior")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a fact; `value` is text as typed ("decision", "1000", "a, b" for "in")."""

    fact: str
    op: str
    value: str

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it holds. A fact that is not known holds only for "ne"."""
        known = facts.get(self.fact)
        if known is None or known == "":
            return self.op == "ne"
        match self.op:
            case "eq":
                return _same(known, self.value)
            case "ne":
                return not _same(known, self.value)
            case "in":
                return any(_same(known, each) for each in self.value.split(","))
            case "has":
                said = known if isinstance(known, list | tuple) else [known]
                return any(self.value.strip().casefold() in str(each).casefold() for each in said)
            case "gt" | "lt":
                left, right = _number(known), _number(self.value)
                if left is None or right is None:
                    return False
                return left > right if self.op == "gt" else left < right
        raise ValueError(f"no such comparison: {self.op}")


def _same(known: Any, value: str) -> bool:
    left, right = _number(known), _number(value)
    if left is not None and right is not None:
        return left == right
    return str(known).strip().casefold() == value.strip().casefold()


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value).strip().replace(" ", "").replace("\u00a0", "").replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its place in the route, its verb, and the position (role in a unit) it is bound to."""

    order: int
    group: int
    verb: str
    role: str
    where: str = "case"
    unit_id: int | None = None
    quorum: str = "all"
    term: str = ""
    conditions: tuple[Condition, ...] = ()
    skip: str = ""
    #: Days before the due day to remind, days after it to escalate; None: never.
    remind_days: int | None = None
    escalate_days: int | None = None
    escalate_to: str = ""

    def applies(self, facts: Mapping[str, Any]) -> bool:
        """Whether all conditions hold."""
        return all(condition.holds(facts) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that run side by side, and how many of them are needed: "all", "any" or a number."""

    number: int
    steps: tuple[Step, ...]

    @property
    def quorum(self) -> str:
        return self.steps[0].quorum

    @property
    def verb(self) -> str:
        return self.steps[0].verb

    def needed(self, opened: int) -> int:
        """How many of the opened steps must be done; at least one of them, never more than there are."""
        match self.quorum:
            case "all":
                wanted = opened
            case "any":
                wanted = 1
            case number:
                wanted = int(number)
        return max(min(wanted, opened), min(opened, 1))


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about the next group of a letter: the facts, and the orders of steps whose position is held by the
    letter's author, or by somebody who has approved this version already."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    authors: Collection[int] = frozenset()
    earlier: Collection[int] = frozenset()

    def leaves_out(self, step: Step) -> bool:
        """Whether the step is skipped or its conditions do not hold."""
        if not step.applies(self.facts):
            return True
        return (step.skip == "author" and step.order in self.authors) or (
            step.skip == "earlier" and step.order in self.earlier
        )


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps of a process as it keeps them. Rows of older routes lack what came later."""
    return tuple(
        sorted(
            (
                Step(
                    order=row["order"], group=row["group"], verb=row["verb"], role=row["role"],
                    where=row.get("where", "case"), unit_id=row.get("unit_id"), quorum=row.get("quorum") or "all",
                    term=row.get("term", ""), conditions=tuple(Condition(**each) for each in row.get("conditions", ())),
                    skip=row.get("skip", ""), remind_days=row.get("remind_days"),
                    escalate_days=row.get("escalate_days"), escalate_to=row.get("escalate_to", ""),
                )  # fmt: skip
                for row in rows
            ),
            key=lambda step: (step.group, step.order),
        )
    )


def groups(steps: Iterable[Step]) -> tuple[Group, ...]:
    """The groups of a route in order."""
    found: dict[int, list[Step]] = {}
    for step in steps:
        found.setdefault(step.group, []).append(step)
    return tuple(Group(number, tuple(found[number])) for number in sorted(found))


def following(steps: Sequence[Step], verb: str, after: int, standing: Standing) -> Group | None:
    """The next group of a verb behind a group number, with the steps that are not left out; None when none is left."""
    for group in groups(step for step in steps if step.verb == verb):
        if group.number <= after:
            continue
        kept = tuple(step for step in group.steps if not standing.leaves_out(step))
        if kept:
            return Group(group.number, kept)
    return None


def enough(group: Group, opened: Collection[int], done: Collection[int]) -> bool:
    """Whether a group is done: `opened` and `done` are the orders of its steps that got a task, and that were done."""
    return len(set(done) & set(opened)) >= group.needed(len(set(opened)))


def reminds_on(due_on: dt.date, days: int) -> dt.date:
    """The day of the reminder of a task that is due on a day."""
    return due_on - dt.timedelta(days=days)


def escalates_on(due_on: dt.date, days: int) -> dt.date:
    """The first day on which a task due on a day belongs to the superior, too: `days` days after the due day passed."""
    return due_on + dt.timedelta(days=days + 1)


class RouteError(ValueError):
    """A route that cannot be followed; the message says why, in English for the caller to translate by `code`."""

    def __init__(self, code: str, step: int | None = None) -> None:
        super().__init__(code)
        self.code, self.step = code, step


def check(steps: Sequence[Step], verbs: Collection[str], roles: Collection[str]) -> None:
    """Raise RouteError for a route that cannot be followed.

    Codes: empty, verb, role, place, quorum, mixed (verbs or quorums differ in a group), condition, skip, escalation,
    sign (no step signs), last (an approval comes behind the signature), always (the signature has only conditions)."""
    if not steps:
        raise RouteError("empty")
    for step in steps:
        _check_step(step, verbs, roles)
    for group in groups(steps):
        if len({(step.verb, step.quorum) for step in group.steps}) > 1:
            raise RouteError("mixed", group.steps[0].order)
        if group.quorum.isdecimal() and int(group.quorum) > len(group.steps):
            raise RouteError("quorum", group.steps[0].order)
    signs = [step for step in steps if step.verb == "sign"]
    if not signs:
        raise RouteError("sign")
    if any(step.verb == "approve" and step.group > min(each.group for each in signs) for step in steps):
        raise RouteError("last")
    if all(step.conditions or step.skip for step in signs):
        raise RouteError("always", signs[-1].order)


def _check_step(step: Step, verbs: Collection[str], roles: Collection[str]) -> None:
    if step.verb not in verbs:
        raise RouteError("verb", step.order)
    if step.role not in roles:
        raise RouteError("role", step.order)
    if step.where not in {"case", "parent", "body", "named"} or (step.where == "named") != (step.unit_id is not None):
        raise RouteError("place", step.order)
    if step.quorum not in {"all", "any"} and not (step.quorum.isdecimal() and int(step.quorum) > 0):
        raise RouteError("quorum", step.order)
    for condition in step.conditions:
        known = condition.fact in FACTS or condition.fact.startswith("answer:")
        if not known or condition.op not in OPERATORS or not condition.value.strip():
            raise RouteError("condition", step.order)
    if step.skip not in SKIPS:
        raise RouteError("skip", step.order)
    if step.escalate_to not in ESCALATIONS or (step.escalate_days is None) != (step.escalate_to == ""):
        raise RouteError("escalation", step.order)
