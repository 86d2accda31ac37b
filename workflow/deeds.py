"""From a submitted deed form to the deed: one function per verb, used by the desk's single action view.

Each takes the actor, the case and the cleaned form and returns the sentence that tells the clerk what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from documents.models import Case, Delivery, Letter
from documents.services import deliveries, links
from people.access import Access
from workflow.forms import DeedForm, SupplementForm
from workflow.models import RouteStep, Task
from workflow.services import assignment, clocks, closing, cooperation, decisions, dispatch, supplements
from workflow.states import Verb

Deed = Callable[[Access, Case, Any], str]


def _task(case: Case, form: DeedForm) -> Task:
    return get_object_or_404(case.tasks, pk=form.cleaned_data["task_id"])


def _letter(case: Case, form: DeedForm) -> Letter:
    return get_object_or_404(case.letters, pk=form.cleaned_data["letter_id"])


def _assign(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    assignment.assign(
        actor, case=case, to_user=data["to_user"], instruction=data["instruction"], reason=data.get("reason", ""),
        decided_by=data["decided_by"],
    )  # fmt: skip
    return _("Assigned to %(who)s.") % {"who": data["to_user"]}


def _pass_on(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    assignment.pass_on(actor, case=case, to_unit=data["to_unit"], instruction=data["instruction"])
    return _("Passed on to %(unit)s.") % {"unit": data["to_unit"].name}


def _invite(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    cooperation.invite(actor, case=case, **data)
    return _("%(unit)s was told and can read the case.") % {"unit": data["unit"].name}


def _answer(actor: Access, case: Case, form: DeedForm) -> str:
    cooperation.answer(actor, task=_task(case, form), comment=form.cleaned_data["comment"])
    return _("Kept in the case, where who settles it sees it.")


def _register(actor: Access, case: Case, form: DeedForm) -> str:
    registered = assignment.register_case(actor, case=case, class_symbol=form.cleaned_data["class_symbol"] or None)
    return _("The case has the reference %(reference)s.") % {"reference": registered.reference}


def _supplement(actor: Access, case: Case, form: SupplementForm) -> str:
    data = form.cleaned_data
    supplements.request_supplement(actor, case=case, items=form.items(), days=data["days"], reason=data["reason"])
    return _("The call was sent; the time of the case is not counted until the answer.")


def _accept_signature(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    request = get_object_or_404(case.supplement_requests, pk=data["request_id"])
    supplements.accept_signature(actor, request=request, file=data["signature"], reason=data["reason"])
    return _("The signature was accepted; the case needs no other.")


def _leave(actor: Access, case: Case, form: DeedForm) -> str:
    supplements.leave_unconsidered(actor, case=case, reason=form.cleaned_data["reason"])
    return _("The case was left unconsidered.")


def _extend(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    clocks.extend_deadline(actor, case=case, new_day=data["new_day"], reason=data["reason"])
    return _("The new date was set and the party told.")


def _suspend(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    clocks.suspend(actor, case=case, article=data["article"], reason=data["reason"])
    return _("The case is suspended.")


def _resume(actor: Access, case: Case, form: DeedForm) -> str:
    clocks.resume(actor, case=case, reason=form.cleaned_data["reason"])
    return _("The case was taken up again.")


def _draft(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    decisions.draft_letter(
        actor, case=case, kind=data["kind"], subject=data["subject"], body=data["body"], to_unit=data["to_unit"]
    )
    return _("The draft is ready; read it and send it for approval.")


def _revise(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    decisions.revise_letter(actor, letter=_letter(case, form), subject=data["subject"], body=data["body"])
    return _("A new version of the letter was written.")


def _send_for_approval(actor: Access, case: Case, form: DeedForm) -> str:
    decisions.send_for_approval(actor, letter=_letter(case, form))
    return _("Sent for approval.")


def _approve(actor: Access, case: Case, form: DeedForm) -> str:
    following = decisions.approve(actor, task=_task(case, form), version_id=form.cleaned_data["version_id"])
    if following is None:
        return _("Approved; others still have to approve the letter.")
    if following.verb == RouteStep.Verb.APPROVE:
        return _("Approved; the letter goes on to the next approval.")
    return _("Approved; the letter waits for signature.")


def _return(actor: Access, case: Case, form: DeedForm) -> str:
    decisions.return_letter(actor, task=_task(case, form), reason=form.cleaned_data["reason"])
    return _("Returned to the author.")


def _sign(actor: Access, case: Case, form: DeedForm) -> str:
    letter = decisions.sign_and_send(actor, task=_task(case, form), how=form.cleaned_data["how"])
    return _("Signed, registered as %(number)s and handed over for delivery.") % {"number": letter.register_number}


def _take(actor: Access, case: Case, _form: DeedForm) -> str:
    taken = assignment.take(actor, case=case)
    return _("The case is yours and has the reference %(reference)s.") % {"reference": taken.reference}


def _answer_at_once(actor: Access, case: Case, form: DeedForm) -> str:
    letter, sent = decisions.answer_at_once(actor, case=case, **form.cleaned_data)
    if not sent:
        return _("The letter is written and waits for approval.")
    return _("Signed, registered as %(number)s and handed over for delivery.") % {"number": letter.register_number}


def _link(actor: Access, case: Case, form: DeedForm) -> str:
    links.link(actor, case=case, **form.cleaned_data)
    return _("The cases are linked.")


def _unlink(actor: Access, case: Case, form: DeedForm) -> str:
    links.unlink(actor, case=case, link_id=form.cleaned_data["link_id"])
    return _("The link was taken back.")


def _close(actor: Access, case: Case, form: DeedForm) -> str:
    closing.close_case(actor, case=case, outcome=form.cleaned_data["outcome"])
    return _("The case is closed.")


def _cross(actor: Access, case: Case, form: DeedForm) -> str:
    closing.cross_out(actor, case=case, reason=form.cleaned_data["reason"])
    return _("The case was crossed out; its number will not be used again.")


def _posted(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    dispatch.post(actor, task=_task(case, form), posted_on=data["posted_on"], tracking_number=data["tracking_number"])
    return _("The posting was recorded.")


def _receipt_returned(actor: Access, case: Case, form: DeedForm) -> str:
    delivery = get_object_or_404(Delivery.objects.filter(letter__case=case), pk=form.cleaned_data["delivery_id"])
    deliveries.mark_receipt_returned(actor, delivery=delivery, day=form.cleaned_data["receipt_returned_on"])
    return _("The return receipt was recorded.")


def _returned_by_post(actor: Access, case: Case, form: DeedForm) -> str:
    data = form.cleaned_data
    delivery = get_object_or_404(Delivery.objects.filter(letter__case=case), pk=data["delivery_id"])
    deliveries.mark_returned(actor, delivery=delivery, returned_on=data["returned_on"], deemed_on=data["deemed_on"])
    return _("The return of the letter was recorded.")


DEEDS: Mapping[str, Deed] = {
    Verb.ASSIGN: _assign,
    Verb.FORWARD: _pass_on,
    Verb.INVITE: _invite,
    "assign_for": _assign,
    "take": _take,
    "answer_at_once": _answer_at_once,
    "link": _link,
    "unlink": _unlink,
    "opinion": _answer,
    "noted": _answer,
    Verb.REGISTER: _register,
    Verb.REQUEST_SUPPLEMENT: _supplement,
    Verb.ACCEPT_SIGNATURE: _accept_signature,
    Verb.LEAVE: _leave,
    Verb.EXTEND: _extend,
    Verb.SUSPEND: _suspend,
    Verb.RESUME: _resume,
    Verb.DRAFT: _draft,
    "revise": _revise,
    Verb.SEND_FOR_APPROVAL: _send_for_approval,
    Verb.APPROVE: _approve,
    Verb.RETURN: _return,
    Verb.SIGN: _sign,
    Verb.CLOSE: _close,
    Verb.CROSS: _cross,
    "posted": _posted,
    "receipt_returned": _receipt_returned,
    "returned_by_post": _returned_by_post,
}
