"""The citizen's side of a case: "Moje sprawy" with an account, or as guest with tracking code and second factor."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from cms_pages.forms.supplement import answers_of, supplement_form
from cms_pages.mine import conversation
from cms_pages.mine.area import count_down
from documents import readings, tracking
from documents.filing import Filing, Sender
from documents.guests import may_open, remember
from documents.models import Case, Delivery, Document, DocumentVersion, Letter, Receipt
from documents.services import cases, deliveries
from journal import notify
from journal.errors import DomainError, NotFound
from journal.models import Entry
from people.limits import address_of
from people.models import Represented, User
from workflow import intake, states
from workflow.models import SupplementRequest

#: Documents as the party sees them: only what is shown to parties, the version that opens first in `newest`.
_SHOWN = (
    Document.objects.filter(public=True)
    .order_by("position", "id")
    .prefetch_related(
        Prefetch("versions", DocumentVersion.objects.select_related("blob").order_by("-number"), to_attr="newest")
    )
)


class MyCasesView(LoginRequiredMixin, TemplateView):
    """Cases filed with this account, newest first, with the next step of each."""

    template_name = "account/my_cases.html"

    @property
    def user(self) -> User:
        """Who is signed in."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = states.with_state(Case.objects.of_citizen(self.user)).select_related("unit", "body")
        parties = list(Represented.objects.of(self.user))
        named = self.request.GET.get("imie", "")
        chosen = next((party for party in parties if str(party.pk) == named), None)
        if chosen is not None:
            rows = rows.filter(submissions__represented=chosen)
        elif named == "ja" and parties:
            rows = rows.exclude(submissions__represented__isnull=False)
        before = self.request.GET.get("przed", "")
        if before.isascii() and before.isdigit() and len(before) < 19:
            rows = rows.filter(pk__lt=int(before))
        found = list(rows.order_by("-pk")[:21])
        for case in found:
            case.public = states.public_status(case)  # type: ignore[attr-defined]  # for the template
        count_down(found)
        return super().get_context_data(
            cases=found[:20],
            parties=parties,
            named="ja" if named == "ja" else str(chosen.pk) if chosen else "",
            following=found[19].pk if len(found) > 20 else None,
            waiting=Delivery.objects.of_citizen(self.user).waiting().select_related("letter__case", "letter__body"),
            **kwargs,
        )


class PartyCaseMixin:
    """Finds a case for the person it belongs to: its owner, or a guest who opened it with code and factor."""

    request: HttpRequest
    kwargs: dict[str, Any]

    def find_case(self) -> Case:
        case = (
            states.with_state(Case.objects.filter(pk=self.kwargs["case_id"]))
            .select_related("unit", "body", "process")
            .first()
        )
        if case is None or not may_open(self.request, case):
            raise Http404
        return case


class MyCaseView(PartyCaseMixin, TemplateView):
    """One case as its party sees it: status in plain words, timeline, what to do, letters, receipts."""

    template_name = "account/my_case.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        case = self.find_case()
        request = open_request(case)
        count_down([case])
        timeline = [
            (entry.timestamp, notify.sentence(entry))
            for entry in Entry.objects.of_case(case.pk).for_parties()
            if notify.has_sentence(entry.action)
        ]
        context = {
            **conversation.shown(self.request.access, case),  # type: ignore[attr-defined]  # set by people.middleware
            "message_form": conversation.MessageForm(auto_id="wiadomosc_%s"),
            "readings": readings.for_party(case),
            "case": case,
            "status": states.public_status(case),
            "timeline": timeline[::-1],
            "deliveries": Delivery.objects.filter(letter__case=case, box="account", first_notice_at__isnull=False)
            .select_related("letter__body", "letter__signed_version")
            .order_by("-pk"),
            "received": Letter.objects.filter(case=case, direction="in")
            .prefetch_related(Prefetch("documents", _SHOWN))
            .order_by("-pk"),
            "public_documents": _SHOWN.filter(case=case, letter__isnull=True),
            "receipts": Receipt.objects.filter(case=case).order_by("-pk"),
            "open_request": request,
            "may_read_request": request is not None and (request.due_on is not None or case.owner_id is None),
            "supplement_form": kwargs.pop("supplement_form", None)
            or (supplement_form(request.items) if request else None),
            "supplement_key": kwargs.pop("supplement_key", None) or secrets.token_hex(16),
        }
        return super().get_context_data(**{**context, **kwargs})


def open_request(case: Case) -> SupplementRequest | None:
    """The call that waits for the party's answer, if any."""
    return (
        case.supplement_requests.filter(answered_at__isnull=True, left_at__isnull=True).select_related("letter").first()
    )


