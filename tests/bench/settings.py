"""Settings of the speed measurements: the shared ones, and a `wagtail.contrib.forms` page to be measured beside."""

from __future__ import annotations

from config.settings import base
from config.settings.base import *  # noqa: F403  (the settings idiom)

INSTALLED_APPS = [*base.INSTALLED_APPS, "wagtail.contrib.forms", "tests.bench.rival"]
STAFF_SECOND_FACTOR = False
# Guests may send 120 forms an hour from one address: each request of the bench comes from an address of its own.
NINJA_NUM_PROXIES = 1
