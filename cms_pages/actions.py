"""What the deeds on pages say in the journal."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cms_pages.event_mail import confirmation
from cms_pages.moderation_mail import returned
from journal import notify

notify.register("page.moderated", label=_("put under four-eyes moderation"))
notify.register("page.branch_opened", label=_("branch of pages opened to editors"))
notify.register("page.approved", label=_("page approved by another editor"))
notify.register("page.returned", label=_("page sent back to its writers"), mail=returned)
notify.register("page.translation_begun", label=_("translation of a page begun"))
notify.register("page.translation_sent", label=_("translation of a page sent for approval"))
notify.register("alert.posted", label=_("urgent message posted"))
notify.register("alert.changed", label=_("urgent message changed"))
notify.register("alert.withdrawn", label=_("urgent message withdrawn"))
notify.register("calendar.made", label=_("calendar address of an account made"))
notify.register("calendar.revoked", label=_("calendar address of an account revoked"))
notify.register("event.registered", label=_("registered for an event"), mail=confirmation)
notify.register("event.moved_up", label=_("got a place from the waiting list"), mail=confirmation)
notify.register("event.cancelled", label=_("registration for an event cancelled"), mail=confirmation)
