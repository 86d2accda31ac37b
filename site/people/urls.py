"""Side doors that lead to the one door: Wagtail's and Django's own sign-in pages. Included before theirs."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

app_name = "people"

_to_login = RedirectView.as_view(pattern_name="account_login", query_string=True)
_to_password = RedirectView.as_view(pattern_name="account_change_password")
_to_reset = RedirectView.as_view(pattern_name="account_reset_password")

urlpatterns = [
    path("admin/login/", _to_login, name="staff_login"),
    path("admin/password_reset/", _to_reset, name="staff_password_reset"),
    path("django-admin/login/", _to_login, name="django_login"),
    path("django-admin/password_change/", _to_password, name="django_password"),
]
