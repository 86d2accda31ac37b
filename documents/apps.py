from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    name = "documents"
    verbose_name = _("documents")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bind what needs loaded models: the words of the deeds, jobs, boxes, the dispatcher, what is held
        of a person."""
        from documents import actions, integrity_work, jobs, mydata, policies
        from documents.boxes import registry
        from documents.boxes.account import AccountBox
        from documents.boxes.paper import PaperBox
        from documents.boxes.town import TownBox
        from documents.dispatch import Dispatch
        from journal import follow
        from people import holdings

        holdings.register(*mydata.HOLDERS)
        registry.register(AccountBox())
        registry.register(PaperBox())
        registry.register(TownBox())
        follow.register(Dispatch())
