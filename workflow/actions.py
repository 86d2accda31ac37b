"""What the deeds of the circulation say: to the clerk, to the citizen, by mail (never personal data)."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from documents.actions import mail_to_party
from journal import notify
from journal.models import Entry
from journal.notify import Mail
from workflow.visits import mail as visit_mail


def _to_parties(subject: notify.Text, line: notify.Text) -> Callable[[Entry], Mail | None]:
    """A mail to whoever filed: says that something happened and where to look."""
    return mail_to_party(lambda: str(subject), lambda _entry: (str(line),))


def _assigned(entry: Entry) -> str:
    return _("The case has a clerk who will settle it.")


def _asked(entry: Entry) -> str:
    return _("The office asks you to supplement the filing within %(days)s days of receiving its call.") % {
        "days": entry.data.get("days", "7")
    }


def _extended(entry: Entry) -> str:
    return _("The office needs more time. The new date is %(day)s.") % {"day": entry.data.get("new_day", "")}


notify.register("case.assigned", label=gettext_lazy("assigned"), sentence=_assigned)
notify.register(
    "case.extended",
    label=gettext_lazy("new date set (art. 36)"),
    sentence=_extended,
    mail=_to_parties(gettext_lazy("The office needs more time"), gettext_lazy("A new date was set in your case.")),
    kind="time",
)
notify.register(
    "case.suspended",
    label=gettext_lazy("suspended"),
    sentence=lambda e: _("The case is suspended (%(article)s).") % {"article": e.data.get("article", "")},
    mail=_to_parties(
        gettext_lazy("Your case is suspended"), gettext_lazy("Your case waits for something outside the office.")
    ),
    kind="time",
)
notify.register(
    "case.resumed", label=gettext_lazy("taken up again"), sentence=lambda e: _("The case was taken up again.")
)
notify.register(
    "supplement.requested",
    label=gettext_lazy("called for a supplement"),
    sentence=_asked,
    mail=_to_parties(
        gettext_lazy("The office asks for a supplement"),
        gettext_lazy("Something is missing in your case. See what, and answer in time."),
    ),
    kind="letter",
)
notify.register(
    "supplement.answered",
    label=gettext_lazy("supplement answered"),
    sentence=lambda e: _("Your answer has reached the office."),
)
notify.register(
    "supplement.signature_judged",
    label=gettext_lazy("signature checked"),
    sentence=lambda e: (
        _("The signature on your answer was checked: it is valid.")
        if e.data.get("accepted")
        else _("The signature on your answer is valid, but its issuer is not known here. A clerk will decide on it.")
        if e.data.get("to_decide")
        else _("The signature on your answer was checked and was not accepted. The office will tell you what next.")
    ),
)
notify.register(
    "supplement.signature_accepted",
    label=gettext_lazy("signature of an unverified issuer accepted"),
    sentence=lambda e: _("The office accepted the signature on your answer."),
)
notify.register(
    "case.left_unconsidered",
    label=gettext_lazy("left unconsidered (art. 64)"),
    sentence=lambda e: _("The case was left unconsidered, because the answer did not come in time."),
    mail=_to_parties(
        gettext_lazy("Your case was left unconsidered"), gettext_lazy("What the office asked for did not come in time.")
    ),
    kind="time",
)
notify.register("case.passed_on", label=gettext_lazy("passed on to another unit"))
notify.register("case.invited", label=gettext_lazy("another unit asked or told"))
notify.register("case.opinion_given", label=gettext_lazy("opinion given"))
notify.register("case.noted", label=gettext_lazy("taken note of"))
notify.register("letter.sent_for_approval", label=gettext_lazy("sent for approval"))
notify.register("letter.approved", label=pgettext_lazy("deed", "approved"))
notify.register("letter.returned", label=gettext_lazy("returned for correction"))
notify.register("service.added", label=gettext_lazy("service added to the catalogue"))
notify.register("service.version_added", label=gettext_lazy("new values of a service"))
notify.register("service.offered", label=gettext_lazy("service offered by a unit"))
notify.register("route.added", label=gettext_lazy("route added"))
notify.register("case.overdue", label=gettext_lazy("the time of the case has passed"))
notify.register("task.due_set", label=gettext_lazy("day of a task set"))
notify.register("task.reminded", label=gettext_lazy("reminded of a task"))
notify.register("task.escalated", label=gettext_lazy("resting task given to the deputy or superior"))
notify.register("visit_desk.added", label=gettext_lazy("desk for visits set up"))
notify.register("visit_desk.changed", label=gettext_lazy("desk for visits changed"))
notify.register("visit.booked", label=gettext_lazy("visit booked"), mail=visit_mail.about)
notify.register("visit.moved", label=gettext_lazy("visit moved"), mail=visit_mail.about)
notify.register("visit.cancelled", label=gettext_lazy("visit cancelled"), mail=visit_mail.about)
notify.register("visit.called_off", label=gettext_lazy("visit cancelled by the office"), mail=visit_mail.about)
notify.register("visit.arrived", label=gettext_lazy("visitor arrived"))
notify.register("visit.called", label=gettext_lazy("visitor called to the desk"))
notify.register("visit.served", label=gettext_lazy("visitor served"))
notify.register("visit.missed", label=gettext_lazy("visitor did not come"))
notify.register("user.notices_read", label=gettext_lazy("notices read"))
notify.register("filter.saved", label=gettext_lazy("filter of the desk kept"))
notify.register("filter.deleted", label=gettext_lazy("filter of the desk deleted"))

notify.register("webhook.made", label=gettext_lazy("webhook made"))
notify.register("webhook.changed", label=gettext_lazy("webhook changed"))
notify.register("webhook.secret_renewed", label=gettext_lazy("new secret of a webhook made"))
notify.register("webhook.turned_off", label=gettext_lazy("webhook turned off"))
notify.register("webhook.deleted", label=gettext_lazy("webhook deleted"))
notify.register("webhook.tried", label=gettext_lazy("webhook tried out"))
notify.register("webhook.sent_again", label=gettext_lazy("message of a webhook sent again"))
