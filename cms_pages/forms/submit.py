"""From a finished draft to a Filing handed to intake. The draft's uuid is the idempotency key."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from cms_pages.forms import drafts
from cms_pages.forms.fields import SenderFacts, kind_of
from cms_pages.forms.fields.files import files_in
from cms_pages.forms.fill import StepForm, check_all
from cms_pages.forms.models import Draft, FormVersion, Submission
from cms_pages.forms.spec import Answers, FormDocument, Step
from documents.filing import Answer, Attachment, Filing, FormRef, Sender
from documents.models import Letter
from journal.errors import Conflict, DomainError, Refused
from journal.rows import insert, together
from people.access import Access
from people.models import Assurance, Citizen, Represented, Unit, User
from workflow import intake

_MAX_SUBJECT = 250


class NotReady(DomainError):
    """Something is still missing or wrong on `step` (None: the unit is not chosen)."""

    def __init__(self, step: Step | None, message: str) -> None:
        super().__init__(message)
        self.step = step


class VersionChanged(DomainError):
    """The form was published anew since the answers were shown; nothing was sent."""


@dataclass(frozen=True)
class LastPage:
    """The answers of a form's only page, sent from that page; `stamp` as the page was shown."""

    step: Step
    form: StepForm
    stamp: int | None


def submit(access: Access, draft: Draft, last: LastPage | None = None) -> Submission:
    """Send a draft: validate it against the version shown, hand it to intake, and keep what it became. `last`: what
    was typed on the page that is sent without the page for checking; it is not saved when nothing is sent.

    One transaction. A repeated call (double click, back button) gives the same Submission. Raises NotReady,
    VersionChanged, Refused (intake or service closed, form withdrawn), Conflict (the draft was changed elsewhere since
    it was read).
    """
    with transaction.atomic():
        # The draft goes first, as it was read: that locks it, and nobody else can file under its key.
        if not drafts.take(draft):
            sent = Submission.objects.select_related("case", "letter").filter(pk=draft.pk).first()
            if sent is not None:
                return sent
            raise Conflict(_("Your answers have changed since this page was shown. Check them once more."))
        version = draft.version
        if not version.page.live:
            raise Refused(_("This form has been withdrawn. Your answers are kept for now; ask the office what to do."))
        if version.pk != FormVersion.objects.newest_id(version.page_id):
            raise VersionChanged(_("The form has just been changed. Check your answers once more."))
        if last is not None and not drafts.answer_step(draft, last.step, last.form, last.stamp):
            raise Conflict(_("This page was saved in another tab"))
        where = drafts.progress(draft)
        if where.first_open is not None:
            problems = where.checked.problems_of(where.first_open)
            raise NotReady(where.first_open, next(iter(problems.values()), _("Answer the questions of this page.")))
        unit = draft.unit
        if unit is None or not drafts.takes(version.page, unit):
            raise NotReady(None, _("Choose the unit you write to."))
        party = Represented.objects.current().filter(pk=draft.represented_id).first() if draft.represented_id else None
        if draft.represented_id and party is None:
            raise Refused(_("You no longer represent the party of this form. Begin it anew in your own name."))
        filing = freeze(version, where.checked.shown.answers, unit=unit, key=f"form:{draft.pk}", access=access,
                        owner_id=draft.owner_id, language=draft.language, party=party)  # fmt: skip
        with together():
            taken = intake.take(access, filing)
            return insert(Submission(
                uuid=draft.pk, version=version, letter=taken.letter, case=taken.case,
                receipt_number=taken.receipt.number, owner_id=draft.owner_id,
                represented_id=draft.represented_id, token_hash=draft.token_hash,
                digest=taken.letter.intake_digest, submitted_at=taken.receipt.made_at,
            ))  # fmt: skip


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
    if not drafts.takes(version.page, unit):
        raise Refused(_("This unit does not offer this service."))
    filing = freeze(version, checked.shown.answers, unit=unit, key=key, access=access, owner_id=owner_id,
                    language=language)  # fmt: skip
    return intake.receive(access, filing)


def freeze(version: FormVersion, answers: Answers, *, unit: Unit, key: str, access: Access, owner_id: int | None,
           language: str = "pl", party: Represented | None = None) -> Filing:  # fmt: skip
    """The Filing of checked answers. The office's language is Polish: labels and display values are in Polish. `party`:
    in whose name the owner of the account files; said in the filed document, in front of the answers."""
    document = version.spec
    said: list[Answer] = [_representation(party)] if party else []
    attached: list[Attachment] = []
    for step, section, item in document.walk():
        if (value := answers.get(item.id)) is None:
            continue
        kind = kind_of(item)
        said.append(Answer(field=item.id, label=item.label.pl, kind=item.kind, raw=value,
                           display=kind.display(item, value), section=section.title.pl or step.title.pl))  # fmt: skip
        if item.kind == "files":
            attached += [Attachment(f["sha256"], f["name"], f["type"], f["size"], item.id) for f in files_in(value)]
    facts = sender_facts(document, answers)
    return Filing(
        channel=Letter.Channel.PORTAL, unit_id=unit.pk, subject=_subject(document, answers), sender=Sender(
            kind=facts.kind or "person", name=facts.name, pesel=facts.pesel, nip=facts.nip, email=facts.email,
            phone=facts.phone, street=facts.street, postcode=facts.postcode, town=facts.town),
        intake_key=key, answers=tuple(said), attachments=tuple(attached), service_code=document.service or None,
        form=FormRef(version.pk, version.number, version.checksum, document.title.pl), owner_id=owner_id,
        assurance=assurance_of(access, owner_id, facts, party),
        guest_factors=tuple(f for f in (facts.email.lower(), facts.birth_date) if f),
        language=language if language in ("pl", "en", "uk") else "pl",
    )  # fmt: skip


def _representation(party: Represented) -> Answer:
    """Who files and by what right, in the office's language, as the account declares it."""
    owner = User.objects.get(pk=party.owner_id)
    with override("pl"):
        said = _("%(who)s, %(right)s, by their own declaration") % {
            "who": owner.get_full_name() or owner.email, "right": party.get_basis_display(),
        }  # fmt: skip
        return Answer(field="w-imieniu", label=_("Files in the name of %(party)s") % {"party": party}, kind="text",
                      raw=said, display=said, section=_("Who files"))  # fmt: skip


def assurance_of(access: Access, owner_id: int | None, facts: SenderFacts, party: Represented | None = None) -> int:
    """How sure the office may be of who files: the account's level; but a confirmed identity vouches only for the
    person whose document was seen, or for whom they represent, not for another PESEL or name typed in the form."""
    if owner_id is None:
        return Assurance.NONE
    if access.assurance != Assurance.CONFIRMED or facts.kind == "organisation":
        return int(access.assurance)
    if party is not None:
        named = facts.pesel == party.pesel if facts.pesel else _folded(facts.name) in ("", _folded(str(party)))
        return Assurance.CONFIRMED if named else Assurance.ACCOUNT
    seen = Citizen.objects.select_related("user").get(user_id=owner_id)
    same = facts.pesel == seen.pesel if facts.pesel else _folded(facts.name) in ("", _folded(str(seen.user)))
    return Assurance.CONFIRMED if same else Assurance.ACCOUNT


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


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
