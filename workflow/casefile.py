"""All that the desk shows of one case, read at a constant number of queries."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from documents.models import Case, Delivery, Document, DocumentVersion, Letter
from journal.clock import db_now, warsaw_day
from journal.models import Entry
from people.access import Access
from people.models import User
from workflow import deadlines, process, states
from workflow.forms import FORMS, DeedForm
from workflow.models import Assignment, RouteStep, SupplementRequest, Task
from workflow.routes import engine, picture
from workflow.routes.diagram import Row
from workflow.services import supplements
from workflow.states import State, Verb


@dataclass(frozen=True)
class Typed:
    """What the page is shown again with: a refused form and its verb, or the verb that was asked for."""

    form: DeedForm | None = None
    verb: str = ""
    wanted: str = ""


@dataclass
class Panel:
    """One deed offered on the case page: its form, where it posts, and whether it stands open."""

    verb: str
    label: Promise
    form: DeedForm
    url: str
    open: bool = False
    tone: str = "secondary"
    letter: Letter | None = None
    task: Task | None = None
    #: The absent person in whose place the deed would be done.
    in_place_of: User | None = None


LABELS = {
    Verb.ASSIGN: _("Assign"),
    "assign_for": _("Type in an assignment"),
    Verb.FORWARD: _("Pass on to a unit"),
    Verb.INVITE: _("Ask or tell another unit"),
    "opinion": _("Give the opinion"),
    "noted": _("Take note"),
    Verb.REGISTER: _("Register the case"),
    Verb.REQUEST_SUPPLEMENT: _("Call for a supplement"),
    Verb.ACCEPT_SIGNATURE: _("Accept the signature"),
    Verb.LEAVE: _("Leave unconsidered"),
    Verb.EXTEND: _("Set a new date"),
    Verb.SUSPEND: _("Suspend"),
    Verb.RESUME: _("Take up again"),
    Verb.DRAFT: _("Draft a letter"),
    "revise": _("Change the letter"),
    Verb.SEND_FOR_APPROVAL: _("Send for approval"),
    Verb.APPROVE: _("Approve"),
    Verb.RETURN: _("Return with reasons"),
    Verb.SIGN: _("Sign and send"),
    Verb.CLOSE: _("Close the case"),
    Verb.CROSS: _("Cross out"),
    "posted": _("Record the posting"),
    "receipt_returned": _("Record the return receipt"),
    "returned_by_post": _("Record that it came back"),
}

#: The permission that a deed needs, where it is not `handle_cases`; the deed itself checks it again.
NEEDS = {
    Verb.ASSIGN: "assign",
    Verb.FORWARD: "assign",
    Verb.APPROVE: "approve",
    Verb.SIGN: "sign",
    "posted": "dispatch_letters",
    "receipt_returned": "dispatch_letters",
    "returned_by_post": "dispatch_letters",
}


def _with_times(request: SupplementRequest) -> list[dict[str, Any]]:
    """The judged files of an answer, with the signers' times as times."""
    found = request.signatures.get("files", ())
    return [{**one, "when": dt.datetime.fromisoformat(one["when"]) if one["when"] else None} for one in found]


def opened_for(access: Access) -> str:
    """The end of an address that keeps the desk opened for the absent person, if it is."""
    return f"?za={access.place_of_id}" if access.place_of_id else ""


def frames(access: Access) -> QuerySet[Case]:
    """Cases whose frame the person sees for what they do in them by position: a task, or a posted letter whose return
    receipt is awaited."""
    tasks = Task.objects.actionable_by(access)
    posted = Delivery.objects.visible_to(access).awaiting_receipt().with_permission(access, "dispatch_letters")
    return Case.objects.filter(Q(pk__in=tasks.values("case_id")) | Q(pk__in=posted.values("letter__case_id")))


