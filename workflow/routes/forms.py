"""The form of a route: its name, and one row of fields for each step."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Role, Unit
from workflow.models import RouteStep, RouteTemplate
from workflow.routes import engine
from workflow.routes.wording import FACT_LABELS, OPERATOR_LABELS
from workflow.services import catalogue
from workflow.services.catalogue import Step

#: Empty rows offered below the steps there are.
MORE = 2
MOST = 30
#: Conditions of one step, all of which must hold.
CONDITIONS = catalogue.MOST_CONDITIONS
#: Asked of others by whoever settles a case, never by its route.
ASKED = frozenset({RouteStep.Verb.CONSULT, RouteStep.Verb.NOTE})


class RouteForm(forms.Form):
    """Name and code; the code stands once and for all."""

    name = forms.CharField(label=_("Name of the route"), max_length=120)
    code = forms.SlugField(
        label=_("Code"), max_length=40, help_text=_("Small letters, digits and hyphens; it is not changed later.")
    )
    #: The version that was looked at.
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, route: RouteTemplate | None = None, **kwargs: Any) -> None:
        if route is not None:
            kwargs.setdefault("initial", {"name": route.name, "code": route.code, "version": route.version})
        super().__init__(*args, **kwargs)
        if route is not None:
            del self.fields["code"]


class StepForm(forms.Form):
    """One step. Steps with the same number of the stage run side by side."""

    group = forms.IntegerField(label=_("Stage"), min_value=1, max_value=99)
    verb = forms.ChoiceField(
        label=_("What is done"), choices=[(verb.value, verb.label) for verb in RouteStep.Verb if verb not in ASKED]
    )
    role = forms.ChoiceField(label=_("Position"), choices=Role.choices)
    where = forms.ChoiceField(label=_("In which unit"), choices=RouteStep.Where.choices)
    unit = forms.ModelChoiceField(label=_("The named unit"), queryset=Unit.objects.none(), required=False)
    quorum = forms.ChoiceField(
        label=_("How many of the stage"), initial="all", required=False,
        choices=[("all", _("all of them")), ("any", _("any one")), *((str(n), str(n)) for n in range(1, 10))],
    )  # fmt: skip
    term = forms.CharField(label=_("Within"), max_length=10, required=False, help_text=_("E.g. 3d, 1w."))
    remind_days = forms.IntegerField(label=_("Remind, days before"), min_value=0, max_value=90, required=False)
    escalate_days = forms.IntegerField(label=_("Pass on, days late"), min_value=0, max_value=90, required=False)
    escalate_to = forms.ChoiceField(label=_("Pass on to"), choices=RouteStep.Escalation.choices, required=False)
    skip = forms.ChoiceField(label=_("Leave out"), choices=RouteStep.Skip.choices, required=False)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Unit.objects.active().order_by("name")
        for number in range(CONDITIONS):
            first = _("Only when") if number == 0 else _("and when")
            told = _("A feature of the case, or “answer:” and the id of a question of the form.")
            self.fields[f"fact{number}"] = forms.CharField(
                label=first, max_length=60, required=False, widget=forms.TextInput(attrs={"list": "obieg-facts"}),
                help_text="" if number else told,
            )  # fmt: skip
            self.fields[f"op{number}"] = forms.ChoiceField(
                label=pgettext_lazy("condition", "Comparison"), required=False,
                choices=[("", "–"), *OPERATOR_LABELS.items()],
            )  # fmt: skip
            self.fields[f"value{number}"] = forms.CharField(
                label=pgettext_lazy("condition", "Value"), max_length=120, required=False
            )

    def conditions(self) -> list[Any]:
        """The fields of the conditions, for the template."""
        return [self[f"{name}{number}"] for number in range(CONDITIONS) for name in ("fact", "op", "value")]

    def has_changed(self) -> bool:
        """A row without a stage is an empty row, whatever its choices offer first."""
        return bool(self.data.get(self.add_prefix("group"), "").strip()) if self.is_bound else super().has_changed()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for number in range(CONDITIONS):
            given = [bool(cleaned.get(f"{name}{number}")) for name in ("fact", "op", "value")]
            if any(given) and not all(given):
                self.add_error(f"fact{number}", _("A condition names a feature, a comparison and a value."))
        return cleaned

    def step(self) -> Step:
        """What was typed, for the deed."""
        data = self.cleaned_data
        conditions = tuple(
            engine.Condition(data[f"fact{n}"].strip(), data[f"op{n}"], data[f"value{n}"])
            for n in range(CONDITIONS) if data[f"fact{n}"]
        )  # fmt: skip
        return Step(
            data["verb"], data["role"], data["where"], group=data["group"], unit=data["unit"],
            quorum=data["quorum"] or "all", term=data["term"], conditions=conditions, skip=data["skip"],
            remind_days=data["remind_days"], escalate_days=data["escalate_days"], escalate_to=data["escalate_to"],
        )  # fmt: skip


StepFormSet = forms.formset_factory(StepForm, extra=MORE, max_num=MOST, absolute_max=MOST + 10, can_delete=True)


def rows_of(route: RouteTemplate) -> list[dict[str, Any]]:
    """The steps of a route as initial values of the rows."""
    found = []
    for step in route.steps.order_by("group", "order"):
        conditions = {
            f"{name}{number}": condition.get(name, "")
            for number, condition in enumerate(step.conditions) for name in ("fact", "op", "value")
        }  # fmt: skip
        found.append({
            "group": step.group, "verb": step.verb, "role": step.role, "where": step.where, "unit": step.unit_id,
            "quorum": step.quorum, "term": step.term, "remind_days": step.remind_days,
            "escalate_days": step.escalate_days, "escalate_to": step.escalate_to, "skip": step.skip,
            **conditions,
        })  # fmt: skip
    return found


def facts() -> list[tuple[str, Any]]:
    """Features that a condition may name, with their words."""
    return list(FACT_LABELS.items())
