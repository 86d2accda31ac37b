"""Portal pages and forms."""

from __future__ import annotations

from cms_pages.forms.models import Draft, FormPage, FormVersion, Submission
from cms_pages.models.account import CalendarFeed
from cms_pages.models.answers import FaqPage, FileListPage, GuidePage
from cms_pages.models.bip import BipIndexPage, BipPage
from cms_pages.models.by_law import AccessibilityStatementPage, PrivacyPage
from cms_pages.models.catalogue import Audience, LifeEvent, ServiceIndexPage, ServicePage
from cms_pages.models.events import EventIndexPage, EventPage, EventRegistration
from cms_pages.models.feedback import BrokenLink, PageVote
from cms_pages.models.figures import HandlingTime, OfferLoad
from cms_pages.models.intranet import AwayPage, IntranetPage, PhoneBookPage, StaffPage
from cms_pages.models.news import NewsIndexPage, NewsPage, NoticeIndexPage, NoticePage
from cms_pages.models.portal import ContentPage, FeaturedService, HomePage
from cms_pages.models.settings import Alert, PortalSettings
from cms_pages.models.units import UnitIndexPage, UnitPage
from cms_pages.models.wording import Wording
from cms_pages.moderation import FourEyesTask

__all__ = [
    "AccessibilityStatementPage",
    "Alert",
    "Audience",
    "AwayPage",
    "BipIndexPage",
    "BipPage",
    "BrokenLink",
    "CalendarFeed",
    "ContentPage",
    "Draft",
    "EventIndexPage",
    "EventPage",
    "EventRegistration",
    "FaqPage",
    "FeaturedService",
    "FileListPage",
    "FormPage",
    "FormVersion",
    "FourEyesTask",
    "GuidePage",
    "HandlingTime",
    "HomePage",
    "IntranetPage",
    "LifeEvent",
    "NewsIndexPage",
    "NewsPage",
    "NoticeIndexPage",
    "NoticePage",
    "OfferLoad",
    "PageVote",
    "PhoneBookPage",
    "PortalSettings",
    "PrivacyPage",
    "ServiceIndexPage",
    "ServicePage",
    "StaffPage",
    "Submission",
    "UnitIndexPage",
    "UnitPage",
    "Wording",
]
