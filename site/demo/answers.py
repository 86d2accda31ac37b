"""Answers of a made-up person to a published form, valid by the form's own rules."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any

from cms_pages.forms.fields.plain import Declaration
from cms_pages.forms.fill import check_all
from cms_pages.forms.models import FormVersion
from cms_pages.forms.spec import Answers, Field, Json
from demo import papers, reading
from demo.crew import synthetic_pesel

#: How often a question that may stay empty is answered.
OPTIONAL = 0.6


@dataclass(frozen=True)
class Sender:
    """Who files: a person, perhaps for a company."""

    first_name: str
    last_name: str
    pesel: str
    email: str
    phone: str
    street: str
    house: str
    flat: str = ""
    company: str = ""

    def address(self) -> dict[str, Json]:
        about = reading.toml("town.toml")
        return {"street": self.street, "house": self.house, "flat": self.flat,
                "postcode": about["office"]["postcode"], "town": about["town"]}


class Samples:
    """Sample values from the words lists and from a service's file."""

    def __init__(self, about: dict[str, Any], rnd: random.Random, day: dt.date) -> None:
        self.rnd, self.day = rnd, day
        self.demo = {f["id"]: f.get("demo") for step in about["form"]["step"] for f in step["field"]}
        self.words = reading.toml("town.toml")["names"]

    def person(self) -> dict[str, Json]:
        return {"first_name": self.rnd.choice(self.words["women"] + self.words["men"][:5]),
                "last_name": self.rnd.choice(self.words["surnames"]).split("/")[1]}

    def address(self) -> dict[str, Json]:
        about = reading.toml("town.toml")
        return {"street": self.rnd.choice(self.words["streets"]), "house": str(self.rnd.randint(1, 90)), "flat": "",
                "postcode": about["office"]["postcode"], "town": about["town"]}

    def date(self, written: str) -> str:
        """An ISO date, or days from the day of filing ("+14", "-10")."""
        if written[0] in "+-":
            return (self.day + dt.timedelta(days=int(written))).isoformat()
        return written

    def value(self, item: Field) -> Json:
        """A sample answer to a question of the service's own."""
        given = self.demo.get(item.id)
        match item.kind:
            case "choice":
                return self.rnd.choice(item.options).id
            case "multiple":
                many = self.rnd.sample(item.options, self.rnd.randint(1, min(2, len(item.options))))
                return [option.id for option in item.options if option in many]
            case "yes_no":
                return self.rnd.random() < 0.5
            case "person":
                return self.person()
            case "pesel":
                born = dt.date(2222, 5, self.rnd.randint(1, 28))
                return {"pesel": synthetic_pesel(born, self.rnd.randint(0, 9999))}
            case "address":
                return self.address()
            case "declaration":
                return {"agreed": True, "text": Declaration.digest(item)}
            case "files":
                return [papers.make(self.rnd, item.label.pl[:60], str(given))] if given else None
            case "date":
                return self.date(self.rnd.choice(given)) if given else self.day.isoformat()
        return self.rnd.choice(given) if given else None


def _of_sender(item: Field, sender: Sender) -> Json:
    values: dict[str, Json] = {
        "person": {"first_name": sender.first_name, "last_name": sender.last_name}, "pesel": {"pesel": sender.pesel},
        "organisation": {"name": sender.company or "Firma Rodzinna s.c.", "nip": ""},
        "address": sender.address(), "email": sender.email, "phone": sender.phone}
    return values.get(item.kind)


def fill(version: FormVersion, about: dict[str, Any], sender: Sender, rnd: random.Random, day: dt.date) -> Answers:
    """Answers to every shown question that has to be answered and to some of the others.

    Raises ValueError naming what the form refuses: the file of the service is wrong then."""
    document = version.spec
    samples = Samples(about, rnd, day)
    given: dict[str, Json] = {}
    for item in document.fields:
        answered = item.required or rnd.random() < OPTIONAL
        if item.of_sender:
            given[item.id] = _of_sender(item, sender)
        elif item.id == "kto":
            given[item.id] = "firma" if sender.company else "osoba"
        elif answered:
            given[item.id] = samples.value(item)
    checked = check_all(document, {k: v for k, v in given.items() if v is not None})
    if checked.problems:
        raise ValueError(f"{about['code']}: {checked.problems}")
    return checked.shown.answers
