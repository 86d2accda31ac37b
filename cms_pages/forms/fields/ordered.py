"""Kinds that have an order: numbers, money, days."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy
from wagtail import blocks

from cms_pages.forms.fields.base import Kind, Parts, Plain, Unfit, register
from cms_pages.forms.fields.plain import EQUALITY, Line
from cms_pages.forms.spec import Field, Json

ORDER = EQUALITY | {"more_than", "less_than"}


@register
class Number(Line):
    """A decimal number, kept as text with a dot ("12.5"); typed with a comma or a dot."""

    name, label, icon = "number", gettext_lazy("Number"), "order"
    operators = ORDER
    length = 20
    places = 6
    attrs = {"inputmode": "decimal"}

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        return [
            ("unit", blocks.CharBlock(label=pgettext_lazy("of measure", "Unit"), required=False, max_length=20,
                                      help_text=gettext_lazy("e.g. m², szt."))),
            ("minimum", blocks.DecimalBlock(label=gettext_lazy("At least"), required=False)),
            ("maximum", blocks.DecimalBlock(label=gettext_lazy("At most"), required=False)),
            ("whole", blocks.BooleanBlock(label=gettext_lazy("Whole numbers only"), required=False)),
        ]

    def read_settings(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {k: (str(v) if isinstance(v, Decimal) else v) for k, v in super().read_settings(value).items()
                if v != ""}  # fmt: skip

    def problems(self, item: Field) -> Iterator[tuple[str, str]]:
        low, high = _limit(item, "minimum"), _limit(item, "maximum")
        if low is not None and high is not None and low > high:
            yield "minimum", _("The least value is above the greatest.")

    def check(self, item: Field, text: str) -> str:
        try:
            number = Decimal(re.sub(r"[\s\u00a0]", "", text).replace(",", "."))
        except InvalidOperation:
            raise Unfit(_("Enter a number in digits, for example 12 or 12,5.")) from None
        if not number.is_finite() or number.copy_abs() >= 10**12 or re.search(r"[eE]", text):
            raise Unfit(_("Enter a number in digits, for example 12 or 12,5."))
        if item.settings.get("whole") and number != number.to_integral_value():
            raise Unfit(_("Enter a whole number."))
        if -int(number.normalize().as_tuple().exponent) > self.places:
            raise Unfit(_("Use at most %(places)d decimal places.") % {"places": self.places})
        low, high = _limit(item, "minimum"), _limit(item, "maximum")
        if low is not None and number < low:
            raise Unfit(_("Enter %(limit)s or more.") % {"limit": localize(low)})
        if high is not None and number > high:
            raise Unfit(_("Enter %(limit)s or less.") % {"limit": localize(high)})
        return self.kept(number)

    def kept(self, number: Decimal) -> str:
        return f"{number.normalize() + 0:f}"

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        return {"": str(value).replace(".", ",")}

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        text = str(value) if language.startswith("en") else str(value).replace(".", ",")
        return f"{text} {item.settings.get('unit') or ''}".strip()

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^-?\d{1,12}(\.\d{1,6})?$"}


@register
class Money(Number):
    """An amount in złoty, kept as text with two places ("120.00")."""

    name, label, icon = "money", gettext_lazy("Amount of money"), "tag"
    places = 2

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        return [(name, block) for name, block in super().settings_blocks() if name in ("minimum", "maximum")]

    def check(self, item: Field, text: str) -> str:
        text = re.sub(r"(?i)\s*(zł|pln)\.?$", "", text)
        if text.lstrip().startswith(("-", "\u2212")):
            raise Unfit(_("Enter the amount without a minus sign."))
        return super().check(item, text)

    def kept(self, number: Decimal) -> str:
        return f"{number:.2f}"

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        whole, _dot, rest = str(value).partition(".")
        mark = "." if language.startswith("en") else ","
        return f"{int(whole or 0):,}".replace(",", "\u00a0") + f"{mark}{rest or '00'}\u00a0zł"

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d{1,12}\.\d{2}$"}


def _limit(item: Field, name: str) -> Decimal | None:
    value = item.settings.get(name)
    return None if value in (None, "") else Decimal(str(value))


def read_day(parts: Parts) -> dt.date | None:
    """A day from the parts "day", "month", "year"; None when all are empty. Raises Unfit naming the wrong part."""
    typed = {name: str(parts.get(name) or "").strip() for name in ("day", "month", "year")}
    if not any(typed.values()):
        return None
    absent = {"day": _("Enter the day."), "month": _("Enter the month."), "year": _("Enter the year.")}
    if lacking := {name: absent[name] for name, text in typed.items() if not text}:
        raise Unfit(lacking)
    limits = {"day": (1, 31, _("The day is a number from 1 to 31.")),
              "month": (1, 12, _("The month is a number from 1 to 12.")),
              "year": (1800, 2299, _("Enter the year in four digits, for example 2025."))}  # fmt: skip
    wrong = {name: text for name, (low, high, text) in limits.items()
             if not re.fullmatch(r"[0-9]{1,4}", typed[name]) or not low <= int(typed[name]) <= high}  # fmt: skip
    if wrong:
        raise Unfit(wrong)
    try:
        return dt.date(int(typed["year"]), int(typed["month"]), int(typed["day"]))
    except ValueError:
        raise Unfit({"day": _("There is no such day in that month.")}) from None


def day_parts(autocomplete: bool = False) -> dict[str, forms.Field]:
    """The three inputs of a day."""
    def number(label: str, length: int, hint: str) -> forms.Field:
        attrs = {"inputmode": "numeric", **({"autocomplete": hint} if autocomplete else {})}
        return Plain(label=label, max_length=length, attrs=attrs)

    return {"day": number(_("Day"), 2, "bday-day"), "month": number(_("Month"), 2, "bday-month"),
            "year": number(_("Year"), 4, "bday-year")}  # fmt: skip


def split_day(value: str) -> dict[str, str]:
    year, month, day = value.split("-")
    return {"day": str(int(day)), "month": str(int(month)), "year": year}


@register
class Day(Kind):
    """A date, typed in three fields, kept as ISO text."""

    name, label, icon = "date", gettext_lazy("Date"), "date"
    operators = ORDER
    grouped = True

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        return [
            ("earliest", blocks.DateBlock(label=gettext_lazy("Not before"), required=False)),
            ("latest", blocks.DateBlock(label=gettext_lazy("Not after"), required=False)),
        ]

    def read_settings(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {k: (v.isoformat() if isinstance(v, dt.date) else str(v))
                for k, v in super().read_settings(value).items() if v}  # fmt: skip

    def problems(self, item: Field) -> Iterator[tuple[str, str]]:
        if (item.settings.get("earliest") or "") > (item.settings.get("latest") or "9999"):
            yield "earliest", _("The first day is after the last.")

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        return day_parts()

    def combine(self, item: Field, parts: Parts) -> Json:
        day = read_day(parts)
        if day is None:
            return None
        if (first := item.settings.get("earliest")) and day.isoformat() < first:
            raise Unfit(_("The date must be %(day)s or later.") % {"day": date_format(dt.date.fromisoformat(first))})
        if (last := item.settings.get("latest")) and day.isoformat() > last:
            raise Unfit(_("The date must be %(day)s or earlier.") % {"day": date_format(dt.date.fromisoformat(last))})
        return day.isoformat()

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        return split_day(str(value))

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        with override(language):
            return date_format(dt.date.fromisoformat(str(value)), "j E Y" if language.startswith("pl") else "j F Y")

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date"}
