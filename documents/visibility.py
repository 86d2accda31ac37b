"""The database rendering of Access. The search rendering is `search.acl`; a test proves that both agree.

The rule: a sealed case and all in it is visible only to its named readers:
`(not sealed and unit in units and clearance enough) or shared`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Q

from people.access import Access, shared_q
from people.models import User

if TYPE_CHECKING:
    from documents.models import Case, CaseMessage, Delivery, Document, Letter, Receipt  # noqa: F401  (named in generic bases)


def case_q(access: Access, prefix: str = "") -> Q:
    """Cases that an access may see, as a filter of them or (with `prefix`) of rows that lead to one: a condition on the
    joined case and never a list of visible ids, which would read the whole table of a large town."""
    ordinary = Q(**{f"{prefix}sealed": False, f"{prefix}clearance__lte": access.clearance})
    inside = ordinary & Q(**{f"{prefix}unit_id__in": access.units.get("view_cases", frozenset())})
    path = f"{prefix}pk" if prefix == "" else prefix.removesuffix("__")
    return inside | shared_q(access, apps.get_model("documents", "Case"), "read_case", path)


def _letter_q(access: Access, prefix: str = "") -> Q:
    units = Q(**{f"{prefix}unit_id__in": access.units.get("view_letters", frozenset())})
    free = Q(**{f"{prefix}case__isnull": True}) | Q(**{f"{prefix}case__sealed": False,
                                                      f"{prefix}case__clearance__lte": access.clearance})
    return (units & free) | (Q(**{f"{prefix}case__isnull": False}) & case_q(access, f"{prefix}case__"))


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, access: Access) -> CaseQuerySet:
        """Cases that this access may see."""
        return self.all() if access.is_system else self.filter(case_q(access))

    def of_citizen(self, user: User) -> CaseQuerySet:
        """Cases that a citizen filed with their account (the citizen's own rule)."""
        return self.filter(owner=user)

    def open(self) -> CaseQuerySet:
        return self.filter(closed_at__isnull=True, crossed_at__isnull=True)


class CaseMessageQuerySet(models.QuerySet["CaseMessage"]):
    def visible_to(self, access: Access) -> CaseMessageQuerySet:
        """A message is visible with its case."""
        return self.all() if access.is_system else self.filter(case_q(access, "case__"))

    def unread_by_office(self) -> CaseMessageQuerySet:
        return self.filter(from_office=False, read_at__isnull=True)

    def unread_by_party(self) -> CaseMessageQuerySet:
        return self.filter(from_office=True, read_at__isnull=True)


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, access: Access) -> LetterQuerySet:
        """Letters of the units whose registers this access may see, and letters of cases it may see."""
        return self.all() if access.is_system else self.filter(_letter_q(access))

    def incoming(self) -> LetterQuerySet:
        return self.filter(direction="in")

    def outgoing(self) -> LetterQuerySet:
        return self.filter(direction="out")


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, access: Access) -> DocumentQuerySet:
        """A document is visible with its case, else with its letter."""
        if access.is_system:
            return self.all()
        of_case = Q(case__isnull=False) & case_q(access, "case__")
        of_letter = Q(letter__isnull=False) & _letter_q(access, "letter__")
        return self.filter(of_case | of_letter)


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def visible_to(self, access: Access) -> ReceiptQuerySet:
        """A receipt is visible with its letter."""
        return self.all() if access.is_system else self.filter(_letter_q(access, "letter__"))

    def unsigned(self) -> ReceiptQuerySet:
        """Receipts that were promised and wait for their signature, oldest first."""
        return self.filter(signed_at__isnull=True).order_by("made_at")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, access: Access) -> DeliveryQuerySet:
        """A delivery is visible with its letter."""
        return self.all() if access.is_system else self.filter(_letter_q(access, "letter__"))

    def of_citizen(self, user: User) -> DeliveryQuerySet:
        """What waits for, or was delivered to, a citizen's account."""
        return self.filter(user=user, box="account")

    def waiting(self) -> DeliveryQuerySet:
        """Announced, and neither signed for nor deemed delivered."""
        return self.filter(first_notice_at__isnull=False, received_at__isnull=True, deemed_at__isnull=True)

    def awaiting_receipt(self) -> DeliveryQuerySet:
        """Posted letters whose return receipt has not come back, nor the letter itself."""
        return self.filter(box="paper", posted_on__isnull=False, receipt_returned_on__isnull=True,
                           returned_on__isnull=True)

    def with_permission(self, access: Access, permission: str) -> DeliveryQuerySet:
        """Deliveries of letters in whose unit the access holds the permission."""
        if access.is_system:
            return self.all()
        return self.filter(letter__unit_id__in=access.units.get(permission, frozenset()))

    def print_queue(self) -> DeliveryQuerySet:
        """Paper letters that nobody has printed yet, oldest first."""
        return self.filter(box="paper", printed_at__isnull=True).order_by("id")
