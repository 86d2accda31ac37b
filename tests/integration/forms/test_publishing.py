"""Every way of publishing compiles, and may be refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupApprovalTask, Page, Workflow, WorkflowPage, WorkflowTask

from cms_pages.forms.build import build_form_page, stream_data
from cms_pages.models import FormPage, FormVersion
from journal.clock import db_now
from people.models import User
from tests.integration.forms.conftest import card_of
from tests.integration.forms.sample import SPEC
from workflow.models import Service

pytestmark = pytest.mark.django_db

BROKEN = {**SPEC, "steps": [{**SPEC["steps"][0], "sections": [{"id": "s", "fields": [
    *SPEC["steps"][0]["sections"][0]["fields"],
    {"kind": "text", "id": "x", "label": "X", "when": {"field": "nie-ma", "value": "1"}}]}]}]}  # fmt: skip


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_superuser("redakcja@example.org", "Prawidlowe-haslo-7")


@pytest.fixture
def make(town: object) -> Any:
    service = Service.objects.get(code="udostepnienie-danych")
    card = card_of(service)
    return lambda spec: build_form_page(card, service, spec, publish=False)


def by_button(page: FormPage, editor: User) -> None:
    page.save_revision(user=editor).publish(user=editor)


def by_workflow(page: FormPage, editor: User) -> None:
    flow = Workflow.objects.create(name="Dwie pary oczu")
    task = GroupApprovalTask.objects.create(name="Sprawdzenie")
    WorkflowTask.objects.create(workflow=flow, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=flow, page=Page.objects.get(pk=page.pk))
    state = flow.start(page, editor)
    state.current_task_state.approve(user=editor)


def by_schedule(page: FormPage, editor: User) -> None:
    page.go_live_at = db_now() + dt.timedelta(hours=1)
    page.save_revision(user=editor).publish(user=editor)
    assert not FormVersion.objects.filter(page=page).exists()
    revision = page.revisions.get(approved_go_live_at__isnull=False)
    revision.approved_go_live_at = db_now() - dt.timedelta(minutes=1)
    revision.content["go_live_at"] = (db_now() - dt.timedelta(minutes=1)).isoformat()
    revision.save()
    call_command("publish_scheduled")


def by_api(page: FormPage, editor: User) -> None:
    from wagtail.api.v3.routers import pages

    page.save_revision(user=editor)
    request = type("Request", (), {"user": editor})()
    action = pages.action_registry.get_action_class(Page, "publish")
    action(page.get_latest_revision(), user=request.user).execute()


@pytest.mark.parametrize("way", [by_button, by_workflow, by_schedule, by_api])
def test_each_way_freezes_a_version(way: Any, make: Any, editor: User) -> None:
    page = make(SPEC)
    way(page, editor)
    page.refresh_from_db()
    version = FormVersion.objects.get(page=page)
    assert page.live and version.number == 1 and version.checksum == version.spec.checksum()
    page.save_revision(user=editor).publish(user=editor)
    assert FormVersion.objects.filter(page=page).count() == 1  # nothing changed, no new number


@pytest.mark.parametrize("way", [by_button, by_workflow, by_schedule, by_api])
def test_each_way_can_be_refused_and_leaves_the_page_as_it_was(way: Any, make: Any, editor: User) -> None:
    page = make(BROKEN)
    with pytest.raises(ValidationError) as refused:
        way(page, editor)
    assert "nie ma w formularzu" in str(refused.value) and "Strona 1" in str(refused.value)
    assert not FormVersion.objects.exists() and not Page.objects.get(pk=page.pk).live


def test_a_draft_may_be_unfinished_and_the_editor_sees_the_place(client: Client, make: Any, editor: User,
                                                                 settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    page = make(BROKEN)
    client.force_login(editor)
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert client.get(url).status_code == 200
    data = posted(page)
    assert client.post(url, data).status_code == 302
    response = client.post(url, {**data, "action-publish": "1"})
    assert response.status_code == 200 and not Page.objects.get(pk=page.pk).live
    assert "nie ma w formularzu" in response.content.decode().encode().decode("unicode_escape", "ignore") or (
        "nie ma w formularzu" in response.content.decode())


def posted(page: FormPage) -> dict[str, Any]:
    """What the editor's page posts for this form."""
    from wagtail.test.utils.form_data import nested_form_data, streamfield

    def texts(value: Any) -> dict[str, str]:
        return {code: (value or {}).get(code, "") for code in ("pl", "en", "uk")}

    def condition(value: Any) -> dict[str, Any]:
        return {"mode": value["mode"], "rules": counted([r["value"] for r in value["rules"]])}

    def counted(values: list[Any]) -> dict[str, Any]:
        return {"count": str(len(values)), **{str(n): {"deleted": "", "order": str(n), "type": "item", "id": "",
                                                       "value": v} for n, v in enumerate(values)}}

    def identified(kind: str, blocks: list[Any]) -> dict[str, Any]:
        made = streamfield([(b["type"], b["value"]) for b in blocks])
        for n, block in enumerate(blocks):
            made[str(n)]["id"] = block["id"]
        return made

    raw = stream_data(BROKEN["steps"])
    for step in raw:
        for section in step["value"]["sections"]:
            for field in section["value"]["fields"]:
                value = field["value"]
                field["value"] = {**value, "label": texts(value["label"]), "help": texts(value.get("help")),
                                  "why": texts(value.get("why")), "condition": condition(value["condition"]),
                                  **({"required": "on"} if value.get("required") else {}),
                                  **({"of_sender": "on"} if value.get("of_sender") else {})}
            section["value"] = {"title": texts({}), "intro": texts({}),
                                "condition": condition(section["value"]["condition"]),
                                "fields": identified("field", section["value"]["fields"])}
        step["value"] = {"title": texts(step["value"]["title"]), "intro": texts({}),
                         "condition": condition(step["value"]["condition"]),
                         "sections": identified("section", step["value"]["sections"])}
    return nested_form_data({
        "title": page.title, "slug": page.slug, "service": str(page.service_id), "unit": "", "intro": "",
        "title_en": "", "intro_en": "", "title_uk": "", "intro_uk": "", "seo_title": "", "search_description": "",
        "go_live_at": "", "expire_at": "", "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0,
                                                        "MAX_NUM_FORMS": 1000},
        "steps": identified("step", raw)})
