"""One page of a form as inputs, and the check of a whole set of answers. Only fields that are shown count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms_pages.forms.conditions import Shown, shown
from cms_pages.forms.fields import Files, Kind, Unfit, kind_of
from cms_pages.forms.fields.base import plain
from cms_pages.forms.spec import Answers, Field, FormDocument, Json, Step
from documents.reading.policy import size_words

Files_ = Mapping[str, list[dict[str, Any]]]
_LONGEST = 25_000


def input_name(item: Field, part: str = "") -> str:
    """The name of an input: "f-<field id>" or "f-<field id>-<part>"."""
    return f"f-{item.id}-{part}" if part else f"f-{item.id}"


@dataclass(frozen=True)
class FieldView:
    """One field as the templates show it."""

    item: Field
    kind: Kind
    label: str
    help: str
    why: str
    bound: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)
    body: str = ""

    @property
    def only(self) -> Any:
        """The bound field of a kind with one input."""
        return self.bound.get("")

    @property
    def anchor(self) -> str:
        """The id that the error summary points at."""
        return f"id_{input_name(self.item, next(iter(self.bound), ''))}"

    @property
    def optional(self) -> bool:
        return not self.item.required

    @property
    def opened(self) -> bool:
        """Whether the "no PESEL" part is open: something was ticked or typed in it, or is wrong with it."""
        inside = (bound for part, bound in self.bound.items() if part != "number")
        return any(bound.value() or bound.errors for bound in inside)

    @property
    def day_bounds(self) -> list[Any]:
        return [self.bound[name] for name in ("day", "month", "year") if name in self.bound]

    @property
    def remove_name(self) -> str:
        return f"remove-{self.item.id}"

    @property
    def rename_name(self) -> str:
        return f"rename-{self.item.id}"

    @property
    def rename_prefix(self) -> str:
        return f"{self.item.id}-"

    @property
    def count(self) -> int | str:
        """The limit that is counted down beside a long text, only where an editor set one."""
        return int(self.item.settings.get("max_length") or 0) or ""

    @property
    def size(self) -> str:
        return {"phone": "s", "email": "l"}.get(self.item.kind, "")

    @property
    def why_title(self) -> str:
        return _("Why do we ask: %(label)s?") % {"label": self.label.rstrip("?:. ")}

    @property
    def suffix(self) -> str:
        return "zł" if self.item.kind == "money" else str(self.item.settings.get("unit") or "")

    @property
    def max_bytes(self) -> int:
        return Files.policy(self.item).max_bytes if self.item.kind == "files" else 0

    @property
    def max_text(self) -> str:
        if self.item.kind != "files":
            return ""
        count = Files.policy(self.item).max_files
        files = ngettext("%(n)d file", "up to %(n)d files", count) % {"n": count}
        return f"{size_words(self.max_bytes)} ({files})"

    @property
    def kinds_text(self) -> str:
        return Files.policy(self.item).words() if self.item.kind == "files" else ""


@dataclass(frozen=True)
class SectionView:
    """A section's words in the reader's language."""

    id: str
    title: str
    intro: str


class StepForm(forms.Form):
    """The inputs of one step. `data` None shows the answers kept; else it is cleaned and checked.

    `values` has the answers of the shown fields of this step after cleaning; unknown inputs are never looked at.
    """

    use_required_attribute = False

    def __init__(self, document: FormDocument, step: Step, answers: Answers, *, language: str = "pl",
                 data: MultiValueDict[str, Any] | None = None, files: Files_ | None = None) -> None:  # fmt: skip
        self.document, self.step, self.language = document, step, language
        self.answers = dict(answers)
        self.posted: MultiValueDict[str, Any] = MultiValueDict() if data is None else data
        self.kept_files = {k: list(v) for k, v in (files or {}).items()}
        self.values: dict[str, Json] = {}
        self.whole_errors: dict[str, str] = {}
        initial: dict[str, Any] = {}
        for item in step.fields:
            value = self.answers.get(item.id)
            if value is not None:
                parts = kind_of(item).split(item, value)
                initial.update({input_name(item, part): text for part, text in parts.items()})
            elif item.kind == "address" and item.settings.get("town"):
                initial[input_name(item, "town")] = item.settings["town"]
        super().__init__(data=data, initial=initial, auto_id="id_%s")
        for item in step.fields:
            for part, inputs in kind_of(item).parts(item, language).items():
                self.fields[input_name(item, part)] = inputs
        self.shown: Shown = shown(document, self.answers)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        found: dict[str, Json] = {}
        wrong: dict[str, Unfit] = {}
        for item in self.step.fields:
            try:
                found[item.id] = self._answer(item, cleaned)
            except Unfit as unfit:
                wrong[item.id] = unfit
        elsewhere = {k: v for k, v in self.answers.items() if k not in {f.id for f in self.step.fields}}
        self.shown = shown(self.document, {**elsewhere, **found})
        for item in self.step.fields:
            names = [input_name(item, part) for part in kind_of(item).parts(item, self.language)]
            if item.id not in self.shown.fields:
                for name in names:
                    self.errors.pop(name, None)  # nobody is asked to repair what is not shown
            elif any(name in self.errors for name in names):
                continue
            elif item.id in wrong:
                for part, message in wrong[item.id].messages.items():
                    self._complain(item, message, part)
            elif found.get(item.id) is not None:
                self.values[item.id] = found[item.id]
            elif item.required and kind_of(item).asks:
                self._complain(item, kind_of(item).missing(item, self.language))
        return cleaned

    def _answer(self, item: Field, cleaned: Mapping[str, Any]) -> Json:
        kind = kind_of(item)
        if item.kind == "files":
            return kind.combine(item, {"": self.kept_files.get(item.id, [])})
        names = {part: input_name(item, part) for part in kind.parts(item, self.language)}
        if any(name in self.errors for name in names.values()):
            return None
        return kind.combine(item, {part: cleaned.get(name) for part, name in names.items()})

    def _complain(self, item: Field, message: str, part: str = "") -> None:
        name = input_name(item, part)
        if name in self.fields:
            self.add_error(name, message)
        else:
            self.whole_errors[item.id] = message
            first = next(iter(kind_of(item).parts(item, self.language)), "")
            self.errors.setdefault(input_name(item, first), self.error_class(renderer=self.renderer))

    def is_valid(self) -> bool:
        return super().is_valid() and not self.whole_errors

    def typed(self) -> dict[str, list[str]]:
        """What was typed, by input name, so that nothing is lost while it does not fit yet. Files are not in it."""
        kept: dict[str, list[str]] = {}
        for name, inputs in self.fields.items():
            if isinstance(inputs.widget, forms.FileInput):
                continue
            texts = [plain(str(v), lines=True)[:_LONGEST] for v in self.posted.getlist(name)[:300]]
            if any(texts):
                kept[name] = texts
        return kept

    def views(self) -> Iterator[tuple[SectionView, list[FieldView]]]:
        """Sections with their shown fields, in order."""
        for section in self.step.sections:
            items = [self.view(f) for f in section.fields if f.id in self.shown.fields]
            if section.id in self.shown.sections and items:
                yield SectionView(section.id, section.title.in_language(self.language),
                                  section.intro.in_language(self.language)), items  # fmt: skip

    def view(self, item: Field) -> FieldView:
        kind = kind_of(item)
        error = self.whole_errors.get(item.id, "")
        body = kind.display(item, None, self.language) if not kind.asks else ""
        return FieldView(
            item=item, kind=kind, label=item.label.in_language(self.language),
            help=item.help.in_language(self.language), why=item.why.in_language(self.language), error=error, body=body,
            bound={part: self[input_name(item, part)] for part in kind.parts(item, self.language)},
            files=[{"id": f["sha256"], "name": f["name"], "size": f["size"]} for f in self.kept_files.get(item.id, [])],
        )  # fmt: skip

    def error_list(self) -> list[dict[str, str]]:
        """For the error summary: each error once, with the input it is about."""
        found: list[dict[str, str]] = []
        if not self.is_bound:
            return found
        for _section, views in self.views():
            for view in views:
                if view.error:
                    found.append({"text": view.error, "href": f"#{_target(view)}"})
                for part, bound in view.bound.items():
                    found += [{"text": str(e), "href": f"#{_target(view, part)}"} for e in bound.errors]
        return found

    def forget_errors(self) -> None:
        """Show what was typed without saying what is wrong with it (a page that only unfolds further questions)."""
        self.is_valid()
        self.errors.clear()
        self.whole_errors.clear()


def _target(view: FieldView, part: str | None = None) -> str:
    name = input_name(view.item, next(iter(view.bound), "") if part is None else part)
    options = view.item.kind in ("choice", "multiple", "yes_no")
    return f"id_{name}_0" if options else f"id_{name}"


# --- whole sets of answers --------------------------------------------------------------------------------------


def check_answer(item: Field, value: Json) -> str:
    """What is wrong with one stored or sent answer; empty when nothing is."""
    kind = kind_of(item)
    malformed = _("This answer could not be read.")
    try:
        if item.kind == "files":
            return "" if kind.combine(item, {"": value}) == value else malformed
        typed = kind.split(item, value)
        parts = {name: inputs.clean(typed.get(name, "")) for name, inputs in kind.parts(item, "pl").items()}
        return "" if kind.combine(item, parts) == value else malformed
    except Unfit as unfit:
        return next(iter(unfit.messages.values()))
    except ValidationError as error:
        return str(error.messages[0])
    except (AttributeError, KeyError, TypeError, ValueError):
        return malformed


@dataclass(frozen=True)
class Checked:
    """A whole set of answers against a document: what is shown, and what is wrong by field id."""

    shown: Shown
    problems: dict[str, str]

    def problems_of(self, step: Step) -> dict[str, str]:
        ids = {f.id for f in step.fields}
        return {k: v for k, v in self.problems.items() if k in ids}


def check_all(document: FormDocument, answers: Answers, language: str = "pl") -> Checked:
    """Check every shown field; answers of hidden or unknown fields are dropped (`shown.answers` has the rest)."""
    good = {f.id: v for f in document.fields if (v := answers.get(f.id)) is not None}
    wrong = {f.id: message for f in document.fields if f.id in good and (message := check_answer(f, good[f.id]))}
    visible = shown(document, {k: v for k, v in good.items() if k not in wrong})
    problems = {k: v for k, v in wrong.items() if k in visible.fields}
    for item in document.fields:
        absent = item.id in visible.fields and item.id not in visible.answers and item.id not in problems
        if absent and item.required and kind_of(item).asks:
            problems[item.id] = kind_of(item).missing(item, language)
    return Checked(visible, problems)
