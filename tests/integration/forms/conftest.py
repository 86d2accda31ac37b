"""A working office with a published form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from wagtail.models import Locale, Page, Site

from cms_pages.forms.build import build_form_page
from cms_pages.models import FormPage, HomePage, ServiceIndexPage, ServicePage
from tests.factories.workflow import Office, office
from tests.integration.forms.sample import POSTS, SPEC
from workflow.models import Service


@pytest.fixture
def town(db: None) -> Office:
    return office()


def card_of(service: Service) -> ServicePage:
    """The service's card below the catalogue of a fresh site."""
    index = ServiceIndexPage.objects.first()
    if index is None:
        Locale.objects.get_or_create(language_code="pl")
        root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
        home = root.add_child(instance=HomePage(title="Miasto", slug="miasto"))
        Site.objects.all().delete()
        Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
        index = home.add_child(instance=ServiceIndexPage(title="Sprawy", slug="sprawy"))
    return index.add_child(instance=ServicePage(title=service.title, slug=service.code, service=service,
                                                life_event="dom", lead="Krótko"))  # fmt: skip


@pytest.fixture
def form_page(town: Office) -> FormPage:
    service = Service.objects.get(code="udostepnienie-danych")
    return build_form_page(card_of(service), service, SPEC)


@pytest.fixture
def letter_page(town: Office) -> FormPage:
    service = Service.objects.get(code="pismo-ogolne")
    return build_form_page(card_of(service), service, SPEC)


def start(client: Client, page: FormPage) -> str:
    """Begin a form; the address of its first page."""
    response = client.post(f"/wniosek/nowy/{page.pk}/", follow=True)
    assert response.status_code == 200, response.content[:2000]
    return str(response.redirect_chain[-1][0])


def hidden(client: Client, url: str) -> dict[str, Any]:
    """What the page itself carries: the step and its stamp."""
    context = client.get(url).context
    return {"_step": context["step"].id, "_stamp": context["stamp"], "_action": "next"}


@pytest.fixture
def fill() -> Callable[..., str]:
    """Fill in every page; the address of the check."""

    def run(client: Client, page: FormPage, posts: dict[str, Any] | None = None) -> str:
        url = start(client, page)
        for _n in range(10):
            if "/krok/" not in url:
                return url
            sent = hidden(client, url)
            response = client.post(url, {**(posts or POSTS)[sent["_step"]], **sent})
            assert response.status_code == 302, response.context["errors"]
            url = response["Location"]
        raise AssertionError("the form has no end")

    return run
