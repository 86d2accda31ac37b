"""An upload that was cut off on its way is refused as a whole."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import render


class WholeBodyMiddleware:
    """Answers 400 when fewer bytes of a multipart body came than were announced.

    Django's parser takes the end of the stream for the end of the last file, so that half a picture would be stored as
    a file that somebody sent. The body is parsed here, before the CSRF check, which would parse it anyway.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.content_type == "multipart/form-data" and self._cut_off(request):
            return render(request, "400_cut_off.html", status=400)
        return self.get_response(request)

    @staticmethod
    def _cut_off(request: HttpRequest) -> bool:
        try:
            announced = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            announced = 0
        try:
            request.POST  # noqa: B018  (read for its effect: the parser consumes the stream to its end)
        except UnreadablePostError:
            return True
        stream = getattr(request, "_stream", None)
        came = getattr(stream, "_pos", None)  # django.core.handlers.wsgi.LimitedStream counts what it read
        return came is not None and came < announced
