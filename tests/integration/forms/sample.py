"""A form that uses every kind, and right answers to it."""

from __future__ import annotations

from typing import Any

SPEC: dict[str, Any] = {
    "title": {"pl": "Wniosek o usunięcie drzewa", "en": "Tree removal", "uk": "Видалення дерева"},
    "intro": "Wniosek dla właścicieli nieruchomości.",
    "steps": [
        {"id": "dane", "title": "Twoje dane", "sections": [{"id": "s-dane", "title": "Kto składa", "fields": [
            {"kind": "person", "id": "kto", "label": "Imię i nazwisko"},
            {"kind": "pesel", "id": "pesel", "label": "PESEL", "why": "Po numerze PESEL poznajemy stronę."},
            {"kind": "address", "id": "adres", "label": "Adres zamieszkania"},
            {"kind": "email", "id": "mail", "label": "E-mail", "help": "Na przykład ola@example.org"},
            {"kind": "phone", "id": "tel", "label": "Telefon", "required": False},
        ]}]},
        {"id": "drzewo", "title": "Drzewo", "sections": [{"id": "s-drzewo", "fields": [
            {"kind": "explanation", "id": "objasnienie", "label": "", "body": "Obwód mierzy się na wysokości 130 cm."},
            {"kind": "choice", "id": "gatunek", "label": "Gatunek", "options": [
                {"id": "dab", "text": "dąb"}, {"id": "lipa", "text": "lipa"}, {"id": "inny", "text": "inny"}]},
            {"kind": "text", "id": "jaki", "label": "Jaki gatunek?", "when": {"field": "gatunek", "value": "inny"}},
            {"kind": "number", "id": "obwod", "label": "Obwód pnia", "unit": "cm", "minimum": "1", "maximum": "2000"},
            {"kind": "multiple", "id": "powody", "label": "Powody", "options": [
                {"id": "chore", "text": "drzewo jest chore"}, {"id": "budowa", "text": "budowa"}]},
            {"kind": "date", "id": "kiedy", "label": "Planowany termin", "required": False},
        ]}]},
        {"id": "budowa-krok", "title": "Budowa", "when": {"field": "powody", "op": "contains", "value": "budowa"},
         "sections": [{"id": "s-budowa", "fields": [
             {"kind": "money", "id": "koszt", "label": "Koszt budowy"},
             {"kind": "yes_no", "id": "pozwolenie", "label": "Czy masz pozwolenie?"},
             {"kind": "nip", "id": "nip", "label": "NIP wykonawcy", "of_sender": False, "required": False},
         ]}]},
        {"id": "koniec", "title": "Załączniki i oświadczenia", "sections": [{"id": "s-koniec", "fields": [
            {"kind": "long_text", "id": "opis", "label": "Uzasadnienie", "max_length": 2000},
            {"kind": "files", "id": "pliki", "label": "Zdjęcia drzewa", "extensions": ["jpg", "png", "pdf", "txt"],
             "max_files": 3, "required": False},
            {"kind": "declaration", "id": "zgoda", "label": "Dane są prawdziwe."},
        ]}]},
    ],
}

#: What a browser posts, page by page.
POSTS: dict[str, dict[str, Any]] = {
    "dane": {"f-kto-first_name": "Ola", "f-kto-last_name": "Przykładowa", "f-pesel-number": "01610100010",
             "f-adres-street": "Leśna", "f-adres-house": "1", "f-adres-flat": "2", "f-adres-postcode": "44330",
             "f-adres-town": "Jastrzębie-Zdrój", "f-mail": "Ola@example.org", "f-tel": "600 100 200"},
    "drzewo": {"f-gatunek": "lipa", "f-obwod": "120,5", "f-powody": ["chore"], "f-kiedy-day": "7", "f-kiedy-month": "3",
               "f-kiedy-year": "2027"},
    "budowa-krok": {"f-koszt": "1 200,50 zł", "f-pozwolenie": "true", "f-nip": "000-000-00-17"},
    "koniec": {"f-opis": "Drzewo <b>pochylone</b>\nnad dachem.", "f-zgoda": "on"},
}
