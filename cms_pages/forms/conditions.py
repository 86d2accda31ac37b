"""Conditions: what of a form is shown for the answers given so far.

Evaluation goes once through the form in its order; a rule may only name a field that stands earlier (the compiler
refuses others), so it always ends, and the answer of a hidden field counts as no answer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from cms_pages.forms.spec import Answers, Condition, Field, FormDocument, Json, Rule, Step


@dataclass(frozen=True)
class Shown:
    """Ids of the steps, sections and fields that are shown, and the answers of the shown fields only."""

    steps: frozenset[str]
    sections: frozenset[str]
    fields: frozenset[str]
    answers: dict[str, Json]

    def steps_of(self, document: FormDocument) -> tuple[Step, ...]:
        return tuple(s for s in document.steps if s.id in self.steps)


def shown(document: FormDocument, answers: Answers) -> Shown:
    """What is shown for these answers; answers of hidden or unknown fields are dropped.

    A step whose every field is hidden by its own or its section's condition is not shown either.
    """
    kept: dict[str, Json] = {}
    steps: set[str] = set()
    sections: set[str] = set()
    fields: set[str] = set()
    for step in document.steps:
        if not holds(step.condition, kept):
            continue
        before = len(fields)
        for section in step.sections:
            if not holds(section.condition, kept):
                continue
            sections.add(section.id)
            for item in section.fields:
                if holds(item.condition, kept):
                    fields.add(item.id)
                    if (value := answers.get(item.id)) is not None:
                        kept[item.id] = value
        if len(fields) > before:
            steps.add(step.id)
    return Shown(frozenset(steps), frozenset(sections), frozenset(fields), kept)


def holds(condition: Condition | None, answers: Answers) -> bool:
    """Whether a condition is met; no condition always is."""
    if condition is None:
        return True
    results = (rule_holds(rule, answers.get(rule.field)) for rule in condition.rules)
    return all(results) if condition.mode == "all" else any(results)


def rule_holds(rule: Rule, answer: Json) -> bool:
    """One comparison. A missing answer meets only "empty" and "is not"."""
    empty = answer in (None, "", [], {})
    match rule.op:
        case "filled":
            return not empty
        case "empty":
            return empty
        case "is":
            return not empty and _plain(answer) == rule.value
        case "is_not":
            return empty or _plain(answer) != rule.value
        case "contains":
            return isinstance(answer, list) and rule.value in answer
        case "more_than" | "less_than":
            left, right = _ordered(answer), _ordered(rule.value)
            if left is None or right is None or type(left) is not type(right):
                return False
            return left > right if rule.op == "more_than" else left < right  # type: ignore[operator]  # same types
    return False


def _plain(answer: Json) -> str:
    """An answer as rules spell it: booleans as "true"/"false", compound answers by their only part."""
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, list):
        return str(answer[0]) if len(answer) == 1 else ""
    return str(answer)


def _ordered(value: Json) -> Decimal | dt.date | None:
    """A number or a day, whichever the text is."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            return None
    return number if number.is_finite() else None


def depends_within(step: Step) -> bool:
    """Whether something on a step depends on an answer given on the same step (such a step is asked for again)."""
    own = {f.id for f in step.fields}
    conditions = [s.condition for s in step.sections] + [f.condition for f in step.fields]
    return any(rule.field in own for c in conditions if c for rule in c.rules)


def fields_of(step: Step, visible: Shown) -> list[Field]:
    """The shown fields of a step, in order."""
    return [f for f in step.fields if f.id in visible.fields]
