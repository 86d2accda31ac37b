"""The circulation over the API, for citizens and for units' own systems: same deeds, same Access as the screens."""

from ninja import Router

from workflow.api import cases, letters, public, tasks

router = Router(tags=["circulation"])
for part in (public, cases, tasks, letters):
    router.add_router("", part.router)
