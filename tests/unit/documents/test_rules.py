"""Rules that need no database."""

from __future__ import annotations

import dataclasses
import re

import pytest

from documents import numbering, printing
from documents.filing import Answer, Filing, Sender


def test_digest_of_a_filing_follows_what_was_filed() -> None:
    filing = Filing(channel="portal", unit_id=1, subject="Wniosek", sender=Sender(name="Ola"), intake_key="k",
                    answers=(Answer("a", "A", "text", {"x": [1, 2]}, "1"),))
    same = dataclasses.replace(filing, intake_key="other", assurance=30)
    assert filing.digest() == same.digest()
    changes = ({"subject": "wniosek"}, {"unit_id": 2}, {"sender": Sender(name="Ala")}, {"remarks": "x"},
               {"answers": (Answer("a", "A", "text", {"x": [2, 1]}, "1"),)})
    for change in changes:
        assert dataclasses.replace(filing, **change).digest() != filing.digest(), change


def test_a_filing_holds_no_nul_characters() -> None:
    filing = Filing(channel="portal", unit_id=1, subject="Wnio\0sek", sender=Sender(name="O\0la"), intake_key="k",
                    answers=(Answer("a", "A", "text", {"x\0": ["1\0", 2]}, "1\0"),), remarks="\0")
    assert filing.subject == "Wniosek" and filing.sender.name == "Ola" and filing.remarks == ""
    assert filing.answers[0].raw == {"x": ["1", 2]} and filing.answers[0].display == "1"
    assert filing == dataclasses.replace(filing)


@pytest.mark.parametrize("reference", ["OR.5343.1.2026", "OŚiR.6131.77.2011", "AB-I.123.1.2014", "ABC.123.78.2.2011",
                                       "ABC.123.77.2011.JW"])
def test_case_references_are_known(reference: str) -> None:
    assert re.fullmatch(numbering.CASE_REFERENCE, reference)


@pytest.mark.parametrize("text", ["OR.5343.1", "OR.534321.1.2026", ".5343.1.2026", "OR.5343.1.26", "OR 5343.1.2026"])
def test_other_texts_are_no_references(text: str) -> None:
    assert not re.fullmatch(numbering.CASE_REFERENCE, text)


def test_letters_keep_structure_and_lose_everything_else() -> None:
    html = ('<p onclick="x()" style="position:fixed">Tak</p><script>alert(1)</script><img src="file:///etc/passwd">'
            '<a href="javascript:x()">link</a><style>p{}</style><table><tr><td colspan="2">1</td></tr></table>')
    clean = printing.clean_html(html)
    assert "Tak" in clean and 'colspan="2"' in clean and "link" in clean
    assert not re.search(r"onclick|style|script|img|href|file:", clean)


def test_placeholders_are_escaped_and_unknown_ones_stay() -> None:
    html = "<p>[[ Adresat ]] [[znak sprawy]] [[nieznane]]</p>"
    filled = printing.fill(html, {"adresat": "<b>Ola & syn</b>", "znak sprawy": "OR.1.2.2026"})
    assert filled == "<p>&lt;b&gt;Ola &amp; syn&lt;/b&gt; OR.1.2.2026 [[nieznane]]</p>"
