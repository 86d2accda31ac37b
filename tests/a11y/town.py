"""The demo town with one of everything in it, for the gate: runs inside the town's settings."""

from __future__ import annotations

import datetime as dt
import fnmatch
import random
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.test import Client
from django.utils.text import slugify
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page, Site

from cms_pages.forms import drafts
from cms_pages.forms.models import Draft
from cms_pages.models import FormPage, ServicePage
from cms_pages.models.events import EventPage
from demo import answers
from demo.crew import synthetic_pesel
from demo.services import described
from journal.clock import db_now, warsaw_day
from people.access import SYSTEM, access_of
from people.models import Unit, User
from people.services import exports, representation, units
from tests.a11y.specimens import Specimen, as_rows
from tests.architecture import world as worlds
from tests.architecture.routes import Route, routes
from tests.architecture.test_url_matrix import expected, row_of, values
from tests.factories import people
from workflow.models import Service, ServiceOffer

OURS = ("cms_pages", "workflow", "documents", "search", "people", "journal", "demo")
#: Whose screens are Wagtail's, filer's or Django's own.
OTHERS = (
    "wagtail*",
    "/admin/*",
    "admin:*",
    "/django-admin*",
    "filer*",
    "closed_*",
    "api:*",
    "set_language",
    "guardian*",
)
PROSE = "Zażółć gęślą jaźń: krótki tekst, który mówi, o co chodzi i dokąd pójść."


def describe() -> dict[str, Any]:
    """Everything to look at, and the sessions of those who look."""
    world = make_world()
    cookies = {role: session_of(user) for role, user in {**world.users, **newcomers()}.items()}
    clients = {role: _client(cookie) for role, cookie in cookies.items()} | {
        "guest": Client(raise_request_exception=False)
    }
    made = [*pages(clients), *in_languages(), *screens(world, clients), *moments(world, clients)]
    return {
        "cookies": cookies,
        "specimens": as_rows(iter(made)),
        "models": sorted(model.__name__ for model in page_models()),
        "bare": sorted({route.key for route in our_routes()} - {each.name for each in made}),
    }


def make_world() -> worlds.World:
    """One of every thing, in a department and in another body, with one person for each role."""
    general = Service.objects.get(code="pismo-ogolne")
    offers = ServiceOffer.objects.filter(service=general).select_related("unit__body").order_by("unit_id")
    own = next(offer.unit for offer in offers if offer.unit.kind == Unit.Kind.CELL)
    other = next(offer.unit for offer in offers if offer.unit.body_id != own.body_id)
    page = FormPage.objects.live().order_by("pk").first()
    assert page is not None
    users = {role: people.member(own, role) for role in worlds.ROLES if role not in ("guest", "citizen")}
    mine, theirs = worlds.side(own, page), worlds.side(other, page)
    users["citizen"] = mine.owner
    return worlds.World(mine, theirs, users, {}, page)


def newcomers() -> dict[str, User]:
    """People before whom nothing lies yet: the empty states."""
    office = Unit.objects.filter(depth=1).order_by("pk").first()
    assert office is not None
    idle = units.add(SYSTEM, parent=office, kind="cell", symbol="NOWA", name="Komórka, w której jeszcze nic nie ma")
    found = {f"new_{role}": people.member(idle, role) for role in worlds.ROLES if role not in ("guest", "citizen")}
    return {**found, "new_citizen": people.citizen().user}


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _client(cookie: str) -> Client:
    client = Client(raise_request_exception=False)  # a page that breaks is no specimen, which is what is told
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    return client


def shows_page(client: Client, path: str) -> bool:
    """Whether the address answers a whole page."""
    answer = client.get(path)
    if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return False
    return not answer.streaming and b"<html" in answer.content[:2000]


# --- pages ----------------------------------------------------------------------------------------------------------


