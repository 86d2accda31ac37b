"""Polish identifiers: reading, normal form, check digits. And the case reference (znak sprawy).

Every check takes what a person may type (spaces, hyphens, small letters) and returns the normal form, or raises
IdentifierError with a stable code and a translated sentence. Sources: PESEL, NIP and REGON by python-stdnum; identity
card and passport by the published check-digit weights; land register by the published character values (X is 10, A 11,
no Q and V). A right check digit says that a number is well-formed, never that it was issued.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import stdnum.exceptions
import stdnum.pl.nip
import stdnum.pl.pesel
import stdnum.pl.regon
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


class IdentifierError(ValueError):
    """`code`: empty, format, length, checksum, date. `message`: a translated sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _compact(text: str) -> str:
    """Without the spaces and hyphens people put in; upper case."""
    return re.sub(r"[\s\u00a0\u2010-\u2015-]+", "", text).upper()


def _digits(text: str, name: str, *lengths: int) -> str:
    number = _compact(text)
    if not number:
        raise IdentifierError("empty", _("Enter the %(name)s number.") % {"name": name})
    if not re.fullmatch(r"[0-9]+", number):
        raise IdentifierError("format", _("The %(name)s number has digits only.") % {"name": name})
    if len(number) not in lengths:
        wanted = _(" or ").join(str(n) for n in lengths)
        raise IdentifierError(
            "length",
            _("The %(name)s number has %(wanted)s digits; this one has %(found)d.")
            % {"name": name, "wanted": wanted, "found": len(number)},
        )
    return number


def _wrong_digit(name: str) -> IdentifierError:
    return IdentifierError(
        "checksum",
        _("This %(name)s number is wrong: its check digit does not agree. Compare it digit by digit.") % {"name": name},
    )


# --- people and companies ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pesel:
    """What a PESEL number tells."""

    number: str
    born: date
    sex: str  # "M" or "F"


def read_pesel(text: str) -> Pesel:
    """Raises IdentifierError: empty, format, length, checksum, date."""
    number = _digits(text, "PESEL", 11)
    try:
        stdnum.pl.pesel.validate(number)
        born = stdnum.pl.pesel.get_birth_date(number)
    except stdnum.exceptions.InvalidChecksum as error:
        raise _wrong_digit("PESEL") from error
    except stdnum.exceptions.ValidationError as error:
        raise IdentifierError("date", _("This PESEL number is wrong: it names a day that does not exist.")) from error
    return Pesel(number, born, "M" if int(number[9]) % 2 else "F")


def pesel(text: str) -> str:
    """11 digits."""
    return read_pesel(text).number


def nip(text: str) -> str:
    """10 digits, without the PL of cross-border trade."""
    number = _digits(_compact(text).removeprefix("PL"), "NIP", 10)
    # the library takes ten zeros, which no office ever gave out
    if number == "0" * 10 or not stdnum.pl.nip.is_valid(number):
        raise _wrong_digit("NIP")
    return number


def regon(text: str) -> str:
    """9 or 14 digits."""
    number = _digits(text, "REGON", 9, 14)
    if set(number) == {"0"} or not stdnum.pl.regon.is_valid(number):
        raise _wrong_digit("REGON")
    return number


def krs(text: str) -> str:
    """10 digits, filled with zeros in front; there is no check digit."""
    number = _compact(text).removeprefix("KRS").removeprefix(":")
    if re.fullmatch(r"[0-9]{5,9}", number):
        number = number.zfill(10)
    number = _digits(number, "KRS", 10)
    if set(number) == {"0"}:
        raise IdentifierError("format", _("This is not a KRS number."))
    return number


# --- documents of people ----------------------------------------------------------------------------------------


def _weighted(characters: str, weights: tuple[int, ...]) -> int:
    """Sum of weights times values, digits as they are and A=10 ... Z=35."""
    return sum(weight * int(c, 36) for weight, c in zip(weights, characters, strict=True))


def id_card(text: str) -> str:
    """Identity card: three letters and six digits, the first digit is the check digit."""
    number = _compact(text)
    if not re.fullmatch(r"[A-Z]{3}[0-9]{6}", number):
        raise IdentifierError("format", _("An identity card number is three letters and six digits, e.g. ABC 123456."))
    if _weighted(number[:3] + number[4:], (7, 3, 1, 7, 3, 1, 7, 3)) % 10 != int(number[3]):
        raise _wrong_digit(pgettext("number of", "identity card"))
    return number


def passport(text: str) -> str:
    """Passport: two letters and seven digits, the first digit is the check digit."""
    number = _compact(text)
    if not re.fullmatch(r"[A-Z]{2}[0-9]{7}", number):
        raise IdentifierError("format", _("A passport number is two letters and seven digits, e.g. AB 1234567."))
    if _weighted(number[:2] + number[3:], (7, 3, 1, 7, 3, 1, 7, 3)) % 10 != int(number[2]):
        raise _wrong_digit(pgettext("number of", "passport"))
    return number


# --- places, accounts, land -------------------------------------------------------------------------------------


