"""A real installation: own servers named by the environment, HTTPS, no demo keys."""

from __future__ import annotations

from config.settings.base import *  # noqa: F403  (the settings idiom)

PRODUCTION = True
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
#: HTTPS ends at a proxy in front.
TRUSTED_PROXIES = env.trusted_proxies(1)
SECURE_HSTS_SECONDS = 31536000
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
STAFF_SECOND_FACTOR = True
