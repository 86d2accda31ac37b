"""Forms of the desks for visits; the deeds decide."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from people import hours
from people.access import Access
from people.models import Unit
from workflow.models import Service
from workflow.visits.models import SETS_UP, VisitDesk


class DeskForm(forms.ModelForm):
    """What an administrator of a unit says of a desk; hours as people write them."""

    class Meta:
        model = VisitDesk
        fields = ["unit", "name", "room", "services", "minutes", "valid_from", "valid_until"]
        widgets = {
            "services": forms.CheckboxSelectMultiple,
            "valid_from": AdminDateInput,
            "valid_until": AdminDateInput,
        }
        labels = {"unit": _("Unit")}

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["unit"]
        else:
            units = Unit.objects.active().with_permission(access, SETS_UP).order_by("name")
            self.fields["unit"] = forms.ModelChoiceField(units, label=_("Unit"))
        self.fields["services"].queryset = Service.objects.order_by("title")  # type: ignore[attr-defined]  # a choice of models
        week = self.instance.week or [[]] * 7
        for number in range(7):
            self.fields[f"hours_{number}"] = forms.CharField(
                label=WEEKDAYS[number], required=False, max_length=120, initial=hours.day_text(week[number]),
                help_text=_("For example 8.00–12.00, 12.30–15.00. Empty: closed.") if number == 0 else "",
            )  # fmt: skip
        days = [dt.date.fromisoformat(day) for day in self.instance.days_off]
        self.fields["days_off"] = forms.CharField(
            label=_("Days off"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("One date in a line, for example 24.12.2026. Booked visits of these days are cancelled "
                        "and the people are told."), initial="\n".join(f"{day:%d.%m.%Y}" for day in days),
        )  # fmt: skip

    def clean_days_off(self) -> list[str]:
        """The dates as kept."""
        found = []
        for line in self.cleaned_data["days_off"].split():
            try:
                found.append(dt.datetime.strptime(line, "%d.%m.%Y").date().isoformat())
            except ValueError as error:
                raise forms.ValidationError(_("Write each date as 24.12.2026.")) from error
        return sorted(set(found))

    def clean(self) -> dict[str, Any]:
        super().clean()
        week = []
        for number in range(7):
            try:
                week.append(hours.parse_day(self.cleaned_data.pop(f"hours_{number}", "")))
            except hours.HoursError as error:
                self.add_error(f"hours_{number}", str(error))
        self.cleaned_data["week"] = week
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The deed checks and writes; the form leaves its instance alone."""
