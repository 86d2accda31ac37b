"""The paper door: the registry registers a scanned letter through the same intake as everything else."""

from __future__ import annotations

import secrets
from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.files import store_upload
from documents.filing import Attachment, Filing, Sender
from documents.models import Case
from documents.reading.policy import UploadRefused, clean_filename
from journal.clock import db_now, warsaw_day
from journal.errors import DomainError
from people.models import Unit
from workflow import intake, process
from workflow.forms import PaperForm
from workflow.models import ServiceOffer
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
        return super().get_context_data(**{"form": self.get_form(), **kwargs})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.get_form()
        if form.is_valid():
            try:
                taken = intake.receive(self.access, self._filing(form))
            except (DomainError, UploadRefused) as error:
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
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _filing(self, form: PaperForm) -> Filing:
        data = form.cleaned_data
        attachments = []
        for upload in self.request.FILES.getlist("files"):
            blob = store_upload(upload.name or "", upload.size or 0, cast(BinaryIO, upload))
            attachments.append(
                Attachment(
                    blob.sha256, clean_filename(upload.name or "", blob.media_type), blob.media_type, blob.size, "scan"
                )
            )
        return Filing(
            channel=data["channel"],
            unit_id=data["unit"].pk,
            subject=data["subject"],
            service_code=data["service"],
            sender=Sender(
                kind=data["sender_kind"],
                name=data["sender_name"],
                email=data["email"],
                street=data["street"],
                postcode=data["postcode"],
                town=data["town"],
            ),
            attachments=tuple(attachments),
            intake_key=f"paper:{data['key']}",
            letter_date=data["letter_date"],
            sender_mark=data["sender_mark"],
            remarks=data["remarks"],
            guest_factors=(data["email"].lower(),) if data["email"] else (),
        )
