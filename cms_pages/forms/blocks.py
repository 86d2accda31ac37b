"""StreamField blocks in which editors build forms: steps, sections, fields, conditions.

The stable id of a step, section, field or option is the id StreamField itself gives to the block: it stays when the
block is edited or moved, and a copied block gets a new one.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from cms_pages.forms.fields import KINDS, Kind
from cms_pages.forms.fields.base import LanguagesBlock

OPERATOR_WORDS = [
    ("is", _("is")),
    ("is_not", _("is not")),
    ("contains", _("contains the answer")),
    ("filled", _("has any answer")),
    ("empty", _("has no answer")),
    ("more_than", _("is more (later) than")),
    ("less_than", _("is less (earlier) than")),
]


class QuestionInput(forms.TextInput):
    """The id of an earlier question; a script offers those questions by their words."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        words = {"data-controller": "obieg-question", "data-label": _("Earlier question"),
                 "data-empty": _("Choose an earlier question"),
                 "data-missing": _("a question that is not in the form")}  # fmt: skip
        super().__init__({**words, **(attrs or {})})

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=["cms_pages/js/question.js"])


class QuestionBlock(blocks.FieldBlock):
    def __init__(self, required: bool = False, **kwargs: Any) -> None:
        self.field = forms.CharField(required=required, max_length=64, widget=QuestionInput())
        super().__init__(**kwargs)


class RuleBlock(blocks.StructBlock):
    field = QuestionBlock(label=_("Earlier question"))
    op = blocks.ChoiceBlock(label=_("Comparison"), choices=OPERATOR_WORDS, default="is")
    value = blocks.CharBlock(label=_("Answer"), max_length=250, required=False,
                             help_text=_("An option as it is written, “yes” or “no”, a number, or a day 2025-12-31."))

    class Meta:
        icon = "arrow-right"
        label = _("comparison")
        form_classname = "struct-block obieg-rule"


class ConditionBlock(blocks.StructBlock):
    """Shown when all (or any) of the comparisons hold; without comparisons always."""

    mode = blocks.ChoiceBlock(label=_("Show when"), default="all",
                              choices=[("all", _("all comparisons hold")), ("any", _("any comparison holds"))])
    rules = blocks.ListBlock(RuleBlock(), label=_("Comparisons"), default=[], collapsed=False)

    class Meta:
        label = _("Condition")
        icon = "view"
        collapsed = True


class OptionBlock(blocks.StructBlock):
    text = LanguagesBlock(label=_("Answer"))

    class Meta:
        label = _("answer")


def field_block(kind: Kind) -> blocks.StructBlock:
    """The editor's block of one kind: common parts, then the kind's own settings, then the condition."""
    children: list[tuple[str, blocks.Block]] = [("label", LanguagesBlock(label=_("Question")))]
    extra = [name for name, _block in kind.settings_blocks()]
    if kind.asks:
        children += [("help", LanguagesBlock(long=True, label=_("Hint or example"), required=False)),
                     ("why", LanguagesBlock(long=True, label=_("Why we ask"), required=False)),
                     ("required", blocks.BooleanBlock(label=_("Must be answered"), required=False, default=True))]
    if kind.describes_sender:
        children.append(("of_sender", blocks.BooleanBlock(label=_("Describes the person who files"), required=False,
                                                          default=True)))
    if kind.has_options:
        children.append(("options", blocks.ListBlock(OptionBlock(), label=_("Answers"), min_num=0)))
    children += kind.settings_blocks()
    children.append(("condition", ConditionBlock(required=False)))
    names = [name for name, _block in children]
    shown = [n for n in names if n in ("label", "required", "options", "body") or (n in extra and n == "unit")]
    return blocks.StructBlock(
        children, label=kind.label, icon=kind.icon, label_format="{label}", group=_group(kind),
        form_layout=blocks.BlockGroup(children=shown, settings=[n for n in names if n not in shown]),
    )  # fmt: skip


def _group(kind: Kind) -> Any:
    if not kind.asks or kind.name == "declaration":
        return _("Statements")
    return _("About the person") if kind.describes_sender else _("Questions")


class SectionBlock(blocks.StructBlock):
    title = LanguagesBlock(label=_("Heading (may be empty)"), required=False)
    intro = LanguagesBlock(long=True, label=_("Text under the heading"), required=False)
    fields = blocks.StreamBlock([(name, field_block(kind)) for name, kind in KINDS.items()], label=_("Questions"),
                                required=False)
    condition = ConditionBlock(required=False)

    class Meta:
        icon = "list-ul"
        label = _("Section")
        form_layout = blocks.BlockGroup(children=["title", "fields"], settings=["intro", "condition"])


class StepBlock(blocks.StructBlock):
    title = LanguagesBlock(label=_("Heading of the page"))
    intro = LanguagesBlock(long=True, label=_("Text under the heading"), required=False)
    sections = blocks.StreamBlock([("section", SectionBlock())], label=_("Sections"), required=False)
    condition = ConditionBlock(required=False)

    class Meta:
        icon = "doc-full"
        label = _("Page of the form")
        label_format = "{title}"
        form_layout = blocks.BlockGroup(children=["title", "sections"], settings=["intro", "condition"])


class StepsBlock(blocks.StreamBlock):
    step = StepBlock()

    class Meta:
        required = False
