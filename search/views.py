"""Search screens: the clerk's in the Wagtail admin, and the portal's."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms_pages import languages
from search import find, missed
from search.backends.base import FACETS
from search.query import parse
from search.words import KIND_LABELS, STATES

FACET_LABELS = {"kind": _("Kind"), "unit": _("Unit"), "state": _("State"), "class": _("Class"), "year": _("Year")}


class StaffSearchView(WagtailAdminTemplateMixin, TemplateView):
    """Search over what this person may see: `?q=`, facets by name, `?po=` for the next page."""

    template_name = "desk/search.html"
    page_title = _("Find")
    header_icon = "search"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.access.roles:  # type: ignore[attr-defined]  # set by people.middleware
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        text = self.request.GET.get("q", "")[:400]
        chosen = {name: self.request.GET[name] for name in FACETS if self.request.GET.get(name)}
        context.update(text=text, chosen=chosen, facets=[])
        if not text.strip():
            return context
        access = self.request.access  # type: ignore[attr-defined]  # set by people.middleware
        results = find.staff(access, text, facets=chosen, after=self.request.GET.get("po", ""))
        base = {"q": text, **chosen}
        facets = []
        for name in FACETS:
            values = [
                {
                    "value": value,
                    "label": self._label(name, value),
                    "count": count,
                    "on": chosen.get(name) == value,
                    "url": "?"
                    + urlencode(
                        {
                            k: v
                            for k, v in {**base, name: value}.items()
                            if not (k == name and chosen.get(name) == value)
                        }
                    ),
                }
                for value, count in results.facets.get(name, [])
            ]
            if values:
                facets.append((FACET_LABELS[name], values))
        context.update(
            results=results,
            facets=facets,
            described=parse(text).describe(),
            hits=[(hit, KIND_LABELS.get(hit.kind, hit.kind), STATES.get(hit.state, hit.state)) for hit in results.hits],
            next_url="?" + urlencode({**base, "po": results.following}) if results.following else "",
        )
        return context

    @staticmethod
    def _label(name: str, value: str) -> Any:
        if name == "kind":
            return KIND_LABELS.get(value, value)
        return STATES.get(value, value) if name == "state" else value


class StaffSuggestView(View):
    """Titles while typing, as JSON: [{"title", "url"}]."""

    def get(self, request: HttpRequest) -> HttpResponse:
        access = request.access  # type: ignore[attr-defined]  # set by people.middleware
        if not access.roles:
            raise PermissionDenied
        found = find.suggest(access, request.GET.get("q", ""))
        return JsonResponse({"suggestions": [{"title": title, "url": url} for title, url in found]})


class PortalSearchView(View):
    """The portal's search in the reader's language: services first, then pages. `?w=pl` looks into the Polish pages,
    of which there are more."""

    def get(self, request: HttpRequest) -> HttpResponse:
        text = request.GET.get("q", "")[:400]
        after = request.GET.get("po", "")
        asked = request.GET.get("w", "")
        language = asked if asked in languages.CODES else languages.active()
        results = find.portal(text, language=language, after=after) if text.strip() else None
        if results is not None and not results.total and not after:
            missed.note(request, text)
        base = {"q": text, "w": asked} if asked == language else {"q": text}
        next_url = "?" + urlencode({**base, "po": results.following}) if results and results.following else ""
        polish = results is not None and language != settings.LANGUAGE_CODE
        return render(
            request,
            "portal/search.html",
            {
                "text": text, "results": results, "next_url": next_url, "results_language": language,
                "polish_url": "?" + urlencode({"q": text, "w": settings.LANGUAGE_CODE}) if polish else "",
            },
        )  # fmt: skip
