"""A letter from draft to delivery: drafted, approved in its exact version, signed, registered, sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from documents.models import Case, DocumentVersion, Letter, Party
from documents.services import deliveries, letters
from journal import keyring
from journal.clock import warsaw_day
from journal.errors import Conflict, NotAllowed, Refused
from journal.record import record
from people.access import Access
from people.models import Unit, User
from workflow import process, states
from workflow.models import RouteStep, Task
from workflow.routes import running

Verb = RouteStep.Verb
#: Kinds of letter that settle the case.
SETTLING = frozenset({"decision", "certificate", "answer"})


def _content(body: str) -> dict[str, str]:
    """What was typed, kept as text and as paragraphs; a body that is marked up already stays as it is."""
    if body.lstrip().startswith("<"):
        return {"html": body}
    return {"text": body, "html": linebreaks(body, autoescape=True)}


@transaction.atomic
def draft_letter(
    actor: Access,
    *,
    case: Case,
    kind: str,
    subject: str,
    body: str,
    addressee: Party | None = None,
    to_unit: Unit | None = None,
    happened_at: dt.datetime | None = None,
) -> Letter:
    """Draft a letter in the case from a template, to a party (the first one by default) or to another unit of the town.
    Needs `handle_cases`. One entry: letter.drafted (by documents)."""
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.DRAFT)
    if to_unit is not None and (to_unit.pk == case.unit_id or to_unit.closed_on):
        raise Refused(_("Choose another unit that works."))
    to = letters.unit_as_addressee(to_unit) if to_unit else addressee or case.parties.order_by("id").first()
    if to is None:
        raise Refused(_("The case has no party to write to."))
    letter = letters.draft(
        actor, case=case, kind=kind, subject=subject, addressee=to, content=_content(body), happened_at=happened_at
    )
    letters.render(letter, author_id=actor.user_id)
    return letter


@transaction.atomic
def revise_letter(
    actor: Access, *, letter: Letter, subject: str, body: str, happened_at: dt.datetime | None = None
) -> DocumentVersion:
    """Change a draft: the new text is a new version, written by the actor. An approval asked for or given for the old
    one is void, and the letter is back with the clerk. One entry: letter.changed (by documents)."""
    case = process.case_of(actor, letter)
    states.require(case, states.Verb.DRAFT)
    moment = actor.moment(happened_at, case.unit)
    letter = letters.revise(actor, letter=letter, subject=subject, content=_content(body), happened_at=happened_at)
    process.cancel_tasks(case, by=actor, now=moment, verb__in=[Verb.APPROVE, Verb.SIGN], letter=letter)
    return letters.render(letter, author_id=actor.user_id)


def newest_version(letter: Letter) -> DocumentVersion:
    """The version of a letter's own document that stands now. Raises Refused when nothing was written yet."""
    found = (
        DocumentVersion.objects.filter(document__letter=letter, document__kind=letter.kind)
        .select_related("blob", "document")
        .order_by("-number")
        .first()
    )
    if found is None:
        raise Refused(_("The letter has no text yet."))
    return found


@transaction.atomic
def send_for_approval(actor: Access, *, letter: Letter, happened_at: dt.datetime | None = None) -> Task:
    """Send the newest version of a draft for approval to the position the route gives.

    Needs `handle_cases`. Closes the author's correction task. One entry: letter.sent_for_approval.
    """
    case = process.case_of(actor, letter)
    states.require(case, states.Verb.SEND_FOR_APPROVAL)
    letter = Letter.objects.select_for_update().get(pk=letter.pk)
    if letter.signed_at or letter.approved_at:
        raise Conflict(_("This letter is already approved."))
    if letter.tasks.filter(done_at__isnull=True, verb=Verb.APPROVE).exists():
        raise Conflict(_("This letter already waits for approval."))
    moment = actor.moment(happened_at, case.unit)
    version = newest_version(letter)
    process.cancel_tasks(case, by=actor, now=moment, verb=Verb.CORRECT, letter=letter)
    opened = running.forward(actor, case, letter, version, after=0, now=moment)
    record(
        actor,
        "letter.sent_for_approval",
        letter,
        case_id=case.pk,
        unit_id=case.unit_id,
        data={"version": version.pk, "sha256": version.blob_id, "tasks": [task.pk for task in opened]},
        happened_at=moment,
    )
    return opened[0]


