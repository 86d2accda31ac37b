"""What the writers of a page are told when a colleague sends it back."""

from __future__ import annotations

import json

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from wagtail.models import Page

from journal.models import Entry, EntryDetail
from journal.notify import Mail
from people.models import User


def returned(entry: Entry) -> Mail | None:
    """Mail about page.returned to everybody who wrote what is not live yet and who asked for approval: who wants what
    changed, and where. Nothing when the page is gone or nobody of them works here any more."""
    page = Page.objects.filter(pk=entry.object_id).first()
    writers = User.objects.filter(pk__in=entry.data["to"], is_active=True).exclude(email="").order_by("pk")
    detail = EntryDetail.objects.filter(entry=entry).first()
    people = list(writers)
    if page is None or not people:
        return None
    who = str(entry.user) if entry.user else ""
    with translation.override(settings.LANGUAGE_CODE):  # one message to all of them, in the office's language
        lines = [_("%(who)s asks for changes of the page “%(title)s” before it goes live.")
                 % {"who": who, "title": page.draft_title or page.title}]  # fmt: skip
        if detail and detail.text:
            lines.append(_("What should be changed: %(reason)s") % {"reason": json.loads(detail.text)["reason"]})
        return Mail(
            to=tuple(person.email for person in people), subject=_("A page was sent back for changes"),
            lines=tuple(lines), link=settings.SITE_URL.rstrip("/") + reverse("wagtailadmin_pages:edit", args=[page.pk]),
            link_text=_("Open the page"), language=settings.LANGUAGE_CODE,
        )  # fmt: skip