def postcode(text: str) -> str:
    """`44-330`."""
    number = _compact(text)
    if not re.fullmatch(r"[0-9]{5}", number):
        raise IdentifierError("format", _("A postcode looks like 44-330."))
    return f"{number[:2]}-{number[2:]}"


def nrb(text: str) -> str:
    """A Polish bank account: 26 digits (ISO 7064 mod 97 over the IBAN with PL)."""
    number = _digits(_compact(text).removeprefix("PL"), pgettext("number of", "bank account"), 26)
    if int(number[2:] + "2521" + number[:2]) % 97 != 1:
        raise _wrong_digit(pgettext("number of", "bank account"))
    return number


_KW_VALUES = "0123456789XABCDEFGHIJKLMNOPRSTUWYZ"


def land_register(text: str) -> str:
    """Land and mortgage register (KW): `GL1J/00012345/6`; leading zeros of the middle may be left out."""
    match = re.fullmatch(
        r"([A-Z]{2}[0-9][A-Z])/?([0-9]{1,8})/([0-9])|([A-Z]{2}[0-9][A-Z])([0-9]{8})([0-9])", _compact(text)
    )
    if match is None:
        raise IdentifierError("format", _("A land register number looks like GL1J/00012345/6."))
    court, middle, check = (match[1] or match[4]), (match[2] or match[5]).zfill(8), (match[3] or match[6])
    if not set(court) <= set(_KW_VALUES):
        raise IdentifierError("format", _("A land register number looks like GL1J/00012345/6."))
    if sum((1, 3, 7)[n % 3] * _KW_VALUES.index(c) for n, c in enumerate(court + middle)) % 10 != int(check):
        raise _wrong_digit(pgettext("number of", "land register"))
    return f"{court}/{middle}/{check}"


CHECKS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "pesel": pesel, "nip": nip, "regon": regon, "krs": krs, "id_card": id_card, "passport": passport,
        "postcode": postcode, "nrb": nrb, "land_register": land_register,
    }
)  # fmt: skip


def validator(kind: str) -> Callable[[str], str]:
    """The check for a kind of CHECKS. KeyError for an unknown kind."""
    return CHECKS[kind]


# --- case reference ---------------------------------------------------------------------------------------------

_MARK = r"[A-Za-zĄĆĘŁŃÓŚŹŻąćęłńóśźż0-9]+(?:-[A-Za-zĄĆĘŁŃÓŚŹŻąćęłńóśźż0-9]+)*"
_REFERENCE = (
    rf"(?P<unit>{_MARK})\.(?P<symbol>[0-9]{{1,5}})\.(?P<number>[0-9]{{1,9}})(?:\.(?P<sub>[0-9]{{1,9}}))?"
    r"\.(?P<year>[12][0-9]{3})(?:\.(?P<handler>[A-ZĄĆĘŁŃÓŚŹŻ]{2,4}))?"
)
_WHOLE = re.compile(_REFERENCE)
_WITHIN = re.compile(rf"(?<![\w.-]){_REFERENCE}(?![\w-]|\.\w)")


@dataclass(frozen=True, slots=True)
class CaseReference:
    """Znak sprawy: `OR.0003.12.2026`; in a group of its own `OR.0003.12.3.2026`; on letters with the handler's
    initials, which are no part of the identity. Numbers restart per unit, class, year and group."""

    unit_symbol: str
    class_symbol: str
    number: int
    year: int
    sub_number: int | None = None
    handler: str = ""

    def __post_init__(self) -> None:
        if _WHOLE.fullmatch(str(self)) is None or self.number < 1 or self.sub_number == 0:
            raise IdentifierError("format", _("“%(text)s” is not a case reference.") % {"text": str(self)[:60]})

    def __str__(self) -> str:
        parts: list[Any] = [self.unit_symbol, self.class_symbol, self.number]
        if self.sub_number is not None:
            parts.append(self.sub_number)
        parts.append(self.year)
        if self.handler:
            parts.append(self.handler)
        return ".".join(map(str, parts))

    @property
    def identity(self) -> str:
        """The reference without the handler's initials."""
        return str(CaseReference(self.unit_symbol, self.class_symbol, self.number, self.year, self.sub_number))

    @classmethod
    def parse(cls, text: str) -> CaseReference:
        """Read a reference; spaces around and at the dots, and zeros before the number, are forgiven."""
        match = _WHOLE.fullmatch(re.sub(r"\s*\.\s*", ".", text.strip()))
        if match is None:
            raise IdentifierError(
                "format", _("“%(text)s” is not a case reference. It looks like OR.0003.12.2026.") % {"text": text[:60]}
            )
        return cls._of(match)

    @classmethod
    def find_all(cls, text: str) -> Iterator[CaseReference]:
        """The references mentioned in a text, in order."""
        for match in _WITHIN.finditer(text):
            try:
                yield cls._of(match)
            except IdentifierError:
                continue

    @classmethod
    def _of(cls, match: re.Match[str]) -> CaseReference:
        return cls(
            unit_symbol=match["unit"],
            class_symbol=match["symbol"],
            number=int(match["number"]),
            year=int(match["year"]),
            sub_number=int(match["sub"]) if match["sub"] else None,
            handler=match["handler"] or "",
        )
