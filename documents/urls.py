"""Portal addresses of the keeping."""

from __future__ import annotations

from django.urls import path

from documents import preview, views

app_name = "documents"

urlpatterns = [
    path("pliki/<int:version_id>/strona-<int:number>.png", preview.page_image, name="page_image"),
    path("pliki/<int:version_id>/<path:name>", views.download, name="download"),
    path("poswiadczenia/<str:number>.<str:form>", views.receipt_file, name="receipt_file"),
    path("sprawdz-poswiadczenie/", views.check_receipt, name="check_receipt"),
]
