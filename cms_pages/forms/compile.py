"""From what an editor built to an immutable document, with the power to refuse.

Every refusal names its place twice: as a path to the block, so that the editor shows it there, and in words, for the
ways of publishing that have no page to show it on (workflow, schedule, API).
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail import blocks
from wagtail.blocks.list_block import ListBlockValidationError
from wagtail.blocks.stream_block import StreamBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError

from cms_pages.forms.fields import KINDS
from cms_pages.forms.fields.base import read_text
from cms_pages.forms.spec import Condition, Field, FormDocument, Option, Rule, Section, Step, Text

MAX_STEPS, MAX_FIELDS, MAX_OPTIONS, MAX_RULES = 30, 300, 300, 20
Path = tuple[int | str, ...]
_ID = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")


@dataclass(frozen=True)
class Issue:
    """One reason to refuse: where (path of indexes and names through the blocks), the place in words, and what."""

    path: Path
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class Refusal(Exception):
    """The form cannot be published; `issues` says why, in the order of the form."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = list(issues)
        super().__init__("; ".join(map(str, self.issues)))

    def in_words(self) -> ValidationError:
        """For publishing without an editor's page."""
        return ValidationError({"steps": [str(i) for i in self.issues[:50]]})

    def on_blocks(self, steps: blocks.StreamValue) -> ValidationError:
        """For the editor: an error tree that Wagtail shows beside the blocks."""
        return _tree(steps.stream_block, steps, [(i.path, i.message) for i in self.issues])


def compile_form(
    *, form: str, number: int, title: Text, service: str, addressee: str, steps: blocks.StreamValue, review: bool = True
) -> FormDocument:
    """The document of a form. Raises Refusal with every issue found."""
    document = FormDocument(form=form, number=number, title=title, service=service, addressee=addressee,
                            steps=tuple(_read_step(child) for child in steps), review=review)  # fmt: skip
    document, issues = check(document)
    if issues:
        raise Refusal(issues)
    return document


# --- reading the blocks -----------------------------------------------------------------------------------------


def _id(child: Any) -> str:
    if not child.id:
        child.id = str(uuid.uuid4())
    return str(child.id)


def _read_step(child: Any) -> Step:
    value = child.value
    return Step(id=_id(child), title=read_text(value["title"]), intro=read_text(value["intro"]),
                condition=_read_condition(value["condition"]),
                sections=tuple(_read_section(c) for c in value["sections"]))  # fmt: skip


def _read_section(child: Any) -> Section:
    value = child.value
    return Section(id=_id(child), title=read_text(value["title"]), intro=read_text(value["intro"]),
                   condition=_read_condition(value["condition"]),
                   fields=tuple(_read_field(c) for c in value["fields"]))  # fmt: skip


def _read_field(child: Any) -> Field:
    kind, value = KINDS[child.block_type], child.value
    options: tuple[Option, ...] = ()
    if kind.has_options:
        options = tuple(Option(_id(o), read_text(o.value["text"])) for o in value["options"].bound_blocks)
    return Field(
        id=_id(child), kind=kind.name, label=read_text(value["label"]), help=read_text(value.get("help")),
        why=read_text(value.get("why")), required=bool(value.get("required")) and kind.asks,
        of_sender=bool(value.get("of_sender")), condition=_read_condition(value["condition"]), options=options,
        settings=kind.read_settings(value),
    )  # fmt: skip


def _read_condition(value: Mapping[str, Any] | None) -> Condition | None:
    if not value or not value["rules"]:
        return None
    rules = tuple(Rule(str(r["field"] or "").strip(), r["op"], str(r["value"] or "").strip()) for r in value["rules"])
    return Condition("any" if value["mode"] == "any" else "all", rules)


# --- checking ---------------------------------------------------------------------------------------------------


def check(document: FormDocument) -> tuple[FormDocument, list[Issue]]:
    """The document with the values of its rules brought to their normal form, and every issue found."""
    checker = _Checker(document)
    fixed = checker.run()
    return fixed, checker.issues


