"""What every kind of field promises, and the registry of kinds.

One class per kind gives the editor's block, the inputs of the page, cleaning, the displayed value and a JSON schema.
A kind splits its answer into *parts*, each one ordinary input (a date has three, most kinds have one named ""), and
combines them back: `combine(split(value)) == value` for every valid answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from cms_pages.forms.spec import LANGUAGES, Field, Json, Text

Label = str | Promise


class LanguagesBlock(blocks.StructBlock):
    """One text in the portal's languages; only Polish has to be there before the form is published."""

    def __init__(self, *, long: bool = False, **kwargs: Any) -> None:
        one = blocks.TextBlock if long else blocks.CharBlock
        limits = {"max_length": 5000, "rows": 2} if long else {"max_length": 250}
        children = [("pl", one(label=gettext_lazy("in Polish"), required=False, **limits)),
                    ("en", one(label=gettext_lazy("in English"), required=False, **limits)),
                    ("uk", one(label=gettext_lazy("in Ukrainian"), required=False, **limits))]  # fmt: skip
        kwargs.setdefault("form_layout", blocks.BlockGroup(children=["pl"], settings=["en", "uk"]))
        super().__init__(children, **kwargs)

    class Meta:
        form_classname = "struct-block obieg-languages"


def read_text(value: Mapping[str, Any] | None) -> Text:
    """The text of a LanguagesBlock's value."""
    return Text(**{code: plain(str((value or {}).get(code) or ""), lines=True) for code in LANGUAGES})


Parts = Mapping[str, Any]


class Unfit(Exception):
    """The answer does not fit. Messages by part; "" is the whole answer. Translated, they say how to repair it."""

    def __init__(self, message: str | Mapping[str, str], part: str = "") -> None:
        self.messages: dict[str, str] = dict(message) if isinstance(message, Mapping) else {part: message}
        super().__init__("; ".join(self.messages.values()))


@dataclass(frozen=True)
class SenderFacts:
    """What one answer says about the person who files; empty strings say nothing."""

    kind: str = ""
    name: str = ""
    pesel: str = ""
    nip: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    birth_date: str = ""


class Kind:
    """One kind of field. Subclasses are singletons in `KINDS`."""

    name: ClassVar[str]
    label: ClassVar[Label]
    icon: ClassVar[str] = "edit"
    #: Operators that a rule may use on an answer of this kind.
    operators: ClassVar[frozenset[str]] = frozenset({"filled", "empty"})
    #: Whether the citizen gives anything; explanations do not.
    asks: ClassVar[bool] = True
    #: Whether the answer can describe the sender.
    describes_sender: ClassVar[bool] = False
    has_options: ClassVar[bool] = False
    #: Whether the inputs need a common legend (a fieldset) instead of a label.
    grouped: ClassVar[bool] = False

    # --- for the editor ---------------------------------------------------------------------------------------
    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        """Blocks of the kind's own settings, beside the common ones."""
        return []

    def read_settings(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The kind's settings as plain JSON, from the block's value."""
        return {name: value.get(name) for name, _block in self.settings_blocks() if value.get(name) is not None}

    def problems(self, item: Field) -> Iterator[tuple[str, str]]:
        """What is wrong with the field as an editor made it: (name of the setting or "", message)."""
        return iter(())

    # --- for the citizen --------------------------------------------------------------------------------------
    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        """The inputs. All are `required=False`; `combine` decides what must be there."""
        raise NotImplementedError

    def combine(self, item: Field, parts: Parts) -> Json:
        """The answer from cleaned parts; None when nothing was given. Raises Unfit."""
        raise NotImplementedError

    def split(self, item: Field, value: Json) -> dict[str, Any]:
        """The parts of an answer as they would be typed."""
        return {"": value}

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        """The answer in words, plain text."""
        return str(value)

    def schema(self, item: Field) -> dict[str, Any]:
        """JSON schema of a valid answer (2020-12)."""
        raise NotImplementedError

    def sender(self, item: Field, value: Json) -> SenderFacts:
        """What the answer says about the sender, when the field asks about them."""
        return SenderFacts()

    def prefill(self, item: Field, known: SenderFacts) -> Json:
        """An answer from what the account knows, None when it knows nothing."""
        return None

    def missing(self, item: Field, language: str) -> str:
        """What to say when a required answer is not there."""
        return _("Fill in: %(label)s.") % {"label": item.label.in_language(language)}


KINDS: dict[str, Kind] = {}


def register(kind: type[Kind]) -> type[Kind]:
    """Class decorator: put one instance of the kind into the registry. Raises ValueError for a name taken."""
    if kind.name in KINDS:
        raise ValueError(f"the kind {kind.name} is registered twice")
    KINDS[kind.name] = kind()
    return kind


def kind_of(item: Field) -> Kind:
    """The kind of a field. A KeyError is a fault of the compiler, which lets no unknown kind pass."""
    return KINDS[item.kind]


_KEPT = {"\n", "\t"}


def plain(text: str, *, lines: bool = False) -> str:
    """What was typed as it is kept: NFC, no control or lone surrogate characters, line ends as "\\n", trimmed.

    Markup stays the text it is; nothing here makes it safe for HTML, templates do.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.replace("\n", "").isprintable():
        text = "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co"))
    text = unicodedata.normalize("NFC", text)
    if not lines:
        text = " ".join(text.split())
    return text.strip()


def whole_number(value: Mapping[str, Any], name: str, default: int) -> int:
    """A setting that is a whole number; the default when it is absent."""
    found = value.get(name)
    return default if found in (None, "") else int(found)


def text_setting(data: object) -> Text:
    """A text kept among a kind's settings."""
    return Text.from_json(data or {})


class Plain(forms.CharField):
    """One line of text, cleaned by `plain`; never a reason for an error of its own but its length."""

    def __init__(self, *, label: str, max_length: int, lines: bool = False,
                 attrs: Mapping[str, str] | None = None, **more: str) -> None:  # fmt: skip
        said = {**(attrs or {}), **more}
        widget = forms.Textarea(attrs={"rows": "5", **said}) if lines else forms.TextInput(attrs=said)
        super().__init__(label=label, required=False, widget=widget, strip=False)
        self.limit, self.lines = max_length, lines

    def to_python(self, value: object) -> str:
        return plain(str(value), lines=self.lines) if isinstance(value, str) else ""

    def run_validators(self, value: str) -> None:
        if len(value) > self.limit:
            raise forms.ValidationError(
                _("Use at most %(limit)d characters; now there are %(length)d.")
                % {"limit": self.limit, "length": len(value)}
            )
