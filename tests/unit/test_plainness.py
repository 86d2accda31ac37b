"""Plain language: what the checker finds, and what it leaves in peace."""

from __future__ import annotations

from cms_pages import plainness

LONG = "To zdanie " + "bardzo " * 26 + "się dłuży."


def titles(html: str) -> list[str]:
    return [finding.title for finding in plainness.of_html(html)]


def test_plain_text_is_left_in_peace() -> None:
    html = (
        "<h2>Jak złożyć wniosek</h2><p>Wypełnij formularz. Wyślij go przez portal.</p>"
        '<h3>Załączniki</h3><ul><li>mapa (zob. <a href="/mapa/">wzór mapy</a>)</li></ul>'
    )
    assert titles(html) == []


def test_sentences_end_where_they_end() -> None:
    text = "Na podst. art. 36 ust. 1 k.p.a. zawiadamiamy strony. Akta leżą przy ul. Leśnej 3. Zapraszamy!"
    assert len(plainness.sentences(text)) == 3


def test_what_is_hard_is_found() -> None:
    assert len(titles(f"<p>{LONG}</p>")) == 1
    assert titles("<h2>A</h2><h4>B</h4>") == titles("<h3>B</h3>") != []
    assert titles('<p>Kliknij <a href="/x/">tutaj</a>.</p>') == titles('<p><a href="/x/">Więcej »</a></p>') != []
    assert titles('<p><a href="/x/">https://example.org/x</a></p>') != []
    paragraph = "Krótkie zdanie ma tu pięć słów. " * 25
    assert len(titles(f"<p>{paragraph}</p>")) == 1
    assert titles(f"<ul><li>{paragraph[:60]}</li></ul>") == []
