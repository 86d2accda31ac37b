"""The visible signature names who signed, and in whose place; nobody is cut off, however long the posts are."""

from __future__ import annotations

import datetime as dt

import pypdfium2
import pytest
from django.utils import translation

from documents.proof.pades import stamp_pdf
from journal.keyring import Signer, SignerKind

NINE = dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)
LONG = "Główny Specjalista w Wydziale Spraw Obywatelskich i Działalności Gospodarczej"
ABSENT = "Jan Kowalski-Przykładowy, Zastępca Naczelnika Wydziału Gospodarki Komunalnej i Ochrony Środowiska"


class Unkeyed(Signer):
    """A signer without a certificate: only what is printed matters."""

    is_demo = False


def printed(name: str, post: str, in_place_of: str) -> str:
    signer = Unkeyed(
        SignerKind.PERSON, None, None, display_name=name, post=post, in_place_of=in_place_of  # type: ignore[arg-type]
    )  # fmt: skip
    with translation.override("pl"):
        document = pypdfium2.PdfDocument(stamp_pdf(signer, NINE))
    assert len(document) == 1, "what does not fit would be cut off"
    return plain(document[0].get_textpage().get_text_bounded())


def plain(text: str) -> str:
    """Letters and digits only: lines of a name or post may end anywhere."""
    return "".join(letter for letter in text if letter.isalnum())


@pytest.mark.parametrize(
    ("name", "post", "absent"),
    [
        ("Ewa Lipska", "Inspektor", "Anna Testowa, Kierownik"),
        ("Ewa Lipska", LONG, ABSENT),
        ("Maria Aleksandra Brzęczyszczykiewicz-Przykładowa", LONG, ABSENT),
    ],
)
def test_a_signature_in_the_place_of_somebody_names_both(name: str, post: str, absent: str) -> None:
    text = printed(name, post, absent)
    assert plain(name) in text and plain(post) in text and plain(f"w zastępstwie: {absent}") in text
    assert plain("podpisano 25.11.2026, 09:00") in text


def test_a_signature_in_the_own_name_says_nothing_of_a_place() -> None:
    assert plain("w zastępstwie") not in printed("Ewa Lipska", "Inspektor", "")
