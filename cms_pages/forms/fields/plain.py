"""Kinds that hold one value: text, choices, contacts, declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy
from wagtail import blocks

from cms_pages.forms.fields.base import (
    Kind,
    LanguagesBlock,
    Parts,
    Plain,
    SenderFacts,
    Unfit,
    read_text,
    register,
    text_setting,
    whole_number,
)
from cms_pages.forms.spec import Field, Json, checksum

EQUALITY = frozenset({"filled", "empty", "is", "is_not"})
MAX_LINE, MAX_TEXT = 250, 20_000


class Line(Kind):
    """A kind whose answer is one string."""

    operators = EQUALITY
    length = MAX_LINE
    attrs: dict[str, str] = {}

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        return {"": Plain(label=item.label.in_language(language), max_length=self.length, attrs=self.attrs)}

    def combine(self, item: Field, parts: Parts) -> Json:
        return self.check(item, parts[""]) if parts.get("") else None

    def check(self, item: Field, text: str) -> str:
        return text

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.length}


@register
class ShortText(Line):
    name, label, icon = "text", pgettext_lazy("kind of question", "Text"), "title"

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        return [
            ("max_length", blocks.IntegerBlock(label=gettext_lazy("At most characters"), required=False, min_value=1,
                                               max_value=MAX_LINE)),
            ("autocomplete", blocks.ChoiceBlock(
                label=gettext_lazy("What the browser may fill in"), required=False, choices=[
                ("organization", gettext_lazy("name of an organisation")),
                ("street-address", gettext_lazy("address in one line")),
                ("bday", gettext_lazy("birthday")), ("job-title", gettext_lazy("job"))])),
        ]  # fmt: skip

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        limit = whole_number(item.settings, "max_length", MAX_LINE)
        hint = str(item.settings.get("autocomplete") or "")
        attrs = {"autocomplete": hint} if hint else {}
        return {"": Plain(label=item.label.in_language(language), max_length=limit, attrs=attrs)}

    def schema(self, item: Field) -> dict[str, Any]:
        return {**super().schema(item), "maxLength": whole_number(item.settings, "max_length", MAX_LINE)}


@register
class LongText(Line):
    name, label, icon = "long_text", gettext_lazy("Long text"), "pilcrow"
    operators = frozenset({"filled", "empty"})

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        label = gettext_lazy("At most characters")
        return [("max_length", blocks.IntegerBlock(label=label, required=False, min_value=1, max_value=MAX_TEXT))]

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        limit = whole_number(item.settings, "max_length", 5000)
        return {"": Plain(label=item.label.in_language(language), max_length=limit, lines=True)}

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": whole_number(item.settings, "max_length", 5000)}


@register
class Choice(Kind):
    """One of the options; kept as the option's id."""

    name, label, icon = "choice", gettext_lazy("Choice of one"), "radio-full"
    operators = EQUALITY
    has_options = True
    grouped = True

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        options = [(o.id, o.text.in_language(language)) for o in item.options]
        return {"": forms.ChoiceField(label=item.label.in_language(language), required=False, choices=options,
                                      error_messages={"invalid_choice": _("Choose one of the answers listed.")},
                                      widget=forms.RadioSelect)}  # fmt: skip

    def combine(self, item: Field, parts: Parts) -> Json:
        return parts.get("") or None

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        option = item.option(str(value))
        return option.text.in_language(language) if option else str(value)

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "enum": [o.id for o in item.options]}

    def missing(self, item: Field, language: str) -> str:
        return _("Choose an answer: %(label)s.") % {"label": item.label.in_language(language)}


@register
class Multiple(Kind):
    """Any number of the options; kept as a list of option ids in the order of the form."""

    name, label, icon = "multiple", gettext_lazy("Choice of many"), "list-ul"
    operators = frozenset({"filled", "empty", "contains"})
    has_options = True
    grouped = True

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        options = [(o.id, o.text.in_language(language)) for o in item.options]
        return {"": forms.MultipleChoiceField(label=item.label.in_language(language), required=False, choices=options,
                                              error_messages={
                                                  "invalid_choice": _("Choose from the answers listed."),
                                                  "invalid_list": _("Choose from the answers listed.")},
                                              widget=forms.CheckboxSelectMultiple)}  # fmt: skip

    def combine(self, item: Field, parts: Parts) -> Json:
        chosen = set(parts.get("") or ())
        return [o.id for o in item.options if o.id in chosen] or None

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        chosen = value if isinstance(value, list) else []
        return ", ".join(o.text.in_language(language) for o in item.options if o.id in chosen)

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "array", "items": {"enum": [o.id for o in item.options]}, "uniqueItems": True, "minItems": 1}

    def missing(self, item: Field, language: str) -> str:
        return _("Choose at least one answer: %(label)s.") % {"label": item.label.in_language(language)}