class CaseFile:
    """A case with its letters, documents, tasks, clock and history, as one person may see them."""

    def __init__(self, case: Case, access: Access) -> None:
        self.case = case
        self.access = access

    @cached_property
    def whole(self) -> bool:
        """Whether the person sees the case itself. Who only has a task in it by position (the registry that posts a
        letter) sees the frame: title, that task, and the letters that their registers show."""
        return Case.objects.visible_to(self.access).filter(pk=self.case.pk).exists()

    @cached_property
    def state(self) -> State:
        return states.case_state(self.case)

    @cached_property
    def letters(self) -> list[Letter]:
        versions = DocumentVersion.objects.select_related("blob").order_by("-number")
        documents = (
            Document.objects.visible_to(self.access)
            .order_by("position", "id")
            .prefetch_related(Prefetch("versions", versions))
        )
        return list(
            Letter.objects.visible_to(self.access)
            .filter(case=self.case)
            .select_related("correspondent", "author", "delivery")
            .prefetch_related(Prefetch("documents", documents))
            .order_by("id")
        )

    @cached_property
    def tasks(self) -> list[Task]:
        return list(
            Task.objects.visible_to(self.access)
            .filter(case=self.case)
            .select_related("unit", "assignee", "done_by", "document_version", "letter")
            .order_by("id")
        )

    @cached_property
    def actionable(self) -> list[Task]:
        ids = set(Task.objects.actionable_by(self.access).filter(case=self.case).values_list("pk", flat=True))
        return [task for task in self.tasks if task.pk in ids]

    @cached_property
    def assignments(self) -> list[Assignment]:
        """Who was given the case, oldest first, with what came of it."""
        if not self.whole:
            return []
        kept = self.case.assignments.select_related("unit", "user", "decided_by", "entered_by", "task__done_by")
        return list(kept.order_by("id"))

    @cached_property
    def entries(self) -> list[Entry]:
        """The newest entries of the log, oldest first; the whole log is the metryka."""
        if not self.whole:
            return []
        newest = (
            Entry.objects.of_case(self.case.pk).select_related("user", "on_behalf_of", "detail").order_by("-id")[:200]
        )
        return list(newest)[::-1]

    @cached_property
    def requests(self) -> list[SupplementRequest]:
        return list(self.case.supplement_requests.order_by("id")) if self.whole else []

    @cached_property
    def calls(self) -> list[tuple[SupplementRequest, list[dict[str, Any]], str]]:
        """The calls, each with the judged files of its answer and the reason for which a clerk accepted a
        signature among them (mostly "")."""
        reasons = (
            Entry.objects.of_case(self.case.pk)
            .filter(action="supplement.signature_accepted")
            .exclude(detail__text="")  # erased
            .values_list("object_id", "detail__text")
            if any(request.signatures.get("accepted") for request in self.requests)
            else ()
        )
        said = {object_id: str(json.loads(text)["reason"]) for object_id, text in reasons}
        return [(request, _with_times(request), said.get(str(request.pk), "")) for request in self.requests]

    @cached_property
    def to_decide(self) -> list[SupplementRequest]:
        """Calls whose answers hold a good signature of an unknown issuer that waits for the clerk's decision."""
        return supplements.to_decide(self.requests, signature_missing=self.case.process.signature_missing)

    @cached_property
    def route_words(self) -> list[Row]:
        """The steps of the case's route, with what is done, under way and still to come; none for a frame only."""
        steps = engine.read(self.case.process.route) if self.whole else ()
        return picture.rows(steps, picture.standings(steps, self.tasks))

    @cached_property
    def route_picture(self) -> SafeString:
        """The same drawn; empty without steps."""
        return picture.of_process(self.route_words, str(self.case)) if self.route_words else SafeString("")

    @cached_property
    def due(self) -> deadlines.Due:
        return process.count(self.case)

    @cached_property
    def deadline(self) -> deadlines.State | None:
        if self.case.due_on is None or self.state in states.ENDED:
            return None
        return deadlines.state(self.due.rolled, warsaw_day(db_now()), stopped=self.due.stopped_by is not None)

    @cached_property
    def preview(self) -> DocumentVersion | None:
        """What stands on the left first: the letter a task is about, else the newest letter with a file."""
        for task in self.actionable:
            if task.letter_id and task.verb in {
                RouteStep.Verb.APPROVE,
                RouteStep.Verb.SIGN,
                RouteStep.Verb.CORRECT,
                RouteStep.Verb.DISPATCH,
            }:
                version = self.newest(task.letter_id)
                if version:
                    return version
        for letter in reversed(self.letters):
            version = self.newest(letter.pk)
            if version:
                return version
        return None

    @cached_property
    def preview_pages(self) -> range:
        """Pages of the previewed file that are shown: those whose text was read, at least the first, at most twelve."""
        if self.preview is None:
            return range(0)
        return range(1, min(max(self.preview.pages.count(), 1), 12) + 1)

    def newest(self, letter_id: int) -> DocumentVersion | None:
        """Newest version of the letter's own document (a PDF a person can read)."""
        for letter in self.letters:
            if letter.pk == letter_id:
                for document in letter.documents.all():
                    versions = list(document.versions.all())
                    if versions and versions[0].blob.media_type == "application/pdf":
                        return versions[0]
        return None

    @cached_property
    def substituted(self) -> dict[int, User]:
        """The people whose place this person takes now."""
        return User.objects.in_bulk(list(self.access.acting_for)) if self.access.acting_for else {}

    def _in_place_of(self, verb: str, task: Task | None) -> User | None:
        if task is None:
            needed, unit_id, access = NEEDS.get(verb, "handle_cases"), self.case.unit_id, self.access
        else:  # a letter is returned by the right by which it would have been approved or signed
            needed = task.verb if verb == Verb.RETURN else NEEDS.get(verb, "handle_cases")
            unit_id, access = task.unit_id, self.access.in_place_of(task.assignee_id)
        if not access.may(needed, unit_id):
            return None
        return self.substituted.get(access.lender(needed, unit_id) or 0)

    def _panel(
        self, verb: str, typed: Typed, *, letter: Letter | None = None, task: Task | None = None, **initial: object
    ) -> Panel:
        form = typed.form
        if form is None or verb != typed.verb or not self._is_of(form, initial):
            form = FORMS[verb](case=self.case, prefix=verb, initial=initial)
        return Panel(
            verb,
            LABELS[verb],
            form,
            reverse("desk:deed", args=[self.case.pk, verb]) + opened_for(self.access),
            open=verb in {typed.verb, typed.wanted},
            letter=letter,
            task=task,
            in_place_of=self._in_place_of(verb, task),
        )

    @staticmethod
    def _named(form: DeedForm) -> dict[str, Any]:
        """The letter, task or call that a sent form is about."""
        return {name: form[name].value() for name in ("letter_id", "task_id", "request_id") if name in form.fields}

    def _is_of(self, form: DeedForm, initial: dict[str, object]) -> bool:
        return all(str(value) == str(initial.get(name)) for name, value in self._named(form).items())

    def panels(self, typed: Typed) -> list[Panel]:
        """The deeds this person can do now, the one that fits best first and marked so."""
        found: list[Panel] = []
        for task in self.actionable:
            found += self._task_panels(task, typed)
        found += self._letter_panels(typed)
        found += self._case_panels(typed)
        found += self._paper_panels(typed)
        if typed.form is not None and not any(panel.form is typed.form for panel in found):
            # Somebody else was faster: what was typed is shown with the reason, though it can no longer be done.
            found.insert(0, self._panel(typed.verb, typed, letter=None, task=None, **self._named(typed.form)))
        if found:
            found[0].tone = "primary"
            if not any(panel.open for panel in found):
                found[0].open = True
        return found

    def _task_panels(self, task: Task, typed: Typed) -> list[Panel]:
        back = self._panel(Verb.RETURN, typed, letter=task.letter, task=task, task_id=task.pk)
        match task.verb:
            case RouteStep.Verb.APPROVE:
                version = task.document_version_id
                return [
                    self._panel(
                        Verb.APPROVE, typed, letter=task.letter, task=task, task_id=task.pk, version_id=version
                    ),
                    back,
                ]
            case RouteStep.Verb.SIGN:
                return [self._panel(Verb.SIGN, typed, letter=task.letter, task=task, task_id=task.pk), back]
            case RouteStep.Verb.CONSULT:
                return [self._panel("opinion", typed, task=task, task_id=task.pk)]
            case RouteStep.Verb.NOTE:
                return [self._panel("noted", typed, task=task, task_id=task.pk)]
            case RouteStep.Verb.DISPATCH:
                return [self._panel("posted", typed, letter=task.letter, task=task, task_id=task.pk)]
        return []

    def _letter_panels(self, typed: Typed) -> list[Panel]:
        if not self.access.may("handle_cases", self.case.unit_id) or not states.allowed(self.state, Verb.DRAFT):
            return []
        waiting = {t.letter_id for t in self.tasks if t.done_at is None and t.verb in {"approve", "sign"}}
        found = []
        for letter in self.letters:
            if letter.direction == "out" and letter.signed_at is None and letter.pk not in waiting:
                found.append(self._panel(Verb.SEND_FOR_APPROVAL, typed, letter=letter, letter_id=letter.pk))
                found.append(
                    self._panel(
                        "revise",
                        typed,
                        letter=letter,
                        letter_id=letter.pk,
                        subject=letter.subject,
                        body=letter.content.get("text") or letter.content.get("html", ""),
                    )
                )
        return found

    def _case_panels(self, typed: Typed) -> list[Panel]:
        accept = Verb.ACCEPT_SIGNATURE
        may = self.access.may("handle_cases", self.case.unit_id) and states.allowed(self.state, accept)
        signatures = [self._panel(accept, typed, request_id=call.pk) for call in self.to_decide] if may else []
        offered: list[str] = list(states.offered(self.case, signature_missing=self.case.process.signature_missing))
        if Verb.ASSIGN in offered and not self.access.may("assign", self.case.unit_id):
            offered.append("assign_for")
        return signatures + [
            self._panel(verb, typed)
            for verb in offered
            if self.access.may(NEEDS.get(verb, "handle_cases"), self.case.unit_id)
        ]

    def _paper_panels(self, typed: Typed) -> list[Panel]:
        posted = (
            Delivery.objects.visible_to(self.access)
            .awaiting_receipt()
            .with_permission(self.access, "dispatch_letters")
            .filter(letter__case=self.case)
            .select_related("letter")
            .first()
        )
        if posted is None:
            return []
        return [
            self._panel(verb, typed, letter=posted.letter, delivery_id=posted.pk)
            for verb in ("receipt_returned", "returned_by_post")
        ]
