"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SITE_DIR = Path(__file__).resolve().parents[1]
for folder in (SITE_DIR.parent, SITE_DIR):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

from django.core.wsgi import get_wsgi_application  # noqa: E402 - needs the path above

from config import checks  # noqa: E402 - needs the path above

application = get_wsgi_application()
checks.stop_if_wrong()
