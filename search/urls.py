"""The portal's search."""

from __future__ import annotations

from django.urls import path

from search import views

app_name = "search"
urlpatterns = [path("szukaj/", views.PortalSearchView.as_view(), name="portal")]
