"""The paper door: the registry registers a scanned letter through the same intake as everything else."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.filing import Attachment, Filing, Sender
from documents.models import Case
from documents.reading.policy import DEFAULT, size_words
from journal.clock import db_now, warsaw_day
from journal.errors import DomainError
from people.models import Unit
from workflow import held, intake, process
from workflow.forms import PaperForm
from workflow.models import ServiceOffer, SupplementRequest
from workflow.views import DeskView


class PaperView(DeskView):
    """Type in a letter that came on paper, with its scans; one submit registers it once."""

    template_name = "desk/paper.html"
    page_title = gettext_lazy("Register a letter")
    header_icon = "mail"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.access.anywhere("register_letters"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form(self) -> PaperForm:
        units = Unit.objects.active().filter(pk__in=self.access.units["register_letters"])
        form = PaperForm(
            self.request.POST or None, initial={"key": secrets.token_hex(16), "letter_date": warsaw_day(db_now())}
        )
        unit, service = form.fields["unit"], form.fields["service"]
        assert isinstance(unit, forms.ModelChoiceField) and isinstance(service, forms.ChoiceField)
        unit.queryset = units
        offered = (
            ServiceOffer.objects.filter(unit__in=units)
            .values_list("service__code", "service__title")
            .distinct()
            .order_by("service__title")
        )
        service.choices = [
            (process.GENERAL, _("general letter")),
            *((code, title) for code, title in offered if code != process.GENERAL),
        ]
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rules = {"count": DEFAULT.max_files, "size": size_words(DEFAULT.max_bytes),
                 "total": size_words(DEFAULT.max_total_bytes), "kinds": DEFAULT.words()}  # fmt: skip
        given = {"form": self.get_form(), "rules": rules, "scans": [], "held": "", "case": None, "call": None}
        return super().get_context_data(**{**given, **kwargs})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.get_form()
        user_id = self.access.user_id or 0
        gone = set(request.POST.getlist("drop"))
        kept = [s for s in held.unseal(user_id, request.POST.get("held", "")) if s.blob_sha256 not in gone]
        scans, refused = held.take(request.FILES.getlist("files"), kept)
        for text in refused:
            form.add_error(None, text)
        case, call = self._joined(form)
        if form.is_valid() and (case is None or form.cleaned_data["joined"] == str(case.pk)):
            try:
                taken = intake.receive(self.access, self._filing(form, scans, case, call))
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                messages.success(
                    request,
                    _("Registered as %(number)s. Write the number on the letter.")
                    % {"number": taken.letter.register_number},
                )
                if Case.objects.visible_to(self.access).filter(pk=taken.case.pk).exists():
                    return redirect("desk:case", case_id=taken.case.pk)
                return redirect("incoming_letters:inspect", taken.letter.pk)  # the registry sees letters, not cases
        if case is not None:  # shown first: the letter goes in with the next press
            data = request.POST.copy()
            data["joined"] = str(case.pk)
            form.data = data
        context = self.get_context_data(
            form=form, scans=scans, held=held.seal(user_id, scans), case=case, call=call, parties=_names(case)
        )
        return self.render_to_response(context, status=422)

    def _joined(self, form: PaperForm) -> tuple[Case | None, SupplementRequest | None]:
        """The case that the letter belongs to, among those whose letters this person registers, and its open call."""
        text = form["joins"].value() or ""
        if not text.strip():
            return None, None
        found = intake.named(self.access, text)
        if len(found) == 1:
            return found[0], found[0].supplement_requests.filter(answered_at=None, left_at=None).first()
        if found:
            form.add_error("joins", _("More than one case has a letter of this number. Give the case reference."))
        else:
            form.add_error("joins", _("There is no such case among those whose letters you register."))
        return None, None

    def _filing(
        self, form: PaperForm, scans: list[Attachment], case: Case | None, call: SupplementRequest | None
    ) -> Filing:
        data = form.cleaned_data
        return Filing(
            channel=data["channel"],
            unit_id=case.unit_id if case else data["unit"].pk,
            case_id=case.pk if case and not call else None,
            answers_request_id=call.pk if call else None,
            subject=data["subject"],
            service_code=None if case else data["service"],
            sender=Sender(
                kind=data["sender_kind"],
                name=data["sender_name"],
                email=data["email"],
                street=data["street"],
                postcode=data["postcode"],
                town=data["town"],
            ),
            attachments=tuple(scans),
            intake_key=f"paper:{data['key']}",
            letter_date=data["letter_date"],
            sender_mark=data["sender_mark"],
            remarks=data["remarks"],
            guest_factors=(data["email"].lower(),) if data["email"] and not case else (),
        )


def _names(case: Case | None) -> str:
    return ", ".join(case.parties.order_by("id").values_list("name", flat=True)[:5]) if case else ""
