"""The living page of components."""

from __future__ import annotations

from django.urls import path

from theme.showcase import ComponentsView

app_name = "theme"

urlpatterns = [path("komponenty/", ComponentsView.as_view(), name="components")]
