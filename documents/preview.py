"""Pages of a document as pictures, so that nothing foreign is ever shown inline in the browser."""

from __future__ import annotations

import base64

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from documents import files
from documents.models import Document, DocumentVersion
from documents.reading.sandbox import run_limited

#: Widths that are rendered; others take the nearest.
WIDTH = 900


@require_safe
def page_image(request: HttpRequest, version_id: int, number: int) -> HttpResponse:
    """Page `number` of a PDF version as PNG, for staff who may see its document. 404 for others and past the end."""
    version = (
        DocumentVersion.objects.select_related("blob")
        .filter(pk=version_id, blob__media_type="application/pdf")
        .first()
    )
    visible = Document.objects.visible_to(request.access)  # type: ignore[attr-defined]  # set by people.middleware
    if version is None or not visible.filter(pk=version.document_id).exists():
        raise Http404
    with files.local(version.blob_id) as path:
        result = run_limited(
            "documents.reading.render:page",
            path,
            arguments={"number": number, "width": WIDTH},
            seconds=15,
            output_mb=24,
        )
    if not result.ok or not result.value["png"]:
        raise Http404
    response = HttpResponse(base64.b64decode(result.value["png"]), content_type="image/png")
    response["Cache-Control"] = "private, max-age=600"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Pages"] = str(result.value["pages"])
    return response
