"""The border with Wagtail: a page that goes live or is taken down changes the public index."""

from __future__ import annotations

from typing import Any

from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished

from search import sources
from search.backends import current


def _published(sender: type[Page], instance: Page, **_kwargs: Any) -> None:
    if instance.live and not instance.get_view_restrictions().exists():
        current().put([sources.page(instance)])


def _unpublished(sender: type[Page], instance: Page, **_kwargs: Any) -> None:
    current().remove([f"{kind}:{instance.pk}" for kind in ("page", "service")])


def connect() -> None:
    """Listen; called once by the app."""
    page_published.connect(_published, dispatch_uid="search-published")
    page_unpublished.connect(_unpublished, dispatch_uid="search-unpublished")
