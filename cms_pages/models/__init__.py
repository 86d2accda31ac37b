"""Portal pages and forms."""

from __future__ import annotations

from cms_pages.forms.models import Draft, FormPage, FormVersion, Submission
from cms_pages.models.catalogue import LifeEvent, ServiceIndexPage, ServicePage
from cms_pages.models.portal import (
    ContentPage,
    FeaturedService,
    HomePage,
    NewsIndexPage,
    NewsPage,
    PortalSettings,
    UnitIndexPage,
    UnitPage,
)
from cms_pages.moderation import FourEyesTask

__all__ = [
    "ContentPage",
    "Draft",
    "FeaturedService",
    "FormPage",
    "FormVersion",
    "FourEyesTask",
    "HomePage",
    "LifeEvent",
    "NewsIndexPage",
    "NewsPage",
    "PortalSettings",
    "ServiceIndexPage",
    "ServicePage",
    "Submission",
    "UnitIndexPage",
    "UnitPage",
]
