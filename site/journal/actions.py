"""The journal's own deeds and what they are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from journal import notify
from journal.verify import ERASED

notify.register(ERASED, label=_("Erased personal details of entries"))
notify.register("journal.entry_retried", label=_("Tried an entry again that had been set aside"))
notify.register("journal.entry_dropped", label=_("Dropped an entry that had been set aside"))
notify.register("journal.job_retried", label=_("Tried a failed job again"))
notify.register("journal.job_dropped", label=_("Dropped a failed job"))
notify.register("work.begun", label=_("Long work begun"))
notify.register("work.cancelled", label=_("Long work cancelled"))
