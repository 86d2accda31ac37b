"""All addresses. Portal paths are Polish, since citizens read them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from config.api import api
from config.health import healthz

handler400 = "config.errors.bad_request"

urlpatterns = [
    path("healthz", healthz),
    path("api/v1/", api.urls),
    path("", include("theme.urls")),
    path("", include("people.urls")),
    path("jezyk/", include("django.conf.urls.i18n")),
    path("konto/", include("allauth.urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("django-admin/", admin.site.urls),
    path("", include("filer.server.urls")),
    path("", include("documents.urls")),
    path("", include("cms_pages.urls")),
    path("", include("search.urls")),
    path("", include(wagtail_urls)),
]
