"""Every deed in every state: what the transition table does not list is refused, naming the state, and changes nothing;
and the documents draw the table as it is."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import translation

from documents.models import Case, Letter
from journal.clock import db_now
from journal.errors import DomainError
from journal.models import Entry
from people.access import SYSTEM, Access
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake
from workflow.models import SupplementRequest, Task
from workflow.panels import LABELS
from workflow.services import assignment, clocks, closing, cooperation, decisions, supplements
from workflow.states import STATE_LABELS, TRANSITIONS, State, Verb, case_state

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).parents[3] / "docs" / "stany.md"


def filed(town: Office) -> Case:
    """A case that has a clerk and no reference yet."""
    case = intake.receive(SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    return Case.objects.get(pk=case.pk)


def worked(town: Office) -> Case:
    """A registered case with a draft, a letter that waits for approval and one that waits for signature."""
    head, clerk = town.access("head"), town.access("clerk")
    case = filed(town)
    assignment.register_case(clerk, case=case)
    for number in range(3):
        letter = decisions.draft_letter(clerk, case=case, kind="notice", subject=f"L{number}", body="Tak.")
        if number:
            task = decisions.send_for_approval(clerk, letter=letter)
        if number == 2:
            decisions.approve(head, task=task, version_id=task.document_version_id or 0)
    return Case.objects.get(pk=case.pk)


def brought_to(town: Office, case: Case, state: State) -> Case:
    clerk, now = town.access("clerk"), db_now()
    times = {
        State.DECISION_READY: "decision_ready_at", State.DELIVERED: "delivered_at", State.CLOSED: "closed_at",
        State.LEFT: "left_at", State.TRANSFERRED: "transferred_at", State.WITHDRAWN: "withdrawn_at",
        State.CROSSED: "crossed_at",
    }  # fmt: skip
    match state:
        case State.FILED:
            Case.objects.filter(pk=case.pk).update(registered_at=None)
        case State.WAITING:
            items = [{"label": "podpis", "kind": "signature", "required": True}]
            supplements.request_supplement(clerk, case=case, items=items, days=7, reason="")
        case State.SUSPENDED:
            clocks.suspend(clerk, case=case, article="art. 97", reason="zagadnienie")
        case State.IN_PROGRESS:
            pass
        case _:
            Case.objects.filter(pk=case.pk).update(**{times[state]: now})
    case = Case.objects.get(pk=case.pk)
    assert case_state(case) is state
    return case


def tries(town: Office, case: Case) -> dict[Verb, Callable[[], object]]:
    """Each deed of the desk with something fit to be done."""
    head, clerk = town.access("head"), town.access("clerk")
    other = people.member(town.unit, "clerk")
    people.member(town.units["FN"], "head")
    draft = Letter.objects.filter(case=case, subject="L0").first()
    to_approve, to_sign = (
        Task.objects.open().filter(case=case, verb=verb).last() for verb in ("approve", "sign")
    )
    day = people.today() + dt.timedelta(days=300)
    items = [{"label": "załącznik", "kind": "file", "required": True}]
    return {
        Verb.ASSIGN: lambda: assignment.assign(head, case=case, to_user=other, reason="urlop"),
        Verb.FORWARD: lambda: assignment.pass_on(head, case=case, to_unit=town.units["FN"]),
        Verb.INVITE: lambda: cooperation.invite(
            clerk, case=case, unit=town.units["FN"], kind="informed", instruction="do wiadomości"),
        Verb.REGISTER: lambda: assignment.register_case(clerk, case=case),
        Verb.REQUEST_SUPPLEMENT: lambda: supplements.request_supplement(
            clerk, case=case, items=items, days=7, reason=""),
        Verb.LEAVE: lambda: supplements.leave_unconsidered(clerk, case=case, reason="brak odpowiedzi"),
        Verb.SUSPEND: lambda: clocks.suspend(clerk, case=case, article="art. 97", reason="zagadnienie"),
        Verb.RESUME: lambda: clocks.resume(clerk, case=case),
        Verb.EXTEND: lambda: clocks.extend_deadline(clerk, case=case, new_day=day, reason="opinia"),
        Verb.DRAFT: lambda: decisions.draft_letter(clerk, case=case, kind="notice", subject="Nowe", body="Tak."),
        Verb.SEND_FOR_APPROVAL: lambda: decisions.send_for_approval(clerk, letter=draft),
        Verb.APPROVE: lambda: decisions.approve(
            head, task=to_approve, version_id=to_approve.document_version_id or 0),
        Verb.RETURN: lambda: decisions.return_letter(head, task=to_approve, reason="popraw"),
        Verb.SIGN: lambda: decisions.sign_and_send(head, task=to_sign, how="seal"),
        Verb.CLOSE: lambda: closing.close_case(clerk, case=case, outcome="załatwiono"),
        Verb.CROSS: lambda: closing.cross_out(clerk, case=case, reason="pomyłka"),
    }  # fmt: skip


class _Back(Exception):
    """Undoes what a deed did."""


def outcome(deed: Callable[[], object]) -> str:
    """Why a deed was refused; empty when it was done. Leaves everything as it was."""
    try:
        with transaction.atomic():
            deed()
            raise _Back
    except _Back:
        return ""
    except DomainError as error:
        return str(error.message)


#: Done by somebody else than the clerk at the desk, or at their own places: the party answers, a letter is delivered, a
#: clerk accepts a signature that was judged. Each has tests of its own.
ELSEWHERE = {Verb.ANSWER_SUPPLEMENT, Verb.ACCEPT_SIGNATURE, Verb.DELIVER}


@pytest.mark.parametrize("state", list(State))
def test_each_deed_is_refused_in_each_state_that_the_table_does_not_list(town: Office, state: State) -> None:
    case = brought_to(town, worked(town), state)
    found = tries(town, case)
    before = Entry.objects.count()
    assert set(found) | ELSEWHERE == set(Verb)
    named = str(STATE_LABELS[state])
    for verb, deed in found.items():
        said = outcome(deed)
        if verb in TRANSITIONS[state]:
            assert "podczas gdy sprawa" not in said and f": {named}." not in said, (verb, said)
        else:
            assert said, f"{verb} was done while the case was {state}"
    assert Entry.objects.count() == before and case_state(Case.objects.get(pk=case.pk)) is state


@pytest.mark.parametrize(
    ("state", "verb"), [(state, verb) for state, row in TRANSITIONS.items() for verb in row if verb not in ELSEWHERE]
)
def test_each_deed_that_the_table_lists_leads_where_it_says(town: Office, state: State, verb: Verb) -> None:
    case = brought_to(town, worked(town), state) if state is not State.FILED else filed(town)
    if verb is Verb.LEAVE:  # the days of the call must have passed
        SupplementRequest.objects.filter(case=case).update(due_on=people.today() - dt.timedelta(days=1))
    if verb is Verb.SIGN:  # a letter that settles
        Letter.objects.filter(case=case, subject="L2").update(kind="decision")
        _settle_document(case)
    tries(town, case)[verb]()
    assert case_state(Case.objects.get(pk=case.pk)) is TRANSITIONS[state][verb]


def _settle_document(case: Case) -> None:
    letter = Letter.objects.get(case=case, subject="L2")
    letter.documents.filter(kind="notice").update(kind="decision")


# --- the picture in the documents ------------------------------------------------------------------------------------


def drawn() -> str:
    """docs/stany.md as the table says: a diagram, and the same as a table."""
    with translation.override("pl"):
        words = {verb: str(LABELS.get(verb, VERBS.get(verb, verb))) for verb in Verb}
        lines = [
            "# Stany sprawy i czynności", "",
            "Stan sprawy wynika z faktów i ich czasów (`workflow/states.py`); czynność, której nie ma przy stanie,",
            "jest niemożliwa. Tę stronę pisze i sprawdza test `tests/integration/workflow/test_states.py`.", "",
            "```mermaid", "stateDiagram-v2",
        ]  # fmt: skip
        lines += [f'    state "{STATE_LABELS[state]}" as {state}' for state in State]
        lines += ["    [*] --> filed"]
        for state, row in TRANSITIONS.items():
            by_target: dict[State, list[str]] = {}
            for verb, target in row.items():
                by_target.setdefault(target, []).append(words[verb])
            lines += [f"    {state} --> {target}: {', '.join(sorted(verbs))}" for target, verbs in by_target.items()
                      if target is not state]  # fmt: skip
        lines += ["```", "", "| stan | czynności, które go nie zmieniają | czynności, które go zmieniają |",
                  "| --- | --- | --- |"]  # fmt: skip
        for state, row in TRANSITIONS.items():
            stay = sorted(words[verb] for verb, target in row.items() if target is state)
            move = sorted(f"{words[verb]} → {STATE_LABELS[target]}" for verb, target in row.items()
                          if target is not state)  # fmt: skip
            lines.append(f"| {STATE_LABELS[state]} | {', '.join(stay) or '–'} | {'; '.join(move) or '–'} |")
        return "\n".join(lines) + "\n"


#: Words of what the desk does not offer as a button.
VERBS = {Verb.ANSWER_SUPPLEMENT: "odpowiedź strony na wezwanie", Verb.DELIVER: "doręczenie pisma"}


def test_the_documents_draw_the_table_as_it_is() -> None:
    if os.environ.get("WRITE_DOCS"):
        DOCUMENT.write_text(drawn())
    assert DOCUMENT.read_text() == drawn(), "write it anew: WRITE_DOCS=1 pytest -k documents_draw"


def test_nobody_without_a_right_gets_as_far_as_the_state(town: Office) -> None:
    case = worked(town)
    stranger: Access = people.actor(town.units["FN"], "head")
    with pytest.raises(DomainError):
        closing.close_case(stranger, case=case, outcome="x")
