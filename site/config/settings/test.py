"""Settings of the test run: same parts, fast password hashing, mail kept in memory."""

from __future__ import annotations

from config.settings.base import *  # noqa: F403  (the settings idiom)

SECRET_KEY = "only-for-tests"  # noqa: S105  (no secret)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
ALLOWED_HOSTS = ["*"]
AXES_ENABLED = False
DEMO_TOWN = True
BRIEFLY = 0
PAGE_CACHE_SECONDS = PAGE_CACHE_LAG = 0