def page_models() -> list[type[Page]]:
    """Every page type of ours that can exist."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Page)
        and model is not Page
        and model._meta.app_label in OURS
        and getattr(model, "is_creatable", False)
        or model is FormPage
    ]


def pages(clients: dict[str, Client]) -> Iterator[Specimen]:
    """Each page type as the town has it (or made of its fields), and with nothing but what it must have."""
    for model in sorted(page_models(), key=lambda found: found.__name__):
        filled = model.objects.live().order_by("-numchild", "pk").first() or grow(model, full=True)
        for state, page in (("filled", filled), ("empty", grow(model, full=False))):
            if page is None:
                continue
            path = page.get_url() or ""
            for role in ("guest", "clerk", "head"):
                if path.startswith("/") and shows_page(clients[role], path):
                    yield Specimen(model.__name__, path, role, state)
                    break


def in_languages() -> Iterator[Specimen]:
    """Pages in every other language of the town, one of them behind its Polish page, and an easy-to-read text."""
    polish = ServicePage.objects.get(slug="pismo-ogolne")
    polish.lead = f"{polish.lead} Odpowiadamy w ciągu miesiąca."
    polish.save_revision().publish(skip_permission_checks=True)
    for code in ("en", "uk"):
        for page in Page.objects.live().filter(locale__language_code=code).specific():
            yield Specimen(f"{type(page).__name__} {code}: {page.slug}", page.get_url() or "", "guest", "filled")
    yield Specimen("ServicePage easy", f"{polish.get_url()}latwy-tekst/", "guest", "filled")


def grow(model: type[Page], *, full: bool) -> Page | None:
    """A page made of its own fields, below the first parent that may have it; None when what it must name is taken."""
    site = Site.objects.get(is_default_site=True)
    allowed = {parent for parent in model.allowed_parent_page_models() if parent is not Page}
    parent = next((found for parent in allowed if (found := parent.objects.live().first()) is not None), None)
    if parent is None or model is type(site.root_page.specific):
        return None
    word = "pelna" if full else "pusta"
    page = model(title=f"Strona {word}: {model._meta.verbose_name}", slug=slugify(f"{word}-{model.__name__}"))
    for field in model._meta.get_fields():
        if field in Page._meta.get_fields() or not isinstance(field, models.Field) or field.primary_key:
            continue
        if (must := not field.blank and not field.has_default()) or full:
            try:
                value = _value(field, must=must)
            except LookupError:
                return None
            if value is not None:
                setattr(page, field.name, value)
    try:
        page.full_clean(exclude=["path", "depth"])
    except ValidationError as error:
        for name in error.error_dict:  # what does not fit together stays as it is by default
            setattr(page, name, model._meta.get_field(name).get_default())
    try:
        with transaction.atomic():
            parent.add_child(instance=page)
            page.save_revision().publish(skip_permission_checks=True)
    except ValidationError:  # such a page cannot be bare: a form without a question is not published
        return None
    return page


def _value(field: models.Field[Any, Any], *, must: bool) -> Any:
    """Something that fits; None to leave the field alone. Raises LookupError when what it must name is not there."""
    if isinstance(field, models.ForeignKey):
        if not must:
            return None
        related = field.remote_field.model._default_manager.all()
        if field.unique:
            related = related.exclude(pk__in=field.model._default_manager.values(field.attname))
        found = related.first()
        if found is None:
            raise LookupError(field.name)
        return found
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, StreamField | models.JSONField):
        return None
    if isinstance(field, RichTextField):
        return f"<p>{PROSE}</p>"
    if isinstance(field, models.EmailField):
        return "kontakt@example.org"
    if isinstance(field, models.URLField):
        return "https://example.org/"
    if isinstance(field, models.CharField | models.TextField):
        return PROSE[: field.max_length or 500] if not field.unique else None
    if isinstance(field, models.DateTimeField):
        return db_now() + dt.timedelta(days=30)
    if isinstance(field, models.DateField):
        return warsaw_day(db_now()) + dt.timedelta(days=30)
    return None


# --- screens --------------------------------------------------------------------------------------------------------


def our_routes() -> list[Route]:
    """Addresses whose screens are ours."""
    return [route for route in routes() if not any(fnmatch.fnmatchcase(route.key, name) for name in OTHERS)]


def screens(world: worlds.World, clients: dict[str, Client]) -> Iterator[Specimen]:
    """Each screen as somebody sees it whom the table of addresses lets in, and as a newcomer sees it."""
    for route in our_routes():
        row = row_of(route)
        if row is None:
            continue
        arguments = values(route, row, world.own, world) if "object" in row else {}
        path = route.path(**arguments)
        for role in ("guest", "citizen", "clerk", "head", "registry", "coordinator", "unit_admin", "editor", "auditor"):
            if "ok" in expected(row, role, "own").split("|") and shows_page(clients[role], path):
                admin = path.startswith("/admin/")
                yield Specimen(route.key, path, role, "filled", admin)
                newcomer = f"new_{role}"
                if not arguments and newcomer in clients and shows_page(clients[newcomer], path):
                    yield Specimen(route.key, path, newcomer, "empty", admin)
                break


def draft_of(world: worlds.World, *, filled: bool) -> Draft:
    """The citizen's draft with a unit chosen: without answers yet, or with all of them given."""
    page, owner, today = world.page, world.own.owner, warsaw_day(db_now())
    version = page.current_version
    assert version is not None, "a live form has a version"
    about = next(each for each in described() if each["code"] == page.service.code)
    sender = answers.Sender(
        "Jolanta", "Żółcińska", synthetic_pesel(dt.date(2230, 5, 4), 17), "jolanta@poczta.example.test",
        "+48600556000", "ul. Górnicza", "15",
    )  # fmt: skip
    given = answers.fill(version, about, sender, random.Random(5), today) if filled else {}
    return Draft.objects.create(
        version=version, owner=owner, token_hash="", unit=drafts.units_of(page)[0], answers=given,
        done=[step.id for step in version.spec.steps] if filled else [], created_at=db_now(), updated_at=db_now(),
        expires_at=db_now() + dt.timedelta(days=9),
    )  # fmt: skip


