"""Kinds of messages to citizens, and the channels over which each account hears of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from journal import notify
from people.models import NoticeChoice, ProvenPhone


@dataclass(frozen=True)
class Kind:
    """One kind in the citizen's words. `fixed`: why its e-mail cannot be switched off; empty where it can."""

    label: Promise
    hint: Promise
    fixed: Promise | str = ""


KINDS: Mapping[str, Kind] = {
    "receipt": Kind(_("Confirmation of filing"), _("The official receipt (UPO) is ready.")),
    "letter": Kind(
        _("A letter or a call from the office"),
        _("A letter waits, or something is missing; days run from the notice."),
        _("The law requires this notice (art. 46 of the Code of Administrative Procedure): days run from it."),
    ),
    "time": Kind(_("Dates of the case"), _("A new date, a suspension, a case left unconsidered.")),
    "message": Kind(_("Message from the clerk"), _("An answer on the page of the case.")),
}


def channels(user_id: int, kind: str) -> notify.Channels:
    """Where an account hears of a kind. Two queries. What the law requires always goes by e-mail."""
    if kind not in KINDS:
        return notify.Channels()
    chosen = NoticeChoice.objects.filter(user_id=user_id, kind=kind).first()
    if chosen is None:
        return notify.Channels()
    phone = ProvenPhone.objects.filter(user_id=user_id, confirmed_at__isnull=False).first() if chosen.sms else None
    return notify.Channels(email=chosen.email or bool(KINDS[kind].fixed), phone=phone.number if phone else "")
