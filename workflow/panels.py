"""The deeds that a person can do in a case now, as the forms that its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from documents.models import Delivery, Letter
from people.models import User
from workflow import states
from workflow.casefile import CaseFile, opened_for
from workflow.forms import FORMS, DeedForm
from workflow.models import RouteStep, Task
from workflow.routes import engine
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
    "take": _("Take it and register"),
    "answer_at_once": _("Write, sign and send"),
    "link": _("Link with another case"),
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


class Panels:
    """What is offered to the person of a case file."""

    def __init__(self, file: CaseFile) -> None:
        self.file, self.case, self.access = file, file.case, file.access

    @cached_property
    def _signs_alone(self) -> bool:
        """Whether this person settles the case themselves and no step of its route can stand between text and
        signature: each approval is left out when its author holds the position."""
        steps = engine.read(self.case.process.route)
        alone = all(step.skip == RouteStep.Skip.AUTHOR for step in steps if step.verb == RouteStep.Verb.APPROVE)
        return alone and self.case.handler_id == self.access.user_id

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

    def offered(self, typed: Typed) -> list[Panel]:
        """The deeds this person can do now, the one that fits best first and marked so."""
        found: list[Panel] = []
        for task in self.file.actionable:
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
        if not self.access.may("handle_cases", self.case.unit_id) or not states.allowed(self.file.state, Verb.DRAFT):
            return []
        waiting = {t.letter_id for t in self.file.tasks if t.done_at is None and t.verb in {"approve", "sign"}}
        found = []
        for letter in self.file.letters:
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
        may = self.access.may("handle_cases", self.case.unit_id) and states.allowed(self.file.state, accept)
        signatures = [self._panel(accept, typed, request_id=call.pk) for call in self.file.to_decide] if may else []
        missing = self.case.process.signature_missing
        offered: list[str] = list(states.offered(self.case, signature_missing=missing, state=self.file.state))
        assigns, handles = (self.access.may(name, self.case.unit_id) for name in ("assign", "handle_cases"))
        if Verb.ASSIGN in offered and not assigns:
            offered.append("assign_for")
        if assigns and handles and self.case.handler_id is None and self.file.state is State.FILED:
            offered.insert(0, "take")
        if Verb.DRAFT in offered and self.access.may("sign", self.case.unit_id) and self._signs_alone:
            offered.insert(offered.index(Verb.DRAFT), "answer_at_once")
        if self.file.whole:
            offered.append("link")
        if Verb.EXTEND in offered and self.file.late:  # no case is late silently
            offered.insert(0, offered.pop(offered.index(Verb.EXTEND)))
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