def moments(world: worlds.World, clients: dict[str, Client]) -> Iterator[Specimen]:
    """Screens that show themselves only at an address with something in it, or in the middle of a journey."""
    begun, whole = draft_of(world, filled=False), draft_of(world, filled=True)
    event = EventPage.objects.live().filter(takes_registrations=True, starts_at__gt=db_now()).earliest("starts_at")
    case = world.own.taken.case
    owner = world.users["citizen"]
    exports.make(exports.ask(access_of(owner), user=owner).pk)
    child = representation.add(access_of(owner), user=owner, kind="child", basis="parent", first_name="Zosia",
                               last_name="Przykładowa")  # fmt: skip
    for name, path, role, state in (
        ("cms_pages:represented", "/moje-sprawy/reprezentuje/", "citizen", "children"),
        ("cms_pages:represented_add", "/moje-sprawy/reprezentuje/organisation/", "citizen", "empty"),
        ("cms_pages:represented_change", f"/moje-sprawy/reprezentuje/child/{child.pk}/", "citizen", "filled"),
        ("search:portal", "/szukaj/?q=zameldowanie", "guest", "hits"),
        ("search:portal", "/szukaj/?q=nicniematakiego", "guest", "empty"),
        ("staff_search:staff", "/admin/szukaj/?q=wniosek", "clerk", "hits"),
        ("staff_search:staff", "/admin/szukaj/?q=nicniematakiego", "clerk", "empty"),
        ("wagtailadmin_home", "/admin/", "clerk", "filled"),
        ("wagtailadmin_home", "/admin/", "editor", "empty"),
        ("cms_pages:form_step", f"/wniosek/{begun.pk}/krok/1/", "citizen", "empty"),
        ("cms_pages:form_step", f"/wniosek/{whole.pk}/krok/1/", "citizen", "filled"),
        ("cms_pages:form_check", f"/wniosek/{whole.pk}/sprawdz/", "citizen", "filled"),
        ("cms_pages:event_register", f"/wydarzenia/zapis/{event.pk}/", "guest", "filled"),
        ("desk:case", f"/admin/biurko/sprawa/{case.pk}/", "head", "head"),
        ("cms_pages:my_data", "/moje-sprawy/ustawienia/moje-dane/", "citizen", "ready"),
    ):
        assert shows_page(clients[role], path), f"{path} shows no page to a {role}"
        yield Specimen(name, path, role, state, path.startswith("/admin/"))
    yield Specimen("404", "/nie-ma-takiej-strony/", "guest", "filled")
    yield Specimen("403", "/admin/", "citizen", "filled")
