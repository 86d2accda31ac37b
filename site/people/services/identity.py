"""The code by which a citizen at the counter shows which account is theirs: short, for a quarter of an hour, once."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
import unicodedata

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.record import record
from people.access import Access
from people.limits import Limit
from people.models import Citizen, IdentityCode, User

#: How long a code is good for.
LASTS = dt.timedelta(minutes=15)
#: 25 characters that nobody takes for another; eight of them are 37 bits, enough behind the limit of tries below.
ALPHABET = "346789ACDEFGHJKMNPQRTVWXY"
_LENGTH = 8
#: Codes typed by one clerk.
TRIES = Limit("identity-code", 20, 15 * 60)
#: Codes made by one account.
MADE = Limit("identity-code-made", 10, 60 * 60)


@transaction.atomic
def make_code(actor: Access, *, user: User) -> tuple[str, IdentityCode]:
    """A fresh code of a citizen's own account, to be shown at the counter; an older one stops working. The code itself
    is given once and kept only as a digest. Entry `citizen.code_made`.

    Raises NotAllowed for another's account, Refused when it is no citizen's and after too many codes in an hour."""
    if not actor.is_system and actor.user_id != user.pk:
        raise NotAllowed(_("Only the owner of an account makes its code."))
    if not Citizen.objects.filter(user=user).exists():
        raise Refused(_("This is not a citizen's account."))
    if not MADE.take(str(user.pk)):
        raise Refused(_("You have made many codes. Wait an hour and try again."))
    code = "".join(secrets.choice(ALPHABET) for _n in range(_LENGTH))
    kept, _made = IdentityCode.objects.update_or_create(
        user=user, defaults={"digest": _digest(code), "expires_at": db_now() + LASTS}
    )
    record(actor, "citizen.code_made", kept, data={"user": user.pk})
    return f"{code[:4]}-{code[4:]}", kept


def looks_like_code(text: str) -> bool:
    """Whether what was typed may be a code."""
    return len(_normal(text)) == _LENGTH and "@" not in text


def holder_of(code: str) -> Citizen | None:
    """Whose code it is; None for a wrong or expired one."""
    found = IdentityCode.objects.filter(digest=_digest(code), expires_at__gt=db_now()).first()
    return Citizen.objects.select_related("user").filter(user_id=found.user_id).first() if found else None


def spend(code: str, user: User) -> None:
    """Use up the code of this account, inside the deed it allows. Raises Refused when it is not good for it."""
    used = IdentityCode.objects.select_for_update().filter(
        user=user, digest=_digest(code), expires_at__gt=db_now()
    )  # fmt: skip
    found = used.first()
    if found is None:
        raise Refused(_("This code is wrong or older than 15 minutes. Ask the person for a new one."))
    found.delete()


def _normal(code: str) -> str:
    return re.sub(r"[^0-9A-Za-z]+", "", unicodedata.normalize("NFKC", code)[:40]).upper()


def _digest(code: str) -> str:
    key = f"obieg.identity:{settings.SECRET_KEY}".encode()
    return hmac.new(key, _normal(code).encode(), hashlib.sha256).hexdigest()
