"""One machine, embedded servers: what `make run` uses."""

from __future__ import annotations

from config.settings.base import *  # noqa: F403  (the settings idiom)

DEMO_TOWN = True
STAFF_SECOND_FACTOR = False
