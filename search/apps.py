from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("search")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from journal.follow import register
        from search import backends, checks, missed, reading_again, signals
        from search.sync import Search

        assert checks and missed and reading_again  # registered by being imported
        for backend in backends.each():
            register(Search(backend))
        signals.connect()