def _deciding(actor: Access, task_id: int, verb: str) -> tuple[Access, Task, Case, Letter]:
    """The locked task of a letter, and the actor by whose right it is decided: a substitute by that of the person
    whose task it is, where several absent people lend the right."""
    task, case = process.locked_task(actor, task_id)
    actor = actor.in_place_of(task.assignee_id)
    actor.require(verb, task.unit_id)
    if task.verb != verb or task.letter_id is None:
        raise Refused(_("This task is not of that kind."))
    letter = Letter.objects.select_for_update().get(pk=task.letter_id)
    return actor, task, case, letter


def _require_other_than_author(actor: Access, task: Task, letter: Letter, version: DocumentVersion) -> None:
    """Nobody approves his own letter: neither its author, whoever's place the author takes, nor a substitute by the
    author's right. Raises NotAllowed."""
    authors = {author for author in (letter.author_id, version.author_id) if author is not None}
    if actor.user_id in authors:
        raise NotAllowed(_("Nobody approves their own letter."))
    if actor.on_behalf_of_id in authors:
        try:
            actor.require("approve", task.unit_id, but_not=authors)
        except NotAllowed as error:
            raise NotAllowed(_("Nobody approves their own letter, nor does a substitute in their place.")) from error


@transaction.atomic
def approve(actor: Access, *, task: Task, version_id: int, happened_at: dt.datetime | None = None) -> Task | None:
    """Approve exactly the version that was read. When enough of the steps of its group have approved, those of the next
    group get their tasks, behind the last one the signature; the first of them is returned, None while others are
    waited for.

    Needs `approve` in the task's unit. Raises NotAllowed for the author ("nobody approves his own", also through a
    substitution), Conflict when a newer version exists or the task is done. One entry: letter.approved.
    """
    actor, task, case, letter = _deciding(actor, task.pk, Verb.APPROVE)
    version = newest_version(letter)
    _require_other_than_author(actor, task, letter, version)
    if version.pk != version_id or task.document_version_id != version_id:
        raise Conflict(_("The letter has changed since you opened it; read the newest version."))
    states.require(case, states.Verb.APPROVE)
    moment = actor.moment(happened_at, case.unit)
    process.close_task(task, by=actor, outcome="approved", now=moment)
    opened: list[Task] = []
    if running.group_done(task):
        process.cancel_tasks(case, by=actor, now=moment, verb=Verb.APPROVE, letter=letter)
        opened = running.forward(actor, case, letter, version, after=task.group or 0, now=moment)
    record(
        actor,
        "letter.approved",
        letter,
        case_id=case.pk,
        unit_id=case.unit_id,
        data={"version": version.pk, "sha256": version.blob_id, "task": task.pk, "tasks": [each.pk for each in opened]},
        happened_at=moment,
    )
    return opened[0] if opened else None


@transaction.atomic
def return_letter(actor: Access, *, task: Task, reason: str, happened_at: dt.datetime | None = None) -> Task:
    """Return a letter that waits for approval or signature to its author with a reason, which is mandatory. One entry:
    letter.returned."""
    if not reason.strip():
        raise Refused(_("Say what has to be corrected."))
    verb = Verb.APPROVE if task.verb == Verb.APPROVE else Verb.SIGN
    actor, task, case, letter = _deciding(actor, task.pk, verb)
    states.require(case, states.Verb.RETURN)
    moment = actor.moment(happened_at, case.unit)
    process.close_task(task, by=actor, outcome="returned", now=moment, comment=reason)
    process.cancel_tasks(case, by=actor, now=moment, verb__in=[Verb.APPROVE, Verb.SIGN], letter=letter)
    letter.approved_at = None
    letter.save(update_fields=["approved_at"])
    correction = process.add_task(
        case,
        Verb.CORRECT,
        by=actor,
        assignee=letter.author or case.handler,
        letter=letter,
        instruction=reason[:250],
        now=moment,
    )
    record(
        actor,
        "letter.returned",
        letter,
        case_id=case.pk,
        unit_id=case.unit_id,
        data={"task": task.pk, "correction": correction.pk},
        detail={"reason": reason},
        happened_at=moment,
    )
    return correction


