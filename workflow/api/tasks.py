"""Open tasks and what is done with them; the same deeds and the same Access as the desk."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from people.models import User
from workflow import desk
from workflow.api.common import Problem, access_in
from workflow.models import RouteStep, Task
from workflow.services import assignment, decisions

router = Router()
#: Rows of a page.
PAGE = 50


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
def tasks(
    request: HttpRequest, response: HttpResponse, tab: str = "moje", after: str = "", unit: str = "", verb: str = "",
    due_before: dt.date | None = None,
) -> list[Task]:  # fmt: skip
    """One page of a tab of the desk (`moje`, `jednostka`, `do-dekretacji`, `do-akceptacji`, `do-podpisu`, `do-wysylki`,
    `zastepstwa`, `po-terminie`), the most urgent first. The header `X-Next` is the `after` of the next page; it is
    missing on the last one. `unit` is a symbol."""
    rows = desk.inbox(access_in(request), tab)
    if unit:
        rows = rows.filter(unit__symbol=unit.replace("\0", ""))
    if verb in RouteStep.Verb.values:
        rows = rows.filter(verb=verb)
    if due_before is not None:
        rows = rows.filter(due_on__lt=due_before)
    found, following = desk.page(rows, after.replace("\0", ""), PAGE)
    if following:
        response["X-Next"] = following
    return found


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
    access = access_in(request)
    return Task.objects.visible_to(access).select_related("case").filter(pk=task_id).first()


NO_TASK = {"detail": "there is no such task"}


@router.post("/tasks/{task_id}/assign", response={200: TaskOut, 404: Problem}, summary="Assign the task's case")
def assign(request: HttpRequest, task_id: int, body: AssignIn) -> Any:
    """Assign to the clerk with that e-mail address."""
    task = _task(request, task_id)
    user = User.objects.filter(email=body.to_user.replace("\0", "").lower()).first()
    if task is None or user is None:
        return Status(404, NO_TASK)
    access = access_in(request)
    return assignment.assign(access, case=task.case, to_user=user, instruction=body.instruction[:250],
                             reason=body.reason[:250])  # fmt: skip


@router.post("/tasks/{task_id}/approve", response={200: TaskOut, 404: Problem}, summary="Approve the version read")
def approve(request: HttpRequest, task_id: int, body: ApproveIn) -> Any:
    """Approve exactly that version. The answer is the first task that follows, or while others still have to approve
    the task itself, now done."""
    task = _task(request, task_id)
    if task is None:
        return Status(404, NO_TASK)
    access = access_in(request)
    following = decisions.approve(access, task=task, version_id=body.version_id)
    return following or Task.objects.select_related("case").get(pk=task.pk)


@router.post("/tasks/{task_id}/return", response={200: TaskOut, 404: Problem}, summary="Return with a reason")
def return_task(request: HttpRequest, task_id: int, body: ReturnIn) -> Any:
    """Return a letter to its author; the reason is mandatory."""
    task = _task(request, task_id)
    if task is None:
        return Status(404, NO_TASK)
    access = access_in(request)
    return decisions.return_letter(access, task=task, reason=body.reason)
