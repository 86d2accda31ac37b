"""From a service's file to the specification of its form: the applicant's page is common, the rest the service's."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

_PERSON = {
    "id": "osoba-skladajaca", "kind": "person", "of_sender": True,
    "label": {"pl": "Imię i nazwisko", "en": "First name and surname", "uk": "Ім'я та прізвище"}}
_PESEL = {
    "id": "pesel", "kind": "pesel", "of_sender": True, "label": {"pl": "PESEL", "en": "PESEL number", "uk": "PESEL"},
    "why": "Numer PESEL pozwala nam odróżnić Cię od osób o tym samym imieniu i nazwisku."}
_ADDRESS = {
    "id": "adres", "kind": "address", "of_sender": True, "town": "Obiegowo",
    "label": {"pl": "Adres do korespondencji", "en": "Postal address", "uk": "Адреса для листування"}}
_EMAIL = {
    "id": "email", "kind": "email", "of_sender": True,
    "label": {"pl": "Adres e-mail", "en": "E-mail address", "uk": "Адреса електронної пошти"},
    "help": {"pl": "Wyślemy na niego wiadomości o sprawie. Bez konta posłuży też do sprawdzenia jej stanu.",
             "en": "We send messages about the case there. Without an account it also lets you check the case.",
             "uk": "На неї ми надсилатимемо повідомлення про справу."}}
_PHONE = {
    "id": "telefon", "kind": "phone", "of_sender": True, "required": False,
    "label": {"pl": "Telefon", "en": "Telephone", "uk": "Телефон"}}
_WHO = {
    "id": "kto", "kind": "choice", "label": "W czyim imieniu składasz?",
    "options": [{"id": "osoba", "text": "własnym"}, {"id": "firma", "text": "firmy lub organizacji"}]}
_ORGANISATION = {"id": "organizacja", "kind": "organisation", "of_sender": True, "label": "Firma lub organizacja"}
_FOR_COMPANY = {"field": "kto", "op": "is", "value": "firma"}
_FOR_PERSON = {"field": "kto", "op": "is", "value": "osoba"}

#: The applicant's questions by kind of applicant.
APPLICANTS: dict[str, list[dict[str, Any]]] = {
    "person": [_PERSON, _PESEL, _ADDRESS, _EMAIL, _PHONE],
    "any": [_WHO, {**_ORGANISATION, "when": _FOR_COMPANY}, _PERSON, {**_PESEL, "when": _FOR_PERSON}, _ADDRESS, _EMAIL,
            _PHONE],
    "organisation": [_ORGANISATION, {**_PERSON, "label": "Osoba, która reprezentuje firmę"}, _ADDRESS, _EMAIL, _PHONE],
    "light": [_PERSON, _EMAIL],
    "short": [_PERSON, _ADDRESS, _EMAIL],
}

_DECLARATION = {
    "title": "Oświadczenie",
    "fields": [{
        "id": "oswiadczenie", "kind": "declaration",
        "label": "Oświadczam, że podane przeze mnie dane są zgodne z prawdą.",
        "basis": "art. 75 § 2 k.p.a."}]}


def form_spec(about: Spec) -> Spec:
    """The specification that `cms_pages.forms.build.build_form_page` takes."""
    form = about["form"]
    sender = {"id": "krok-nadawca", "title": {"pl": "Twoje dane", "en": "Your details", "uk": "Ваші дані"},
              "fields": APPLICANTS[form["applicant"]]}
    own = [{"id": f"krok-{number}", "title": step["title"], "fields": [_field(field) for field in step["field"]]}
           for number, step in enumerate(form["step"], 1)]
    steps = [*own, sender] if form.get("first") else [sender, *own]
    if form.get("declaration", True):
        steps.append({"id": "krok-oswiadczenie", **_DECLARATION})
    return {"title": _titles(about), "slug": "formularz", "intro": _intro(form), "steps": steps}


def _titles(about: Spec) -> dict[str, str]:
    return {"pl": about["title"], "en": about.get("title_en", ""), "uk": about.get("title_uk", "")}


def _intro(form: Spec) -> dict[str, str]:
    return {"pl": form["intro"], "en": form.get("intro_en", ""), "uk": form.get("intro_uk", "")}


def _field(field: Spec) -> Spec:
    """A field as written, with its options spelt out and without the demo's sample answers."""
    made = {key: value for key, value in field.items() if key != "demo"}
    if "options" in made:
        made["options"] = [{"id": name, "text": text} for name, text in made["options"]]
    return made
