"""What a clerk types for each deed on a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from documents.models import Case
from people.access import holders
from people.models import Unit, User
from workflow.services import supplements
from workflow.services.assignment import instructions
from workflow.services.decisions import offered_letters
from workflow.states import Verb


class DeedForm(forms.Form):
    """Base of the deed forms: knows the case."""

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        self.case = case
        super().__init__(*args, **kwargs)


class SuggestedInput(forms.TextInput):
    """A line of text with suggestions that the browser offers."""

    def __init__(self, suggestions: Sequence[str] = ()) -> None:
        super().__init__()
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        place = f"{(attrs or {}).get('id', name)}-lista"
        line = super().render(name, value, {**(attrs or {}), "list": place}, renderer)
        offered = format_html_join("", '<option value="{}"></option>', ((text,) for text in self.suggestions))
        return format_html('{}<datalist id="{}">{}</datalist>', line, place, offered)


class AssignForm(DeedForm):
    to_user = forms.ModelChoiceField(label=_("Clerk"), queryset=User.objects.none())
    instruction = forms.CharField(
        label=_("Instruction"), max_length=250, required=False, help_text=_("For example: please settle.")
    )
    reason = forms.CharField(label=_("Why the case changes hands"), max_length=250)
    decided_by = forms.ModelChoiceField(
        label=_("Decided by"), queryset=User.objects.none(), required=False, empty_label=_("myself"),
        help_text=_("Somebody else, when you only type in their decision."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people, heads = self.fields["to_user"], self.fields["decided_by"]
        assert isinstance(people, forms.ModelChoiceField) and isinstance(heads, forms.ModelChoiceField)
        people.queryset = holders("handle_cases", self.case.unit_id)
        heads.queryset = holders("assign", self.case.unit_id)
        self.fields["instruction"].widget = SuggestedInput(instructions(self.case.unit))
        if self.case.handler_id is None:
            del self.fields["reason"]


class AssignForForm(AssignForm):
    """What a head has decided on paper or by word, typed in by who keeps the desk for them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        heads = self.fields["decided_by"]
        assert isinstance(heads, forms.ModelChoiceField)
        heads.required, heads.empty_label, heads.help_text = True, None, ""


