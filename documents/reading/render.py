"""One page of a PDF as a picture. Runs in the limited child process only."""

from __future__ import annotations

import base64
import io
from typing import Any

import pypdfium2

from documents.reading.sandbox import ReadingError, Reason

#: Pixels of the longer side at most, so that no page becomes a bomb.
LONGEST = 1800


def page(path: str, number: int, width: int) -> dict[str, Any]:
    """{"pages": how many there are, "png": base64} of page `number` (from 1), about `width` pixels wide."""
    try:
        document = pypdfium2.PdfDocument(path)
        pages = len(document)
        if not 1 <= number <= pages:
            return {"pages": pages, "png": ""}
        found = document[number - 1]
        scale = min(width / max(found.get_width(), 1), LONGEST / max(found.get_height(), found.get_width(), 1))
        picture = found.render(scale=scale).to_pil()
    except pypdfium2.PdfiumError as error:
        raise ReadingError(Reason.BROKEN, str(error)) from error
    out = io.BytesIO()
    picture.save(out, "PNG")
    return {"pages": pages, "png": base64.b64encode(out.getvalue()).decode()}
