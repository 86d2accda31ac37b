from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = _("circulation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from journal.follow import register
        from people import holdings
        from workflow import actions, collect, mydata, presence
        from workflow.figures import counting
        from workflow.figures.follower import Figures
        from workflow.followers import Deliveries
        from workflow.notices import jobs as notice_jobs
        from workflow.notices.follower import StaffNotices
        from workflow.routes import jobs as route_jobs
        from workflow.visits import jobs
        from workflow.webhooks.follower import Webhooks

        holdings.register(mydata.Calls(), mydata.Visits())
        register(Deliveries())
        register(StaffNotices())
        register(Figures())
        register(Webhooks())
