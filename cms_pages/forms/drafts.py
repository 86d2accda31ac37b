"""Drafts: started, found by the right person only, saved on every step, moved to a newer version, ended by time."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cms_pages.forms import browser
from cms_pages.forms.fields import Files, SenderFacts, kind_of
from cms_pages.forms.fill import Checked, StepForm, check_all, check_answer
from cms_pages.forms.models import Draft, FormPage, FormVersion, Submission
from cms_pages.forms.spec import Field, FormDocument, Step
from documents import files as store
from documents.reading.policy import UploadRefused, check_set, clean_filename
from journal.brief import briefly
from journal.clock import db_now
from journal.errors import DomainError, NotFound, Refused
from people.models import Citizen, Represented, Unit
from workflow.models import ServiceOffer
from workflow.process import GENERAL

#: How long a draft is kept after its last save, in days: a guest's, an account's.
GUEST_DAYS, ACCOUNT_DAYS = 14, 60
_LINK_SALT = "cms_pages.forms.resume"


def _no_such() -> NotFound:
    return NotFound(_("There is no such form in progress. It may have been sent already or its time has run out."))


class AlreadySent(DomainError):
    """The draft has become a submission; nothing of it can be changed any more."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(_("This form has already been sent. What you have changed since was not sent."))
        self.submission = submission


class LoginNeeded(DomainError):
    """The draft belongs to an account whose login has ended in this browser. `draft` may be written, not shown."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(_("Your login has ended. Log in again: what you typed is kept."))
        self.draft = draft


def start(
    request: HttpRequest, page: FormPage, *, unit: Unit | None = None, represented: Represented | None = None
) -> Draft:
    """Begin a form, with what the account knows of the party filled in: of its owner, or of whom they represent. Raises
    Refused while no version is published."""
    version = page.current_version
    if version is None or not page.live:
        raise Refused(_("This form is not available."))
    offered = units_of(page)
    if unit is not None and unit not in offered:
        unit = None
    if len(offered) == 1:
        unit = offered[0]
    now = db_now()
    owner = request.user if request.user.is_authenticated else None
    return Draft.objects.create(
        version=version, owner=owner, token_hash=browser.ensure(request), unit=unit, represented=represented,
        answers=prefilled(version.spec, owner, represented), language=(get_language() or "pl")[:2], created_at=now,
        updated_at=now, expires_at=now + dt.timedelta(days=ACCOUNT_DAYS if owner else GUEST_DAYS),
    )  # fmt: skip


def units_of(page: FormPage) -> list[Unit]:
    """Units that the form may be sent to, in the order of the directory; the general letter goes to every body and to
    who offers it."""
    if page.unit is not None:
        return [page.unit]
    return list(Unit.objects.filter(pk__in=_taking(page.service_id, page.service.code)).order_by("path"))


def takes(page: FormPage, unit: Unit) -> bool:
    """Whether the form may be sent to the unit: `units_of` for one of them."""
    if page.unit_id is not None:
        return page.unit_id == unit.pk
    return unit.pk in _taking(page.service_id, page.service.code)


@briefly
def _unit(unit_id: int | None) -> Unit | None:
    return Unit.objects.filter(pk=unit_id).first() if unit_id else None


@briefly
def _taking(service_id: int, code: str) -> frozenset[int]:
    ids = set(ServiceOffer.objects.filter(service_id=service_id).values_list("unit_id", flat=True))
    if code == GENERAL:
        ids |= set(Unit.objects.bodies().active().values_list("pk", flat=True))
    return frozenset(Unit.objects.active().filter(pk__in=ids).values_list("pk", flat=True))


def prefilled(document: FormDocument, user: Any, party: Represented | None = None) -> dict[str, Any]:
    """Answers about the party from the account; the citizen sees and may change them. Where to write stays the
    account's own address of e-mail."""
    if user is None:
        return {}
    citizen: Citizen | Represented | None = party
    if party is not None:
        known = SenderFacts(kind="organisation" if party.kind == party.Kind.ORGANISATION else "person",
                            name=str(party), email=user.email, phone=user.phone, pesel=party.pesel,
                            nip=party.nip)  # fmt: skip
    else:
        citizen = Citizen.objects.filter(user=user).first()
        born = citizen.birth_date.isoformat() if citizen and citizen.birth_date else ""
        known = SenderFacts(name=user.get_full_name(), email=user.email, phone=user.phone,
                            pesel=citizen.pesel if citizen else "", birth_date=born)  # fmt: skip
    found: dict[str, Any] = {}
    for item in document.fields:
        if item.of_sender:
            value: Any = kind_of(item).prefill(item, known)
            if item.kind == "address" and citizen and citizen.town:
                value = {name: getattr(citizen, name) for name in ("street", "house", "flat", "postcode", "town")}
            if value is not None and not check_answer(item, value):
                found[item.id] = value
    return found


