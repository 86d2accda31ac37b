"""A letter on its way along the route of its case: whose turn is next, in the database. Helpers of the deeds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from documents.models import Case, DocumentVersion, Letter
from documents.services import cases
from people.access import Access, valid_now
from people.models import Membership, Role, Unit
from workflow import process
from workflow.models import RouteStep, Task
from workflow.routes import engine

Verb = RouteStep.Verb
#: What heads do; where no head is, the next head above does it.
_OF_HEADS = frozenset({Verb.APPROVE, Verb.SIGN, Verb.ASSIGN})


def steps_of(case: Case) -> tuple[engine.Step, ...]:
    """The route of a case as it stood when the case began."""
    return engine.read(case.process.route)


def facts(case: Case, letter: Letter | None) -> dict[str, Any]:
    """What the conditions of a route may name (`engine.FACTS`), of a case and the letter on its way."""
    version = case.process.service_version
    filed = case.letters.filter(direction="in").order_by("id").first()
    party = case.parties.order_by("id").first()
    found: dict[str, Any] = {
        "letter_kind": letter.kind if letter else "",
        "service": version.service.code if version else "",
        "party": party.kind if party else "",
        "assurance": case.process.assurance,
        "fee": version.fee if version else 0,
        "class": case.classification.symbol if case.classification else (version.class_symbol if version else ""),
        "register_channel": filed.channel if filed else "",
    }
    for answer in filed.answers if filed else ():
        found[f"answer:{answer['field']}"] = answer.get("raw")
    return found


def holders(role: str, unit: Unit, *, but_not: Iterable[int] = ()) -> frozenset[int]:
    """Ids of people who hold a position today by an own membership: of the role in the unit, or over it."""
    above = Q(role_group__unit=unit) | Q(role_group__subtree=True, role_group__unit__in=unit.get_ancestors())
    found = Membership.objects.filter(valid_now(), above, role_group__role=role, user__is_active=True)
    return frozenset(found.values_list("user_id", flat=True)) - frozenset(but_not)


def manned(case: Case, step: engine.Step, *, but_not: Iterable[int] = ()) -> tuple[str, Unit]:
    """The position where a step is done: its own, or where nobody holds it (besides the people who may not do it, such
    as the author of the letter) that of the nearest head above in the same body; never another body, which is a
    controller of its own. Its own again where nobody there does either."""
    unit = process.position(case, step.where, step.unit_id)
    others, role, place = frozenset(but_not), step.role, unit
    while True:
        if holders(role, place, but_not=others):
            return role, place
        above = head_office(place)
        if above is None:
            return step.role, unit
        role, place = (Role.HEAD if step.verb in _OF_HEADS else step.role), above


def head_office(unit: Unit) -> Unit | None:
    """The unit above in the same body; None above the body itself."""
    found: Unit | None = None if unit.kind == Unit.Kind.BODY else unit.get_parent()
    return found


def standing(case: Case, letter: Letter, version: DocumentVersion, steps: Iterable[engine.Step]) -> engine.Standing:
    """What decides about the next group of a letter. Asks who holds a position only where a step may be skipped."""
    authors = {author for author in (letter.author_id, version.author_id) if author is not None}
    approved = letter.tasks.filter(verb=Verb.APPROVE, document_version=version, outcome="approved")
    by = set(approved.exclude(done_by=None).values_list("done_by_id", flat=True))
    held: dict[int, frozenset[int]] = {
        step.order: holders(step.role, process.position(case, step.where, step.unit_id)) for step in steps if step.skip
    }
    return engine.Standing(
        facts=facts(case, letter),
        authors={order for order, people in held.items() if people & authors},
        earlier={order for order, people in held.items() if people & by},
    )


def forward(
    actor: Access, case: Case, letter: Letter, version: DocumentVersion, *, after: int, now: dt.datetime
) -> list[Task]:
    """Open the tasks of the letter's next group behind a group: its approvals, and when none is left its signature.

    A letter that needs no further approval is approved at that moment. Shares the case with a position outside the
    case's unit, which could not read it otherwise."""
    steps = steps_of(case) or (engine.Step(1, 1, Verb.APPROVE, Role.HEAD), engine.Step(2, 2, Verb.SIGN, Role.HEAD))
    stands = standing(case, letter, version, steps)
    group = engine.following(steps, Verb.APPROVE, after, stands)
    if group is None:
        letter.approved_at = now
        letter.save(update_fields=["approved_at"])
        group = engine.following(steps, Verb.SIGN, 0, stands) or _fallback(steps)
        return [_open(actor, case, group.steps[0], letter, version, now)]
    return [_open(actor, case, step, letter, version, now) for step in group.steps]


def _fallback(steps: Iterable[engine.Step]) -> engine.Group:
    """A route without a signature that fits ends with that of the head of the case's unit."""
    last = max((step.group for step in steps), default=0) + 1
    return engine.Group(last, (engine.Step(last, last, Verb.SIGN, Role.HEAD),))


def _open(
    actor: Access, case: Case, step: engine.Step, letter: Letter, version: DocumentVersion, now: dt.datetime
) -> Task:
    authors = {author for author in (letter.author_id, version.author_id) if author is not None}
    role, unit = manned(case, step, but_not=authors if step.verb == Verb.APPROVE else ())
    if unit.pk != case.unit_id:
        cases.open_to_position(actor, case=case, role=role, unit=unit)
    return process.add_step_task(case, step, role, unit, by=actor, letter=letter, version=version, now=now)


def group_done(task: Task) -> bool:
    """Whether the group of an approval that was just closed is done: enough of its steps approved this version."""
    if task.group is None:
        return True
    row = Task.objects.filter(
        letter=task.letter_id, verb=task.verb, document_version=task.document_version_id, group=task.group,
        step__isnull=False,
    )  # fmt: skip
    opened = {step or 0 for step in row.values_list("step", flat=True)}
    done = {step or 0 for step in row.filter(outcome="approved").values_list("step", flat=True)}
    group = next((each for each in engine.groups(steps_of(task.case)) if each.number == task.group), None)
    return group is None or engine.enough(group, opened, done)
