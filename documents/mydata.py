"""What the keeping holds of a person: their cases, letters, receipts, deliveries, messages, and who read their cases.

Only what the party sees on the portal: a letter to collect is told of when it is announced and given when it counts as
delivered, as on the page of the case. Cases outlive the account: they lose its number and stay as the party filed them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from documents import files
from documents.models import Case, CaseMessage, Delivery, Document, DocumentVersion, Letter, Party, Receipt
from documents.readings import for_party
from documents.views import is_shown
from people.holdings import Fact, HeldFile, Holder, Kept, Obstacle, Record, Subject, Text, facts

_AT_ONCE = 200
#: By which law cases are kept: act of 14 July 1983 on the national archival resource and archives (Dz. U. 2020
#: poz. 164), art. 5-6, and the plan of each body made under it. In force on 2026-01-01.
_ARCHIVE_LAW = gettext_lazy(
    "the act on the national archival resource and archives (14 July 1983), art. 5 and 6; GDPR art. 17(3)(b) and (d)"
)


def name_of(case: Case) -> str:
    """How the party knows the case: its reference, else its tracking code."""
    return case.reference or case.tracking_code


class Cases(Holder):
    name, title, position = "sprawy", gettext_lazy("Your cases"), 20

    def records(self, subject: Subject) -> Iterator[Record]:
        mine = Case.objects.of_citizen(subject.user).select_related("unit").order_by("pk")
        for case in mine.iterator(chunk_size=_AT_ONCE):
            yield Record(
                case.title,
                facts(
                    ("reference", _("Case reference"), case.reference),
                    ("tracking_code", _("Tracking code"), case.tracking_code),
                    ("unit", _("Unit"), case.unit.name),
                    ("received_at", _("Received"), case.received_at),
                    ("registered_at", _("Registered"), case.registered_at),
                    ("due_on", _("The office's time ends"), case.due_on),
                    ("closed_at", _("Closed"), case.closed_at),
                    ("outcome", _("Outcome"), case.outcome),
                    *(
                        (f"party_{number}", _("Party"), _party(party))
                        for number, party in enumerate(case.parties.order_by("pk"), 1)
                    ),
                ),
            )

    def files(self, subject: Subject) -> Iterator[HeldFile]:
        mine = Q(case__owner=subject.user) | Q(letter__case__owner=subject.user)
        shown = Document.objects.filter(mine, public=True).select_related("case", "letter__case").order_by("pk")
        for document in shown.iterator(chunk_size=_AT_ONCE):
            case = document.case or (document.letter.case if document.letter else None)
            if case is None or case.owner_id != subject.user.pk:
                continue
            versions = DocumentVersion.objects.filter(document=document).select_related(
                "blob", "document__letter", "document__case"
            )
            for version in versions.order_by("number"):
                if is_shown(version):
                    yield HeldFile(
                        f"{name_of(case)} {version.pk} {version.file_name}", version.blob.size,
                        partial(files.chunks, version.blob),
                    )  # fmt: skip

    def stays(self, subject: Subject) -> list[Kept]:
        count = Case.objects.of_citizen(subject.user).count()
        if not count:
            return []
        return [
            Kept(
                ngettext(
                    "%(count)d case with what you filed and what the office wrote",
                    "%(count)d cases with what you filed and what the office wrote",
                    count,
                )
                % {"count": count},
                _ARCHIVE_LAW,
                _("as long as the office's file plan says for each kind of case; then they are destroyed or go to the "
                  "state archive"),
            )
        ]  # fmt: skip

    def goes(self, subject: Subject) -> list[Text]:
        return [_("the link between your cases and the account: nobody will see them by signing in")]

    def erase(self, subject: Subject) -> None:
        """The cases go on as those of a guest: followed by code and second factor, written to by post."""
        Case.objects.of_citizen(subject.user).update(owner=None)
        Party.objects.filter(user=subject.user).update(user=None)


class Letters(Holder):
    name, title, position = "pisma", gettext_lazy("Letters and forms you filed"), 25

    def records(self, subject: Subject) -> Iterator[Record]:
        mine = Letter.objects.filter(case__owner=subject.user, direction=Letter.Direction.INCOMING)
        for letter in mine.select_related("case").order_by("pk").iterator(chunk_size=_AT_ONCE):
            answers = (
                Fact(f"answer_{answer.get('field', number)}", str(answer.get("label", "")), _said(answer))
                for number, answer in enumerate(letter.answers, 1)
            )
            yield Record(
                letter.subject,
                (
                    *facts(
                        ("case", _("Case"), name_of(letter.case) if letter.case else ""),
                        ("register_number", _("Register number"), letter.register_number),
                        ("channel", _("Came by"), str(letter.get_channel_display())),
                        ("received_at", _("Received"), letter.received_at),
                        ("attachments", _("Attachments"), letter.attachment_count),
                    ),
                    *answers,
                ),
            )


class Receipts(Holder):
    name, title, position = "poswiadczenia", gettext_lazy("Official receipts (UPO)"), 30

    def _of(self, subject: Subject) -> Iterator[Receipt]:
        mine = Receipt.objects.filter(case__owner=subject.user).select_related("case", "xml", "pdf").order_by("pk")
        return mine.iterator(chunk_size=_AT_ONCE)

    def records(self, subject: Subject) -> Iterator[Record]:
        for receipt in self._of(subject):
            yield Record(
                receipt.number,
                facts(
                    ("kind", _("Kind"), str(receipt.get_kind_display())),
                    ("case", _("Case"), name_of(receipt.case)),
                    ("happened_at", _("Filed or received"), receipt.happened_at),
                    ("signed_at", _("Signed"), receipt.signed_at),
                    ("document_sha256", _("Digest of the document (SHA-256)"), receipt.document_sha256),
                ),
            )

    def files(self, subject: Subject) -> Iterator[HeldFile]:
        for receipt in self._of(subject):
            for kind, blob in (("xml", receipt.xml), ("pdf", receipt.pdf)):
                if blob is not None:
                    yield HeldFile(f"{receipt.number}.{kind}", blob.size, partial(files.chunks, blob))

    def stays(self, subject: Subject) -> list[Kept]:
        if not Receipt.objects.filter(case__owner=subject.user).exists():
            return []
        return [Kept(_("Official receipts of filing and delivery"), _ARCHIVE_LAW, _("as long as their case"))]


class Deliveries(Holder):
    name, title, position = "doreczenia", gettext_lazy("Letters delivered to your account"), 35

    def records(self, subject: Subject) -> Iterator[Record]:
        announced = Delivery.objects.of_citizen(subject.user).filter(first_notice_at__isnull=False)
        mine = announced.select_related("letter__case", "letter__body").order_by("pk")
        for delivery in mine.iterator(chunk_size=_AT_ONCE):
            letter = delivery.letter
            yield Record(
                letter.subject if delivery.delivered_at else _("A letter to collect"),
                facts(
                    ("from", _("From"), letter.body.name),
                    ("case", _("Case"), name_of(letter.case) if letter.case else ""),
                    ("first_notice_at", _("First notice"), delivery.first_notice_at),
                    ("second_notice_at", _("Second notice"), delivery.second_notice_at),
                    ("received_at", _("Receipt confirmed"), delivery.received_at),
                    ("deemed_at", _("Deemed delivered"), delivery.deemed_at),
                ),
            )

    def obstacles(self, subject: Subject) -> list[Obstacle]:
        mine = Delivery.objects.of_citizen(subject.user).filter(received_at__isnull=True, deemed_at__isnull=True)
        if mine.filter(first_notice_at__isnull=False).exists():
            return [
                Obstacle(
                    _("A letter from the office waits for you. Collect it first: it could not be delivered any more."),
                    reverse("cms_pages:my_letters"),
                )
            ]
        if mine.exists():
            return [Obstacle(_("The office is just sending a letter to your account. Try again in a few minutes."))]
        return []


class Messages(Holder):
    name, title, position = "wiadomosci", gettext_lazy("Messages with the office"), 40

    def records(self, subject: Subject) -> Iterator[Record]:
        mine = CaseMessage.objects.filter(case__owner=subject.user).select_related("case").order_by("pk")
        for message in mine.iterator(chunk_size=_AT_ONCE):
            yield Record(
                _("The office wrote") if message.from_office else _("You wrote"),
                facts(
                    ("case", _("Case"), name_of(message.case)),
                    ("sent_at", _("Sent"), message.sent_at),
                    ("text", _("Text"), message.text),
                ),
            )


class Readings(Holder):
    name, title, position = "kto-czytal", gettext_lazy("Who of the office read your cases"), 45

    def records(self, subject: Subject) -> Iterator[Record]:
        mine = Case.objects.of_citizen(subject.user).filter(readings__isnull=False).distinct().order_by("pk")
        for case in mine.iterator(chunk_size=_AT_ONCE):
            for reading in for_party(case):
                yield Record(
                    name_of(case),
                    facts(
                        ("day", _("Day"), reading.day),
                        ("unit", _("Unit"), reading.unit),
                        ("role", _("Role"), reading.role),
                    ),
                )


HOLDERS = (Cases(), Letters(), Receipts(), Deliveries(), Messages(), Readings())


def _party(party: Party) -> str:
    said = (party.name, party.pesel, party.nip, party.email, party.phone, party.street, party.postcode, party.town)
    return ", ".join(part for part in said if part)


def _said(answer: dict[str, object]) -> str:
    shown = answer.get("display")
    if isinstance(shown, (list, tuple)):
        return "\n".join(map(str, shown))
    return str(shown if shown is not None else answer.get("raw", ""))
