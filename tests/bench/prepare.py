"""Make, in the bench's own database, a working office, its form, the rival page and drafts that wait to be sent.

`python -m tests.bench.prepare office` prints what was made as JSON; `... drafts FORM N` prints N drafts of one browser.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import sys
import uuid
from typing import Any

import django

django.setup()

from django.core.signing import get_cookie_signer  # noqa: E402 - needs the set-up above
from wagtail.models import Locale, Page, Site  # noqa: E402

from cms_pages.forms import browser  # noqa: E402
from cms_pages.forms.build import build_form_page  # noqa: E402
from cms_pages.forms.models import Draft  # noqa: E402
from cms_pages.models import FormPage, HomePage, ServiceIndexPage, ServicePage  # noqa: E402
from journal import seal  # noqa: E402
from journal.clock import db_now  # noqa: E402
from people.models import Role  # noqa: E402
from tests.bench.rival.models import RivalField, RivalPage  # noqa: E402
from tests.factories.people import PASSWORD, member, staff  # noqa: E402
from tests.factories.workflow import office  # noqa: E402
from workflow.models import Service  # noqa: E402

#: The same questions on both pages.
SPEC: dict[str, Any] = {"title": {"pl": "Wniosek"}, "steps": [{
    "id": "dane", "title": "Wniosek", "sections": [{"id": "s", "fields": [
        {"kind": "person", "id": "kto", "label": "Imię i nazwisko"},
        {"kind": "email", "id": "mail", "label": "E-mail"},
        {"kind": "long_text", "id": "opis", "label": "Treść", "max_length": 2000},
        {"kind": "files", "id": "pliki", "label": "Plik", "extensions": ["pdf", "txt"], "max_files": 3},
    ]}]}]}  # fmt: skip
RIVAL_FIELDS = (("singleline", "imie"), ("singleline", "nazwisko"), ("email", "mail"), ("multiline", "opis"),
                ("file", "plik"))


def make_office() -> dict[str, Any]:
    """The town, both pages and a head of unit who may see every list."""
    town = office()
    Locale.objects.get_or_create(language_code="pl")
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    home = root.add_child(instance=HomePage(title="Miasto", slug="miasto"))
    Site.objects.all().delete()
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    index = home.add_child(instance=ServiceIndexPage(title="Sprawy", slug="sprawy"))
    service = Service.objects.get(code="udostepnienie-danych")
    card = index.add_child(instance=ServicePage(title=service.title, slug=service.code, service=service,
                                                life_event="dom", lead="Krótko"))  # fmt: skip
    form = build_form_page(card, service, SPEC)
    short = build_form_page(card, service, {**SPEC, "title": {"pl": "Krótki wniosek"}, "review": False})
    rival = home.add_child(instance=RivalPage(title="Formularz", slug="formularz"))
    for order, (kind, label) in enumerate(RIVAL_FIELDS):
        RivalField.objects.create(page=rival, sort_order=order, field_type=kind, label=label, required=True)
    reader = member(town.unit, Role.HEAD, staff("bench", post="Kierownik"))
    return {"form": str(form.form_uid), "short": str(short.form_uid), "rival": rival.get_url(), "unit": town.unit.pk,
            "reader": reader.email, "password": PASSWORD}  # fmt: skip


def make_drafts(form: str, count: int) -> dict[str, Any]:
    """Drafts of one guest's browser, unit chosen, standing at the form's only page of questions."""
    seal.seal_all()  # no worker runs, and intake refuses while entries wait too long for their seal
    page = FormPage.objects.get(form_uid=form)
    unit = page.service.offers.get().unit
    token = secrets.token_urlsafe(32)
    signer = get_cookie_signer(salt=browser.COOKIE + browser._SALT)
    now = db_now()
    made = Draft.objects.bulk_create(
        Draft(uuid=uuid.uuid4(), version=page.current_version, unit=unit, created_at=now, updated_at=now,
              token_hash=hashlib.sha256(token.encode()).hexdigest(), expires_at=now + dt.timedelta(days=1))
        for _n in range(count))  # fmt: skip
    return {"cookie": f"{browser.COOKIE}={signer.sign(token)}", "drafts": [str(d.pk) for d in made]}


if __name__ == "__main__":
    print(json.dumps(make_office() if sys.argv[1] == "office" else make_drafts(sys.argv[2], int(sys.argv[3]))))
