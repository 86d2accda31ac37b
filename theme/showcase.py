"""The living page of components: every part in every state, for people who build screens and for the axe gate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import TemplateView

_LONG = gettext_lazy(
    "A very long answer: the undersigned asks for a permit to occupy a lane of the road "
    "by the school, the kindergarten and the fire station"
)


class DatePartsWidget(forms.MultiWidget):
    """Three plain fields: day, month, year."""

    ui_kind = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__([forms.TextInput(attrs), forms.TextInput(attrs), forms.TextInput(attrs)], attrs)

    def decompress(self, value: Any) -> list[str]:
        """``(day, month, year)`` or nothing."""
        return list(value or ("", "", ""))


class DatePartsField(forms.MultiValueField):
    """Only for this page: keeps what was typed."""

    widget = DatePartsWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(fields=[forms.CharField(), forms.CharField(), forms.CharField()], **options)

    def compress(self, data_list: list[str]) -> tuple[str, ...]:
        """The parts as typed."""
        return tuple(data_list)


class SeveralFiles(forms.ClearableFileInput):
    """A file control for several files."""

    allow_multiple_selected = True


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(
        label=gettext_lazy("First name and surname"), help_text=gettext_lazy("As in your identity card")
    )
    pesel = forms.CharField(label=gettext_lazy("PESEL number"), help_text=gettext_lazy("11 digits"))
    amount = forms.CharField(label=gettext_lazy("Fee"), required=False)
    matter = forms.ChoiceField(
        label=gettext_lazy("Kind of matter"),
        choices=[
            ("", gettext_lazy("Choose")),
            ("road", gettext_lazy("Occupation of a road lane")),
            ("tree", gettext_lazy("Removal of trees")),
        ],
    )
    reply = forms.ChoiceField(
        label=gettext_lazy("How should we reply?"),
        widget=forms.RadioSelect,
        choices=[("account", gettext_lazy("On my account")), ("post", gettext_lazy("By post"))],
    )
    needs = forms.MultipleChoiceField(
        label=gettext_lazy("What do you attach?"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[("map", gettext_lazy("A map")), ("proxy", gettext_lazy("Power of attorney"))],
    )
    born = DatePartsField(
        label=gettext_lazy("Date of birth"), help_text=gettext_lazy("For example 27 3 1985"), required=False
    )
    reasons = forms.CharField(label=gettext_lazy("Reasons"), widget=forms.Textarea, required=False)
    papers = forms.FileField(label=gettext_lazy("Attachments"), widget=SeveralFiles, required=False)
    consent = forms.BooleanField(label=gettext_lazy("I confirm that these data are true"))
    street = forms.CharField(label=gettext_lazy("Street"))
    house = forms.CharField(label=gettext_lazy("House"))
    flat = forms.CharField(label=gettext_lazy("Flat"), required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"))
    city = forms.CharField(label=gettext_lazy("Town"))


def _filled(**over: Any) -> dict[str, Any]:
    return {
        "name": "Zofia Przykładowa-Źdźbło",
        "pesel": "44051401458",
        "amount": "17,00",
        "matter": "tree",
        "reply": "account",
        "needs": ["map"],
        "born_0": "27",
        "born_1": "3",
        "born_2": "1985",
        "reasons": str(_LONG),
        "street": "ul. Zażółconej Gęśli",
        "house": "12a",
        "flat": "3",
        "postcode": "44-999",
        "city": "Obiegowo",
        "consent": "on",
        **over,
    }


class ComponentsView(TemplateView):
    """Reads nothing from the database."""

    template_name = "components/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The examples, and the frame's own slots."""
        disabled = SampleForm(initial=_filled(born=("27", "3", "1985")), auto_id="off_%s")
        for field in disabled.fields.values():
            field.disabled = True
        filled = SampleForm(_filled(), auto_id="full_%s")
        filled.errors  # noqa: B018 - binds the values
        wrong = SampleForm({"pesel": "123", "born_0": "31", "born_1": "2", "born_2": ""}, auto_id="id_%s")
        wrong.errors  # noqa: B018 - validates before errors are added
        wrong.add_error("pesel", _("PESEL has 11 digits; this one has 3. Check that none is missing."))
        wrong.add_error("born", _("There is no 31 February. Check the day and the month."))
        wrong.add_error("papers", _("“plan.exe” is not a kind of file that we accept."))
        return super().get_context_data(
            demo_banner=True,
            alert={"title": _("Water failure in Lipowa street."), "text": _("Tanks stand by the school."), "url": "#"},
            breadcrumbs=[
                {"title": _("Home"), "url": "/"},
                {"title": _("For builders"), "url": "#"},
                {"title": _("Components")},
            ],
            states=[
                ("empty", _("Empty"), SampleForm(auto_id="empty_%s")),
                ("full", _("Filled"), filled),
                ("wrong", _("With errors"), wrong),
                ("off", pgettext("control", "Disabled"), disabled),
            ],
            wrong=wrong,
            **_examples(),
            **kwargs,
        )


