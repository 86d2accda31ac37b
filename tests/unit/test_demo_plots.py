"""The demo's stories as data: the same every time, in order, and never on a free day."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from stdnum.pl import pesel

from demo import crew, plots, prose, reading
from demo.forms import form_spec
from documents.free_days import POLAND
from journal.clock import WARSAW

ANCHOR = dt.datetime(2026, 11, 25, 12, tzinfo=WARSAW)


def test_stories_are_the_same_every_time_and_move_with_the_anchor() -> None:
    first, again = plots.stories(ANCHOR), plots.stories(ANCHOR)
    assert first == again
    later = plots.stories(ANCHOR + dt.timedelta(days=7))
    assert [s.service for s in later] == [s.service for s in first]


def test_there_are_about_three_hundred_over_twelve_months() -> None:
    told = plots.stories(ANCHOR)
    assert 280 <= len(told) <= 320
    months = {(s.received.year, s.received.month) for s in told}
    assert len(months) >= 12
    assert set(Counter(s.plot for s in told)) == set(plots.PLOTS)


def test_staff_work_on_working_days_and_nothing_lies_in_the_future() -> None:
    told = plots.stories(ANCHOR)
    by_staff = [(s, deed, at) for s in told for deed, at in s.deeds]
    assert by_staff
    for story, deed, at in by_staff:
        assert story.received < at <= ANCHOR, (story, deed)
        assert not POLAND.is_free(at.astimezone(WARSAW).date()), (story, deed, at)


def test_every_plot_reaches_its_end_when_it_had_the_time() -> None:
    for story in plots.stories(ANCHOR):
        if (ANCHOR - story.received).days >= 60:
            wanted = [d for d, _a, _b in plots.PLOTS[story.plot] if not (d == "post" and story.filer == "account")]
            assert [deed for deed, _at in story.deeds] == wanted, story


@pytest.mark.parametrize("about", reading.folder("services"), ids=lambda about: about["code"])
def test_a_service_file_says_everything(about: dict) -> None:  # type: ignore[type-arg]  # TOML as read
    card, values = about["card"], about["values"]
    for name in ("number", "life_event", "lead", "who", "documents_needed", "where", "how_settled", "appeal",
                 "approved_by"):
        assert card[name].strip(), name
    for name in ("class", "term", "legal_basis", "source"):
        assert values[name].strip(), name
    spec = form_spec(about)
    ids = [field["id"] for step in spec["steps"] for field in step["fields"]]
    assert len(ids) == len(set(ids))
    assert {"subject", "body", "kind"} == set(about["letter"])
    for step in about["form"]["step"]:
        for field in step["field"]:
            if field["kind"] in {"text", "long_text", "number", "money", "date", "files"}:
                assert field.get("demo"), field["id"]


def test_classes_of_services_stand_in_the_plans_of_those_who_offer_them() -> None:
    plans = {name: {row["symbol"]: row["kategoria"] for row in reading.table(f"jrwa_{name}.csv")}
             for name in ("city", "school", "unit")}
    plan_of = {row["symbol"]: row["plan"] for row in reading.table("bodies.csv")}
    for about in reading.folder("services"):
        symbols = [s for s in plan_of for wanted in about["units"] if s == wanted or (
            wanted.endswith("*") and s.startswith(wanted[:-1]))]
        used = {plan_of[symbol] for symbol in symbols}
        used |= {"city"} if set(about["units"]) - set(symbols) - {"SP-*", "PP-*", "LO-*"} else set()
        for name in used:
            assert plans[name].get(about["values"]["class"]), (about["code"], name)


def test_identity_numbers_are_nobodys() -> None:
    number = crew.synthetic_pesel(dt.date(2201, 4, 12), 1200)
    assert pesel.validate(number) == number
    assert 61 <= int(number[2:4]) <= 72
    with pytest.raises(ValueError, match="2200s"):
        crew.synthetic_pesel(dt.date(1985, 4, 12), 1200)


def test_prose_keeps_what_is_not_ours_harmless() -> None:
    assert prose.html("Ala <script>\n\n- raz\n- dwa") == "<p>Ala &lt;script&gt;</p><ul><li>raz</li><li>dwa</li></ul>"
    assert prose.html("[Pomoc](/pomoc/)") == '<p><a href="/pomoc/">Pomoc</a></p>'
    assert prose.html("[zło](javascript:alert(1))") == "<p>[zło](javascript:alert(1))</p>"
