"""The API: one document, one way to say no. Public parts need no token; the rest asks for a bearer token of staff."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from documents.api import router as documents_router
from journal.errors import Conflict, DomainError, NotAllowed, NotFound
from ninja import NinjaAPI
from people.api import router as people_router
from search.api import router as search_router
from wagtail.api.v3.auth import BearerTokenAuth
from workflow.api import router as workflow_router

from cms_pages.api import router as pages_router

api = NinjaAPI(
    title="Obieg", version="1", urls_namespace="api", auth=BearerTokenAuth(),
    description="Services, forms and the state of cases for everybody; letters, cases, tasks and search for staff.")

for router in (people_router, workflow_router, pages_router, documents_router, search_router):
    api.add_router("", router)

_STATUS: dict[type[DomainError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409}


@api.exception_handler(DomainError)
def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A rule of the office said no: its sentence, with the status of its kind."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)
    return api.create_response(request, {"detail": str(error.message)}, status=status)
