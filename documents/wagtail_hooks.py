"""What the keeping adds to the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, path
from wagtail import hooks

from documents import metryka, registers
from documents.viewsets import CaseViewSet, RegistersGroup

registers.register_books()


@hooks.register("register_admin_viewset")
def register_lists() -> list[object]:
    return [CaseViewSet(), RegistersGroup()]


@hooks.register("register_admin_urls")
def register_metryka() -> list[URLPattern]:
    return [
        path("sprawy/<int:case_id>/metryka/", metryka.fragment, name="case_metryka"),
        path("sprawy/<int:case_id>/metryka.pdf", metryka.pdf, name="case_metryka_pdf"),
    ]
