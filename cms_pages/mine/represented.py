"""Whom the account represents: the list, one party's form, and the end of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages as said
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cms_pages.mine.area import AccountView
from journal.errors import DomainError
from people.models import Represented
from people.services import representation

Kind = Represented.Kind


class PartyForm(forms.Form):
    """One party, with the fields of its kind."""

    basis = forms.ChoiceField(label=gettext_lazy("By what right you represent them"), widget=forms.RadioSelect)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=150)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=150)
    pesel = forms.CharField(label="PESEL", max_length=20, required=False)
    name = forms.CharField(label=gettext_lazy("Name of the company or organisation"), max_length=250)
    nip = forms.CharField(label="NIP", max_length=20, required=False)
    krs = forms.CharField(label="KRS", max_length=20, required=False)
    street = forms.CharField(label=gettext_lazy("Street"), max_length=120, required=False)
    house = forms.CharField(label=pgettext_lazy("number of a house", "House"), max_length=20, required=False)
    flat = forms.CharField(label=pgettext_lazy("number of a flat", "Flat"), max_length=20, required=False)
    postcode = forms.RegexField(
        r"^\d\d-\d{3}$", label=gettext_lazy("Postcode"), max_length=6, required=False,
        error_messages={"invalid": gettext_lazy("Write the postcode as two digits, a hyphen and three digits.")},
    )  # fmt: skip
    town = forms.CharField(label=gettext_lazy("Town"), max_length=80, required=False)
    valid_until = forms.DateField(
        label=gettext_lazy("Until which day (leave empty when there is no end)"), required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )  # fmt: skip

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name", "pesel") if kind == Kind.ORGANISATION else ("name", "nip", "krs"):
            del self.fields[name]
        basis = self.fields["basis"]
        assert isinstance(basis, forms.ChoiceField)
        basis.choices = [each for each in Represented.Basis.choices if each[0] in representation.BASES[kind]]


class RepresentedView(AccountView):
    """`/moje-sprawy/reprezentuje/`: everybody, with what may be added; POST ends one (`koniec`)."""

    template_name = "account/represented.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        parties = list(Represented.objects.of(self.user))
        return super().get_context_data(parties=parties, kinds=Kind.choices, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        named = request.POST.get("koniec", "")
        try:
            representation.end(request.access, user=self.user, pk=int(named) if _number(named) else 0)  # type: ignore[attr-defined]  # set by middleware
        except DomainError as error:
            said.error(request, str(error.message))
        else:
            said.success(request, _("You file nothing in that name any more. What was filed stays."))
        return redirect("cms_pages:represented")


class PartyView(AccountView):
    """`/moje-sprawy/reprezentuje/<kind>/` adds one, `…/<kind>/<pk>/` changes it."""

    template_name = "account/represented_form.html"
    form: PartyForm

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if kwargs["kind"] not in Kind.values:
            raise Http404

    def _known(self) -> Represented | None:
        pk = self.kwargs.get("pk")
        if pk is None:
            return None
        found = Represented.objects.of(self.user).filter(pk=pk, kind=self.kwargs["kind"], ended_at__isnull=True).first()
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = self._known()
        if "form" not in kwargs:
            names = (*representation.FIELDS, "basis", "valid_until") if known else ()
            initial = {name: getattr(known, name) for name in names}
            kwargs["form"] = PartyForm(initial=initial, kind=self.kwargs["kind"])
        return super().get_context_data(known=known, kind_label=Kind(self.kwargs["kind"]).label, **kwargs)

    def post(self, request: HttpRequest, kind: str, pk: int | None = None) -> HttpResponse:
        self._known()
        form = PartyForm(request.POST, kind=kind)
        if form.is_valid():
            actor = request.access  # type: ignore[attr-defined]  # set by people.middleware
            try:
                if pk is None:
                    representation.add(actor, user=self.user, kind=kind, **form.cleaned_data)
                else:
                    representation.change(actor, user=self.user, pk=pk, kind=kind, **form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                said.success(request, _("Kept. A form now asks in whose name you file."))
                return redirect("cms_pages:represented")
        return self.render_to_response(self.get_context_data(form=form), status=422)


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
