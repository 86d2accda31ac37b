"""The editors' report of searches without a result."""

from __future__ import annotations

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from cms_pages.editors_report import MOST, Cell, EditorsReport
from search import missed


class MissedTermsReport(EditorsReport):
    """Words asked more than once in 90 days that found nothing."""

    page_title = _("Searches without a result")
    about = _("Words that people looked for on the portal more than once in the last 90 days and found nothing.")
    nothing = _("Whoever looked for something found something.")
    columns = (_("Words"), _("How often"), _("Last time"))

    def rows(self) -> list[list[Cell]]:
        return [
            [
                Cell(words, f"{reverse('search:portal')}?{urlencode({'q': words})}"),
                Cell(count),
                Cell(date_format(day, "j.m.Y")),
            ]
            for words, count, day in missed.often(missed.KEPT_DAYS, MOST + 1)
        ]
