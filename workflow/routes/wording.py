"""What the parts of a route are called on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Facts that a condition may name (`engine.FACTS`).
FACT_LABELS: Mapping[str, Promise] = {
    "letter_kind": _("kind of letter"),
    "service": _("code of the service"),
    "party": _("party (person, organisation)"),
    "assurance": _("assurance of identity (0–3)"),
    "fee": _("fee in złoty"),
    "class": _("class (JRWA)"),
    "register_channel": _("how it came"),
}
OPERATOR_LABELS: Mapping[str, Promise] = {
    "eq": pgettext_lazy("comparison", "is"),
    "ne": pgettext_lazy("comparison", "is not"),
    "in": pgettext_lazy("comparison", "is one of"),
    "gt": pgettext_lazy("comparison", "is more than"),
    "lt": pgettext_lazy("comparison", "is less than"),
    "has": pgettext_lazy("comparison", "contains"),
}
