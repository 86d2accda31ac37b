"""The city office with its departments and the 69 other bodies, as one tree."""

from __future__ import annotations

from typing import Any

from demo import reading
from demo.progress import Show
from journal.clock import db_now, warsaw_day
from people import hours
from people.access import SYSTEM
from people.models import Unit
from people.services import units


def office() -> Unit | None:
    """The root of the demo town, None while there is none."""
    about = reading.toml("town.toml")["office"]
    return Unit.objects.filter(symbol=about["symbol"], name=about["name"], depth=1).first()


def _privacy(name: str, street: str, postcode: str, email: str) -> str:
    data = reading.toml("town.toml")
    domain = email.split("@")[1]
    return str(data["privacy"]["text"]).strip().format(name=name, street=street, postcode=postcode, town=data["town"],
                                                       iod=f"iod@{domain}")


def _office_fields() -> dict[str, Any]:
    data = reading.toml("town.toml")
    about = dict(data["office"])
    about.update(town=data["town"], opening_hours=data["hours"]["office"].strip(), week_hours=_week("office"),
                 hours_exceptions=_exceptions(),
                 privacy_notice=_privacy(about["name"], about["street"], about["postcode"], about["email"]),
                 dpo_contact=f"iod@{about['email'].split('@')[1]}")
    return about


def _week(kind: str) -> list[list[list[str]]]:
    """A week of hours as it is kept."""
    return [hours.parse_day(day) for day in reading.toml("town.toml")["week"][kind]]


def _exceptions() -> list[dict[str, Any]]:
    """The office closes early on the last working days of the year and rests on Christmas Eve."""
    year = warsaw_day(db_now()).year
    return hours.parse_exceptions(f"23.12.{year} 7.30–13.00 krótszy dzień\n24.12.{year} zamknięte Wigilia\n"
                                  f"31.12.{year} 7.30–12.00 krótszy dzień")


def _department_fields(row: dict[str, str]) -> dict[str, Any]:
    about = _office_fields()
    return {"symbol": row["symbol"], "name": row["name"], "category": "Wydziały i biura urzędu",
            "street": f"{about['street']}, {row['room']}", "postcode": about["postcode"], "town": about["town"],
            "phone": row["phone"], "email": f"{_plain(row['symbol'])}@um.example.test",
            "opening_hours": about["opening_hours"]}


def _body_fields(row: dict[str, str]) -> dict[str, Any]:
    data = reading.toml("town.toml")
    return {**{key: row[key] for key in ("symbol", "name", "category", "street", "postcode", "phone", "email")},
            "town": data["town"], "opening_hours": data["hours"][row["hours"]].strip(),
            "week_hours": _week(row["hours"]),
            "privacy_notice": _privacy(row["name"], row["street"], row["postcode"], row["email"]),
            "dpo_contact": f"iod@{row['email'].split('@')[1]}"}


def _plain(symbol: str) -> str:
    return symbol.lower().translate(str.maketrans("ąćęłńóśźż", "acelnoszz"))


def build(show: Show) -> None:
    """Add what is missing of the tree, in the order of the data files."""
    root = office() or units.add(SYSTEM, parent=None, kind=Unit.Kind.BODY, **_office_fields())
    wanted = [(Unit.Kind.CELL, _department_fields(row)) for row in reading.table("departments.csv")]
    wanted += [(Unit.Kind.BODY, _body_fields(row)) for row in reading.table("bodies.csv")]
    known = set(Unit.objects.values_list("symbol", flat=True))
    for kind, fields in show.walk("Jednostki", wanted):
        if fields["symbol"] not in known:
            units.add(SYSTEM, parent=root, kind=kind, **fields)


def by_symbol() -> dict[str, Unit]:
    """All units of the town with their bodies."""
    return {unit.symbol: unit for unit in Unit.objects.select_related("body")}
