"""Which picture a route makes: of a template for its editor, of a running process for the case page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from people.models import Role, Unit
from workflow.models import RouteStep, Task
from workflow.routes import diagram
from workflow.routes.engine import Condition, Group, Step, groups
from workflow.routes.wording import FACT_LABELS, OPERATOR_LABELS

_SAID = {
    diagram.Standing.DONE: gettext_lazy("done"),
    diagram.Standing.NOW: gettext_lazy("now"),
    diagram.Standing.WAITING: gettext_lazy("later"),
}


def rows(steps: Iterable[Step], standings: Mapping[int, diagram.Standing] | None = None) -> list[diagram.Row]:
    """The rows of a picture. `standings`: how each step (by its order) stands in a process."""
    ordered = list(steps)
    units = Unit.objects.in_bulk([step.unit_id for step in ordered if step.unit_id])
    return [
        diagram.Row(tuple(_box(step, units, standings) for step in group.steps), _needed(group))
        for group in groups(ordered)
    ]


def _box(step: Step, units: Mapping[int, Unit], standings: Mapping[int, diagram.Standing] | None) -> diagram.Box:
    stands = standings.get(step.order, diagram.Standing.WAITING) if standings is not None else diagram.Standing.NONE
    said = str(_SAID[stands]) if stands else ""
    label = _capital(str(RouteStep.Verb(step.verb).label))
    return diagram.Box(label, who(step, units), tuple(_notes(step)), stands, said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def who(step: Step, units: Mapping[int, Unit]) -> str:
    """The position of a step in words: “head, the case's unit”."""
    unit = units.get(step.unit_id or 0)
    place = unit.name if unit else str(RouteStep.Where(step.where).label)
    return f"{Role(step.role).label}, {place}"


def condition_words(condition: Condition) -> str:
    """A condition as it is read: “letter kind is decision”."""
    fact = FACT_LABELS.get(condition.fact) or condition.fact.removeprefix("answer:")
    return f"{fact} {OPERATOR_LABELS[condition.op]} {condition.value}"


def _notes(step: Step) -> Iterable[str]:
    for condition in step.conditions:
        yield _("only when %(what)s") % {"what": condition_words(condition)}
    if step.skip:
        yield _("left out %(when)s") % {"when": RouteStep.Skip(step.skip).label}
    if step.term:
        yield _("within %(term)s") % {"term": step.term}
    if step.escalate_days is not None:
        said = ngettext("%(n)d day late: also %(who)s", "%(n)d days late: also %(who)s", step.escalate_days)
        yield said % {"n": step.escalate_days, "who": RouteStep.Escalation(step.escalate_to).label}


def _needed(group: Group) -> str:
    """How many of the steps side by side are needed."""
    count = len(group.steps)
    if count < 2:
        return ""
    match group.quorum:
        case "all":
            return pgettext("steps side by side", "all of them")
        case "any":
            return pgettext("steps side by side", "any one of them")
        case number:
            return _("%(needed)s of %(all)s") % {"needed": number, "all": count}


def of_route(steps: Sequence[Step], name: str) -> SafeString:
    """The picture of a template."""
    return diagram.draw(
        rows(steps), title=_("Route of %(name)s") % {"name": name}, name="droga",
        description=_("Steps from top to bottom; the same in words below."),
    )  # fmt: skip


def standings(steps: Iterable[Step], tasks: Sequence[Task]) -> dict[int, diagram.Standing]:
    """How each step stands by the tasks of the case: the newest task of the step, or of its verb where a task names no
    step. A cancelled task says nothing."""
    found: dict[int, diagram.Standing] = {}
    for step in steps:
        mine = [task for task in tasks if task.verb == step.verb and task.step in (step.order, None)]
        if any(task.done_at is None for task in mine):
            found[step.order] = diagram.Standing.NOW
        elif any(task.outcome and task.outcome != "cancelled" for task in mine):
            found[step.order] = diagram.Standing.DONE
        else:
            found[step.order] = diagram.Standing.WAITING
    return found


def of_process(ordered: Sequence[diagram.Row], reference: str) -> SafeString:
    """The picture of a case's route (`rows` with standings)."""
    return diagram.draw(
        ordered, title=_("Route of the case %(reference)s") % {"reference": reference},
        name="droga-sprawy",
        description=_("Steps from top to bottom; each says whether it is done, under way or later."),
    )  # fmt: skip
