"""Services, the state of a case, cases and tasks over the API. Same deeds, same Access as the screens."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from documents import tracking
from documents.models import Case
from people.limits import address_of
from people.models import User
from workflow import desk, states
from workflow.models import Service, Task
from workflow.services import assignment, decisions

router = Router(tags=["circulation"])


class Problem(Schema):
    """Why it was refused, as a sentence."""

    detail: str


class ServiceOut(Schema):
    """A service with its values in force."""

    code: str
    title: str
    term: str
    fee: str
    legal_basis: str
    assurance: int
    units: list[str]


@router.get("/services", response=list[ServiceOut], auth=None, summary="Services of the town")
def services(request: HttpRequest) -> list[dict[str, Any]]:
    """All services with the values of their newest version and the symbols of the units that offer them."""
    rows = Service.objects.prefetch_related("versions", "offers__unit").order_by("code")[:500]
    found = []
    for service in rows:
        versions = sorted(service.versions.all(), key=lambda v: v.valid_from, reverse=True)
        if versions:
            version = versions[0]
            found.append(
                {
                    "code": service.code,
                    "title": service.title,
                    "term": version.term,
                    "fee": str(version.fee),
                    "legal_basis": version.legal_basis,
                    "assurance": version.assurance,
                    "units": sorted(offer.unit.symbol for offer in service.offers.all()),
                }
            )
    return found


class StatusIn(Schema):
    code: str
    factor: str


class StatusOut(Schema):
    """What the party of a case reads."""

    reference: str | None
    status: str
    label: str
    explanation: str
    next_step: str
    unit: str
    due_on: dt.date | None


@router.post(
    "/cases/status",
    response={200: StatusOut, 404: Problem, 429: Problem},
    auth=None,
    summary="State of a case by tracking code and second factor",
)
def case_status(request: HttpRequest, body: StatusIn) -> Any:
    """One answer for a wrong code and an unknown one; wrong tries are limited by address and by code."""
    try:
        case = tracking.open_case(address_of(request), body.code, body.factor)
    except tracking.TooManyTries as error:
        return Status(429, {"detail": str(error.message)})
    status = states.public_status(case)
    return {
        "reference": case.reference,
        "status": status.code,
        "label": str(status.label),
        "explanation": str(status.explanation),
        "next_step": str(status.next_step),
        "unit": case.unit.name,
        "due_on": case.due_on,
    }


class CaseOut(Schema):
    id: int
    reference: str | None
    title: str
    unit: str
    state: str
    due_on: dt.date | None

    @staticmethod
    def resolve_unit(case: Case) -> str:
        return case.unit.symbol


@router.get("/cases", response=list[CaseOut], summary="Cases, newest first")
def cases(request: HttpRequest, before: int | None = None, limit: int = 50) -> list[Case]:
    """Cases that this person may see; `before` is the last id of the page before, at most 100 at once."""
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    found = states.with_state(Case.objects.visible_to(access)).select_related("unit").order_by("-id")
    if before is not None and 0 < before < 2**62:
        found = found.filter(pk__lt=before)
    return list(found[: max(1, min(limit, 100))])


class TaskOut(Schema):
    id: int
    verb: str
    case_id: int
    case_title: str
    unit: str
    instruction: str
    due_on: dt.date | None
    document_version_id: int | None

    @staticmethod
    def resolve_case_title(task: Task) -> str:
        return task.case.title

    @staticmethod
    def resolve_unit(task: Task) -> str:
        return task.unit.symbol


@router.get("/tasks", response=list[TaskOut], summary="Open tasks this person may act on")
def tasks(request: HttpRequest, tab: str = "moje", after: str = "") -> list[Task]:
    """One page of a tab of the desk, the most urgent first."""
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    return desk.page(desk.inbox(access, tab), after.replace("\0", ""), 50)[0]


class AssignIn(Schema):
    to_user: str
    instruction: str = ""
    #: Needed where the case has a clerk already.
    reason: str = ""


class ApproveIn(Schema):
    version_id: int


class ReturnIn(Schema):
    reason: str


def _task(request: HttpRequest, task_id: int) -> Task | None:
    if not 0 < task_id < 2**62:
        return None
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    return Task.objects.visible_to(access).select_related("case").filter(pk=task_id).first()


NO_TASK = {"detail": "there is no such task"}


@router.post("/tasks/{task_id}/assign", response={200: TaskOut, 404: Problem}, summary="Assign the task's case")
def assign(request: HttpRequest, task_id: int, body: AssignIn) -> Any:
    """Assign to the clerk with that e-mail address."""
    task = _task(request, task_id)
    user = User.objects.filter(email=body.to_user.replace("\0", "").lower()).first()
    if task is None or user is None:
        return Status(404, NO_TASK)
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    return assignment.assign(access, case=task.case, to_user=user, instruction=body.instruction[:250],
                             reason=body.reason[:250])  # fmt: skip


@router.post("/tasks/{task_id}/approve", response={200: TaskOut, 404: Problem}, summary="Approve the version read")
def approve(request: HttpRequest, task_id: int, body: ApproveIn) -> Any:
    """Approve exactly that version. The answer is the first task that follows, or while others still have to approve
    the task itself, now done."""
    task = _task(request, task_id)
    if task is None:
        return Status(404, NO_TASK)
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    following = decisions.approve(access, task=task, version_id=body.version_id)
    return following or Task.objects.select_related("case").get(pk=task.pk)


@router.post("/tasks/{task_id}/return", response={200: TaskOut, 404: Problem}, summary="Return with a reason")
def return_task(request: HttpRequest, task_id: int, body: ReturnIn) -> Any:
    """Return a letter to its author; the reason is mandatory."""
    task = _task(request, task_id)
    if task is None:
        return Status(404, NO_TASK)
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    return decisions.return_letter(access, task=task, reason=body.reason)
