"""Pure rules: documents, conditions, compiling, cleaning. No database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils.datastructures import MultiValueDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cms_pages.forms.blocks import StepsBlock
from cms_pages.forms.build import stream_data
from cms_pages.forms.compile import Refusal, compile_form
from cms_pages.forms.conditions import holds, shown
from cms_pages.forms.fields import KINDS, kind_of
from cms_pages.forms.fill import StepForm, check_all, check_answer
from cms_pages.forms.spec import Condition, FormDocument, Rule, Text
from tests.integration.forms.sample import POSTS, SPEC

BLOCK = StepsBlock()


def compiled(steps: list[dict[str, Any]]) -> FormDocument:
    return compile_form(form="f", number=1, title=Text("Formularz"), service="usluga", addressee="chosen",
                        steps=BLOCK.to_python(stream_data(steps)))  # fmt: skip


def form_of(*fields: dict[str, Any]) -> list[dict[str, Any]]:
    """One page with somebody who files and the fields given."""
    who = [{"kind": "person", "id": "kto", "label": "Kto"}, {"kind": "email", "id": "mail", "label": "E-mail"}]
    return [{"id": "s1", "title": "Strona", "sections": [{"id": "sekcja", "fields": [*who, *fields]}]}]


@pytest.fixture(scope="module")
def document() -> FormDocument:
    return compiled(SPEC["steps"])


def post(data: dict[str, Any]) -> MultiValueDict[str, Any]:
    return MultiValueDict({k: v if isinstance(v, list) else [v] for k, v in data.items()})


def answered(document: FormDocument, posts: dict[str, Any] = POSTS) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for step in document.steps:
        form = StepForm(document, step, answers, data=post(posts[step.id]))
        assert form.is_valid(), (step.id, form.error_list())
        answers |= form.values
    return answers


def test_a_document_survives_json_and_its_checksum_sees_every_change(document: FormDocument) -> None:
    again = FormDocument.from_json(json.loads(json.dumps(document.to_json())))
    assert again == document and again.checksum() == document.checksum()
    changed = document.to_json()
    changed["steps"][0]["sections"][0]["fields"][0]["label"]["pl"] += "."
    assert FormDocument.from_json(changed).checksum() != document.checksum()


def test_every_kind_is_used_by_the_sample(document: FormDocument) -> None:
    used = {f.kind for f in document.fields}
    assert set(KINDS) - used == {"organisation"}


def test_answers_have_their_normal_form_and_read_back_the_same(document: FormDocument) -> None:
    answers = answered(document, {**POSTS, "drzewo": {**POSTS["drzewo"], "f-powody": ["budowa"]}})
    assert answers["obwod"] == "120.5" and answers["kiedy"] == "2027-03-07"
    assert answers["adres"]["postcode"] == "44-330" and answers["tel"] == "600100200"
    assert answers["koszt"] == "1200.50" and answers["pozwolenie"] is True and answers["nip"] == "0000000017"
    for item in document.fields:
        if item.id in answers:
            assert check_answer(item, answers[item.id]) == "", item.id
    assert kind_of(document.field("koszt")).display(document.field("koszt"), "1200.50") == "1\u00a0200,50\u00a0zł"


def test_hidden_branches_are_neither_asked_nor_kept(document: FormDocument) -> None:
    everything = answered(document, {**POSTS, "drzewo": {**POSTS["drzewo"], "f-powody": ["budowa"]}})
    answers = {**everything, "powody": ["chore"]}
    visible = shown(document, answers)
    assert "budowa-krok" not in visible.steps and "koszt" not in visible.answers and "jaki" not in visible.fields
    checked = check_all(document, {**answers, "jaki": "klon", "nieznane": 1})
    assert not checked.problems and "jaki" not in checked.shown.answers and "nieznane" not in checked.shown.answers
    built = check_all(document, everything)
    assert "budowa-krok" in built.shown.steps and "koszt" in built.shown.answers and not built.problems
    assert set(check_all(document, {k: v for k, v in everything.items() if k != "koszt"}).problems) == {"koszt"}


def test_a_question_that_appears_on_the_same_page_is_asked_for(document: FormDocument) -> None:
    step = document.steps[1]
    form = StepForm(document, step, {}, data=post({**POSTS["drzewo"], "f-gatunek": "inny"}))
    assert not form.is_valid() and form.error_list()[0]["href"] == "#id_f-jaki"
    form = StepForm(document, step, {}, data=post({**POSTS["drzewo"], "f-jaki": "nie pytano"}))
    assert form.is_valid() and "jaki" not in form.values


@pytest.mark.parametrize(("change", "said"), [
    ({"f-pesel-number": "01610100011"}, "cyfr"),
    ({"f-pesel-number": "0161010"}, "cyfr"),
    ({"f-pesel-number": "", "f-pesel-none": "on"}, "dat"),
    ({"f-adres-postcode": "4433"}, "44-330"),
    ({"f-mail": "ola@"}, "nazwa@example.pl"),
    ({"f-tel": "12"}, "9 cyfr"),
    ({"f-kto-last_name": ""}, "nazwisko"),
])  # fmt: skip
def test_wrong_input_is_named_in_polish(document: FormDocument, change: dict[str, str], said: str) -> None:
    form = StepForm(document, document.steps[0], {}, data=post({**POSTS["dane"], **change}))
    assert not form.is_valid()
    assert any(said in error["text"] for error in form.error_list()), form.error_list()
    kept = form.typed()
    assert kept["f-adres-street"] == ["Leśna"]


def test_without_pesel_the_birth_date_is_taken(document: FormDocument) -> None:
    data = {**POSTS["dane"], "f-pesel-number": "", "f-pesel-none": "on", "f-pesel-day": "1", "f-pesel-month": "2",
            "f-pesel-year": "1990"}  # fmt: skip
    form = StepForm(document, document.steps[0], {}, data=post(data))
    assert form.is_valid(), form.error_list()
    assert form.values["pesel"] == {"birth_date": "1990-02-01", "reason": "other"}


@pytest.mark.parametrize(("fields", "said"), [
    ([{"kind": "text", "id": "a", "label": "A", "when": {"field": "nie-ma", "value": "x"}}], "nie ma w formularzu"),
    ([{"kind": "text", "id": "a", "label": "A", "when": {"field": "b", "value": "x"}},
      {"kind": "text", "id": "b", "label": "B", "when": {"field": "a", "value": "x"}}], "wcześniej"),
    ([{"kind": "text", "id": "a", "label": "A", "when": {"field": "a", "value": "x"}}], "wcześniej"),
    ([{"kind": "text", "id": "a", "label": ""}], "po polsku"),
    ([{"kind": "text", "id": "a", "label": "A"}, {"kind": "text", "id": "a", "label": "B"}], "dwa razy"),
    ([{"kind": "text", "id": "Zły id", "label": "A"}], "Zły id"),
    ([{"kind": "choice", "id": "a", "label": "A", "options": ["jedna"]}], "odpowiedzi"),
    ([{"kind": "choice", "id": "a", "label": "A", "options": ["jedna", "Jedna"]}], "dwa razy"),
    ([{"kind": "choice", "id": "a", "label": "A", "options": ["x", "y"]},
      {"kind": "text", "id": "b", "label": "B", "when": {"field": "a", "value": "z"}}], "możliwą odpowiedzią"),
    ([{"kind": "files", "id": "a", "label": "A"},
      {"kind": "text", "id": "b", "label": "B", "when": {"field": "a", "op": "more_than", "value": "1"}}], "porówn"),
    ([{"kind": "number", "id": "a", "label": "A", "minimum": "5", "maximum": "1"}], "najmniejsza"),
    ([{"kind": "explanation", "id": "a", "body": ""}], "po polsku"),
])  # fmt: skip
def test_the_compiler_refuses_and_names_the_place(fields: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(Refusal) as refused:
        compiled(form_of(*fields))
    issue = refused.value.issues[0]
    assert said in str(issue) and "Strona 1" in str(issue), str(issue)
    steps = BLOCK.to_python(stream_data(form_of(*fields)))
    data = refused.value.on_blocks(steps).as_json_data()
    assert "fields" in json.dumps(data["blockErrors"]["0"] if "0" in data["blockErrors"] else data["blockErrors"][0])


def test_the_compiler_asks_for_somebody_who_files() -> None:
    with pytest.raises(Refusal, match="kto składa"):
        compiled([{"id": "s1", "title": "S", "fields": [{"kind": "text", "id": "a", "label": "A"}]}])
    with pytest.raises(Refusal):
        compiled([])


def test_rules_are_kept_in_normal_form() -> None:
    made = compiled(form_of(
        {"kind": "choice", "id": "a", "label": "A", "options": [{"id": "o1", "text": "Tak, mam"}, "nie"]},
        {"kind": "yes_no", "id": "b", "label": "B", "when": {"field": "a", "value": "tak, MAM"}},
        {"kind": "text", "id": "c", "label": "C", "when": {"field": "b", "value": "tak"}},
    ))  # fmt: skip
    assert made.field("b").condition.rules[0].value == "o1" and made.field("c").condition.rules[0].value == "true"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(answer=JSON, op=st.sampled_from(["is", "is_not", "contains", "filled", "empty", "more_than", "less_than", "?"]),
       value=st.text(max_size=12))
def test_no_answer_breaks_a_condition(answer: Any, op: str, value: str) -> None:
    assert holds(Condition("all", (Rule("a", op, value),)), {"a": answer}) in (True, False)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_posted_junk_breaks_a_page_and_what_is_taken_reads_back(document: FormDocument, data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(document.steps))
    names = list(StepForm(document, step, {}).fields)
    text = st.text(max_size=40) | st.sampled_from(["<script>alert(1)</script>", "{{7*7}}", "-1", "1e9", "\x00", "٣",
                                                   "on", "31", "2", "2025", "true", "dab",
                                                   "inny", "=cmd|' /C calc'!A0"])
    posted = data.draw(st.dictionaries(st.sampled_from([*names, "unit", "is_staff", "f-koszt"]),
                                       st.lists(text, max_size=3), max_size=len(names) + 3))
    form = StepForm(document, step, {}, data=MultiValueDict(posted))
    form.is_valid()
    form.error_list()
    form.typed()
    for identifier, value in form.values.items():
        item = document.field(identifier)
        assert item in step.fields and check_answer(item, value) == ""
        assert isinstance(kind_of(item).display(item, value), str)
        assert "\x00" not in json.dumps(value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.dictionaries(st.sampled_from(sorted({f["id"] for s in SPEC["steps"] for x in s["sections"]
                                                       for f in x["fields"]} | {"obcy"})), JSON, max_size=8))
def test_no_sent_json_breaks_the_check(document: FormDocument, answers: dict[str, Any]) -> None:
    checked = check_all(document, answers)
    for identifier, value in checked.shown.answers.items():
        assert check_answer(document.field(identifier), value) == ""
