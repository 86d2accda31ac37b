"""A form version as a value: an immutable document that says what is asked, in which order and when.

Filling, validation, receipts and exports know only this. It is made by `cms_pages.forms.compile` and stored as JSON;
`FormDocument.from_json(doc.to_json()) == doc` always holds. Field ids are given once and never made from labels.
Conditions are data: they name a field that stands earlier, an operator and a value; nothing in them can run or loop.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

LANGUAGES = ("pl", "en", "uk")
Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
Answers = Mapping[str, Json]

#: Operators of a rule and how many fields' kinds know them is said in the field registry (`Kind.operators`).
OPERATORS = ("is", "is_not", "contains", "filled", "empty", "more_than", "less_than")


class SpecError(ValueError):
    """The JSON is not a form document."""


@dataclass(frozen=True)
class Text:
    """One text in the languages of the portal. Polish is always there when the text is; others may be empty."""

    pl: str = ""
    en: str = ""
    uk: str = ""

    def __bool__(self) -> bool:
        return bool(self.pl)

    def in_language(self, language: str | None) -> str:
        """The text in the language asked for, else in Polish. Regional variants ("en-gb") count as their language."""
        wanted = (language or "pl").split("-")[0]
        return str(getattr(self, wanted, "") if wanted in LANGUAGES else "") or self.pl

    def to_json(self) -> dict[str, str]:
        return {code: value for code in LANGUAGES if (value := getattr(self, code))}

    @classmethod
    def from_json(cls, data: object) -> Text:
        """A language map, or a plain string which is Polish."""
        if isinstance(data, str):
            return cls(pl=data)
        if not isinstance(data, Mapping) or not all(isinstance(v, str) for v in data.values()):
            raise SpecError(f"not a text: {data!r}")
        return cls(**{code: str(data.get(code, "")) for code in LANGUAGES})


@dataclass(frozen=True)
class Rule:
    """One comparison. `value` is an option id, an ISO date, a decimal as text, "true"/"false" or plain text."""

    field: str
    op: str
    value: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "op": self.op, "value": self.value}


@dataclass(frozen=True)
class Condition:
    """When something is shown: all rules hold, or any of them."""

    mode: Literal["all", "any"]
    rules: tuple[Rule, ...]

    def to_json(self) -> dict[str, Any]:
        return {"mode": self.mode, "rules": [r.to_json() for r in self.rules]}

    @classmethod
    def from_json(cls, data: object) -> Condition | None:
        if data is None:
            return None
        if not isinstance(data, Mapping) or data.get("mode") not in ("all", "any"):
            raise SpecError(f"not a condition: {data!r}")
        rules = tuple(Rule(str(r["field"]), str(r["op"]), str(r.get("value", ""))) for r in data.get("rules", ()))
        return cls(data["mode"], rules) if rules else None


@dataclass(frozen=True)
class Option:
    id: str
    text: Text

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "text": self.text.to_json()}


@dataclass(frozen=True)
class Field:
    """One question. `settings` belongs to the kind (`cms_pages.forms.fields`) and is plain JSON."""

    id: str
    kind: str
    label: Text
    help: Text = Text()
    why: Text = Text()
    required: bool = True
    #: Whether the answer describes the person who files: such answers name the sender of the letter.
    of_sender: bool = False
    condition: Condition | None = None
    options: tuple[Option, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def option(self, option_id: str) -> Option | None:
        return next((o for o in self.options if o.id == option_id), None)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "kind": self.kind, "label": self.label.to_json(), "help": self.help.to_json(),
            "why": self.why.to_json(), "required": self.required, "of_sender": self.of_sender,
            "condition": self.condition.to_json() if self.condition else None,
            "options": [o.to_json() for o in self.options], "settings": dict(self.settings),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Field:
        return cls(
            id=str(data["id"]), kind=str(data["kind"]), label=Text.from_json(data["label"]),
            help=Text.from_json(data.get("help", {})), why=Text.from_json(data.get("why", {})),
            required=bool(data.get("required", True)), of_sender=bool(data.get("of_sender", False)),
            condition=Condition.from_json(data.get("condition")),
            options=tuple(Option(str(o["id"]), Text.from_json(o["text"])) for o in data.get("options", ())),
            settings=MappingProxyType(dict(data.get("settings", {}))),
        )  # fmt: skip


@dataclass(frozen=True)
class Section:
    id: str
    title: Text = Text()
    intro: Text = Text()
    condition: Condition | None = None
    fields: tuple[Field, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "title": self.title.to_json(), "intro": self.intro.to_json(),
            "condition": self.condition.to_json() if self.condition else None,
            "fields": [f.to_json() for f in self.fields],
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Section:
        return cls(
            id=str(data["id"]), title=Text.from_json(data.get("title", {})),
            intro=Text.from_json(data.get("intro", {})),
            condition=Condition.from_json(data.get("condition")),
            fields=tuple(Field.from_json(f) for f in data.get("fields", ())),
        )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One page of the form."""

    id: str
    title: Text
    intro: Text = Text()
    condition: Condition | None = None
    sections: tuple[Section, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(f for s in self.sections for f in s.fields)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "title": self.title.to_json(), "intro": self.intro.to_json(),
            "condition": self.condition.to_json() if self.condition else None,
            "sections": [s.to_json() for s in self.sections],
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        return cls(
            id=str(data["id"]), title=Text.from_json(data["title"]), intro=Text.from_json(data.get("intro", {})),
            condition=Condition.from_json(data.get("condition")),
            sections=tuple(Section.from_json(s) for s in data.get("sections", ())),
        )  # fmt: skip


@dataclass(frozen=True)
class FormDocument:
    """One version of one form. `form` is the page's stable id, `number` counts its versions from 1."""

    form: str
    number: int
    title: Text
    service: str
    #: "chosen": the citizen picks among the units that offer the service; else the symbol of the one unit.
    addressee: str = "chosen"
    steps: tuple[Step, ...] = ()
    #: Whether all answers are shown once more before sending. A form of one page may go without.
    review: bool = True

    SCHEMA = 1

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(f for s in self.steps for f in s.fields)

    def field(self, field_id: str) -> Field | None:
        return next((f for f in self.fields if f.id == field_id), None)

    def walk(self) -> Iterator[tuple[Step, Section, Field]]:
        """Every field with where it stands, in the order of the form."""
        for step in self.steps:
            for section in step.sections:
                for item in section.fields:
                    yield step, section, item

    def to_json(self) -> dict[str, Any]:
        data = {
            "schema": self.SCHEMA, "form": self.form, "number": self.number, "title": self.title.to_json(),
            "service": self.service, "addressee": self.addressee, "steps": [s.to_json() for s in self.steps],
        }  # fmt: skip
        return data if self.review else {**data, "review": False}

    @classmethod
    def from_json(cls, data: object) -> FormDocument:
        """Raises SpecError when the JSON is not a form document of a known schema."""
        if not isinstance(data, Mapping) or data.get("schema") != cls.SCHEMA:
            raise SpecError("not a form document of a known schema")
        try:
            return cls(
                form=str(data["form"]), number=int(data["number"]), title=Text.from_json(data["title"]),
                service=str(data["service"]), addressee=str(data["addressee"]),
                steps=tuple(Step.from_json(s) for s in data["steps"]), review=bool(data.get("review", True)),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise SpecError(f"a form document lacks a part: {error}") from error

    def checksum(self) -> str:
        """Hex SHA-256 of the canonical JSON (sorted keys, no spaces, UTF-8)."""
        return checksum(self.to_json())


def checksum(document: Mapping[str, Any]) -> str:
    """Hex SHA-256 of a document's canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
