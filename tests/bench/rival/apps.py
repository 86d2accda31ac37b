"""The rival: a form page as `wagtail.contrib.forms` gives it."""

from __future__ import annotations

from django.apps import AppConfig


class RivalConfig(AppConfig):
    name = "tests.bench.rival"
    label = "bench_rival"
    default_auto_field = "django.db.models.BigAutoField"
