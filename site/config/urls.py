"""All addresses. Portal paths are Polish, since citizens read them."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.contrib.sitemaps.views import sitemap

from cms_pages import languages
from cms_pages.feeds import PortalSitemap, robots
from config import metrics
from config.api import api
from config.errors import absent
from config.health import healthz

handler400 = "config.errors.bad_request"

urlpatterns = [
    path("healthz", healthz),
    path("metrics", metrics.show),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap, {"sitemaps": {"portal": PortalSitemap}}, name="sitemap"),
    path("api/v1/", api.urls),
    path("", include("theme.urls")),
    path("", include("people.urls")),
    path("jezyk/setlang/", languages.switch, name="set_language"),
    path("konto/", include("allauth.urls")),
    # Closed: Wagtail's page that breaks on purpose, and places of libraries that break on a number that is none.
    re_path(r"^admin/failwhale/$", absent, name="closed_failwhale"),
    # Closed: Wagtail's documents; files lie in the library, where each unit has its own.
    re_path(r"^admin/documents/", absent, name="closed_documents"),
    re_path(r"^admin/images/chooser/chosen/(?!\d+/)[^/]+/$", absent, name="closed_image"),
    *[
        re_path(rf"^django-admin/filer/{kind}/(?!\d+/)[^/]+/delete/$", absent, name="closed_filer_delete")
        for kind in ("file", "folder", "image")
    ],
    # Closed: filer's flat lists show every unit's files to all staff; its folders ask for the folder's right.
    *[path(f"django-admin/filer/{kind}/", absent, name="closed_filer_lists") for kind in ("file", "image")],
    path("admin/", include(wagtailadmin_urls)),
    path("django-admin/", admin.site.urls),
    path("", include("filer.server.urls")),
    path("", include("documents.urls")),
    path("wizyty/", include("cms_pages.visits")),
    path("", include("cms_pages.urls")),
    path("", include("search.urls")),
    # Pages: Polish without a prefix, other languages below /en/ and /uk/.
    *i18n_patterns(path("", include(wagtail_urls)), prefix_default_language=False),
]
