"""What can be done to many at once: the permission it needs, what is typed, what stops a row, and the deed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Prefetch, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents import readings
from documents.models import Case, Document, DocumentVersion
from people.access import Access, holders
from people.models import Unit, User
from workflow.forms import ExtendForm
from workflow.models import RouteStep, Task
from workflow.services import assignment, clocks, closing, decisions
from workflow.states import Verb

#: An attachment above this size (bytes) is read before the letter is approved with others.
LARGE = 1_000_000


@dataclass
class Line:
    """One row: the case (and its task, where the deed is one on a task), whether it will be done and why not; after it
    was tried, what came of it."""

    case: Case
    task: Task | None = None
    refusal: str = ""
    done: bool = False

    @property
    def value(self) -> int:
        """What the form sends to choose this row."""
        return self.task.pk if self.task else self.case.pk


class ManyForm(forms.Form):
    """Base of what is typed once for all; knows the cases that can be done."""

    def __init__(self, *args: Any, cases: Sequence[Case], **kwargs: Any) -> None:
        self.cases = cases
        super().__init__(*args, **kwargs)


class AssignManyForm(ManyForm):
    """The clerk who gets them, and the instruction."""

    to_user = forms.ModelChoiceField(label=gettext_lazy("Clerk"), queryset=User.objects.none())
    instruction = forms.CharField(label=gettext_lazy("Instruction"), max_length=250, required=False,
                                  help_text=gettext_lazy("For example: please settle."))  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Why the cases change hands"), max_length=250, required=False,
                             help_text=gettext_lazy("Needed for those that have a clerk already."))  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to_user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.order_by("last_name", "first_name")
        for unit_id in sorted({case.unit_id for case in self.cases}):  # who handles cases in each of the units
            field.queryset = field.queryset.filter(pk__in=holders("handle_cases", unit_id).values("pk"))


class UnitManyForm(ManyForm):
    """The unit that gets them, of the same office."""

    to_unit = forms.ModelChoiceField(label=gettext_lazy("Unit"), queryset=Unit.objects.none())
    instruction = forms.CharField(label=gettext_lazy("Instruction"), max_length=250, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to_unit"]
        assert isinstance(field, forms.ModelChoiceField)
        found = Unit.objects.active().order_by("path")
        for body_id in sorted({case.body_id for case in self.cases}):
            found = found.filter(Q(body=body_id) | Q(pk=body_id))
        field.queryset = found


class DueManyForm(ManyForm):
    """The day until which the tasks are to be done."""

    due_on = forms.DateField(
        label=gettext_lazy("To be done until"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("A day for the person who does it; the day of the case by law stays as it is."),
    )  # fmt: skip


class ExtendManyForm(ManyForm):
    """The new day by art. 36 and the cause, told to every party."""

    new_day = ExtendForm.base_fields["new_day"]
    reason = ExtendForm.base_fields["reason"]


class CloseManyForm(ManyForm):
    """How they were settled."""

    outcome = forms.CharField(label=gettext_lazy("How they were settled"), max_length=250)


def _nothing_stops(_access: Access, _lines: Sequence[Line]) -> None:
    pass


@dataclass(frozen=True)
class Action:
    """`verb`: its row in the transition table, None where the state of the case does not matter. `task_verbs`: None for
    a deed on a case, else it is one on each chosen task of these verbs (all, when empty). `stop` writes refusals into
    lines that may not be done with the others."""

    label: Promise
    permission: str
    verb: Verb | None
    form: type[ManyForm]
    do: Callable[[Access, Line, dict[str, Any]], object]
    task_verbs: frozenset[str] | None = None
    stop: Callable[[Access, Sequence[Line]], None] = _nothing_stops
    #: Whether each row is ticked by hand, with a box beside it.
    ticked: bool = False


def unread(access: Access, lines: Sequence[Line]) -> None:
    """Stop letters that this person has not opened, that changed since they were sent for approval, or whose large
    attachment was not opened: whoever approves has read. Two queries."""
    letters = {line.task.letter_id for line in lines if line.task and not line.refusal}
    newest = DocumentVersion.objects.select_related("blob").order_by("-number")
    documents = Document.objects.filter(letter__in=letters).select_related("letter")
    by_letter: dict[int, list[tuple[Document, DocumentVersion]]] = {}
    for document in documents.prefetch_related(Prefetch("versions", newest)):
        if versions := list(document.versions.all()):
            by_letter.setdefault(document.letter_id or 0, []).append((document, versions[0]))
    seen = readings.read_by(access, [version.pk for found in by_letter.values() for _document, version in found])
    for line in lines:
        if line.task is not None and not line.refusal:
            line.refusal = _why_unread(line.task, by_letter.get(line.task.letter_id or 0, []), seen)


def _why_unread(task: Task, found: Sequence[tuple[Document, DocumentVersion]], seen: frozenset[int]) -> str:
    own = [version for document, version in found if document.letter and document.kind == document.letter.kind]
    if not own or own[0].pk != task.document_version_id:
        return _("The letter has changed since you opened it; read the newest version.")
    if own[0].pk not in seen:
        return _("You have not opened this letter yet.")
    for document, version in found:
        if version not in own and version.blob.size > LARGE and version.pk not in seen:
            return _("You have not opened its large attachment: %(name)s.") % {"name": document.title}
    return ""


def _approve(actor: Access, line: Line, _data: dict[str, Any]) -> object:
    assert line.task is not None
    return decisions.approve(actor, task=line.task, version_id=line.task.document_version_id or 0)


ACTIONS: dict[str, Action] = {
    "przydziel": Action(
        gettext_lazy("Assign"), "assign", Verb.ASSIGN, AssignManyForm,
        lambda actor, line, data: assignment.assign(actor, case=line.case, **data),
    ),
    "jednostka": Action(
        gettext_lazy("Pass on to a unit"), "assign", Verb.FORWARD, UnitManyForm,
        lambda actor, line, data: assignment.pass_on(actor, case=line.case, **data),
    ),
    "na-dzien": Action(
        gettext_lazy("Set the day"), "assign", None, DueManyForm,
        lambda actor, line, data: assignment.set_due(actor, task=line.task, **data),
        task_verbs=frozenset(),
    ),
    "nowy-termin": Action(
        gettext_lazy("Set a new date (art. 36)"), "handle_cases", Verb.EXTEND, ExtendManyForm,
        lambda actor, line, data: clocks.extend_deadline(actor, case=line.case, **data),
    ),
    "zaakceptuj": Action(
        gettext_lazy("Approve"), "approve", Verb.APPROVE, ManyForm, _approve,
        task_verbs=frozenset({RouteStep.Verb.APPROVE}), stop=unread, ticked=True,
    ),
    "zamknij": Action(
        gettext_lazy("Close"), "handle_cases", Verb.CLOSE, CloseManyForm,
        lambda actor, line, data: closing.close_case(actor, case=line.case, **data),
    ),
}  # fmt: skip


def offered(access: Access, tab: str) -> list[tuple[str, Promise]]:
    """What this person may want to do to many of a tab's rows: (code, label)."""
    found = [(code, action.label) for code, action in ACTIONS.items() if access.anywhere(action.permission)]
    return [each for each in found if each[0] != "zaakceptuj" or tab == "do-akceptacji"]
