"""The look of everything: templates, components, styles. Imports no other app and is imported by none."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ThemeConfig(AppConfig):
    """Named by template path only, so that a town can replace it whole."""

    name = "theme"
    label = "theme"
    verbose_name = _("Theme")
