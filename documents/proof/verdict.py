"""What a verification answers: valid or not, who signed, when, and what exactly is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from documents.proof.receipt_xml import UpdData, UppData


class Part(Enum):
    """The part of a proof that a reason is about. The values are stable: tests, API and check page use them."""

    FILE = "file"
    """The file itself: unreadable, too large, not as it was issued."""
    STRUCTURE = "structure"
    """It is not shaped as a receipt (schema, place or number of signatures)."""
    CONTENT = "content"
    """Something that was signed has changed; ``element`` names it where it is known."""
    SIGNATURE = "signature"
    """The signature value, or the signed list of digests."""
    PROPERTIES = "signed-properties"
    """What the signature says about itself: time, certificate named."""
    CERTIFICATE = "certificate"
    """Untrusted, changed, expired, or not yet valid."""
    DOCUMENT = "document"
    """The filed document is not the one the receipt attests."""
    COPY = "embedded-xml"
    """The XML inside the PDF is missing, or not the same as the other file."""


@dataclass(frozen=True)
class Reason:
    """One thing that is wrong, in words for the person who asked."""

    part: Part
    text: str
    element: str = ""
    """Path of the element below UPP or UPD, such as ``Adresat/Nazwa``; empty when none is known."""


@dataclass(frozen=True)
class Verdict:
    """The answer about one file. ``valid`` is True exactly when ``reasons`` is empty."""

    kind: str
    """``upp``, ``upd``, ``receipt-pdf``, ``pades``, ``xades`` or ``unknown``."""
    reasons: tuple[Reason, ...] = ()
    who: str = ""
    organization: str = ""
    when: dt.datetime | None = None
    """Time the signer claims, with time zone. Without a time stamp nobody else attests it."""
    is_demo: bool = False
    receipt: UppData | UpdData | None = None
    """What the receipt says. Filled for invalid ones as well, so never trust it without ``valid``."""
    signers: tuple[str, ...] = ()
    """Everybody who signed, first to last; one name for a receipt."""

    @property
    def valid(self) -> bool:
        return not self.reasons

    def parts(self) -> set[Part]:
        return {reason.part for reason in self.reasons}

    def elements(self) -> set[str]:
        return {reason.element for reason in self.reasons if reason.element}


def unique(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The reasons without repetitions, in order."""
    return tuple(dict.fromkeys(reasons))