#: Asked for every page of every form: not worth composing anew each time.
_ALIVE = "SELECT * FROM cms_pages_draft WHERE uuid = %s AND expires_at > clock_timestamp()"


def find(request: HttpRequest, identifier: uuid.UUID) -> Draft:
    """The draft, if this person may have it. A guest's draft becomes the account's at the first look after login.

    Raises AlreadySent, LoginNeeded, NotFound (also for other people's drafts).
    """
    token = browser.token_hash(request)
    draft = next(iter(Draft.objects.raw(_ALIVE, [identifier])), None)
    if draft is None:
        sent = Submission.objects.filter(pk=identifier).first()
        if sent is not None and may_see(request, sent):
            raise AlreadySent(sent)
        raise _no_such()
    draft.version = FormVersion.objects.known(draft.version_id)
    draft.unit = _unit(draft.unit_id)
    mine = bool(token) and draft.token_hash == token
    if draft.owner_id is None:
        if not mine:
            raise _no_such()
        if request.user.is_authenticated:
            draft.owner = request.user
            draft.save(update_fields=["owner"])
        return draft
    if draft.owner_id == request.user.pk:
        return draft
    if mine and not request.user.is_authenticated:
        raise LoginNeeded(draft)
    raise _no_such()


#: How long a guest's browser opens what was sent from it; afterwards the tracking code and the second factor do. A
#: browser may be shared.
GUEST_SEES_FOR = dt.timedelta(hours=24)


def may_see(request: HttpRequest, submission: Submission) -> bool:
    """Whether this person sent it: the account, or for a guest the same browser within a day."""
    if submission.owner_id is not None:
        return submission.owner_id == request.user.pk
    if db_now() - submission.submitted_at > GUEST_SEES_FOR:
        return False
    return bool(submission.token_hash) and submission.token_hash == browser.token_hash(request)


# --- saving -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Saved:
    """What came of saving a step: `conflict` when another tab saved the same step since this page was shown."""

    conflict: bool
    draft: Draft


@transaction.atomic
def save_step(draft: Draft, step: Step, form: StepForm, *, stamp: int | None) -> Saved:
    """Keep a step: its answers when the form is right, otherwise what was typed. Files are kept already.

    `stamp` is the step's stamp when the page was shown; None saves whatever happened since. With another stamp and
    other answers nothing is saved.
    """
    locked = Draft.objects.select_for_update(of=("self",)).select_related("unit").get(pk=draft.pk)
    if locked.version_id == draft.version_id:
        locked.version = draft.version
    if not answer_step(locked, step, form, stamp):
        return Saved(True, locked)
    _touch(locked, step)
    return Saved(False, locked)


