"""Files of the office library on public pages: what editors may choose, what everybody may take.

A file leaves the office only while it is marked public in the library; record files never lie there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from filer.models import File, Folder
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.chooser import ChooseResultsView, ChooseView, ChosenMultipleView, ChosenView
from wagtail.admin.viewsets.chooser import ChooserViewSet

from documents import ranges
from documents.models import UnitFolder
from people.access import Access
from people.policy import access_for

#: Types that a browser shows itself; anything else is only ever saved.
SHOWN = frozenset({"application/pdf"})


def folders_of(access: Access) -> set[int]:
    """Ids of the library's folders of the units whose pages the person edits, with the folders below them."""
    found = set(
        UnitFolder.objects.filter(unit__in=access.units.get("edit_content", frozenset())).values_list(
            "folder_id", flat=True
        )
    )
    fresh = found
    while fresh:
        fresh = set(Folder.objects.filter(parent__in=fresh).values_list("pk", flat=True)) - found
        found |= fresh
    return found


def choosable(access: Access) -> QuerySet[File]:
    """Public files that the person may put on a page, newest first."""
    return File.objects.filter(is_public=True, folder__in=folders_of(access)).order_by("-uploaded_at", "-pk")


def open_files(items: Iterable[Any]) -> dict[str, list[dict[str, Any]]]:
    """What readers may take of a list's items, by group, as the component `documents` shows them."""
    chosen = list(items)
    public = File.objects.filter(is_public=True).in_bulk([item.file_id for item in chosen])
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in chosen:
        if file := public.get(item.file_id):
            groups.setdefault(item.heading, []).append(
                {"title": item.title, "note": item.note, "kind": file.extension.upper(), "size": file.size,
                 "date": file.modified_at, "url": address_of(file), "icon_name": "download"})  # fmt: skip
    return groups


def address_of(file: File) -> str:
    """Where everybody takes the file."""
    return reverse("cms_pages:library_file", args=[file.pk, file.original_filename or "plik"])


class LibraryFileView(View):
    """A public file of the library; one that is not public answers as one that is not there."""

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        file = File.objects.filter(pk=pk, is_public=True).first()
        if file is None or name != (file.original_filename or "plik") or not file.file.storage.exists(file.file.name):
            raise Http404
        kind, size = file.mime_type or "application/octet-stream", file.file.size
        try:
            part = ranges.span(request.headers.get("Range", ""), size)
        except ranges.Unsatisfiable:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        opened: Any = file.file.open("rb")
        answer = FileResponse(
            _Part(opened, part) if part else opened, as_attachment=kind not in SHOWN,
            filename=file.original_filename or "plik",
        )  # fmt: skip
        answer["Accept-Ranges"] = "bytes"
        if part:
            answer.status_code = 206
            answer["Content-Length"], answer["Content-Range"] = str(part.length), part.header
        answer["Content-Type"] = kind
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


class _Part:
    """The bytes of one range of an open file: a film that is sought does not begin anew."""

    def __init__(self, opened: Any, part: ranges.Span) -> None:
        self.opened, self.left = opened, part.length
        opened.seek(part.start)

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the range; empty at its end."""
        data: bytes = self.opened.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self.opened.close()


class _Mine:
    """The chooser's list: files of the person's own units."""

    request: HttpRequest

    def get_object_list(self) -> QuerySet[File]:
        found = choosable(access_for(self.request.user))
        text = self.request.GET.get("q", "").strip()
        return found.filter(Q(name__icontains=text) | Q(original_filename__icontains=text)) if text else found

    @property
    def columns(self) -> list[Any]:
        return [
            self.title_column,  # type: ignore[attr-defined]  # Wagtail's view beside this class
            Column("folder", label=_("Folder"), accessor="folder.name"),
            Column("size", label=_("Size"), accessor=lambda file: _size(file.size)),
            DateColumn("uploaded_at", label=_("Uploaded")),
        ]


def _size(size: int | None) -> str:
    return f"{(size or 0) / 1024:.0f} kB"


class _Choose(_Mine, ChooseView):
    pass


class _ChooseResults(_Mine, ChooseResultsView):
    pass


class _Chosen(ChosenView):
    def get_object(self, pk: str) -> File:
        found = choosable(access_for(self.request.user)).filter(pk=int(pk)).first() if _is_id(pk) else None
        if found is None:
            raise Http404
        return found


class _ChosenMultiple(ChosenMultipleView):
    def get_objects(self, pks: list[str]) -> QuerySet[File]:
        return choosable(access_for(self.request.user)).filter(pk__in=[int(pk) for pk in pks if _is_id(pk)])


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


class LibraryChooserViewSet(ChooserViewSet):
    """Choose a file of the library for a page."""

    model = File
    icon = "doc-full"
    choose_one_text = _("Choose a file of the library")
    choose_another_text = _("Choose another file")
    choose_view_class = _Choose
    choose_results_view_class = _ChooseResults
    chosen_view_class = _Chosen
    chosen_multiple_view_class = _ChosenMultiple
    register_widget = False


library_chooser = LibraryChooserViewSet("biblioteka_plik", url_prefix="biblioteka/wybor")
LibraryChooser = library_chooser.widget_class
