"""What the deeds on pages say in the journal."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from journal import notify

notify.register("page.moderated", label=_("put under four-eyes moderation"))
notify.register("page.branch_opened", label=_("branch of pages opened to editors"))
