"""The API: one document, one way to say no. Public parts need no token; the rest asks for a bearer token of staff."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from ninja import NinjaAPI
from ninja.parser import Parser
from wagtail.api.v3.auth import BearerTokenAuth

from cms_pages.api import router as pages_router
from cms_pages.open_data import router as open_router
from documents.api import router as documents_router
from journal.errors import Conflict, DomainError, NotAllowed, NotFound
from people.access import access_of
from people.api import router as people_router
from search.api import router as search_router
from workflow.api import router as workflow_router


class TokenAuth(BearerTokenAuth):
    """A token stands for its person, with the rights they have at this moment.

    The second factor was given when the token was made (`people.services.tokens`), so the session is not asked."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        found = super().authenticate(request, token.encode(errors="replace").decode())
        if found is None or not request.user.is_staff:
            return None
        request.access = access_of(request.user)  # type: ignore[attr-defined]  # as people.middleware sets it
        return found


class StrictParser(Parser):
    """JSON whose every text can be kept: no half characters, no NaN. What cannot be read is answered with 400."""

    def parse_body(self, request: HttpRequest) -> Any:
        data = json.loads(request.body, parse_constant=_no_constant)
        json.dumps(data, ensure_ascii=False).encode()
        return data


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


api = NinjaAPI(
    title="Obieg",
    version="1",
    urls_namespace="api",
    auth=TokenAuth(),
    docs_url=None,
    parser=StrictParser(),
    description="Services, forms and the state of cases for everybody; letters, cases, tasks and search for staff.",
)

for router in (people_router, workflow_router, pages_router, open_router, documents_router, search_router):
    api.add_router("", router)

_STATUS: dict[type[DomainError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409}


@api.exception_handler(DomainError)
def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A rule of the office said no: its sentence, with the status of its kind."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)
    return api.create_response(request, {"detail": str(error.message)}, status=status)


@api.exception_handler(RequestDataTooBig)
def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """The body is larger than the server reads at once."""
    return api.create_response(request, {"detail": "the request is larger than 5 MB"}, status=413)


@api.exception_handler(RawPostDataException)
def no_json(request: HttpRequest, error: RawPostDataException) -> HttpResponse:
    """A form was posted, and something before us has read it."""
    return api.create_response(request, {"detail": "send the body as application/json"}, status=415)
