"""Error answers that need a view."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token did not fit (an old tab, cookies off): say so and that nothing was sent."""
    return render(request, "403_csrf.html", status=403)
