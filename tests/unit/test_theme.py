"""The theme without a browser: fields become components, nothing foreign gets in, the build is light and clean."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from theme.fields import kind_of, view_of
from theme.icons import ICONS
from theme.showcase import DatePartsField, SampleForm

THEME = Path(__file__).resolve().parents[2] / "theme"
DIST = THEME / "static" / "theme" / "dist"


def render(text: str, **context: object) -> str:
    return Template("{% load ui %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("widget", "kind"),
    [
        (forms.TextInput(), "input"),
        (forms.EmailInput(), "input"),
        (forms.HiddenInput(), "hidden"),
        (forms.Textarea(), "textarea"),
        (forms.Select(), "select"),
        (forms.SelectMultiple(), "select"),
        (forms.RadioSelect(), "radios"),
        (forms.CheckboxSelectMultiple(), "checkboxes"),
        (forms.CheckboxInput(), "checkbox"),
        (forms.ClearableFileInput(), "file"),
        (forms.SelectDateWidget(), "date"),
        (DatePartsField().widget, "date"),
    ],
)
def test_the_widget_decides_the_kind(widget: forms.Widget, kind: str) -> None:
    assert kind_of(widget) == kind


def test_error_and_hint_are_tied_to_the_control() -> None:
    form = SampleForm({"name": ""})
    view = view_of(form["name"])
    assert view.described_by == "id_name_helptext id_name_error"
    html = render("{% ui_field form.name %}", form=form)
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    for note in view.described_by.split():
        assert f'id="{note}"' in html


def test_a_group_is_a_fieldset_and_its_first_control_is_the_target_of_the_error() -> None:
    form = SampleForm({"born_0": "x"})
    html = render("{% ui_errors form %}{% ui_field form.reply %}{% ui_field form.born %}", form=form)
    assert html.count("<fieldset") == 2
    assert 'href="#id_reply_0"' in html
    assert 'id="id_reply_0"' in html
    assert [part.id for part in view_of(form["born"]).parts] == ["id_born_0", "id_born_1", "id_born_2"]


def test_a_required_field_is_named_in_the_error_summary() -> None:
    with translation.override("pl"):
        html = render("{% ui_errors form %}", form=SampleForm({}))
    assert "Imię i nazwisko – To pole jest wymagane." in html


def test_title_says_error_first() -> None:
    with translation.override("pl"):
        assert render("{% title_prefix form %}", form=SampleForm({})) == "Błąd: "
        assert render("{% title_prefix form %}", form=SampleForm()) == ""


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg onload=alert(1)>"]
)
def test_markup_in_values_stays_text(evil: str) -> None:
    form = SampleForm({"name": evil, "reasons": evil, "matter": evil})
    html = render(
        "{% ui_errors form title=evil %}{% ui_form form %}{% ui 'button' text=evil href=evil %}"
        "{% ui 'banner' text=evil %}"
        "{% ui 'summary_list' rows=rows %}{% ui 'file_list' files=files %}{% ui 'table' columns=columns rows=table %}"
        "{% ui 'copy' code=evil %}{% ui 'details' title=evil text=evil %}{% ui 'timeline' events=events %}"
        "{% uiblock 'inset' %}{{ evil }}{% enduiblock %}{% icon 'info' label=evil %}",
        form=form,
        evil=evil,
        rows=[{"label": evil, "value": evil}],
        files=[{"id": 1, "name": evil, "size": 1}],
        columns=[{"label": evil}, {"label": evil}],
        table=[[evil, {"text": evil, "tone": "ok"}]],
        events=[{"title": evil, "text": evil}],
    )
    assert evil not in html
    assert "<script" not in html
    assert "<img" not in html


def test_a_components_argument_may_be_called_name() -> None:
    shown = Template('{% load ui %}{% ui "input" name="code" label="Kod" %}').render(Context())
    assert 'name="code"' in shown and 'id="code"' in shown


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("{% icon 'no-such-drawing' %}")
    assert all("<script" not in drawing and "href" not in drawing for drawing in ICONS.values())


def test_templates_keep_the_content_policy() -> None:
    """No inline handler, no inline style, no address outside: all would be refused or betray the visitor."""
    for path in [*THEME.glob("templates/portal/*.html"), *THEME.glob("templates/components/*.html")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\son[a-z]+=", text), f"{path.name}: inline handler"
        assert not re.search(r'\sstyle="', text), f"{path.name}: inline style"
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), f"{path.name}: foreign address"


def test_every_component_is_described() -> None:
    readme = (THEME / "README.md").read_text(encoding="utf-8")
    names = {path.stem for path in THEME.glob("templates/components/[!_]*.html")} - {"index", "field"}
    assert {name for name in names if f"`{name}`" not in readme} == set()


def test_lock_file_names_no_registry() -> None:
    lock = json.loads((THEME.parent / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)


def test_the_built_parts_are_light_and_stay_at_home() -> None:
    if not DIST.exists():
        pytest.skip("scripts/build-frontend has not run")
    css = (DIST / "portal.css").read_bytes()
    script = (DIST / "portal.js").read_bytes()
    fonts = sum(path.stat().st_size for path in DIST.glob("fonts/*.woff2"))
    assert len(gzip.compress(css)) < 45_000
    assert len(gzip.compress(css)) + len(gzip.compress(script)) + fonts < 100_000
    assert b"url(http" not in css and b"url(//" not in css and b"@import" not in css
    assert b"GDS Transport" not in css and b"govuk" not in css


def test_polish_is_complete() -> None:
    text = (THEME / "locale/pl/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    assert "#, fuzzy" not in text
    empty = re.findall(r'^msgid "(.+)"\n(?:msgid_plural .*\n)?msgstr(?:\[\d\])? ""\n(?!")', text + "\n", re.MULTILINE)
    assert empty == []