class PassOnForm(DeedForm):
    to_unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    instruction = forms.CharField(label=_("Instruction"), max_length=250, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to_unit"]
        assert isinstance(field, forms.ModelChoiceField)
        own = Unit.objects.active().filter(Q(body=self.case.body_id) | Q(pk=self.case.body_id))
        field.queryset = own.exclude(pk=self.case.unit_id).order_by("path")
        self.fields["instruction"].widget = SuggestedInput(instructions(self.case.unit))


class InviteForm(DeedForm):
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    kind = forms.ChoiceField(
        label=_("What for"), widget=forms.RadioSelect, initial="cooperates",
        choices=[("cooperates", _("to give an opinion")), ("informed", _("for information"))],
    )  # fmt: skip
    instruction = forms.CharField(
        label=_("What you ask"), max_length=250, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    due_on = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        own = Unit.objects.active().filter(Q(body=self.case.body_id) | Q(pk=self.case.body_id))
        field.queryset = own.exclude(pk=self.case.unit_id).order_by("path")


class OpinionForm(DeedForm):
    task_id = forms.IntegerField(widget=forms.HiddenInput)
    comment = forms.CharField(label=_("Opinion"), widget=forms.Textarea(attrs={"rows": 6}))


class NotedForm(DeedForm):
    task_id = forms.IntegerField(widget=forms.HiddenInput)
    comment = forms.CharField(label=_("Remark"), required=False, widget=forms.Textarea(attrs={"rows": 2}))


class RegisterForm(DeedForm):
    class_symbol = forms.CharField(
        label=_("Class (JRWA)"),
        max_length=5,
        required=False,
        help_text=_("Leave as it is to take the service's class."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.case.process.service_version
        self.fields["class_symbol"].initial = version.class_symbol if version else ""


class SupplementForm(DeedForm):
    """What is missing: one thing a line; a line that starts with "plik:" asks for a file, "podpis:" for a signature."""

    missing = forms.CharField(
        label=_("What is missing"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One thing a line. Begin a line with “plik:” to ask for a file, with “podpis:” for a signature."),
    )
    days = forms.IntegerField(
        label=_("Days to answer"),
        initial=7,
        min_value=1,
        max_value=365,
        help_text=_("Not less than 7 days from delivery (art. 64 § 2 k.p.a.)."),
    )
    reason = forms.CharField(label=_("Reasons"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    PREFIXES: Mapping[str, str] = {"plik:": "file", "podpis:": "signature"}

    def items(self) -> list[dict[str, Any]]:
        """The lines as items of a SupplementRequest."""
        found = []
        for line in self.cleaned_data["missing"].splitlines():
            text, kind = line.strip(), "text"
            for prefix, named in self.PREFIXES.items():
                if text.lower().startswith(prefix):
                    text, kind = text[len(prefix) :].strip(), named
            if text:
                found.append({"label": text, "kind": kind, "required": True})
        return found


class AcceptSignatureForm(DeedForm):
    """One good signature whose issuer is not known here, of the answer to one call of the case."""

    request_id = forms.IntegerField(widget=forms.HiddenInput)
    signature = forms.TypedChoiceField(label=_("Signature"), coerce=int, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why it is accepted"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: how you checked the certificate and its issuer. The reason stays in the case."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = str(self["request_id"].value())
        waiting = [r for r in self.case.supplement_requests.all() if str(r.pk) == named]
        choices = [
            (place, f"{found['who']}, {found['file']}")
            for request in waiting
            for place, found in supplements.undecided(request)
        ]
        field = self.fields["signature"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = choices
        if len(choices) == 1:
            field.initial = choices[0][0]


class ReasonForm(DeedForm):
    reason = forms.CharField(label=_("Reasons"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class ExtendForm(DeedForm):
    new_day = forms.DateField(label=_("New date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    reason = forms.CharField(label=_("Cause of the delay"), widget=forms.Textarea(attrs={"rows": 3}))


class SuspendForm(DeedForm):
    article = forms.CharField(label=_("Article"), max_length=80, initial="art. 97 § 1 pkt 4 k.p.a.")
    reason = forms.CharField(label=_("Reasons"), widget=forms.Textarea(attrs={"rows": 3}))


class DraftForm(DeedForm):
    to_unit = forms.ModelChoiceField(
        label=_("Addressee"), queryset=Unit.objects.none(), required=False, empty_label=_("the party of the case"),
        help_text=_("Another unit of the town gets the letter in its register; nobody types it again."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind of letter"))
    subject = forms.CharField(label=_("Subject"), max_length=250)
    body = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 14, "class": "obieg-letter-text"}),
        help_text=_("Leave an empty line between paragraphs."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind, units = self.fields["kind"], self.fields["to_unit"]
        assert isinstance(kind, forms.ChoiceField) and isinstance(units, forms.ModelChoiceField)
        kind.choices = list(offered_letters(self.case).items())
        units.queryset = Unit.objects.active().exclude(pk=self.case.unit_id).order_by("path")


class ReviseForm(DeedForm):
    letter_id = forms.IntegerField(widget=forms.HiddenInput)
    subject = forms.CharField(label=_("Subject"), max_length=250)
    body = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 14, "class": "obieg-letter-text"}))


class LetterForm(DeedForm):
    letter_id = forms.IntegerField(widget=forms.HiddenInput)


class ApproveForm(DeedForm):
    task_id = forms.IntegerField(widget=forms.HiddenInput)
    version_id = forms.IntegerField(widget=forms.HiddenInput)


class ReturnForm(DeedForm):
    task_id = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("What has to be corrected"), widget=forms.Textarea(attrs={"rows": 3}))


class SignForm(DeedForm):
    task_id = forms.IntegerField(widget=forms.HiddenInput)
    how = forms.ChoiceField(
        label=_("Sign with"),
        widget=forms.RadioSelect,
        initial="person",
        choices=[("person", _("my certificate (name and post)")), ("seal", _("the unit's seal"))],
    )


class TakeForm(DeedForm):
    """Nothing is typed."""


class AnswerAtOnceForm(DeedForm):
    kind = forms.ChoiceField(label=_("Kind of letter"))
    subject = forms.CharField(label=_("Subject"), max_length=250)
    body = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 10, "class": "obieg-letter-text"}),
        help_text=_("Leave an empty line between paragraphs."),
    )
    how = SignForm.base_fields["how"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = list(offered_letters(self.case).items())
        if not self.is_bound:
            self.initial.setdefault("subject", _("Re: %(title)s") % {"title": self.case.title[:240]})


class LinkForm(DeedForm):
    other = forms.CharField(label=_("Reference of the other case"), max_length=80)
    note = forms.CharField(label=_("How they belong together"), max_length=200, required=False)


class UnlinkForm(DeedForm):
    link_id = forms.IntegerField(widget=forms.HiddenInput)


class CloseForm(DeedForm):
    outcome = forms.CharField(label=_("How it was settled"), max_length=80, initial=_("letter delivered"))


class PostedForm(DeedForm):
    task_id = forms.IntegerField(widget=forms.HiddenInput)
    posted_on = forms.DateField(label=_("Posted on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=60, required=False)


class ReceiptReturnedForm(DeedForm):
    delivery_id = forms.IntegerField(widget=forms.HiddenInput)
    receipt_returned_on = forms.DateField(
        label=_("Received by the addressee on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


class ReturnedByPostForm(DeedForm):
    delivery_id = forms.IntegerField(widget=forms.HiddenInput)
    returned_on = forms.DateField(label=_("Came back on"), widget=forms.DateInput(attrs={"type": "date"}))
    deemed_on = forms.DateField(
        label=_("Deemed delivered on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_(
            "The end of the 14 days for which the post kept it, when both notices were left (art. 44 § 4 k.p.a.). "
            "Leave empty when the address was wrong."
        ),
    )


FORMS: Mapping[str, type[DeedForm]] = {
    Verb.ASSIGN: AssignForm,
    "assign_for": AssignForForm,
    Verb.FORWARD: PassOnForm,
    Verb.INVITE: InviteForm,
    Verb.REGISTER: RegisterForm,
    Verb.REQUEST_SUPPLEMENT: SupplementForm,
    Verb.ACCEPT_SIGNATURE: AcceptSignatureForm,
    Verb.LEAVE: ReasonForm,
    Verb.EXTEND: ExtendForm,
    Verb.SUSPEND: SuspendForm,
    Verb.RESUME: ReasonForm,
    Verb.DRAFT: DraftForm,
    Verb.SEND_FOR_APPROVAL: LetterForm,
    Verb.APPROVE: ApproveForm,
    Verb.RETURN: ReturnForm,
    Verb.SIGN: SignForm,
    Verb.CLOSE: CloseForm,
    Verb.CROSS: ReasonForm,
    "take": TakeForm,
    "answer_at_once": AnswerAtOnceForm,
    "link": LinkForm,
    "unlink": UnlinkForm,
    "opinion": OpinionForm,
    "noted": NotedForm,
    "revise": ReviseForm,
    "posted": PostedForm,
    "receipt_returned": ReceiptReturnedForm,
    "returned_by_post": ReturnedByPostForm,
}


class PaperForm(forms.Form):
    """A letter that came on paper, typed in at the registry's desk."""

    joins = forms.CharField(
        label=_("Belongs to a case"),
        max_length=80,
        required=False,
        help_text=_("Case reference, tracking code or register number (RPW, RPK). Empty: the letter opens a new case."),
    )
    unit = forms.ModelChoiceField(label=_("Addressed to"), queryset=Unit.objects.none())
    service = forms.ChoiceField(label=_("Service"))
    subject = forms.CharField(label=_("Subject"), max_length=250)
    sender_name = forms.CharField(label=_("Sender"), max_length=200)
    sender_kind = forms.ChoiceField(
        label=_("Sender is"), choices=[("person", _("a person")), ("organisation", _("an organisation"))]
    )
    street = forms.CharField(label=_("Street and number"), max_length=160, required=False)
    postcode = forms.RegexField(
        label=_("Postcode"),
        regex=r"^\d{2}-\d{3}$",
        required=False,
        error_messages={"invalid": _("Write the postcode as 00-000.")},
    )
    town = forms.CharField(label=_("Town"), max_length=80, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    letter_date = forms.DateField(
        label=_("Date on the letter"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    sender_mark = forms.CharField(label=_("Their reference"), max_length=80, required=False)
    channel = forms.ChoiceField(label=_("How it came"), choices=[("paper", _("by post")), ("person", _("in person"))])
    remarks = forms.CharField(label=_("Remarks"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    #: Made when the empty form was shown, so that sending twice registers once.
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    #: Id of the case that was found and shown; the letter goes into no other.
    joined = forms.CharField(widget=forms.HiddenInput, max_length=20, required=False)
