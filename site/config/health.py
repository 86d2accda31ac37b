"""``/healthz``: whether this web process can work. Also the container's check: ``python site/config/health.py``."""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """200 ``ok`` when the database answers, else 503; no cookies, nothing about versions."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


def main() -> int:
    """Ask the web server of this machine under the public host name; exit code 0 when it is well."""
    port = int(os.environ.get("PORT", "8000"))
    host = urlsplit(os.environ.get("SITE_URL", "http://localhost")).hostname or "localhost"
    request = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        request.request("GET", "/healthz", headers={"Host": host, "X-Forwarded-Proto": "https"})
        return 0 if request.getresponse().status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
