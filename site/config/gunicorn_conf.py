"""How gunicorn serves Obieg: ``gunicorn --config site/config/gunicorn_conf.py`` (HOST and PORT are read)."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

_site = Path(__file__).resolve().parents[1]

wsgi_app = "config.wsgi:application"
pythonpath = f"{_site.parent},{_site}"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# Loaded once and forked: half the start time and memory. Nothing may be opened while loading (see post_fork).
preload_app = True
# A slow phone may take minutes for an attachment; gthread counts only a worker that stands still.
timeout = 120
graceful_timeout = 20
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 8190
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
# Addresses hold tracking codes: no access log of our own, the proxy in front decides about one.
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
proc_name = "obieg-web"


def when_ready(server: Any) -> None:
    """What was loaded stays: the collector need not look through it in every worker again and again."""
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """A connection opened while loading would be shared between workers: each begins with none."""
    from django.db import connections

    connections.close_all()
