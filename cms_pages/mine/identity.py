"""Who the account's owner is to the office: what forms are filled in with, how sure the office is, the code to show."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages as said
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cms_pages.mine.area import AccountView
from cms_pages.models import ServicePage
from journal.clock import DbToday
from journal.errors import DomainError
from people.models import Assurance, Citizen
from people.services import citizens, identity
from workflow.models import ServiceVersion

#: Services named on the page of the level.
_NAMED = 12


class ProfileForm(forms.Form):
    """What forms are filled in with. Every field may stay empty."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=150, required=False)
    pesel = forms.CharField(label="PESEL", max_length=11, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    street = forms.CharField(label=gettext_lazy("Street"), max_length=120, required=False)
    house = forms.CharField(label=pgettext_lazy("number of a house", "House"), max_length=20, required=False)
    flat = forms.CharField(label=pgettext_lazy("number of a flat", "Flat"), max_length=20, required=False)
    postcode = forms.RegexField(
        r"^\d\d-\d{3}$",
        label=gettext_lazy("Postcode"),
        max_length=6,
        required=False,
        error_messages={"invalid": gettext_lazy("Write the postcode as two digits, a hyphen and three digits.")},
    )
    town = forms.CharField(label=gettext_lazy("Town"), max_length=80, required=False)


class ProfileView(AccountView):
    """The owner's own data."""

    template_name = "account/profile.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        citizen = Citizen.objects.filter(user=self.user).first()
        if "form" not in kwargs:
            known = {name: getattr(citizen, name, getattr(self.user, name, "")) for name in ProfileForm.base_fields}
            kwargs["form"] = ProfileForm(initial=known)
        confirmed = citizen is not None and citizen.assurance >= Assurance.CONFIRMED
        return super().get_context_data(citizen=citizen, confirmed=confirmed, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ProfileForm(request.POST)
        if form.is_valid():
            try:
                citizen = citizens.update_profile(
                    request.access,  # type: ignore[attr-defined]  # set by people.middleware
                    user=self.user,
                    **form.cleaned_data,
                )
            except DomainError as error:
                form.add_error("pesel" if "PESEL" in str(error.message) else None, str(error.message))
            else:
                if citizen.assurance < Assurance.CONFIRMED:
                    said.success(request, _("Your data have been saved."))
                else:
                    said.success(request, _("Your data have been saved. Your identity stays confirmed."))
                return redirect("cms_pages:my_profile")
        response = self.render_to_response(self.get_context_data(form=form))
        response.status_code = 422
        return response


class IdentityView(AccountView):
    """The level, what it opens, and the code for the counter; a new code is shown once."""

    template_name = "account/identity.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        citizen = Citizen.objects.filter(user=self.user).select_related("confirmed_in").first()
        level = citizen.assurance if citizen is not None else Assurance.NONE
        return super().get_context_data(
            citizen=citizen,
            confirmed=level >= Assurance.CONFIRMED,
            complete=bool(citizen and citizen.pesel and self.user.first_name and self.user.last_name),
            opens=_services_asking_for(Assurance.CONFIRMED),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            code, kept = identity.make_code(request.access, user=self.user)  # type: ignore[attr-defined]  # middleware
        except DomainError as error:
            said.error(request, str(error.message))
            return redirect("cms_pages:my_identity")
        response = self.render_to_response(self.get_context_data(code=code, until=kept.expires_at))
        response["Cache-Control"] = "no-store, private"
        return response


def _services_asking_for(level: int) -> list[ServicePage]:
    """Live service cards whose service now asks for this level, by title."""
    now = ServiceVersion.objects.filter(assurance=level, valid_from__lte=DbToday()).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=DbToday())
    )
    pages = ServicePage.objects.live().public().filter(service__in=now.values("service"))
    return list(pages.order_by("title")[:_NAMED])