@register
class YesNo(Kind):
    name, label, icon = "yes_no", gettext_lazy("Yes or no"), "check"
    operators = frozenset({"is", "is_not", "filled", "empty"})
    grouped = True

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        return {"": forms.ChoiceField(label=item.label.in_language(language), required=False,
                                      choices=[("true", _("Yes")), ("false", _("No"))], widget=forms.RadioSelect,
                                      error_messages={"invalid_choice": _("Choose yes or no.")})}  # fmt: skip

    def combine(self, item: Field, parts: Parts) -> Json:
        return {"true": True, "false": False}.get(parts.get("") or "")

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        return {"": "true" if value else "false"}

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        with override(language):
            return _("Yes") if value else _("No")

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "boolean"}

    def missing(self, item: Field, language: str) -> str:
        return _("Choose yes or no: %(label)s.") % {"label": item.label.in_language(language)}


@register
class Email(Line):
    name, label, icon = "email", gettext_lazy("E-mail address"), "mail"
    operators = frozenset({"filled", "empty"})
    describes_sender = True
    length = 254
    attrs = {"type": "email", "autocomplete": "email", "spellcheck": "false", "inputmode": "email"}

    def check(self, item: Field, text: str) -> str:
        text = text.replace(" ", "")
        try:
            validate_email(text)
        except ValidationError:
            raise Unfit(_("Enter an e-mail address like name@example.pl.")) from None
        return text

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": self.length}

    def sender(self, item: Field, value: Json) -> SenderFacts:
        return SenderFacts(email=str(value))

    def prefill(self, item: Field, known: SenderFacts) -> Json:
        return known.email or None


@register
class Phone(Line):
    """A telephone number, kept as typed without spaces: "+48600100200"."""

    name, label, icon = "phone", gettext_lazy("Telephone number"), "mobile-alt"
    operators = frozenset({"filled", "empty"})
    describes_sender = True
    length = 30
    attrs = {"type": "tel", "autocomplete": "tel", "inputmode": "tel"}

    def check(self, item: Field, text: str) -> str:
        number = re.sub(r"[\s().\-/\u2010-\u2015]", "", text)
        if number.startswith("00"):
            number = "+" + number[2:]
        if not re.fullmatch(r"\+?[0-9]{9,15}", number):
            raise Unfit(_("Enter a telephone number of at least 9 digits, for example 600 100 200."))
        return number

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        text = str(value)
        country, rest = (text[:3], text[3:]) if text.startswith("+48") else ("", text)
        if len(rest) == 9 and rest.isdigit():
            return f"{country} {rest[:3]} {rest[3:6]} {rest[6:]}".strip()
        return text

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\+?[0-9]{9,15}$"}

    def sender(self, item: Field, value: Json) -> SenderFacts:
        return SenderFacts(phone=str(value))

    def prefill(self, item: Field, known: SenderFacts) -> Json:
        return known.phone or None


@register
class Declaration(Kind):
    """A statement to agree with. The answer keeps the digest of the exact text that was agreed to."""

    name, label, icon = "declaration", gettext_lazy("Declaration"), "tick-inverse"
    operators = frozenset({"filled", "empty"})

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        return [("basis", blocks.CharBlock(label=gettext_lazy("Legal basis"), required=False, max_length=250))]

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        return {"": forms.BooleanField(label=item.label.in_language(language), required=False)}

    def combine(self, item: Field, parts: Parts) -> Json:
        return {"agreed": True, "text": self.digest(item)} if parts.get("") else None

    @staticmethod
    def digest(item: Field) -> str:
        """Names the version of the text: 12 hex digits over the statement in all languages."""
        return checksum({"label": item.label.to_json(), "help": item.help.to_json()})[:12]

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        agreed = isinstance(value, dict) and value.get("text") == self.digest(item)
        return {"": "on" if agreed else ""}

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        with override(language):
            return _("I agree")

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "object", "required": ["agreed", "text"], "additionalProperties": False,
                "properties": {"agreed": {"const": True}, "text": {"const": self.digest(item)}}}  # fmt: skip

    def missing(self, item: Field, language: str) -> str:
        return _("To go on, tick this declaration: %(label)s") % {"label": item.label.in_language(language)}


@register
class Explanation(Kind):
    """Text between the questions; asks for nothing."""

    name, label, icon = "explanation", gettext_lazy("Explanation"), "info-circle"
    operators = frozenset()
    asks = False

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        return [("body", LanguagesBlock(long=True, label=pgettext_lazy("kind of question", "Text")))]

    def read_settings(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {"body": read_text(value.get("body")).to_json()}

    def problems(self, item: Field) -> Iterator[tuple[str, str]]:
        if not text_setting(item.settings.get("body")):
            yield "body", _("Write the explanation in Polish.")

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        return {}

    def combine(self, item: Field, parts: Parts) -> Json:
        return None

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        return text_setting(item.settings.get("body")).in_language(language)

    def schema(self, item: Field) -> dict[str, Any]:
        return {"type": "null"}
