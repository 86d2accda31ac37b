"""The Django admin is mounted for django-filer alone: this site takes filer's models and the User they point at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.db.models import Model
from django.db.models.base import ModelBase

#: Packages whose admin classes are taken; everything else has its screens in the Wagtail admin.
TAKEN = frozenset({"filer", "people"})


class LibrarySite(AdminSite):
    """Registers only what the office library needs; what other libraries offer is left out."""

    def register(
        self, model_or_iterable: type[Model] | Iterable[type[Model]], admin_class: Any = None, **options: Any
    ) -> None:
        if admin_class is not None and admin_class.__module__.partition(".")[0] in TAKEN:
            super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: type[Model] | Iterable[type[Model]]) -> None:
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else list(model_or_iterable)
        super().unregister([model for model in models if self.is_registered(model)])


class LibraryAdminConfig(AdminConfig):
    default_site = "people.django_admin.LibrarySite"