class _Checker:
    def __init__(self, document: FormDocument) -> None:
        self.document = document
        self.issues: list[Issue] = []
        self.earlier: dict[str, Field] = {}
        self.all_ids = {f.id for f in document.fields}
        self.seen: set[str] = set()

    def add(self, path: Path, place: str, message: str) -> None:
        self.issues.append(Issue(path, place, message))

    def run(self) -> FormDocument:
        document = self.document
        if not document.title:
            self.add((), "", _("The form needs a title in Polish."))
        if not document.service:
            self.add((), "", _("The form must name the service it files for."))
        if not document.steps:
            self.add((), "", _("A form needs at least one page with a question."))
        if len(document.steps) > MAX_STEPS:
            self.add((), "", _("A form has at most %(n)d pages.") % {"n": MAX_STEPS})
        if not document.review and len(document.steps) != 1:
            self.add((), "", _("Only a form of one page can be sent without the page that shows all answers."))
        if len(document.fields) > MAX_FIELDS:
            self.add((), "", _("A form has at most %(n)d questions.") % {"n": MAX_FIELDS})
        steps = tuple(self.step(n, s) for n, s in enumerate(document.steps))
        if document.steps and not self.issues:
            self.sender()
        return replace(document, steps=steps)

    def identity(self, path: Path, place: str, identifier: str) -> None:
        if not _ID.fullmatch(identifier):
            self.add(path, place, _("The id “%(id)s” is not made of small letters, digits and hyphens.")
                     % {"id": identifier[:64]})  # fmt: skip
        elif identifier in self.seen:
            self.add(path, place, _("The id “%(id)s” is used twice. Copy the block anew and remove this one.")
                     % {"id": identifier})  # fmt: skip
        self.seen.add(identifier)

    def step(self, number: int, step: Step) -> Step:
        path: Path = (number,)
        place = _("Page %(n)d “%(title)s”") % {"n": number + 1, "title": step.title.pl[:60]}
        self.identity(path, place, step.id)
        if not step.title:
            self.add((*path, "title"), place, _("Give the page a heading in Polish."))
        if not step.fields:
            self.add(path, place, _("The page has no question."))
        elif not any(KINDS[f.kind].asks for f in step.fields if f.kind in KINDS) and len(self.document.steps) == 1:
            self.add(path, place, _("The form asks for nothing."))
        condition = self.condition((*path, "condition"), place, step.condition)
        sections = tuple(self.section((*path, "sections", n), place, n, s) for n, s in enumerate(step.sections))
        return replace(step, condition=condition, sections=sections)

    def section(self, path: Path, where: str, number: int, section: Section) -> Section:
        place = _("%(page)s, section %(n)d") % {"page": where, "n": number + 1}
        self.identity(path, place, section.id)
        condition = self.condition((*path, "condition"), place, section.condition)
        fields = tuple(self.field((*path, "fields", n), place, f) for n, f in enumerate(section.fields))
        return replace(section, condition=condition, fields=fields)

    def field(self, path: Path, where: str, item: Field) -> Field:
        place = _("%(section)s, question “%(label)s”") % {"section": where, "label": item.label.pl[:60]}
        self.identity(path, place, item.id)
        kind = KINDS.get(item.kind)
        if kind is None:
            self.add(path, place, _("Unknown kind of question: %(kind)s.") % {"kind": item.kind})
            return item
        if not item.label and kind.asks:
            self.add((*path, "label"), place, _("Write the question in Polish."))
        if kind.has_options:
            self.options(path, place, item)
        for setting, message in kind.problems(item):
            self.add((*path, setting) if setting else path, place, message)
        condition = self.condition((*path, "condition"), place, item.condition)
        self.earlier[item.id] = item
        return replace(item, condition=condition)

    def options(self, path: Path, place: str, item: Field) -> None:
        path = (*path, "options")
        if len(item.options) < 2 - (item.kind == "multiple"):
            self.add(path, place, _("Give more answers to choose from."))
        if len(item.options) > MAX_OPTIONS:
            self.add(path, place, _("There are at most %(n)d answers.") % {"n": MAX_OPTIONS})
        texts: set[str] = set()
        ids: set[str] = set()
        for n, option in enumerate(item.options):
            if not option.text:
                self.add((*path, n, "text"), place, _("Write the answer in Polish."))
            elif option.text.pl.casefold() in texts:
                self.add((*path, n, "text"), place, _("The answer “%(text)s” is there twice.")
                         % {"text": option.text.pl[:60]})  # fmt: skip
            if not _ID.fullmatch(option.id) or option.id in ids:
                self.add((*path, n), place, _("The id of this answer is used twice or malformed. Add the answer anew."))
            texts.add(option.text.pl.casefold())
            ids.add(option.id)

    def condition(self, path: Path, place: str, condition: Condition | None) -> Condition | None:
        if condition is None:
            return None
        if len(condition.rules) > MAX_RULES:
            self.add(path, place, _("A condition has at most %(n)d comparisons.") % {"n": MAX_RULES})
        rules = tuple(self.rule((*path, "rules", n), place, r) for n, r in enumerate(condition.rules))
        return replace(condition, rules=rules)

    def rule(self, path: Path, place: str, rule: Rule) -> Rule:
        target = self.earlier.get(rule.field)
        if target is None:
            if rule.field in self.all_ids:
                self.add((*path, "field"), place, _("A condition may only name a question that stands earlier."))
            else:
                self.add((*path, "field"), place, _("The condition names a question that is not in the form."))
            return rule
        kind = KINDS[target.kind]
        if rule.op not in kind.operators:
            self.add((*path, "op"), place, _("The question “%(label)s” cannot be compared this way.")
                     % {"label": target.label.pl[:60]})  # fmt: skip
            return rule
        if rule.op in ("filled", "empty"):
            return replace(rule, value="")
        value = normal_value(target, rule.value)
        if value is None:
            self.add((*path, "value"), place, _("“%(value)s” is no possible answer to “%(label)s”.")
                     % {"value": rule.value[:60], "label": target.label.pl[:60]})  # fmt: skip
            return rule
        return replace(rule, value=value)

    def sender(self) -> None:
        """A filing needs somebody who files, and a guest a second factor to follow the case."""
        kinds = {f.kind for f in self.document.fields if f.of_sender}
        if not kinds & {"person", "organisation"}:
            self.add((), "", _("The form must ask who files: add a person or an organisation that describes the "
                               "person who files."))  # fmt: skip
        if not kinds & {"email", "pesel"}:
            self.add((), "", _("The form must ask for an e-mail address or a PESEL number of the person who files; "
                               "guests follow the case with it."))  # fmt: skip


