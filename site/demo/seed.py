"""The stages of the demo town, in order. Each adds only what is missing, so a broken-off run is taken up again."""

from __future__ import annotations

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext_lazy

from cms_pages import figures
from demo import cases, crew, life, plans, portal, services, town, visits
from demo.progress import Show
from journal import worker
from journal.errors import Refused
from journal.seal import seal_all
from people.models import Unit

FOREIGN = gettext_lazy("The database holds units that are not the demo town's; the demo goes only into an empty one.")


def check_place() -> None:
    """Raise Refused when the database belongs to somebody else."""
    if Unit.objects.exists() and town.office() is None:
        raise Refused(str(FOREIGN))


def build(show: Show, *, small: bool = False) -> None:
    """Make the whole town, or what is missing of it, with Polish words in what is kept."""
    check_place()
    with translation.override("pl"):
        town.build(show)
        crew.staff(show)
        crew.people(show)
        plans.build(show)
        services.build(show)
        visits.build(show)
        portal.build(show)
        life.build(show)
        cases.build(show, small=small)
        figures.count_handling_times()
        seal_all()
        _let_others_go_first()


def _let_others_go_first() -> None:
    """The year's jobs (receipts to sign, texts to read) wait behind whatever a visitor does from now on."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET priority = -10 WHERE status = 'todo' AND priority = 0")


def run_jobs() -> None:
    """Do here what the worker would do: sign, print, read, index."""
    worker.drain()
