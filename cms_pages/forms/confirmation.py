"""The page after sending: proof, code, what happens next."""

from __future__ import annotations

import uuid as uuids

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cms_pages.forms import drafts
from cms_pages.forms.models import Submission
from cms_pages.forms.views import FormView
from documents import guests
from documents.models import Receipt
from journal.errors import NotFound
from workflow import states


class ConfirmationView(FormView):
    """What was sent, proved, and what happens next. Only for the person who sent it."""

    template = "forms/confirmation.html"

    def get(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        sent = (Submission.objects.select_related("letter__unit", "case__body", "version").filter(pk=uuid).first())
        if sent is None or not drafts.may_see(request, sent):
            raise NotFound(_("There is no such confirmation, or it belongs to somebody else."))
        if not guests.may_open(request, sent.case):
            guests.remember(request, sent.case)
        receipt = Receipt.objects.get(letter=sent.letter, kind=Receipt.Kind.FILING)
        process = getattr(sent.case, "process", None)
        number = receipt.number
        files = [{"text": text, "url": reverse("documents:receipt_file", args=[number, form])}
                 for text, form in ((_("UPO as PDF"), "pdf"), (_("UPO as XML"), "xml"))]  # fmt: skip
        moment = localtime(receipt.happened_at)
        context = {
            "sent": sent, "case": sent.case, "letter": sent.letter, "receipt": receipt, "uuid": uuid,
            "rows": [{"label": _("Receipt number"), "value": number, "copyable": True},
                     {"label": _("Received by"), "value": sent.letter.unit.name},
                     {"label": _("Date and time"), "value": f"{date_format(moment, 'j E Y')}, {moment:%H:%M:%S}"},
                     {"label": _("Register number"), "value": sent.letter.register_number},
                     {"label": _("Fingerprint of the document (SHA-256)"), "value": receipt.document_sha256,
                      "hash": True}],
            "files": files if receipt.signed_at else [], "signed": receipt.signed_at is not None,
            "due": sent.case.due_on, "status": states.public_status(sent.case),
            "signature_missing": bool(process and process.signature_missing),
            "form_title": sent.version.spec.title.in_language(get_language()),
            "case_url": reverse("cms_pages:my_case", args=[sent.case_id]), "track_url": reverse("cms_pages:track"),
        }  # fmt: skip
        return render(request, self.template, context)


class ReceiptView(ConfirmationView):
    """The receipt alone, asked for by the confirmation page until it is signed."""

    template = "forms/_receipt.html"
