"""Portal views: files, receipts, and the public check of a receipt."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from documents import checking, files, guests, ranges, readings
from documents.models import Blob, Document, DocumentVersion, Letter, Receipt
from journal.errors import NotFound
from people.access import Access
from people.limits import Limit, address_of

#: Checks of receipts from one address within a minute; each costs work.
CHECKS = Limit("check-receipt", 20, 60)
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")


def attachment_header(name: str) -> str:
    """Content-Disposition of a download (RFC 6266): an ASCII name for old clients, UTF-8 for all others."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    plain = re.sub(r'[\x00-\x1f\x7f"\\/%;]', "_", plain).strip() or "plik"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def serve(request: HttpRequest, blob: Blob, name: str) -> HttpResponseBase:
    """The bytes as a download that no browser shows, sniffs, runs or keeps; whole, or the one range asked for. Ask for
    the right first. Where `X_ACCEL_RECORDS` is set, the web server in front sends them."""
    etag = f'"{blob.pk}"'
    try:
        asked = request.headers.get("Range", "") if request.headers.get("If-Range", etag) == etag else ""
        part = ranges.span(asked, blob.size)
    except ranges.Unsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{blob.size}"})
    response: HttpResponse | StreamingHttpResponse
    if settings.X_ACCEL_RECORDS:
        response = HttpResponse(headers={"X-Accel-Redirect": f"{settings.X_ACCEL_RECORDS}{blob.pk[:2]}/{blob.pk}"})
    else:
        try:
            pieces = files.chunks(blob, part.start, part.length) if part else files.chunks(blob)
        except NotFound as error:
            raise Http404 from error
        response = StreamingHttpResponse(pieces)
        response["Content-Length"] = str(part.length if part else blob.size)
        response["Accept-Ranges"] = "bytes"
        if part:
            response.status_code = 206
            response["Content-Range"] = part.header
    response["ETag"] = etag
    return sandboxed(response, name, blob.media_type)


def sandboxed(response: HttpResponseBase, name: str, media_type: str) -> HttpResponseBase:
    """The headers of a private file: a download that no browser shows, sniffs, runs or keeps."""
    response["Content-Type"] = media_type if _TYPE.fullmatch(media_type) else "application/octet-stream"
    response["Content-Disposition"] = attachment_header(name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _SANDBOX
    response["Cache-Control"] = "no-store, private"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response._csp_exempt = True  # type: ignore[attr-defined]  # the sandbox policy above is the stricter one
    return response


@require_safe
def download(request: HttpRequest, version_id: int, name: str) -> HttpResponseBase:
    """One version of a document, for staff who may see it and for the case's own citizen if it is public.

    404 for what is absent and for what is not theirs. No conditional answers: every request asks for the right.
    """
    version = (DocumentVersion.objects.select_related("blob", "document__case", "document__letter__case")
               .filter(pk=version_id).first())
    if version is None or not _may_download(request, version):
        raise Http404
    return serve(request, version.blob, version.file_name)


def _may_download(request: HttpRequest, version: DocumentVersion) -> bool:
    document = version.document
    access: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    if Document.objects.visible_to(access).filter(pk=document.pk).exists():
        case = document.case or (document.letter.case if document.letter else None)
        if case is not None:
            readings.note(access, case)
        readings.note_version(access, version)
        return True
    return document.case is not None and guests.may_open(request, document.case) and is_shown(version)


def is_shown(version: DocumentVersion) -> bool:
    """Whether this very version is shown to the parties: of a letter the one that was delivered, else the newest. What
    was drafted on the way stays in the office."""
    document = version.document
    if not document.public:
        return False
    if document.letter is not None and document.letter.direction == Letter.Direction.OUTGOING:
        return document.letter.signed_version_id == version.pk
    return not DocumentVersion.objects.filter(document=document, number__gt=version.number).exists()


@require_safe
def receipt_file(request: HttpRequest, number: str, form: str) -> HttpResponseBase:
    """A signed receipt as XML or PDF, for the case's own citizen and for staff who see its letter. 404 until signed."""
    if form not in {"xml", "pdf"} or "\0" in number:
        raise Http404
    receipt = Receipt.objects.select_related("xml", "pdf", "case").filter(number=number).first()
    if receipt is None or not _may_have(request, receipt):
        raise Http404
    blob = receipt.xml if form == "xml" else receipt.pdf
    if blob is None:
        raise Http404
    return serve(request, blob, f"{receipt.number}.{form}")


def _may_have(request: HttpRequest, receipt: Receipt) -> bool:
    if guests.may_open(request, receipt.case):
        return True
    access: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    if not Receipt.objects.visible_to(access).filter(pk=receipt.pk).exists():
        return False
    readings.note(access, receipt.case)
    return True


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def check_receipt(request: HttpRequest) -> HttpResponse:
    """The public check: receipt number with the document or its SHA-256, or the receipt file itself.

    GET shows the form (the QR code fills it in and asks at once); limited per address, since each check costs work.
    """
    given = {"number": request.GET.get("numer", "")[:60], "digest": request.GET.get("skrot", "")[:64]}
    if request.method == "POST":
        form = checking.CheckForm(request.POST, request.FILES)
    elif given["number"] and given["digest"]:
        form = checking.CheckForm(given)
    else:
        form = checking.CheckForm(initial=given)
    outcome, status = None, 200
    if form.is_bound:
        if not CHECKS.take(address_of(request)):
            form = checking.CheckForm(initial=given)
            return render(request, "portal/check_receipt.html", {
                "form": form, "outcome": None, "limited": True,
                "message": _("Too many checks in a short time. Try again in a minute.")}, status=429)
        if form.is_valid():
            outcome = checking.check(form)
        else:
            status = 422
    return render(request, "portal/check_receipt.html", {"form": form, "outcome": outcome, "limited": False},
                  status=status)