def answer_step(draft: Draft, step: Step, form: StepForm, stamp: int | None) -> bool:
    """Put what a page says into the draft, which nobody else may write meanwhile; it is not saved here. False, and
    nothing is put in, when the step was saved elsewhere since the page with this `stamp` was shown (None: whatever)."""
    own = {f.id for f in step.fields}
    before = {k: v for k, v in draft.answers.items() if k in own}
    changed = stamp is not None and draft.stamps.get(step.id, 0) != stamp
    if changed and before != form.values:
        return False
    if form.is_valid():
        merged = {k: v for k, v in draft.answers.items() if k not in own} | form.values
        draft.answers = check_all(draft.version.spec, merged).shown.answers
        draft.typed.pop(step.id, None)
        draft.done = sorted({*draft.done, step.id})
    else:
        draft.typed[step.id] = form.typed()
        draft.done = [s for s in draft.done if s != step.id]
    return True


def _touch(draft: Draft, step: Step | None) -> None:
    if step is not None:
        draft.stamps[step.id] = draft.stamps.get(step.id, 0) + 1
    draft.updated_at = db_now()
    days = ACCOUNT_DAYS if draft.owner_id else GUEST_DAYS
    draft.expires_at = draft.updated_at + dt.timedelta(days=days)
    draft.save()


def store_files(item: Field, uploads: list[UploadedFile], have: list[dict[str, Any]]) -> tuple[list[dict[str, Any]],
                                                                                                list[str]]:  # fmt: skip
    """Store files beside those that the field has already: what was added, and messages for those refused. In no draft
    yet."""
    policy = Files.policy(item)
    refused: list[str] = []
    added: list[dict[str, Any]] = []
    for upload in uploads:
        name = clean_filename(upload.name or "")
        try:
            check_set([*(f["size"] for f in have + added), upload.size or 0], policy)
            blob = store.store_upload(name, upload.size or 0, cast(BinaryIO, upload.file), policy)
        except (UploadRefused, Refused) as error:
            refused.append(str(error.message))
            continue
        one = {"sha256": blob.pk, "name": clean_filename(name, blob.media_type), "size": blob.size,
               "type": blob.media_type}  # fmt: skip
        if one["sha256"] not in {f["sha256"] for f in have + added}:
            added.append(one)
    return added, refused


def choose_unit(draft: Draft, unit: Unit) -> None:
    """Keep the unit that the citizen writes to."""
    draft.unit, draft.updated_at = unit, db_now()
    draft.save(update_fields=["unit", "updated_at"])


def take(draft: Draft) -> bool:
    """Take the draft out of its table, as it was read; False when it was changed or taken by somebody else. Locks it:
    until the caller's transaction ends nobody knows."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cms_pages_draft WHERE uuid = %s AND updated_at = %s", [draft.pk, draft.updated_at])
        return bool(cursor.rowcount)


def keep_files(draft: Draft, step: Step) -> None:
    """Write the files that the draft holds for a page into its row, beside what came in from elsewhere meanwhile."""
    for item in step.fields:
        if held := draft.files.get(item.id, []) if item.kind == "files" else []:
            digests = {f["sha256"] for f in held}
            change_files(draft, item, lambda files, new=held, known=digests: [
                *(f for f in files if f["sha256"] not in known), *new])  # fmt: skip


@transaction.atomic
def change_files(draft: Draft, item: Field, change: Any) -> None:
    """Replace the list of files kept for one field by `change(list)`, under the draft's lock."""
    locked = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    files = change(list(locked.files.get(item.id, [])))
    locked.files[item.id] = files[: Files.policy(item).max_files]
    _touch(locked, None)
    draft.files = locked.files


def rename_file(files: list[dict[str, Any]], sha256: str, name: str) -> list[dict[str, Any]]:
    """The list with one file under another name; its extension follows the content."""
    return [{**f, "name": clean_filename(name, f["type"])} if f["sha256"] == sha256 and name.strip() else f
            for f in files]  # fmt: skip


# --- progress ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """Where a draft stands: the shown steps, and the first that is not answered in full."""

    steps: tuple[Step, ...]
    checked: Checked
    first_open: Step | None


