"""Work beside filling in: the link to come back, the end of drafts."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from cms_pages.forms import drafts, stops
from cms_pages.forms.models import Draft
from journal.jobs import job, periodic
from journal.mail import send_once
from journal.notify import Mail


@job("mail", name="cms_pages.forms.send_link")
def send_link(draft_id: str, request: str) -> None:
    """Mail the link that opens a draft again; nothing when the draft is gone. The mail holds no answers.

    `request` names one press of the button, so that a repeated job sends once and a second press sends again."""
    draft = Draft.objects.alive().select_related("version").filter(pk=draft_id).first()
    if draft is None or not draft.email:
        return
    with override(draft.language):
        link = settings.SITE_URL.rstrip("/") + reverse("cms_pages:form_resume", args=[drafts.resume_token(draft)])
        title = draft.version.spec.title.in_language(draft.language)
        until = date_format(localtime(draft.expires_at), "j E Y")
        message = Mail(
            to=(draft.email,), subject=_("Go on filling in the form"), link=link, link_text=_("Go on filling in"),
            lines=(_("You saved the form “%(title)s” to finish it later.") % {"title": title},
                   _("The link works until %(day)s. Whoever has it can see your answers: do not pass it on.")
                   % {"day": until}),
            language=draft.language,
        )  # fmt: skip
        send_once(f"form-link:{request}", draft.email, message)


@periodic("17 2 * * *")
def end_drafts() -> int:
    """Every night: delete drafts whose time has run out."""
    return stops.delete_expired()
