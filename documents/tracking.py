"""Tracking codes: what a guest writes down to follow a case. A code alone opens nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata

from django.utils.translation import gettext as _

from documents.models import Case
from journal.errors import NotFound, Refused
from people.limits import Limit, give_back

#: 25 characters, none of them easily taken for another (0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V in handwriting).
ALPHABET = "346789ACDEFGHJKMNPQRTVWXY"
_LENGTH, _GROUP = 16, 4
_DUMMY = "0" * 64
#: Wrong tries from one address, and for one code wherever they come from.
FROM_ADDRESS, FOR_CODE = Limit("track", 10, 15 * 60), Limit("track-code", 20, 60 * 60)


class TooManyTries(Refused):
    """The limit of wrong tries is reached; nothing was looked up."""


def open_case(address: str, code: str, factor: str) -> Case:
    """`find_case` for the public: wrong tries are limited. `address` as `people.limits.address_of` gives it.

    Raises TooManyTries, NotFound."""
    slots = FROM_ADDRESS.take(address), FOR_CODE.take(normalise(code))
    if not all(slots):
        give_back(*slots)
        raise TooManyTries(_("Too many tries. Wait a quarter of an hour and try again."))
    case = find_case(code, factor)
    give_back(*slots)
    return case


def new_code() -> str:
    """A fresh code such as "7KQM-3WXC-9PTF-4HNC": 16 random characters of 25, which is more than 74 bits."""
    letters = "".join(secrets.choice(ALPHABET) for _n in range(_LENGTH))
    return "-".join(letters[i:i + _GROUP] for i in range(0, _LENGTH, _GROUP))


def normalise(code: str) -> str:
    """What was typed, as codes are kept: upper case, groups, no other characters. Wrong input gives a string that no
    case has."""
    letters = re.sub(r"[^0-9A-Za-z]+", "", unicodedata.normalize("NFKC", code)[:80]).upper()
    return "-".join(letters[i:i + _GROUP] for i in range(0, len(letters), _GROUP))


def normalise_factor(factor: str) -> str:
    """The second factor as it is hashed: e-mail in lower case, or a date as YYYY-MM-DD (also typed DD.MM.YYYY)."""
    text = unicodedata.normalize("NFKC", factor)[:254].strip().lower()
    day = re.fullmatch(r"(\d{1,2})[.\-/ ](\d{1,2})[.\-/ ](\d{4})", text)
    if day:
        return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
    return text


def hash_factor(code: str, factor: str) -> str:
    """The second factor as it is kept: HMAC-SHA-256 with the case's own code as its key, hex.

    No slow hash: who can read this column reads the e-mail address or the date in the letter beside it; guessing from
    outside is stopped by `open_case`'s limits. What the code protects must not stand in the clear in lists and logs."""
    key = f"obieg.tracking:{normalise(code)}".encode()
    return hmac.new(key, normalise_factor(factor).encode(), "sha256").hexdigest()


def _hash_before(code: str, factor: str) -> str:
    """The same as it was kept for cases opened by the first versions: scrypt, 1 MB."""
    salt = f"obieg.tracking:{normalise(code)}".encode()
    return hashlib.scrypt(normalise_factor(factor).encode(), salt=salt, n=2**10, r=8, p=1, dklen=32).hex()


def find_case(code: str, factor: str) -> Case:
    """The case that the code and its second factor open together.

    Raises NotFound with one and the same message for an unknown code, a wrong factor, and a case that has no second
    factor; the work done is the same in each. The public asks through `open_case`, which limits how often.
    """
    given, before = hash_factor(code, factor), _hash_before(code, factor)
    case = Case.objects.filter(tracking_code=normalise(code)).first()
    kept = [str(value) for value in (case.guest_factors if case else [])] or [_DUMMY]
    good = False
    for value in kept:
        good |= hmac.compare_digest(value, given) | hmac.compare_digest(value, before)
    if case is None or not good:
        raise NotFound(_("There is no case with this code and this e-mail address or date. Check both and try again."))
    return case
