"""Kinds that tell who files: person, organisation, PESEL, NIP, address."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from wagtail import blocks

from cms_pages.forms.fields.base import Kind, Parts, Plain, SenderFacts, Unfit, register
from cms_pages.forms.fields.ordered import day_parts, read_day, split_day
from cms_pages.forms.spec import Field, Json
from documents import identifiers

NO_PESEL_REASONS = ("foreigner", "waiting", "other")


def _string(value: Json, name: str) -> str:
    return str(value.get(name) or "") if isinstance(value, dict) else ""


@register
class Person(Kind):
    """Given name(s) and surname: {"first_name": ..., "last_name": ...}."""

    name, label, icon = "person", gettext_lazy("Person (names and surname)"), "user"
    describes_sender = True
    grouped = True

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        own = item.of_sender
        return {
            "first_name": Plain(label=_("First name"), max_length=80, autocomplete="given-name" if own else "off"),
            "last_name": Plain(label=_("Surname"), max_length=100, autocomplete="family-name" if own else "off"),
        }

    def combine(self, item: Field, parts: Parts) -> Json:
        first, last = parts.get("first_name") or "", parts.get("last_name") or ""
        if not first and not last:
            return None
        lacking = {}
        if not first:
            lacking["first_name"] = _("Enter the first name.")
        if not last:
            lacking["last_name"] = _("Enter the surname.")
        for name, text in (("first_name", first), ("last_name", last)):
            if text and not any(c.isalpha() for c in text):
                lacking[name] = _("A name has letters.")
        if lacking:
            raise Unfit(lacking)
        return {"first_name": first, "last_name": last}

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        return {"first_name": _string(value, "first_name"), "last_name": _string(value, "last_name")}

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        return f"{_string(value, 'first_name')} {_string(value, 'last_name')}".strip()

    def schema(self, item: Field) -> dict[str, Any]:
        return _object({"first_name": 80, "last_name": 100}, ["first_name", "last_name"])

    def sender(self, item: Field, value: Json) -> SenderFacts:
        return SenderFacts(kind="person", name=self.display(item, value))

    def prefill(self, item: Field, known: SenderFacts) -> Json:
        if known.kind == "organisation":
            return None
        first, _space, last = known.name.rpartition(" ")
        return {"first_name": first, "last_name": last} if first and last else None


@register
class Organisation(Kind):
    """A company or association: {"name": ..., "nip": ...}; the NIP may be left out."""

    name, label, icon = "organisation", gettext_lazy("Organisation (name and NIP)"), "group"
    describes_sender = True
    grouped = True

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        return {
            "name": Plain(label=_("Full name"), max_length=200, autocomplete="organization"),
            "nip": Plain(label=_("NIP (if there is one)"), max_length=20, inputmode="numeric", autocomplete="off"),
        }

    def combine(self, item: Field, parts: Parts) -> Json:
        name, nip = parts.get("name") or "", parts.get("nip") or ""
        if not name and not nip:
            return None
        if not name:
            raise Unfit(_("Enter the full name."), "name")
        return {"name": name, "nip": _checked("nip", nip, "nip") if nip else ""}

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        return {"name": _string(value, "name"), "nip": _string(value, "nip")}

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        nip = _string(value, "nip")
        return _string(value, "name") + (f", NIP {nip}" if nip else "")

    def schema(self, item: Field) -> dict[str, Any]:
        return _object({"name": 200, "nip": 10}, ["name"])

    def sender(self, item: Field, value: Json) -> SenderFacts:
        return SenderFacts(kind="organisation", name=_string(value, "name"), nip=_string(value, "nip"))

    def prefill(self, item: Field, known: SenderFacts) -> Json:
        return {"name": known.name, "nip": known.nip} if known.kind == "organisation" and known.name else None


@register
class PeselNumber(Kind):
    """PESEL, or the way for people who have none: {"pesel": "..."} or {"birth_date": ISO, "reason": ...}."""

    name, label, icon = "pesel", gettext_lazy("PESEL number"), "user"
    describes_sender = True
    grouped = True

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        return {
            "number": Plain(label=_("PESEL number"), max_length=20, inputmode="numeric", autocomplete="off"),
            "none": forms.BooleanField(label=_("I have no PESEL number"), required=False),
            "reason": forms.ChoiceField(
                label=_("Why"), required=False, widget=forms.RadioSelect,
                choices=[("foreigner", _("I am a foreigner without a PESEL number")),
                         ("waiting", _("I am waiting for one")), ("other", _("another reason"))],
                error_messages={"invalid_choice": _("Choose one of the answers listed.")}),
            **day_parts(autocomplete=item.of_sender),
        }  # fmt: skip

    def combine(self, item: Field, parts: Parts) -> Json:
        number = parts.get("number") or ""
        if not parts.get("none"):
            return {"pesel": _checked("pesel", number, "number")} if number else None
        if number:
            raise Unfit(_("Either enter the PESEL number or tick that there is none, not both."), "number")
        born = read_day(parts)
        if born is None:
            raise Unfit(_("Enter the date of birth."), "day")
        return {"birth_date": born.isoformat(), "reason": parts.get("reason") or "other"}

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        if number := _string(value, "pesel"):
            return {"number": number}
        return {"none": "on", "reason": _string(value, "reason"), **split_day(_string(value, "birth_date"))}

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        with override(language):
            if number := _string(value, "pesel"):
                return number
            born = dt.date.fromisoformat(_string(value, "birth_date"))
            return _("no PESEL number, born %(day)s") % {"day": f"{born:%d.%m.%Y}"}

    def schema(self, item: Field) -> dict[str, Any]:
        return {"oneOf": [
            {"type": "object", "required": ["pesel"], "additionalProperties": False,
             "properties": {"pesel": {"type": "string", "pattern": "^[0-9]{11}$"}}},
            {"type": "object", "required": ["birth_date"], "additionalProperties": False,
             "properties": {"birth_date": {"type": "string", "format": "date"},
                            "reason": {"enum": list(NO_PESEL_REASONS)}}},
        ]}  # fmt: skip

    def sender(self, item: Field, value: Json) -> SenderFacts:
        number = _string(value, "pesel")
        born = identifiers.read_pesel(number).born.isoformat() if number else _string(value, "birth_date")
        return SenderFacts(pesel=number, birth_date=born)

    def prefill(self, item: Field, known: SenderFacts) -> Json:
        if known.pesel:
            return {"pesel": known.pesel}
        return {"birth_date": known.birth_date, "reason": "other"} if known.birth_date else None


@register
class Nip(Kind):
    name, label, icon = "nip", gettext_lazy("NIP"), "key"
    describes_sender = True

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        return {"": Plain(label=item.label.in_language(language), max_length=20, inputmode="numeric",
                          autocomplete="off")}  # fmt: skip

    def combine(self, item: Field, parts: Parts) -> Json:
        return _checked("nip", parts[""], "") if parts.get("") else None

    def prefill(self, item: Field, known: SenderFacts) -> Json:
        return known.nip or None

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        text = str(value)
        return f"{text[:3]}-{text[3:6]}-{text[6:8]}-{text[8:]}"

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]{10}$"}

    def sender(self, item: Field, value: Json) -> SenderFacts:
        return SenderFacts(nip=str(value))


@register
class Address(Kind):
    """A Polish address: {"street", "house", "flat", "postcode", "town"}; places without streets leave it empty."""

    name, label, icon = "address", gettext_lazy("Address"), "home"
    describes_sender = True
    grouped = True

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        return [("town", blocks.CharBlock(label=gettext_lazy("Town filled in beforehand"), required=False,
                                          max_length=80))]  # fmt: skip

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        own = item.of_sender
        return {
            "street": Plain(label=_("Street (leave empty if there is none)"), max_length=120,
                            autocomplete="address-line1" if own else "off"),
            "house": Plain(label=_("House number"), max_length=20, autocomplete="off"),
            "flat": Plain(label=_("Flat number (optional)"), max_length=20, autocomplete="off"),
            "postcode": Plain(label=_("Postcode"), max_length=10, inputmode="numeric",
                              autocomplete="postal-code" if own else "off"),
            "town": Plain(label=_("Town"), max_length=80, autocomplete="address-level2" if own else "off"),
        }  # fmt: skip

    def combine(self, item: Field, parts: Parts) -> Json:
        value: dict[str, Json] = {name: parts.get(name) or "" for name in ("street", "house", "flat", "postcode",
                                                                            "town")}  # fmt: skip
        given = {name for name, text in value.items() if text}
        # A town filled in beforehand alone is no address given.
        if not given or (given == {"town"} and not item.required):
            return None
        lacking = {"house": _("Enter the house number."), "postcode": _("Enter the postcode, for example 44-330."),
                   "town": _("Enter the town.")}  # fmt: skip
        wrong = {name: text for name, text in lacking.items() if name not in given}
        if "postcode" in given:
            try:
                value["postcode"] = identifiers.postcode(str(value["postcode"]))
            except identifiers.IdentifierError as error:
                wrong["postcode"] = error.message
        if wrong:
            raise Unfit(wrong)
        return value

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        return {name: _string(value, name) for name in ("street", "house", "flat", "postcode", "town")}

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        return f"{self.first_line(value)}, {_string(value, 'postcode')} {_string(value, 'town')}"

    @staticmethod
    def first_line(value: Json) -> str:
        """Street and numbers; a place without streets gives the town's name before the house number."""
        flat = _string(value, "flat")
        number = _string(value, "house") + (f"/{flat}" if flat else "")
        return f"{_string(value, 'street') or _string(value, 'town')} {number}"

    def schema(self, item: Field) -> dict[str, Any]:
        limits = {"street": 120, "house": 20, "flat": 20, "postcode": 6, "town": 80}
        return _object(limits, ["house", "postcode", "town"])

    def sender(self, item: Field, value: Json) -> SenderFacts:
        return SenderFacts(street=self.first_line(value)[:160], postcode=_string(value, "postcode"),
                           town=_string(value, "town"))  # fmt: skip


def _checked(kind: str, text: str, part: str) -> str:
    try:
        return identifiers.validator(kind)(text)
    except identifiers.IdentifierError as error:
        raise Unfit(error.message, part) from error


def _object(limits: dict[str, int], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False,
            "properties": {name: {"type": "string", "maxLength": limit} for name, limit in limits.items()}}  # fmt: skip
