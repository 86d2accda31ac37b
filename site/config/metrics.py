"""``/metrics``: what an operator's Prometheus asks for, in its text format; for settings-given askers only."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from documents.services import receipts
from journal import metrics
from journal.errors import Refused
from workflow import intake


def show(request: HttpRequest) -> HttpResponse:
    """The figures; 404, as for an unknown address, to whom `settings.METRICS_NETWORKS` and `METRICS_TOKEN` do not name.

    At most `metrics.MOST` rows of a kind are counted: a figure above it means "more than that"."""
    if not (_from_network(request) or _has_token(request)):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Office())
    return HttpResponse(
        generate_latest(registry), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
    )


class Office(Collector):
    """Reads the figures when asked; a constant number of queries whatever the office holds."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = metrics.figures()
        yield GaugeMetricFamily(
            "obieg_oldest_unsealed_seconds", "Age of the oldest entry without a seal", found.oldest_unsealed
        )
        yield GaugeMetricFamily(
            "obieg_oldest_unsigned_receipt_seconds",
            "Age of the oldest receipt without a signature",
            receipts.oldest_unsigned_age(),
        )
        yield GaugeMetricFamily(
            "obieg_oldest_unsent_mail_seconds", "Age of the oldest message that waits", found.oldest_unsent_mail
        )
        yield GaugeMetricFamily("obieg_intake_open", "1 when filings are taken, 0 when refused", _intake_open())
        yield GaugeMetricFamily("obieg_seal_position", "Last position of the sealed log", found.position)
        jobs = GaugeMetricFamily("obieg_jobs", "Jobs by queue and state", labels=["queue", "state"])
        for (queue, state), number in sorted(found.jobs.items()):
            jobs.add_metric([queue, state], number)
        yield jobs
        for name, text, numbers in (
            ("obieg_follower_lag_entries", "Sealed entries that a follower has not read", found.lag),
            ("obieg_follower_set_aside_entries", "Entries that a follower set aside for a person", found.set_aside),
        ):
            family = GaugeMetricFamily(name, text, labels=["follower"])
            for follower, number in sorted(numbers.items()):
                family.add_metric([follower], number)
            yield family


def _intake_open() -> int:
    try:
        intake.check_open()
    except Refused:
        return 0
    return 1


def _from_network(request: HttpRequest) -> bool:
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in settings.METRICS_NETWORKS)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, settings.METRICS_TOKEN)
