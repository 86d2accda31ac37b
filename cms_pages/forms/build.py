"""Forms from data: for the demo town, and for carrying a form between installations as one JSON file."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.text import slugify
from wagtail.models import Page

from cms_pages.forms.compile import Refusal
from cms_pages.forms.fields import KINDS
from cms_pages.forms.models import FormPage, FormVersion
from cms_pages.forms.spec import Condition, Text
from people.models import Unit
from workflow.models import Service


def build_form_page(parent: Page, service: Service, spec: Mapping[str, Any], *, unit: Unit | None = None,
                    publish: bool = True, user: Any = None) -> FormPage:  # fmt: skip
    """Make a FormPage below `parent` and publish it. Raises ValidationError naming the places that do not compile.

    `spec`: {"title": text, "slug"?: str, "intro"?: text, "review"? (True), "steps": [{"id"?, "title": text, "intro"?,
    "when"?, "sections": [{"id"?, "title"?, "intro"?, "when"?, "fields": [...]}]  or directly "fields": [...]}]}.
    A field: {"kind", "id"?, "label": text, "help"?, "why"?, "required"? (True), "of_sender"?, "when"?,
    "options"?: [text or {"id", "text"}], and the kind's settings (unit, minimum, max_files, body ...)}.
    A text is Polish or {"pl", "en", "uk"}. `when`: {"field", "op" ("is"), "value"} or a list of them (all must hold),
    or {"any": [...]}. Ids are made when absent; a field that a condition names needs its own.
    """
    title, intro = Text.from_json(spec["title"]), Text.from_json(spec.get("intro", ""))
    page = FormPage(
        title=title.pl, title_en=title.en, title_uk=title.uk, intro=intro.pl, intro_en=intro.en, intro_uk=intro.uk,
        slug=str(spec.get("slug") or slugify(title.pl.translate(str.maketrans("łŁ", "lL")))[:80]), service=service,
        unit=unit, live=False, review=bool(spec.get("review", True)),
    )  # fmt: skip
    page.steps = page._meta.get_field("steps").to_python(stream_data(spec["steps"]))
    parent.add_child(instance=page)
    revision = page.save_revision(user=user)
    if publish:
        revision.publish(user=user)
        page.refresh_from_db()
    return page


def stream_data(steps: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Steps as StreamField's raw JSON."""
    return [{"type": "step", "id": _id(step), "value": {
        "title": _text(step["title"]), "intro": _text(step.get("intro")), "condition": _condition(step),
        "sections": [{"type": "section", "id": _id(section), "value": {
            "title": _text(section.get("title")), "intro": _text(section.get("intro")),
            "condition": _condition(section), "fields": [_field(f) for f in section["fields"]],
        }} for section in step.get("sections") or [{"fields": step["fields"]}]],
    }} for step in steps]  # fmt: skip


def export_form(version: FormVersion) -> dict[str, Any]:
    """One version as JSON that `build_form_page` takes, ids included."""
    document = version.spec
    return {"title": document.title.to_json(), "review": document.review,
            "steps": [s.to_json() for s in document.steps]}  # fmt: skip


def _id(part: Mapping[str, Any]) -> str:
    return str(part.get("id") or uuid.uuid4())


def _text(data: Any) -> dict[str, str]:
    return Text.from_json(data or {}).to_json()


def _field(data: Mapping[str, Any]) -> dict[str, Any]:
    kind = KINDS[data["kind"]]
    value: dict[str, Any] = {"label": _text(data.get("label", "")), "condition": _condition(data)}
    if kind.asks:
        value |= {"help": _text(data.get("help")), "why": _text(data.get("why")),
                  "required": data.get("required", True)}  # fmt: skip
    if kind.describes_sender:
        value["of_sender"] = data.get("of_sender", True)
    if kind.has_options:
        options = [o if isinstance(o, Mapping) and "text" in o else {"text": o} for o in data.get("options", ())]
        value["options"] = [{"type": "item", "id": _id(o), "value": {"text": _text(o["text"])}} for o in options]
    settings = {**data, **data.get("settings", {})}
    for name, _block in kind.settings_blocks():
        if settings.get(name) is not None:
            value[name] = _text(settings[name]) if name == "body" else settings[name]
    return {"type": kind.name, "id": _id(data), "value": value}


def _condition(data: Mapping[str, Any]) -> dict[str, Any]:
    whole = Condition.from_json(data.get("condition"))
    when = data.get("when")
    mode, rules = "all", [r.to_json() for r in whole.rules] if whole else []
    if whole:
        mode = whole.mode
    elif isinstance(when, Mapping) and "any" in when:
        mode, rules = "any", list(when["any"])
    elif when:
        rules = [dict(when)] if isinstance(when, Mapping) else list(when)
    return {"mode": mode, "rules": [
        {"type": "item", "id": str(uuid.uuid4()),
         "value": {"field": r["field"], "op": r.get("op", "is"), "value": _value(r.get("value", ""))}} for r in rules
    ]}  # fmt: skip


def _value(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


__all__ = ["Refusal", "build_form_page", "export_form", "stream_data"]
