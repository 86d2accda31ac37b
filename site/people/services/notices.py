"""Deeds on the channels of an account: what it hears by e-mail and by text message, and its proven telephone."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from journal import sms
from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.jobs import job
from journal.record import record
from people.access import Access
from people.limits import Limit
from people.models import NoticeChoice, ProvenPhone, User
from people.notices import KINDS

#: How long a code is good for, and how many tries it bears.
LASTS, TRIES = dt.timedelta(minutes=15), 5
#: Codes sent for one account, and to one number whoever asks.
ASKED = Limit("phone-code", 5, 60 * 60)
TO_NUMBER = Limit("phone-code-number", 5, 24 * 60 * 60)


def _own(actor: Access, user: User) -> None:
    if not actor.is_system and actor.user_id != user.pk:
        raise NotAllowed(_("Only the citizen changes their own data."))


@transaction.atomic
def choose(actor: Access, *, user: User, choices: Mapping[str, tuple[bool, bool]]) -> None:
    """Keep an account's choices: kind -> (e-mail, text message). Raises NotAllowed for anybody else, Refused for an
    unknown kind, and for text messages without a proven telephone. One entry: user.notices_chosen."""
    _own(actor, user)
    if set(choices) - set(KINDS):
        raise Refused(_("There is no such kind of message."))
    proven = ProvenPhone.objects.filter(user=user, confirmed_at__isnull=False).exists()
    if any(text for _email, text in choices.values()) and not proven:
        raise Refused(_("Confirm your telephone number first."))
    for kind, (email, text) in choices.items():
        values = {"email": email or bool(KINDS[kind].fixed), "sms": text}
        NoticeChoice.objects.update_or_create(user=user, kind=kind, defaults=values)
    chosen = {kind: [bool(email), bool(text)] for kind, (email, text) in sorted(choices.items())}
    record(actor, "user.notices_chosen", user, data={"chosen": chosen})


@transaction.atomic
def ask_phone(actor: Access, *, user: User, number: str) -> ProvenPhone:
    """Take a number to be proven and send it a code by a job. An older number stays no longer. Raises Refused for what
    is no number, where no text messages are sent, and after too many codes. One entry: user.phone_asked."""
    _own(actor, user)
    found = sms.number_of(number)
    if not sms.available():
        raise Refused(_("This office sends no text messages."))
    if not found:
        raise Refused(_("Write the telephone number with nine digits, or with the country’s number after a plus."))
    if not ASKED.take(str(user.pk)) or not TO_NUMBER.take(found):
        raise Refused(_("Many codes were sent. Wait an hour and try again."))
    values = {"number": found, "nonce": secrets.token_hex(16), "expires_at": db_now() + LASTS, "tries": 0,
              "confirmed_at": None}  # fmt: skip
    phone, _made = ProvenPhone.objects.update_or_create(user=user, defaults=values)
    NoticeChoice.objects.filter(user=user).update(sms=False)
    send_phone_code.defer(phone_id=phone.pk, nonce=phone.nonce)
    record(actor, "user.phone_asked", user)
    return phone


def confirm_phone(actor: Access, *, user: User, code: str) -> ProvenPhone:
    """Prove the number by the code sent to it. Raises Refused for a wrong or old one; a wrong one is counted, whatever
    becomes of the request. One entry: user.phone_confirmed."""
    _own(actor, user)
    with transaction.atomic():
        phone = ProvenPhone.objects.select_for_update().filter(user=user, confirmed_at__isnull=True).first()
        if phone is None or phone.expires_at < db_now() or phone.tries >= TRIES:
            raise Refused(_("The code is too old. Ask for a new one."))
        if hmac.compare_digest(_code(phone).encode(), "".join(code.split()).encode()):
            phone.confirmed_at = db_now()
            phone.save(update_fields=["confirmed_at"])
            record(actor, "user.phone_confirmed", user)
            return phone
        phone.tries += 1
        phone.save(update_fields=["tries"])
    raise Refused(_("The code is wrong. Look at the message again."))


@transaction.atomic
def drop_phone(actor: Access, *, user: User) -> None:
    """Forget the telephone; text messages end. One entry: user.phone_dropped."""
    _own(actor, user)
    gone, _by_kind = ProvenPhone.objects.filter(user=user).delete()
    if not gone:
        raise Refused(_("There is no telephone number to remove."))
    NoticeChoice.objects.filter(user=user).update(sms=False)
    record(actor, "user.phone_dropped", user)


def _code(phone: ProvenPhone) -> str:
    """Six digits that only this installation can make, so that neither a job nor the database holds them."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"phone:{phone.pk}:{phone.nonce}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"


@job("mail", name="people.send_phone_code")
def send_phone_code(phone_id: int, nonce: str) -> None:
    """Send the code of a number that waits to be proven; nothing when another was asked for meanwhile."""
    phone = ProvenPhone.objects.filter(pk=phone_id, nonce=nonce, confirmed_at__isnull=True).first()
    if phone is not None and phone.expires_at > db_now():
        text = _("Your code on the city’s portal: %(code)s. Tell it to nobody.") % {"code": _code(phone)}
        sms.send_once(f"phone:{phone_id}:{nonce}", phone.number, text)
