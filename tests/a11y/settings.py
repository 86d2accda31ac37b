"""The demo town as the gate of accessibility looks at it: as `make run` serves it, static files from the sources."""

from __future__ import annotations

from config.settings.dev import *  # noqa: F403  (the settings idiom)
from config.settings.dev import STORAGES as _STORAGES

STORAGES = {**_STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["*"]
AXES_ENABLED = False
#: Hundreds of pages are asked for by one browser within minutes.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
