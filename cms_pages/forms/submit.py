"""From a finished draft to a Filing handed to intake. The draft's uuid is the idempotency key."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from cms_pages.forms import drafts
from cms_pages.forms.fields import SenderFacts, kind_of
from cms_pages.forms.fields.files import files_in
from cms_pages.forms.fill import check_all
from cms_pages.forms.models import Draft, FormVersion, Submission
from cms_pages.forms.spec import Answers, FormDocument, Step
from documents.filing import Answer, Attachment, Filing, FormRef, Sender
from documents.models import Blob, Letter
from journal.clock import db_now
from journal.errors import DomainError, NotFound, Refused
from people.access import Access
from people.models import Unit
from workflow import intake

_MAX_SUBJECT = 250


class NotReady(DomainError):
    """Something is still missing or wrong on `step` (None: the unit is not chosen)."""

    def __init__(self, step: Step | None, message: str) -> None:
        super().__init__(message)
        self.step = step


class VersionChanged(DomainError):
    """The form was published anew since the answers were shown; nothing was sent."""


def submit(access: Access, draft_id: uuid.UUID) -> Submission:
    """Send a draft: validate it against the version shown, hand it to intake, and keep what it became.

    One transaction. A repeated call (double click, back button) gives the same Submission. Raises NotReady,
    VersionChanged, Refused (intake or service closed, form withdrawn), Conflict (same key, other body), NotFound.
    """
    with transaction.atomic():
        draft = Draft.objects.select_for_update(of=("self",)).select_related("unit").filter(pk=draft_id).first()
        if draft is None:
            sent = Submission.objects.select_related("case", "letter").filter(pk=draft_id).first()
            if sent is None:
                raise NotFound(_("There is no such form in progress. It may have been sent already or its time has "
                                 "run out."))  # fmt: skip
            return sent
        version = FormVersion.objects.select_related("page__service", "page__unit").get(pk=draft.version_id)
        draft.version = version
        if not version.page.live:
            raise Refused(_("This form has been withdrawn. Your answers are kept for now; ask the office what to do."))
        if version != version.page.current_version:
            raise VersionChanged(_("The form has just been changed. Check your answers once more."))
        where = drafts.progress(draft)
        if where.first_open is not None:
            problems = where.checked.problems_of(where.first_open)
            raise NotReady(where.first_open, next(iter(problems.values()), _("Answer the questions of this page.")))
        unit = draft.unit
        if unit is None or unit not in drafts.units_of(version.page):
            raise NotReady(None, _("Choose the unit you write to."))
        filing = freeze(version, where.checked.shown.answers, unit=unit, key=f"form:{draft.pk}", access=access,
                        owner_id=draft.owner_id, language=draft.language)  # fmt: skip
        taken = intake.receive(access, filing)
        made = Submission.objects.create(
            uuid=draft.pk, version=version, letter=taken.letter, case=taken.case, receipt_number=taken.receipt.number,
            owner_id=draft.owner_id, token_hash=draft.token_hash, digest=filing.digest(), submitted_at=db_now(),
        )  # fmt: skip
        draft.delete()
        return made


def submit_answers(access: Access, version: FormVersion, answers: Answers, *, unit: Unit, key: str,
                   owner_id: int | None = None, language: str = "pl") -> intake.Intake:  # fmt: skip
    """Send answers that come from elsewhere than our own pages (the API, the demo). Same checks, same intake.

    Raises Refused naming the first wrong field, Conflict for the same key with another body.
    """
    document = version.spec
    unknown = set(answers) - {f.id for f in document.fields}
    if unknown:
        raise Refused(_("Unknown fields: %(names)s.") % {"names": ", ".join(sorted(str(n)[:64] for n in unknown))})
    checked = check_all(document, answers, language)
    if checked.problems:
        name, message = next(iter(checked.problems.items()))
        raise Refused(f"{name}: {message}")
    if unit not in drafts.units_of(version.page):
        raise Refused(_("This unit does not offer this service."))
    filing = freeze(version, checked.shown.answers, unit=unit, key=key, access=access, owner_id=owner_id,
                    language=language)  # fmt: skip
    return intake.receive(access, filing)


def freeze(version: FormVersion, answers: Answers, *, unit: Unit, key: str, access: Access, owner_id: int | None,
           language: str = "pl") -> Filing:  # fmt: skip
    """The Filing of checked answers. The office's language is Polish: labels and display values are in Polish."""
    document = version.spec
    said: list[Answer] = []
    attached: list[Attachment] = []
    for step, section, item in document.walk():
        if (value := answers.get(item.id)) is None:
            continue
        kind = kind_of(item)
        said.append(Answer(field=item.id, label=item.label.pl, kind=item.kind, raw=value,
                           display=kind.display(item, value), section=section.title.pl or step.title.pl))  # fmt: skip
        if item.kind == "files":
            attached += [Attachment(f["sha256"], f["name"], f["type"], f["size"], item.id) for f in files_in(value)]
    missing = {a.blob_sha256 for a in attached} - set(
        Blob.objects.filter(pk__in=[a.blob_sha256 for a in attached]).values_list("pk", flat=True))  # fmt: skip
    if missing:
        raise Refused(_("One of the files is missing. Add it again."))
    facts = sender_facts(document, answers)
    return Filing(
        channel=Letter.Channel.PORTAL, unit_id=unit.pk, subject=_subject(document, answers), sender=Sender(
            kind=facts.kind or "person", name=facts.name, pesel=facts.pesel, nip=facts.nip, email=facts.email,
            phone=facts.phone, street=facts.street, postcode=facts.postcode, town=facts.town),
        intake_key=key, answers=tuple(said), attachments=tuple(attached), service_code=document.service or None,
        form=FormRef(version.pk, version.number, version.checksum, document.title.pl), owner_id=owner_id,
        assurance=int(access.assurance) if owner_id else 0,
        guest_factors=tuple(f for f in (facts.email.lower(), facts.birth_date) if f),
        language=language if language in ("pl", "en", "uk") else "pl",
    )  # fmt: skip


def sender_facts(document: FormDocument, answers: Answers) -> SenderFacts:
    """Who files, from the first shown answer of each kind that describes them; an organisation goes before a person."""
    found: dict[str, str] = {}
    for item in document.fields:
        if not item.of_sender or (value := answers.get(item.id)) is None:
            continue
        facts = kind_of(item).sender(item, value)
        if facts.kind == "organisation" and found.get("kind") == "person":
            found.pop("name"), found.pop("kind")
        for name in SenderFacts.__dataclass_fields__:
            if (fact := getattr(facts, name)) and name not in found:
                found[name] = fact
    return SenderFacts(**found)


def _subject(document: FormDocument, answers: Answers) -> str:
    """The form's title; for a general letter what the citizen wrote as its subject (a text field with id "subject")."""
    item = document.field("subject")
    own = answers.get("subject") if item is not None and item.kind == "text" else None
    text = f"{document.title.pl}: {own}" if isinstance(own, str) else document.title.pl
    return text[:_MAX_SUBJECT]
