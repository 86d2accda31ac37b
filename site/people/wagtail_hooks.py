"""What people adds to the Wagtail admin."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from wagtail import hooks
from wagtail.api.v2.router import WagtailAPIRouter

from people.viewsets import PeopleViewSetGroup


@hooks.register("register_admin_viewset")
def register_people() -> PeopleViewSetGroup:
    return PeopleViewSetGroup()


class NoDocuments:
    """Stands where the documents of Wagtail would be, which are closed (files lie in the library): every page of the
    Wagtail 8 admin asks for the address of their list (`wagtailadmin_tags.wagtail_config`). The address answers 404."""

    model = type("NoDocument", (), {})

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        return [path("", cls.absent, name="listing")]

    @staticmethod
    def absent(request: HttpRequest) -> HttpResponse:
        raise Http404


@hooks.register("construct_admin_api", order=100)
def stand_in_for_documents(router: WagtailAPIRouter) -> None:
    router.register_endpoint("documents", NoDocuments)
