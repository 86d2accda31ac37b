"""What the portal holds of a person: forms begun and sent, registrations for events, the calendar address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cms_pages.event_mail import KEPT_AFTER
from cms_pages.forms.models import Draft, Submission
from cms_pages.models import CalendarFeed, EventRegistration
from documents import files
from documents.models import Blob
from people.holdings import Fact, HeldFile, Holder, Kept, Record, Subject, Text, facts


class Drafts(Holder):
    name, title, position = "wersje-robocze", gettext_lazy("Forms begun and not sent"), 60

    def records(self, subject: Subject) -> Iterator[Record]:
        mine = Draft.objects.alive().filter(owner=subject.user).select_related("version", "unit")
        for draft in mine.order_by("created_at").iterator(chunk_size=50):
            fields = {field.id: field for field in draft.version.spec.fields}
            answers = (
                Fact(f"answer_{key}", fields[key].label.in_language("pl") if key in fields else key, _said(value))
                for key, value in draft.answers.items()
            )
            yield Record(
                draft.version.spec.title.in_language("pl"),
                (
                    *facts(
                        ("begun_at", _("Begun"), draft.created_at),
                        ("saved_at", _("Last saved"), draft.updated_at),
                        ("kept_until", _("Kept until"), draft.expires_at),
                        ("unit", _("Unit"), draft.unit.name if draft.unit else ""),
                    ),
                    *answers,
                ),
            )

    def files(self, subject: Subject) -> Iterator[HeldFile]:
        for draft in Draft.objects.alive().filter(owner=subject.user).order_by("created_at").iterator(chunk_size=50):
            for kept in (one for each in draft.files.values() for one in each):
                blob = Blob.objects.filter(pk=kept.get("sha256", "")).first()
                if blob is not None:
                    yield HeldFile(str(kept.get("name", "plik")), blob.size, partial(files.chunks, blob))

    def goes(self, subject: Subject) -> list[Text]:
        count = Draft.objects.filter(owner=subject.user).count()
        said = ngettext("%(count)d form begun and not sent", "%(count)d forms begun and not sent", count)
        return [said % {"count": count}] if count else []

    def erase(self, subject: Subject) -> None:
        Draft.objects.filter(owner=subject.user).delete()


class SentForms(Holder):
    name, title, position = "wyslane-formularze", gettext_lazy("Forms you sent"), 65

    def records(self, subject: Subject) -> Iterator[Record]:
        mine = Submission.objects.filter(owner=subject.user).select_related("version", "case").order_by("submitted_at")
        for sent in mine.iterator(chunk_size=100):
            yield Record(
                sent.version.spec.title.in_language("pl"),
                facts(
                    ("submitted_at", _("Sent"), sent.submitted_at),
                    ("case", _("Case"), sent.case.reference or sent.case.tracking_code),
                    ("receipt", _("Receipt"), sent.receipt_number),
                    ("version", _("Version of the form"), str(sent.version.number)),
                ),
            )

    def erase(self, subject: Subject) -> None:
        """What was sent stays with its case; that this account sent it does not."""
        Submission.objects.filter(owner=subject.user).update(owner=None, token_hash="")


class Events(Holder):
    name, title, position = "wydarzenia", gettext_lazy("Events you registered for"), 70

    def records(self, subject: Subject) -> Iterator[Record]:
        mine = EventRegistration.objects.filter(email__in=subject.emails).select_related("event").order_by("pk")
        for one in mine.iterator():
            yield Record(
                one.event.title,
                facts(
                    ("name", _("First and last name"), one.name),
                    ("phone", _("Phone"), one.phone),
                    ("needs", _("What you need to take part"), one.needs),
                    ("starts_at", _("Begins"), one.event.starts_at),
                    ("registered_at", _("Registered"), one.registered_at),
                    ("cancelled_at", _("Cancelled"), one.cancelled_at),
                ),
            )

    def stays(self, subject: Subject) -> list[Kept]:
        if not EventRegistration.objects.filter(email__in=subject.emails).exists():
            return []
        days = KEPT_AFTER.days
        return [
            Kept(
                _("Registrations for events: they stand, and can be cancelled by the link in the message about them"),
                _("the organiser keeps a place for you; registrations do not belong to the account"),
                ngettext("%(n)d day after the event", "%(n)d days after the event", days) % {"n": days},
            )
        ]


class Calendar(Holder):
    name, title, position = "kalendarz", gettext_lazy("Calendar of deadlines"), 75

    def records(self, subject: Subject) -> Iterator[Record]:
        for feed in CalendarFeed.objects.filter(user=subject.user):
            yield Record(_("Secret address of a calendar"), facts(("made_at", _("Made"), feed.made_at)))

    def goes(self, subject: Subject) -> list[Text]:
        held = CalendarFeed.objects.filter(user=subject.user).exists()
        return [_("the secret address of your calendar of deadlines")] if held else []

    def erase(self, subject: Subject) -> None:
        CalendarFeed.objects.filter(user=subject.user).delete()


HOLDERS = (Drafts(), SentForms(), Events(), Calendar())


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
