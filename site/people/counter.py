"""The counter: a clerk of the registry compares an account with an identity document and confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column

from people.access import Access
from people.deed_viewset import DeedAction, DeedEditView, DeedIndexView, DeedViewSet, day_column
from people.forms import ConfirmIdentityForm
from people.models import Assurance, Citizen
from people.services import citizens, identity


class CitizenIndexView(DeedIndexView):
    """A good code leads straight to the account it belongs to."""

    page_title = _("Confirm an identity")
    results_template_name = "people/counter_results.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        typed = request.GET.get("q", "")
        if identity.looks_like_code(typed) and self.access.anywhere("register_letters"):
            if not identity.TRIES.take(str(self.access.user_id)):
                messages.error(request, _("Too many codes in a short time. Wait a quarter of an hour."))
            elif (citizen := identity.holder_of(typed)) is not None:
                place = reverse(self.viewset.get_url_name("edit"), args=(citizen.pk,))
                return HttpResponseRedirect(f"{place}?{urlencode({'kod': typed.strip()})}")
            else:
                messages.error(request, _("This code is wrong or older than 15 minutes. Ask the person for a new one."))
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer


class CitizenEditView(DeedEditView):
    """What the account says is shown to who typed its code."""

    submit_button_label = _("Confirm the identity")
    submit_button_active_label = _("Confirming…")
    success_message = _("Identity confirmed: %(object)s")

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        code = self.request.GET.get("kod", "")
        holder = identity.holder_of(code) if code else None
        if holder is not None and holder.pk == self.object.pk:
            form.show(code)
        return form


class CitizenViewSet(DeedViewSet):
    """Confirming an identity at the counter. Nobody browses citizens: the search answers a code from an account, or a
    whole e-mail address."""

    model = Citizen
    name, url_prefix, icon = "people_citizens", "osoby/obywatele", "clipboard-list"
    menu_label = _("Citizens: confirm identity")
    ordering = "pk"
    list_display = [
        "__str__",
        Column("user.email", label=_("E-mail address")),
        Column("get_assurance_display", label=_("assurance")),
        day_column("confirmed_at", _("Confirmed on")),
        Column("confirmed_in", label=_("Confirmed in the unit")),
    ]
    index_view_class, edit_view_class = CitizenIndexView, CitizenEditView
    search_fields = ["user__email"]
    browsable = False
    deed_actions = (
        DeedAction(
            "cofnij-potwierdzenie",
            _("Revoke the confirmation"),
            _("The account will count as one with a confirmed e-mail address only. Its owner may come again."),
            lambda access, citizen: citizens.revoke_confirmation(access, user=citizen.user),
            lambda access, citizen: _may_revoke(access, citizen),
            icon="cross",
            serious=True,
        ),
    )

    def get_form_class(self, for_update: bool = False) -> type[ConfirmIdentityForm]:
        return ConfirmIdentityForm

    def visible(self, access: Access) -> QuerySet[Citizen]:
        if not access.anywhere("register_letters"):
            return Citizen.objects.none()
        return Citizen.objects.select_related("user", "confirmed_in")

    def search(self, queryset: QuerySet[Citizen], words: str) -> QuerySet[Citizen]:
        return queryset.filter(user__email=words.strip().lower())

    def change(self, access: Access, thing: Citizen, data: Mapping[str, Any]) -> Citizen:
        return citizens.confirm_identity(
            access,
            user=thing.user,
            unit=data["unit"],
            code=data["code"],
            pesel=data["number"],
            first_name=data["first_name"],
            last_name=data["last_name"],
        )


def _may_revoke(access: Access, citizen: Citizen) -> bool:
    if citizen.assurance < Assurance.CONFIRMED:
        return False
    if citizen.confirmed_in_id is None:
        return access.anywhere("register_letters")
    return access.may("register_letters", citizen.confirmed_in_id)
