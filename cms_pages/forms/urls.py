"""Addresses of filling in a form; included by `cms_pages.urls`. The start page is the FormPage itself."""

from __future__ import annotations

from django.urls import path

from cms_pages.forms import confirmation, saving, views

urlpatterns = [
    path("wniosek/nowy/<int:page_id>/", views.StartView.as_view(), name="form_start"),
    path("wniosek/wroc/<str:token>/", saving.ResumeView.as_view(), name="form_resume"),
    path("wniosek/<uuid:uuid>/", views.GoOnView.as_view(), name="form_go_on"),
    path("wniosek/<uuid:uuid>/jednostka/", views.UnitView.as_view(), name="form_unit"),
    path("wniosek/<uuid:uuid>/krok/<int:number>/", views.StepView.as_view(), name="form_step"),
    path("wniosek/<uuid:uuid>/sprawdz/", views.CheckView.as_view(), name="form_check"),
    path("wniosek/<uuid:uuid>/zapisz/", saving.SaveView.as_view(), name="form_save"),
    path("wniosek/<uuid:uuid>/usun/", saving.DeleteView.as_view(), name="form_delete"),
    path("potwierdzenie/<uuid:uuid>/", confirmation.ConfirmationView.as_view(), name="confirmation"),
    path("potwierdzenie/<uuid:uuid>/upo/", confirmation.ReceiptView.as_view(), name="confirmation_receipt"),
]
