"""The check of the whole journal as a work that people begin and watch."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from journal import works
from journal.verify import verify


def run(tick: works.Tick) -> str:
    """Verify everything; a row that was changed is its trouble."""
    report = verify(progress=tick)
    if report.problem:
        tick.trouble(_("journal"), report.problem.what)
        return _("The journal was changed: %(what)s.") % {"what": report.problem.what}
    return ngettext("The journal is whole: %(n)d entry.", "The journal is whole: %(n)d entries.", report.rows) % {
        "n": report.rows
    }


works.register(
    "verify-journal", label=gettext_lazy("Check the journal"), run=run,
    about=gettext_lazy("Computes the whole chain of entries again and compares it with the signed checkpoints."),
)  # fmt: skip
