"""Addresses of the citizen's side. Polish, since citizens read them."""

from __future__ import annotations

from django.urls import include, path

from cms_pages import account

app_name = "cms_pages"
urlpatterns = [
    path("", include("cms_pages.forms.urls")),
    path("sprawdz-sprawe/", account.TrackView.as_view(), name="track"),
    path("moje-sprawy/", account.MyCasesView.as_view(), name="my_cases"),
    path("moje-sprawy/<int:case_id>/", account.MyCaseView.as_view(), name="my_case"),
    path("moje-sprawy/<int:case_id>/odbierz/<int:delivery_id>/", account.SignForView.as_view(), name="sign_for"),
    path("moje-sprawy/<int:case_id>/odpowiedz/", account.AnswerView.as_view(), name="answer"),
]