def progress(draft: Draft) -> Progress:
    document = draft.version.spec
    checked = check_all(document, draft.answers, draft.language)
    steps = checked.shown.steps_of(document)
    open_ = next((s for s in steps if s.id not in draft.done or checked.problems_of(s)), None)
    return Progress(steps, checked, open_)


def move_to_current(draft: Draft) -> tuple[Draft, list[str]]:
    """If a newer version was published, move the draft over: answers stay by field id where they still fit.

    Returns the draft and, in words, what changed for the citizen (empty when nothing was moved).
    """
    newest = FormVersion.objects.newest_id(draft.version.page_id)
    if newest is None or newest == draft.version_id:
        return draft, []
    return _move(draft, FormVersion.objects.known(newest))


@transaction.atomic
def _move(draft: Draft, newest: FormVersion) -> tuple[Draft, list[str]]:
    draft = Draft.objects.select_for_update(of=("self",)).select_related("version__page", "unit").get(pk=draft.pk)
    if newest.pk == draft.version_id:
        return draft, []
    old, new = draft.version.spec, newest.spec
    changes = differences(old, new, draft.language)
    kinds = {f.id: f.kind for f in old.fields}
    fit = {f.id for f in new.fields if f.kind == kinds.get(f.id)
           and f.id in draft.answers and not check_answer(f, draft.answers[f.id])}  # fmt: skip
    lost = [f.label.in_language(draft.language) for f in new.fields if f.id in draft.answers and f.id not in fit]
    changes += [_("The answer to “%(label)s” no longer fits and must be given again.") % {"label": x} for x in lost]
    draft.answers = check_all(new, {k: v for k, v in draft.answers.items() if k in fit}).shown.answers
    draft.files = {k: v for k, v in draft.files.items() if k in {f.id for f in new.fields if f.kind == "files"}}
    draft.typed = {k: v for k, v in draft.typed.items() if k in {s.id for s in new.steps}}
    draft.version = newest
    _touch(draft, None)
    return draft, changes or [_("The wording of the form has been corrected.")]


def differences(old: FormDocument, new: FormDocument, language: str = "pl") -> list[str]:
    """What changed between two versions, in sentences for the person who is filling in."""
    before, after = {f.id: f for f in old.fields}, {f.id: f for f in new.fields}
    said = [_("New question: %(label)s") % {"label": f.label.in_language(language)}
            for i, f in after.items() if i not in before]  # fmt: skip
    said += [_("No longer asked: %(label)s") % {"label": f.label.in_language(language)}
             for i, f in before.items() if i not in after]  # fmt: skip
    for identifier, item in after.items():
        was = before.get(identifier)
        if was is not None and (was.label, was.options, was.kind, was.required, was.settings) != (
            item.label, item.options, item.kind, item.required, item.settings):  # fmt: skip
            said.append(_("Changed question: %(label)s") % {"label": item.label.in_language(language)})
    return said


# --- coming back ------------------------------------------------------------------------------------------------


def resume_token(draft: Draft) -> str:
    """A signed token for the link by e-mail; it opens this draft until the draft's own time runs out."""
    return signing.dumps({"d": str(draft.pk), "e": draft.email}, salt=_LINK_SALT)


def resume(request: HttpRequest, token: str) -> Draft:
    """Bind the draft of a link to this browser. Raises NotFound for a wrong or outdated link."""
    gone = NotFound(_("This link does not work any more: the form was sent or its time has run out."))
    try:
        data: Mapping[str, str] = signing.loads(token, salt=_LINK_SALT, max_age=GUEST_DAYS * 86400 * 2)
    except signing.BadSignature:
        raise gone from None
    draft = Draft.objects.alive().filter(pk=data["d"], email=data["e"], owner__isnull=True).first()
    if draft is None:
        raise gone
    draft.token_hash = browser.ensure(request)
    draft.save(update_fields=["token_hash"])
    return draft
