"""The call for a supplement (art. 64 § 2 k.p.a.): asked, answered, or left unconsidered.

While it is open the time of the case is *not counted*, which is not a suspension.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from documents import files
from documents.filing import Filing
from documents.models import Case, DocumentVersion, Letter
from documents.proof import answered
from journal import keyring
from journal.clock import db_now, warsaw_day
from journal.errors import Conflict, Refused
from journal.jobs import job
from journal.models import Audience
from journal.record import record
from people.access import SYSTEM, Access
from people.models import Assurance
from workflow import process, states
from workflow.deadlines import DeadlineError, supplement_due
from workflow.models import Interval, Process, RouteStep, SupplementRequest
from workflow.services import sealed

ARTICLE = "art. 64 § 2 k.p.a."
KINDS = frozenset({"text", "file", "signature"})


def _clean_items(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    cleaned = [
        {
            "id": f"s{n}",
            "label": str(item["label"]).strip()[:250],
            "kind": item.get("kind", "text"),
            "required": bool(item.get("required", True)),
        }
        for n, item in enumerate(items, 1)
        if str(item.get("label", "")).strip()
    ]
    if not cleaned:
        raise Refused(_("Say what is missing."))
    if any(item["kind"] not in KINDS for item in cleaned):
        raise Refused(_("Only a text, a file or a signature can be asked for."))
    return cleaned


@transaction.atomic
def request_supplement(
    actor: Access,
    *,
    case: Case,
    items: Sequence[dict[str, Any]],
    days: int,
    reason: str,
    happened_at: dt.datetime | None = None,
) -> SupplementRequest:
    """Call the party to supplement the filing within `days` (not less than 7) from delivery of the call.

    Writes the letter, seals it with the unit's seal, registers and sends it, and stops the counting of the case's
    time. Needs `handle_cases`. Raises Refused for too few days or nothing asked. Entries: those of the letter, and
    supplement.requested for the call itself.
    """
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.REQUEST_SUPPLEMENT)
    wanted = _clean_items(items)
    moment = actor.moment(happened_at, case.unit)
    try:
        supplement_due(warsaw_day(moment), days, process.calendar_of(case.body))
    except DeadlineError as error:
        raise Refused(str(error)) from error
    letter = sealed.send(
        actor,
        case=case,
        kind="summons",
        subject=_("Call to supplement the filing"),
        content={"items": wanted, "days": days, "reason": reason, "article": ARTICLE},
        moment=moment,
        happened_at=happened_at,
    )
    interval = Interval.objects.create(
        case=case,
        kind=Interval.Kind.NOT_COUNTED,
        article=ARTICLE,
        reason=_("waiting for a supplement"),
        from_day=warsaw_day(moment),
    )
    request = SupplementRequest.objects.create(
        case=case, letter=letter, interval=interval, items=wanted, days=days, asked_at=moment
    )
    process.recount(case)
    process.touch(case)
    record(
        actor,
        "supplement.requested",
        request,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data={"days": days, "article": ARTICLE, "letter": letter.pk},
        detail={"reason": reason},
        happened_at=moment,
    )
    return request


def delivered(letter: Letter, moment: dt.datetime) -> None:
    """The call was delivered: from here its days count. Called by the follower of deliveries; idempotent."""
    found = SupplementRequest.objects.filter(letter=letter, due_on__isnull=True).first()
    if found is None:
        return
    case = process.locked_case(found.case_id)  # the case before its request, as every deed locks them
    request = SupplementRequest.objects.select_for_update().get(pk=found.pk)
    counted = supplement_due(warsaw_day(moment), request.days, process.calendar_of(case.body))
    request.due_on = counted.rolled
    request.save(update_fields=["due_on"])
    process.touch(case)


def answer(actor: Access, *, request: SupplementRequest, letter: Letter, filing: Filing) -> SupplementRequest:
    """Join the answer that intake has registered to its request; the time counts again.

    Called by intake inside its transaction (the party's right was checked where the answer was typed). One entry:
    supplement.answered. Raises Conflict when this call was answered already or its case left unconsidered.
    """
    case = process.locked_case(request.case_id)
    request = SupplementRequest.objects.select_for_update(of=("self",)).select_related("interval").get(pk=request.pk)
    if request.answered_at is not None:
        raise Conflict(_("This call has already been answered."))
    if request.left_at is not None:
        raise Conflict(_("The time to answer is over: the case was left unconsidered."))
    states.require(case, states.Verb.ANSWER_SUPPLEMENT)
    moment = filing.received_at or db_now()
    request.answered_at = moment
    request.answer_letter = letter
    if filing.attachments and (_asks_signature(request) or case.process.signature_missing):
        request.signatures = {"pending": True}
    request.save(update_fields=["answered_at", "answer_letter", "signatures"])
    interval = request.interval
    interval.until_day = max(warsaw_day(moment), interval.from_day)
    interval.save(update_fields=["until_day"])
    _meet_assurance(case, request, filing)
    process.recount(case)
    process.touch(case)
    if case.handler_id:
        process.cancel_tasks(case, by=SYSTEM, now=moment, verb=RouteStep.Verb.HANDLE)
        process.add_task(
            case,
            RouteStep.Verb.HANDLE,
            by=SYSTEM,
            assignee=case.handler,
            instruction=_("The supplement has come."),
            now=moment,
        )
    record(
        actor,
        "supplement.answered",
        request,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data={"letter": letter.pk},
        happened_at=moment,
    )
    return request


def _meet_assurance(case: Case, request: SupplementRequest, filing: Filing) -> None:
    """The mark goes at once for who answers with the assurance asked for; a signed file is judged by a job first."""
    running = Process.objects.select_related("service_version").get(case=case)
    wanted = running.service_version.assurance if running.service_version else Assurance.SIGNED
    if running.signature_missing and filing.assurance >= wanted:
        running.signature_missing = False
        running.save(update_fields=["signature_missing"])
    if request.signatures:
        judge_signatures.defer(request_id=request.pk)


@job("default", name="workflow.judge_signatures")
def judge_signatures(request_id: int) -> None:
    """Judge the files of an answer, outside any transaction, and keep the result; nothing when it is kept already."""
    request = SupplementRequest.objects.select_related("answer_letter", "case").get(pk=request_id)
    if not request.signatures.get("pending") or request.answer_letter is None:
        return
    filed = (
        DocumentVersion.objects.filter(
            # The filed document, or its readable form that the party is shown: either may be what they signed.
            document__kind__in=("filed", "filed_pdf"),
            document__letter__case=request.case,
            document__letter__direction="in",
        )
        .exclude(document__letter__kind="supplement")
        .values_list("blob_id", flat=True)
    )
    answers = DocumentVersion.objects.filter(document__kind="attachment", document__letter=request.answer_letter)
    at, found = request.answered_at or db_now(), []
    with ExitStack() as opened:
        signed = [opened.enter_context(files.local(digest)) for digest in filed]
        for version in answers.order_by("document__position", "id"):
            with files.local(version.blob_id) as path:
                verdict = answered.judge(path, version.file_name, signed, anchors=keyring.trust_anchors(), at=at)
            found.append({"file": version.file_name} | verdict)
    keep_judgement(SYSTEM, request=request, found=found)


@transaction.atomic
def keep_judgement(actor: Access, *, request: SupplementRequest, found: Sequence[dict[str, Any]]) -> SupplementRequest:
    """Keep what the check of an answer's files found; one good signature of a known issuer clears the mark.

    One entry: supplement.signature_judged; none when it was kept before.
    """
    case = process.locked_case(request.case_id)
    request = SupplementRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if not request.signatures.get("pending"):
        return request
    accepted = any(one["state"] == answered.VALID for one in found)
    request.signatures = {"accepted": accepted, "files": list(found)}
    to_decide = bool(undecided(request))
    request.save(update_fields=["signatures"])
    if accepted:
        Process.objects.filter(case=case).update(signature_missing=False)
    process.touch(case)
    record(
        actor,
        "supplement.signature_judged",
        request,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data={"letter": request.answer_letter_id, "accepted": accepted, "to_decide": to_decide},
    )
    return request


def undecided(request: SupplementRequest) -> list[tuple[int, dict[str, Any]]]:
    """The good signatures of unknown issuers in an answer, with their places, while none of the answer is accepted."""
    if request.signatures.get("accepted"):
        return []
    found = enumerate(request.signatures.get("files", ()))
    return [(place, one) for place, one in found if one["state"] == answered.UNVERIFIED]


def to_decide(requests: Sequence[SupplementRequest], *, signature_missing: bool) -> list[SupplementRequest]:
    """Those of a case's calls whose answers hold a signature to decide on; none when the case has an accepted one."""
    if any(request.signatures.get("accepted") for request in requests):
        return []
    return [one for one in requests if undecided(one) and (signature_missing or _asks_signature(one))]


def _asks_signature(request: SupplementRequest) -> bool:
    return any(item["kind"] == "signature" for item in request.items)


@transaction.atomic
def accept_signature(
    actor: Access, *, request: SupplementRequest, file: int, reason: str, happened_at: dt.datetime | None = None
) -> SupplementRequest:
    """Accept a good signature whose issuer is not known here: the clerk answers for the issuer, and says why.

    `file`: its place among the judged files. Clears the mark of a missing signature. Needs `handle_cases`. Raises
    Refused without a reason and for any other file than one of `undecided`: an invalid signature is never accepted.
    One entry: supplement.signature_accepted.
    """
    case = process.handled_case(actor, request.case_id)
    states.require(case, states.Verb.ACCEPT_SIGNATURE)
    moment = actor.moment(happened_at, case.unit)
    request = SupplementRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if not reason.strip():
        raise Refused(_("Say why the signature is accepted."))
    found = dict(undecided(request))
    if file not in found:
        raise Refused(_("Only a valid signature whose issuer is not verified waits for a decision."))
    files_now = [
        {**one, "accepted_at": moment.isoformat()} if place == file else one
        for place, one in enumerate(request.signatures["files"])
    ]
    request.signatures = {**request.signatures, "accepted": True, "files": files_now}
    request.save(update_fields=["signatures"])
    Process.objects.filter(case=case).update(signature_missing=False)
    process.touch(case)
    record(
        actor,
        "supplement.signature_accepted",
        request,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data={"letter": request.answer_letter_id, "file": file},
        detail={"reason": reason.strip(), "certificate": found[file]["certificate"]},
        happened_at=moment,
    )
    return request


@transaction.atomic
def leave_unconsidered(actor: Access, *, case: Case, reason: str = "", happened_at: dt.datetime | None = None) -> Case:
    """Leave the case unconsidered: the call was delivered, its days are over, no answer came (art. 64 § 2).

    Needs `handle_cases`. Raises Refused before the last day is over or while the call is not delivered.
    One entry: case.left_unconsidered.
    """
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.LEAVE)
    moment = actor.moment(happened_at, case.unit)
    request = case.supplement_requests.select_for_update().get(answered_at__isnull=True, left_at__isnull=True)
    if request.due_on is None:
        raise Refused(_("The call has not been delivered yet, so its days do not run."))
    if warsaw_day(moment) <= request.due_on:
        raise Refused(_("The party may still answer until %(day)s.") % {"day": request.due_on.isoformat()})
    request.left_at = moment
    request.save(update_fields=["left_at"])
    interval = request.interval
    interval.until_day = max(warsaw_day(moment), interval.from_day)
    interval.save(update_fields=["until_day"])
    case.left_at = moment
    case.closed_at = moment
    case.outcome = "left_unconsidered"
    case.version += 1
    case.save(update_fields=["left_at", "closed_at", "outcome", "version"])
    process.cancel_tasks(case, by=actor, now=moment)
    record(
        actor,
        "case.left_unconsidered",
        case,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data={"article": ARTICLE, "request": request.pk},
        detail={"reason": reason} if reason else None,
        happened_at=moment,
    )
    return case
