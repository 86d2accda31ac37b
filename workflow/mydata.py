"""What the circulation holds of a person: calls for a supplement in their cases, visits booked with their address."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from journal.clock import db_now
from people.holdings import Holder, Kept, Record, Subject, facts
from workflow.models import SupplementRequest
from workflow.visits import terms
from workflow.visits.models import Visit


class Calls(Holder):
    name, title, position = "wezwania", gettext_lazy("Calls for a supplement"), 50

    def records(self, subject: Subject) -> Iterator[Record]:
        """Calls that were delivered; one that waits is told of with the letter."""
        mine = SupplementRequest.objects.filter(case__owner=subject.user, due_on__isnull=False)
        for call in mine.select_related("case").order_by("pk").iterator():
            yield Record(
                call.case.reference or call.case.tracking_code,
                facts(
                    ("asked_at", _("Asked"), call.asked_at),
                    ("asked_for", _("Asked for"), "\n".join(str(item.get("label", "")) for item in call.items)),
                    ("due_on", _("Last day for the answer"), call.due_on),
                    ("answered_at", _("Answered"), call.answered_at),
                ),
            )


class Visits(Holder):
    name, title, position = "wizyty", gettext_lazy("Visits booked with your e-mail address"), 55

    def records(self, subject: Subject) -> Iterator[Record]:
        mine = Visit.objects.filter(email__in=subject.emails).select_related("slot__desk__unit", "service")
        for visit in mine.order_by("pk").iterator():
            yield Record(
                str(visit.service),
                facts(
                    ("name", _("First and last name"), visit.name),
                    ("unit", _("Unit"), visit.slot.desk.unit.name),
                    ("starts_at", _("Time"), visit.slot.starts_at),
                    ("booked_at", _("Booked"), visit.booked_at),
                    ("cancelled_at", _("Cancelled"), visit.cancelled_at),
                    ("code", _("Code"), visit.code),
                ),
            )

    def stays(self, subject: Subject) -> list[Kept]:
        if not Visit.objects.filter(email__in=subject.emails).exists():
            return []
        days = terms.kept(localdate(db_now()))
        return [
            Kept(
                _("Visits you booked: they stand, and can be cancelled by the link in the message about them"),
                _("the office expects you; visits do not belong to the account"),
                ngettext("%(n)d day after the visit", "%(n)d days after the visit", days) % {"n": days},
            )
        ]