def answered_before(case: Case, key: str) -> bool:
    """Whether the form with this key has been sent already, in answer to a call of this case."""
    keys = [f"supplement:{pk}:{key}" for pk in case.supplement_requests.values_list("pk", flat=True)]
    return Letter.objects.filter(case=case, intake_key__in=keys).exists()


class SignForView(PartyCaseMixin, View):
    """The party confirms that they receive a letter (UPD); only then it can be opened."""

    def post(self, request: HttpRequest, case_id: int, delivery_id: int) -> HttpResponse:
        case = self.find_case()
        delivery = Delivery.objects.filter(letter__case=case, pk=delivery_id, box="account").first()
        if delivery is None:
            raise Http404
        try:
            deliveries.sign_for(request.access, delivery=delivery)  # type: ignore[attr-defined]
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("You have confirmed that you received the letter. You can open it now."))
        return redirect(reverse("cms_pages:my_case", args=[case.pk]) + "#listy")


class AnswerView(PartyCaseMixin, View):
    """The party answers a call for a supplement with texts and files; it goes through the same intake."""

    def post(self, request: HttpRequest, case_id: int) -> HttpResponse:
        case = self.find_case()
        # A form names the call it answers: sent twice, it is the same answer and gets the same confirmation.
        key = request.POST.get("key", "")[:64] or secrets.token_hex(16)
        call = open_request(case)
        if answered_before(case, key):
            return self._confirmed(case)
        if call is None:
            messages.info(request, _("The office waits for nothing in this case."))
            return redirect("cms_pages:my_case", case_id=case.pk)
        form = supplement_form(call.items, request.POST, request.FILES)
        if form.is_valid():
            try:
                intake.receive(request.access, self._filing(case, call, form, key))  # type: ignore[attr-defined]
            except DomainError as error:
                if answered_before(case, key):  # the other half of a double click was faster
                    return self._confirmed(case)
                form.add_error(None, str(error.message))
            else:
                return self._confirmed(case)
        page = MyCaseView()
        page.setup(request, case_id=case_id)
        response = page.get(request, case_id=case_id, supplement_form=form, supplement_key=key)
        response.status_code = 422
        return response

    def get(self, request: HttpRequest, case_id: int) -> HttpResponse:
        return redirect("cms_pages:my_case", case_id=case_id)

    def _confirmed(self, case: Case) -> HttpResponse:
        text = _("Your answer has reached the office. The receipt is below.")
        if case.supplement_requests.filter(signatures__pending=True).exists():
            text += " " + _("The signature is being verified; the result will stand under “What has happened”.")
        messages.success(self.request, text)
        return redirect("cms_pages:my_case", case_id=case.pk)

    def _filing(self, case: Case, call: SupplementRequest, form: Any, key: str) -> Filing:
        party = case.parties.order_by("id").first()
        answers, attachments = answers_of(call.items, form)
        access = self.request.access  # type: ignore[attr-defined]  # set by people.middleware
        sender = (
            Sender(
                kind=party.kind,
                name=party.name,
                pesel=party.pesel,
                nip=party.nip,
                email=party.email,
                phone=party.phone,
                street=party.street,
                postcode=party.postcode,
                town=party.town,
            )
            if party
            else Sender(name=cases.no_data())
        )
        with translation.override("pl"):  # the office's language: this stands in its register
            subject = _("Supplement: %(title)s") % {"title": case.title}
        return Filing(
            channel=Letter.Channel.PORTAL,
            unit_id=case.unit_id,
            subject=subject,
            sender=sender,
            answers=answers,
            attachments=attachments,
            intake_key=f"supplement:{call.pk}:{key}",
            owner_id=case.owner_id,
            assurance=access.assurance,
            answers_request_id=call.pk,
        )


class TrackView(View):
    """A guest opens a case with its code and a second factor. One answer for every failure, and a limit of tries."""

    template_name = "account/track.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, self.template_name, {"code": request.GET.get("kod", "")[:40]})

    def post(self, request: HttpRequest) -> HttpResponse:
        code, factor = request.POST.get("code", "")[:80], request.POST.get("factor", "")[:254]
        try:
            case = tracking.open_case(address_of(request), code, factor)
        except (NotFound, tracking.TooManyTries) as error:
            again = {"code": code, "factor": factor, "error": str(error.message)}
            return render(request, self.template_name, again, status=422 if isinstance(error, NotFound) else 429)
        if case.owner_id is not None and case.owner_id != request.user.pk:
            messages.info(request, _("This case was filed with an account. Sign in with it to see the case."))
            return redirect_to_login(reverse("cms_pages:my_case", args=[case.pk]), resolve_url(settings.LOGIN_URL))
        remember(request, case)
        return redirect("cms_pages:my_case", case_id=case.pk)