def _examples() -> dict[str, Any]:
    day = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    return {
        "day": day,
        "files": [
            {"id": 1, "name": "mapa-działki.pdf", "size": 1_250_000, "scan": "clean", "url": "#"},
            {"id": 2, "name": "zdjęcie.jpg", "size": 640_000, "scan": "pending"},
            {
                "id": 3,
                "name": "pełnomocnictwo-" + "bardzo-" * 9 + "długa-nazwa.docx",
                "size": 88_000,
                "scan": "unscanned",
            },
            {
                "id": 4,
                "name": "plan.zip",
                "size": 9_000,
                "scan": "infected",
                "error": _("Remove this file and attach a clean one."),
            },
        ],
        "option_hints": {
            "account": _("You get a message when something happens."),
            "post": _("It takes about a week."),
        },
        "rows": [
            {"label": _("First name and surname"), "value": "Zofia Przykładowa-Źdźbło", "change_url": "#"},
            {"label": _("Address"), "value": "ul. Zażółconej Gęśli 12a/3\n44-999 Obiegowo", "change_url": "#"},
            {"label": _("Reasons"), "value": _LONG, "change_url": "#"},
            {"label": _("Phone"), "value": "", "change_url": "#"},
        ],
        "tasks": [
            {"title": _("Who files the application"), "url": "#", "status": _("Done"), "tone": "ok"},
            {
                "title": _("Place and time"),
                "url": "#",
                "status": _("Begun"),
                "tone": "info",
                "hint": _("Two answers are missing"),
            },
            {"title": _("Attachments"), "url": "#", "status": _("Not begun")},
            {"title": _("Check and send"), "status": _("You cannot start yet")},
        ],
        "steps": [
            {"title": _("Applicant"), "url": "#"},
            {"title": _("Place"), "url": "#"},
            {"title": _("Attachments")},
            {"title": _("Check and send")},
        ],
        "events": [
            {
                "title": _("You sent the application"),
                "at": day,
                "text": _("Receipt UPP-UM-20261124-7 was made."),
                "url": "#",
            },
            {"title": _("The office registered the case"), "at": day, "text": _("Case reference: RO.6131.12.2026.")},
            {
                "title": _("You must supply something"),
                "at": day,
                "state": "now",
                "text": _("Attach the map by 8 December 2026."),
                "url": "#",
                "link_text": _("Supply now"),
            },
            {
                "title": _("Decision"),
                "when_text": _("by 24 December 2026"),
                "state": "next",
                "text": _("We will write to you."),
            },
        ],
        "columns": [
            {"label": _("Case")},
            {"label": _("Matter")},
            {"label": _("Status")},
            {"label": _("Fee"), "numeric": True},
        ],
        "table": [
            [
                {"text": "RO.6131.12.2026", "url": "#"},
                _("Removal of trees"),
                {"text": _("being considered"), "tone": "info"},
                "17,00 zł",
            ],
            [
                {"text": "DG.7232.3.2026", "url": "#"},
                _LONG,
                {"text": _("needs supplementing"), "tone": "warn"},
                "1 204,50 zł",
            ],
        ],
        "panels": [
            {"id": "tab-who", "title": _("Who"), "text": _("Anybody who lives here.")},
            {"id": "tab-cost", "title": _("Cost"), "text": _("Nothing.")},
            {"id": "tab-time", "title": _("Time"), "text": _("Up to 30 days.")},
        ],
        "cards": [
            {
                "title": _("Removal of trees"),
                "url": "#",
                "text": _("Report that you want to remove a tree from your land."),
                "icon_name": "leaf",
                "meta": [_("21 days"), _("free of charge")],
            },
            {
                "title": _("Place in a kindergarten"),
                "url": "#",
                "text": _("Apply for a place from September."),
                "icon_name": "child",
                "tag": _("open until 31 March"),
                "tone": "ok",
            },
            {"title": _LONG, "url": "#", "text": _("Long titles wrap."), "icon_name": "road"},
        ],
        "groups": [
            {
                "name": "unit",
                "label": _("Unit"),
                "options": [
                    {"value": "um", "label": _("City Office"), "count": 24, "checked": True},
                    {"value": "sp", "label": _("Primary School No. 3"), "count": 3},
                ],
            }
        ],
        "receipt_rows": [
            {"label": _("Receipt number"), "value": "UPP-UM-20261124-7"},
            {"label": _("Recipient"), "value": "Urząd Miasta Obiegowo"},
            {"label": _("Received"), "value": "24 listopada 2026, 10:30:12"},
            {"label": _("Tracking code"), "value": "K7MQ-4XRA-9TDP-W3HE", "copyable": True},
            {
                "label": "SHA-256",
                "value": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "hash": True,
            },
        ],
        "receipt_files": [{"text": "UPO (PDF)", "url": "#"}, {"text": "UPO (XML)", "url": "#"}],
        "documents": [
            {
                "title": _("Decision"),
                "url": "#",
                "kind": "PDF",
                "size": 184_000,
                "date": day,
                "note": _("Signed by the mayor"),
            },
            {"title": _("Call to supply missing documents"), "url": "#", "kind": "PDF", "size": 90_000, "date": day},
        ],
    }