def normal_value(target: Field, value: str) -> str | None:
    """The value of a rule as answers spell it; None when it can be no answer of the field."""
    if target.options:
        wanted = value.casefold()
        found = (o.id for o in target.options if o.id == value or wanted in _spellings(o))
        return next(found, None)
    match target.kind:
        case "yes_no":
            return {"true": "true", "tak": "true", "yes": "true", "false": "false", "nie": "false", "no": "false"}.get(
                value.casefold()
            )
        case "date":
            if day := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", value):
                value = f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
            try:
                return dt.date.fromisoformat(value).isoformat()
            except ValueError:
                return None
        case "number" | "money":
            try:
                number = Decimal(value.replace(",", ".").replace(" ", ""))
            except InvalidOperation:
                return None
            if not number.is_finite() or abs(number) >= 10**12:
                return None
            return f"{number:.2f}" if target.kind == "money" else f"{number.normalize() + 0:f}"
    return value or None


def _spellings(option: Option) -> Iterator[str]:
    return (text.casefold() for text in option.text.to_json().values())


# --- errors beside the blocks -----------------------------------------------------------------------------------


def _tree(block: blocks.Block, value: Any, found: Sequence[tuple[Path, str]]) -> ValidationError:
    """The error tree of one block; messages whose path ends here or leads nowhere stay at this block."""
    here = [message for path, message in found if not path]
    below: dict[int | str, list[tuple[Path, str]]] = defaultdict(list)
    for path, message in found:
        if path:
            below[path[0]].append((path[1:], message))
    error: ValidationError
    if isinstance(block, blocks.StreamBlock):
        parts = {n: _tree(value[n].block, value[n].value, f) for n, f in below.items()}
        error = StreamBlockValidationError(block_errors=parts, non_block_errors=here)
    elif isinstance(block, blocks.ListBlock):
        parts = {n: _tree(block.child_block, value[n], f) for n, f in below.items()}
        error = ListBlockValidationError(block_errors=parts, non_block_errors=here)
    elif isinstance(block, blocks.StructBlock):
        parts = {n: _tree(block.child_blocks[str(n)], value[n], f) for n, f in below.items()}
        error = StructBlockValidationError(block_errors=parts, non_block_errors=here)
    else:
        error = ValidationError(here + [message for rest in below.values() for _path, message in rest])
    return error
