"""The least a Django needs to show the theme alone: no database, no other app. For looking and for the axe gate."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from csp.constants import NONCE, SELF

_PORTAL = Path(__file__).parents[2] / "theme" / "templates" / "portal"
#: As `INLINE_SCRIPTS` of the shared settings, from the templates themselves.
INLINE_SCRIPTS = [
    f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
    for name in ("base.html", "_top.html")
    for script in re.findall(r"<script>(.*?)</script>", (_PORTAL / name).read_text())
]

SECRET_KEY = "only-for-tests"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["theme", "csp", "django.contrib.staticfiles"]
MIDDLEWARE = ["csp.middleware.CSPMiddleware", "django.middleware.locale.LocaleMiddleware"]
ROOT_URLCONF = "theme.urls"
DATABASES: dict[str, dict[str, str]] = {}
STATIC_URL = "/static/"
LANGUAGE_CODE = "pl"
USE_TZ = True
TIME_ZONE = "Europe/Warsaw"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
            ]
        },
    }
]
CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": [SELF], "script-src": [SELF, NONCE, *INLINE_SCRIPTS]}}
