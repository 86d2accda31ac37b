from __future__ import annotations

from django.apps import AppConfig


class FrameConfig(AppConfig):
    """The frame as an app: it has no models; it registers the checks of the installation."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        """Checks run before every command and before the web server takes the first request."""
        import config.checks
