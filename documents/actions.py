"""The words of the deeds on cases, letters, documents and deliveries: for the clerk, the citizen, and by mail."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from documents.models import Case, Letter
from journal import notify
from journal.models import Entry
from people.access import holders

__all__ = ["case_link", "mail_to_party", "recipient"]


def recipient(case: Case) -> tuple[str, str]:
    """E-mail address and language of the citizen of a case: the account's, else the address given in the filing.
    Empty address: none is known."""
    first = Letter.objects.filter(case=case, direction="in").order_by("id").values_list("language", flat=True).first()
    language = first or "pl"
    if case.owner is not None:
        return case.owner.email, language
    party = case.parties.exclude(email="").order_by("id").first()
    return (party.email if party else ""), language


def case_link(case: Case) -> str:
    """Absolute address where the citizen follows the case: in their account, else the tracking page (which asks)."""
    name, args = ("cms_pages:my_case", [case.pk]) if case.owner_id else ("cms_pages:track", [])
    try:
        return urljoin(settings.SITE_URL, reverse(name, args=args))
    except NoReverseMatch:  # the portal is not installed in front of this keeping
        return ""


def mail_to_party(subject: Callable[[], str],
                  lines: Callable[[Entry], tuple[str, ...]]) -> Callable[[Entry], notify.Mail | None]:
    """A mail builder: asks who is to hear of it, and speaks their language. No personal data in subject and lines."""

    def build(entry: Entry) -> notify.Mail | None:
        case = Case.objects.select_related("owner").filter(pk=entry.case_id or 0).first()
        to, language = recipient(case) if case is not None else ("", "pl")
        if case is None or not to:
            return None
        with override(language):
            said = subject()
            return notify.Mail(to=(to,), subject=said, lines=lines(entry), link=case_link(case),
                               link_text=_("See your case"), language=language, reader=case.owner_id,
                               sms=_("%(what)s. Sign in to the portal to see it.") % {"what": said})

    return build


def _receipt_mail(entry: Entry) -> notify.Mail | None:
    """Only a receipt of filing is announced; whoever signs for a letter is on the page where the UPD stands."""
    return _filed(entry) if entry.data.get("kind") == "upp" else None


_filed = mail_to_party(lambda: _("Your filing has been received"), lambda entry: (
    _("The office has received your filing and issued an official receipt (UPO) number %(number)s.")
    % {"number": entry.data["number"]},
    _("You can download the receipt and follow the case on the portal. Have the tracking code from the confirmation "
      "page ready if you filed without an account.")))
_notice = mail_to_party(lambda: _("A letter is waiting for you"), lambda _entry: (
    _("The office has sent you a letter to your account on the portal."),
    _("Sign in and confirm receipt to read it. If you do not, the letter will be deemed delivered 14 days after this "
      "notice.")))
_second = mail_to_party(lambda: _("A letter is still waiting for you"), lambda _entry: (
    _("This is the second notice of a letter that the office sent to your account on the portal."),
    _("Sign in and confirm receipt to read it. If you do not, the letter will be deemed delivered when 14 days have "
      "passed since the first notice.")))
_deemed = mail_to_party(lambda: _("A letter has been deemed delivered"), lambda _entry: (
    _("The time to confirm receipt of a letter in your account has passed. By law it counts as delivered."),
    _("You can read the letter on the portal now.")))


_written = mail_to_party(lambda: _("The office wrote you a message"), lambda _entry: (
    _("The clerk of your case has written you a message. You can read and answer it on the page of the case."),))


def _to_handler(entry: Entry) -> notify.Mail | None:
    """Tells the clerk of the case; while it has none, whoever assigns in its unit."""
    case = Case.objects.select_related("handler").filter(pk=entry.case_id or 0).first()
    if case is None:
        return None
    if case.handler is not None and case.handler.is_active:
        readers = [case.handler.email]
    else:
        readers = list(holders("assign", case.unit_id).values_list("email", flat=True)[:5])
    if not readers:
        return None
    with override("pl"):
        return notify.Mail(to=tuple(readers), subject=_("A message in a case of yours"),
                           lines=(_("The party of the case %(case)s has written a message.") % {"case": case},),
                           link=urljoin(settings.SITE_URL, f"/admin/biurko/sprawa/{case.pk}/"),
                           link_text=_("Open the case"))


def _registered(entry: Entry) -> str:
    words = _("Your letter was entered in the office's register as number %(number)s.")
    return words % {"number": entry.data["number"]}


def _case_registered(entry: Entry) -> str:
    return _("The office opened a case. Its reference is %(reference)s.") % {"reference": entry.data["reference"]}


def _receipt_signed(entry: Entry) -> str:
    words = (_("The official receipt of your filing (UPO) number %(number)s is ready to download.")
             if entry.data["kind"] == "upp"
             else _("The official receipt of delivery (UPD) number %(number)s is ready to download."))
    return words % {"number": entry.data["number"]}


def _posted(entry: Entry) -> str:
    return _("A letter to you was handed over to the post.")


def _letter_label(entry: Entry) -> str:
    number = entry.data.get("number", "")
    if entry.data.get("direction") == "out":
        return _("Outgoing letter registered as %(number)s") % {"number": number}
    return _("Incoming letter registered as %(number)s") % {"number": number}


def _case_label(entry: Entry) -> str:
    return _("Case registered under %(reference)s") % {"reference": entry.data.get("reference", "")}


def _say(text: Callable[[], str]) -> Callable[[Entry], str]:
    return lambda _entry: text()


_register = notify.register
_register("case.opened", label=gettext_lazy("Case opened"))
_register("case.registered", label=gettext_lazy("Case registered"), message=_case_label, sentence=_case_registered)
_register("case.shared", label=gettext_lazy("Case shared"))
_register("case.unshared", label=gettext_lazy("Sharing of the case ended"))
_register("case.sealed", label=gettext_lazy("Case sealed"))
_register("case.linked", label=gettext_lazy("linked with another case"))
_register("case.unlinked", label=gettext_lazy("link with another case taken back"))
_register("case.unsealed", label=gettext_lazy("Case unsealed"))
_register("case.crossed", label=gettext_lazy("Case crossed out"))
_register("case.closed", label=gettext_lazy("Case closed"),
          sentence=_say(lambda: _("The case is closed.")))
_register("letter.registered", label=gettext_lazy("Letter registered"), message=_letter_label, sentence=_registered)
_register("letter.drafted", label=gettext_lazy("Letter drafted"))
_register("letter.changed", label=gettext_lazy("Draft of a letter changed"))
_register("letter.signed", label=gettext_lazy("Letter signed"))
_register("document.added", label=gettext_lazy("Document added"),
          sentence=_say(lambda: _("The office added a document to the case.")))
_register("document.version_added", label=gettext_lazy("New version of a document"))
_register("document.read", label=gettext_lazy("Text of a document read"))
_register("document.shown", label=gettext_lazy("Document shown to the parties"))
_register("document.hidden", label=gettext_lazy("Document hidden from the parties"))
_register("receipt.signed", label=gettext_lazy("Official receipt signed"), sentence=_receipt_signed,
          mail=_receipt_mail, kind="receipt")
_register("delivery.started", label=gettext_lazy("Letter sent for delivery"))
_register("delivery.notified", label=gettext_lazy("First notice of a letter"), mail=_notice, kind="letter",
          sentence=_say(lambda: _("A letter is waiting for you. Confirm receipt to read it.")))
_register("delivery.renotified", label=gettext_lazy("Second notice of a letter"), mail=_second, kind="letter",
          sentence=_say(lambda: _("We reminded you of a letter that is waiting for you.")))
_register("delivery.received", label=gettext_lazy("Receipt of a letter confirmed by the addressee"),
          sentence=_say(lambda: _("You confirmed receipt of the letter.")))
_register("delivery.deemed", label=gettext_lazy("Letter deemed delivered"), mail=_deemed, kind="letter",
          sentence=_say(lambda: _("Nobody confirmed receipt of the letter in time, so by law it counts as delivered.")))
_register("delivery.printed", label=gettext_lazy("Paper letter printed"))
_register("delivery.posted", label=gettext_lazy("Paper letter posted"), sentence=_posted)
_register("delivery.receipt_returned", label=gettext_lazy("Return receipt came back"),
          sentence=_say(lambda: _("The letter was delivered by post.")))
_register("delivery.taken_in", label=gettext_lazy("Letter entered in another unit's register"))
_register("delivery.returned", label=gettext_lazy("Letter returned by the post"),
          sentence=_say(lambda: _("The post returned the letter as not collected.")))
_register("message.from_party", label=gettext_lazy("Message from the party"), mail=_to_handler,
          sentence=_say(lambda: _("You wrote a message to the office.")))
_register("message.from_office", label=gettext_lazy("Message to the party"), mail=_written, kind="message",
          sentence=_say(lambda: _("The office wrote you a message.")))
_register("message.read", label=gettext_lazy("Messages read"))
_register("message.erased", label=gettext_lazy("Text of a message erased"))
_register("plan.imported", label=gettext_lazy("Classification plan imported"))
_register("library.folder_made", label=gettext_lazy("Folder of the office library made"))
_register("library.rights_written", label=gettext_lazy("Rights in the office library written"))
