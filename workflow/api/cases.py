"""Cases: found, read, and every deed that the desk offers on them, by the desk's own forms."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from ninja import Body, Router, Schema, Status

from documents import readings
from documents.models import Case, Letter
from journal.errors import NotFound
from people.access import Access
from workflow import states
from workflow.api.common import Problem, access_in
from workflow.casefile import CaseFile
from workflow.deeds import DEEDS
from workflow.forms import FORMS
from workflow.panels import Panel, Panels, Typed

router = Router()
NO_CASE = {"detail": "there is no such case"}


class CaseFields(Schema):
    """`unit` is a symbol, `handler` an e-mail address, `state` one of `workflow.states.State`."""

    id: int
    reference: str | None
    title: str
    unit: str
    state: str
    due_on: dt.date | None
    handler: str


class CaseOut(CaseFields):
    @staticmethod
    def resolve_unit(case: Case) -> str:
        return case.unit.symbol

    @staticmethod
    def resolve_handler(case: Case) -> str:
        return case.handler.email if case.handler else ""


@router.get("/cases", response=list[CaseOut], summary="Cases, newest first")
def cases(
    request: HttpRequest, before: int | None = None, limit: int = 50, unit: str = "", handler: str = "",
    service: str = "", open: bool = False, due_before: dt.date | None = None,
) -> list[Case]:  # fmt: skip
    """Cases that this person may see; `before` is the last id of the page before, at most 100 at once. `unit` is a
    symbol, `handler` an e-mail address, `service` a code; `open`: only those that are not closed."""
    found = states.with_state(Case.objects.visible_to(access_in(request))).select_related("unit", "handler")
    for name, value in {
        "unit__symbol": unit, "handler__email": handler.lower(), "process__service_version__service__code": service
    }.items():
        if value:
            found = found.filter(**{name: value.replace("\0", "")})
    if open:
        found = found.filter(closed_at__isnull=True, crossed_at__isnull=True)
    if due_before is not None:
        found = found.filter(due_on__lt=due_before)
    if before is not None and 0 < before < 2**62:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-id")[: max(1, min(limit, 100))])


class FileOut(Schema):
    """A version of a document; `address` is where it is downloaded."""

    id: int
    name: str
    size: int
    sha256: str
    address: str


class CaseLetterOut(Schema):
    id: int
    direction: str
    register_number: str
    subject: str
    kind: str
    received_at: dt.datetime | None
    sent_at: dt.datetime | None
    files: list[FileOut]

    @staticmethod
    def resolve_files(letter: Letter) -> list[dict[str, Any]]:
        versions = (version for document in letter.documents.all() for version in document.versions.all())
        return [
            {"id": version.pk, "name": version.file_name, "size": version.blob.size, "sha256": version.blob_id,
             "address": reverse("documents:download", args=[version.pk, version.file_name])}
            for version in versions
        ]  # fmt: skip


class CaseTaskOut(Schema):
    id: int
    verb: str
    unit: str
    assignee: str
    due_on: dt.date | None
    done_at: dt.datetime | None
    outcome: str

    @staticmethod
    def resolve_unit(task: Any) -> str:
        return str(task.unit.symbol)

    @staticmethod
    def resolve_assignee(task: Any) -> str:
        return task.assignee.email if task.assignee else ""


class DeedOut(Schema):
    """A deed that this person can do now. `fields`: name -> what may be sent; `given`: values to be sent back as they
    are (they say which task, letter or version was seen)."""

    verb: str
    label: str
    fields: dict[str, dict[str, Any]]
    given: dict[str, Any]


class CaseWhole(CaseFields):
    due_rule: str
    letters: list[CaseLetterOut]
    tasks: list[CaseTaskOut]
    deeds: list[DeedOut]


def _case(access: Access, case_id: int) -> Case | None:
    if not 0 < case_id < 2**62:
        return None
    seen = states.with_state(Case.objects.visible_to(access)).filter(pk=case_id)
    return seen.select_related("unit", "body", "handler", "process__service_version__service", "classification").first()


def _deed(panel: Panel) -> dict[str, Any]:
    fields, given = {}, {}
    for name, field in panel.form.fields.items():
        if isinstance(field.widget, forms.HiddenInput):
            given[name] = panel.form[name].value()
            continue
        fields[name] = {"label": str(field.label), "required": field.required}
        if isinstance(field, forms.ModelChoiceField):
            fields[name]["choices"] = [[choice.pk, str(choice)] for choice in (field.queryset or [])[:200]]
        elif isinstance(field, forms.ChoiceField):
            every: Any = field.choices
            fields[name]["choices"] = [[value, str(label)] for value, label in every]
    return {"verb": str(panel.verb), "label": str(panel.label), "fields": fields, "given": given}


@router.get("/cases/{case_id}", response={200: CaseWhole, 404: Problem}, summary="One case with what can be done in it")
def case(request: HttpRequest, case_id: int) -> Any:
    """The case, its letters and files, its tasks, and the deeds that this person can do now. Reading it is noted, as on
    the desk."""
    access = access_in(request)
    found = _case(access, case_id)
    if found is None:
        return Status(404, NO_CASE)
    readings.note(access, found)
    return _whole(found, access)


def _whole(found: Case, access: Access) -> dict[str, Any]:
    file = CaseFile(found, access)
    return {
        **CaseOut.from_orm(found).dict(), "due_rule": file.due.rule(), "letters": file.letters, "tasks": file.tasks,
        "deeds": [_deed(panel) for panel in Panels(file).offered(Typed())],
    }  # fmt: skip


class DeedDone(Schema):
    said: str
    #: Null when the person sees the case no more.
    case: CaseWhole | None


@router.post(
    "/cases/{case_id}/deeds/{verb}", response={200: DeedDone, 404: Problem, 409: Problem, 422: Problem},
    summary="Do a deed in a case",
)  # fmt: skip
def deed(request: HttpRequest, case_id: int, verb: str, body: Body[dict[str, Any]]) -> Any:
    """The body holds the fields of the deed by name, with those that were `given`. 409 when somebody was faster, with
    who and when; 422 with the fields that are wrong, or why it is refused now."""
    access = access_in(request)
    found = _case(access, case_id)
    if found is None or verb not in DEEDS:
        raise NotFound(NO_CASE["detail"])
    form = FORMS[verb](_posted(verb, body), case=found, prefix=verb)
    if not form.is_valid():
        wrong = {name: [str(one) for one in said] for name, said in form.errors.items()}
        return Status(422, {"detail": "; ".join(text for said in wrong.values() for text in said), "fields": wrong})
    said = DEEDS[verb](access, found, form)
    after = _case(access, case_id)
    return {"said": said, "case": _whole(after, access) if after else None}


def _posted(verb: str, body: dict[str, Any]) -> QueryDict:
    """The JSON as a browser's form would send it."""
    posted = QueryDict(mutable=True)
    for name, value in body.items():
        values = value if isinstance(value, list) else [value]
        texts = ["on" if one is True else str(one).replace("\0", "") for one in values if one not in (None, False)]
        posted.setlist(f"{verb}-{name}", texts)
    return posted