def _signer(actor: Access, case: Case, how: str) -> keyring.Signer:
    if how == "seal":
        return keyring.unit_seal(case.body.symbol, case.body.name)
    user = User.objects.filter(pk=actor.user_id or 0).first()
    if user is None:
        raise NotAllowed(_("Only a person can sign with a person's certificate."))
    signer = keyring.person(user.pk, str(user), user.post, case.body.name)
    absent = User.objects.filter(pk=actor.on_behalf_of_id).first() if actor.on_behalf_of_id else None
    return replace(signer, in_place_of=", ".join(filter(None, [str(absent), absent.post]))) if absent else signer


@transaction.atomic
def sign_and_send(actor: Access, *, task: Task, how: str = "person", happened_at: dt.datetime | None = None) -> Letter:
    """Sign the approved version (PAdES; `how`: "person" or "seal"), register it in the outgoing register, start its
    delivery: to another unit of the town in its register, to the account of a citizen who filed with one, else to the
    paper box.

    Needs `sign` in the task's unit. Raises Conflict when the version has changed since it was approved, Refused for a
    settling letter when the time of the case has passed and its party was told of no new date. Entries:
    letter.signed, letter.registered, delivery.started (each by its own deed); a settling letter makes the case
    "letter on its way".
    """
    actor, task, case, letter = _deciding(actor, task.pk, Verb.SIGN)
    version = newest_version(letter)
    addressee = letter.correspondent
    if addressee is None:
        raise Refused(_("The letter has no addressee."))
    if letter.approved_at is None or version.pk != task.document_version_id:
        raise Conflict(_("The letter has changed since it was approved."))
    states.require(case, states.Verb.SIGN)
    moment = actor.moment(happened_at, case.unit)
    if letter.kind in SETTLING and not addressee.unit_id:
        process.require_told(case, warsaw_day(moment))
    process.close_task(task, by=actor, outcome="signed", now=moment)
    letters.sign(actor, letter=letter, version=version, signer=_signer(actor, case, how), happened_at=happened_at)
    letter = letters.register_outgoing(actor, letter=letter, happened_at=happened_at)
    box = "town" if addressee.unit_id else "account" if case.owner_id else "paper"
    user = case.owner if box == "account" else None
    deliveries.start(actor, letter=letter, box=box, addressee=addressee, user=user, happened_at=happened_at)
    if letter.kind in SETTLING and box != "town":
        case.decision_ready_at = moment
        case.save(update_fields=["decision_ready_at"])
        process.cancel_tasks(case, by=actor, now=moment, verb=Verb.HANDLE)
    if box == "paper":
        process.add_task(case, Verb.DISPATCH, by=actor, letter=letter, now=moment)
    process.touch(case)
    return letter


@transaction.atomic
def answer_at_once(
    actor: Access, *, case: Case, kind: str, subject: str, body: str, how: str = "person"
) -> tuple[Letter, bool]:
    """Write a letter to the party, sign it and send it in one go, where the route lets its author sign it; else it
    waits for approval. The letter, and whether it was sent. Entries: those of `draft_letter`, `send_for_approval` and
    `sign_and_send`."""
    letter = draft_letter(actor, case=case, kind=kind, subject=subject, body=body)
    task = send_for_approval(actor, letter=letter)
    if task.verb != Verb.SIGN or not actor.may("sign", task.unit_id):
        return letter, False
    return sign_and_send(actor, task=task, how=how), True


def offered_letters(case: Case) -> dict[str, Any]:
    """Kinds of letter a clerk may draft in the case, code -> label."""
    return {"decision": _("decision"), "certificate": _("certificate"), "answer": _("answer"), "notice": _("notice")}
