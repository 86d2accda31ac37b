"""A year of the town's letters and cases as data: who files what and where, and how far each case has come.

Everything follows from a fixed seed and the anchor day, so that a broken-off run goes on with the same stories.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from demo import reading
from documents.free_days import POLAND
from journal.clock import WARSAW

#: The steps of each plot after the filing: (deed, earliest and latest working days after the step before).
Steps = tuple[tuple[str, int, int], ...]
_START: Steps = (("assign", 0, 2), ("register", 0, 2))
_DRAFT: Steps = (("draft", 2, 8), ("send", 0, 1))
_SIGN: Steps = (("approve", 0, 2), ("sign", 0, 1))

PLOTS: Mapping[str, Steps] = {
    "new": (),
    "assigned": (("assign", 0, 1),),
    "in_progress": _START,
    "drafted": (*_START, ("draft", 2, 6)),
    "for_approval": (*_START, *_DRAFT),
    "returned": (*_START, *_DRAFT, ("return", 0, 1)),
    "for_signature": (*_START, *_DRAFT, ("approve", 0, 1)),
    "corrected": (*_START, *_DRAFT, ("return", 0, 1), ("revise", 0, 2), ("send", 0, 0), ("approve", 0, 1)),
    "to_collect": (("assign", 0, 1), ("register", 0, 0), ("draft", 1, 3), ("send", 0, 0), ("approve", 0, 1),
                   ("sign", 0, 0), ("notify", 0, 0)),
    "to_post": (*_START, *_DRAFT, *_SIGN),
    "posted": (*_START, *_DRAFT, *_SIGN, ("post", 0, 2)),
    "collected": (*_START, *_DRAFT, *_SIGN, ("notify", 0, 0), ("collect", 1, 4)),
    "deemed": (*_START, *_DRAFT, *_SIGN, ("notify", 0, 0), ("age", 6, 6), ("age", 6, 7)),
    "delivered": (*_START, *_DRAFT, *_SIGN, ("post", 0, 2), ("delivered", 2, 6)),
    "called": (*_START, ("call", 1, 3), ("notify", 0, 0), ("collect", 1, 2)),
    "call_waiting": (*_START, ("call", 1, 3), ("notify", 0, 0)),
    "answered": (*_START, ("call", 1, 3), ("notify", 0, 0), ("collect", 1, 2), ("answer", 2, 5)),
    "answered_closed": (*_START, ("call", 1, 3), ("notify", 0, 0), ("collect", 1, 2), ("answer", 2, 5),
                        ("close", 3, 6)),
    "left": (*_START, ("call", 1, 3), ("notify", 0, 0), ("collect", 1, 2), ("leave", 8, 10)),
    "extended": (*_START, ("extend", 8, 12)),
    "suspended": (*_START, ("suspend", 3, 6)),
    "resumed": (*_START, ("suspend", 3, 5), ("resume", 8, 12)),
    "closed": (*_START, ("close", 2, 12)),
    "crossed": (*_START, ("cross", 1, 2)),
}

#: Plot -> how many cases, how many days ago they were filed (latest, earliest), and who files them.
@dataclass(frozen=True)
class Share:
    count: int
    latest: int
    earliest: int
    filers: str  # "any" | "account" | "guest"


SHARES: Mapping[str, Share] = {
    "new": Share(24, 0, 2, "any"), "assigned": Share(20, 2, 6, "any"), "in_progress": Share(34, 5, 24, "any"),
    "drafted": Share(6, 14, 24, "any"), "for_approval": Share(7, 16, 26, "any"),
    "returned": Share(4, 18, 28, "any"), "for_signature": Share(4, 18, 28, "any"),
    "corrected": Share(2, 22, 30, "any"), "to_collect": Share(5, 10, 13, "account"),
    "to_post": Share(4, 20, 28, "guest"), "posted": Share(3, 24, 30, "guest"),
    "collected": Share(18, 40, 350, "account"), "deemed": Share(3, 60, 300, "account"),
    "delivered": Share(10, 50, 350, "guest"), "called": Share(3, 9, 13, "account"),
    "call_waiting": Share(2, 6, 10, "account"), "answered": Share(2, 18, 30, "account"),
    "answered_closed": Share(2, 60, 300, "account"), "left": Share(2, 60, 250, "account"),
    "extended": Share(6, 26, 40, "any"), "suspended": Share(4, 20, 60, "any"), "resumed": Share(2, 40, 60, "any"),
    "closed": Share(130, 25, 362, "any"), "crossed": Share(3, 30, 300, "any"),
}
SMALL: tuple[str, ...] = ("new", "assigned", "in_progress", "for_approval", "returned", "to_collect", "to_post",
                          "collected", "called", "closed")

#: How often each service is asked for; what is not named counts 2.
WEIGHTS: Mapping[str, int] = {
    "zaswiadczenie-o-zameldowaniu": 14, "wymeldowanie-decyzja": 6, "udostepnienie-danych": 7, "pismo-ogolne": 34,
    "odpis-aktu-stanu-cywilnego": 12, "usuniecie-drzew": 10, "deklaracja-odpady": 10, "dodatkowy-odbior-odpadow": 7,
    "informacja-publiczna": 9, "skarga-wniosek": 6, "petycja": 3, "zajecie-pasa-drogowego": 6,
    "dodatek-mieszkaniowy": 6,
    "duplikat-legitymacji-swiadectwa": 7, "przyjecie-do-przedszkola": 6, "warunki-zabudowy": 5, "wypis-wyrys": 6,
    "zaswiadczenie-o-niezaleganiu": 6, "informacja-in-1": 6,
}
#: Every second open story goes to a desk of the accounts shown to visitors, so that these are never empty.
SHOWN_DESKS: tuple[tuple[str, str], ...] = (
    ("wymeldowanie-decyzja", "SO"), ("zaswiadczenie-o-zameldowaniu", "SO"), ("udostepnienie-danych", "SO"),
    ("pismo-ogolne", "SP-1"))
SHOWN_PLOTS = frozenset({"new", "assigned", "drafted", "for_approval", "returned", "for_signature", "to_post"})
#: The first story of these is the first shown citizen's: a call to answer, a letter to collect.
SHOWN_CITIZEN = frozenset({"called", "to_collect", "collected"})
#: Units that get more general letters than others.
BUSY: tuple[str, ...] = ("SP-1", "SP-1", "SP-1", "OPS", "MOSiR", "MZD", "ZTM", "PP-1", "UM", "MBP")


@dataclass(frozen=True)
class Event:
    """One deed of a story: which, when, and how often the story has done it before (for a run taken up again)."""

    moment: dt.datetime
    story: Story
    deed: str
    number: int


@dataclass(frozen=True)
class Story:
    """One case. `number` is its name for ever; `filer`: "account" (with the account's number), "guest" or "paper"."""

    number: int
    plot: str
    service: str
    filer: str
    account: int
    received: dt.datetime
    seed: int
    #: Symbol of the unit it goes to; empty: any unit that offers the service.
    unit: str = ""
    deeds: tuple[tuple[str, dt.datetime], ...] = field(default=())

    @property
    def key(self) -> str:
        return f"demo:{self.number:04}"

    def random(self, purpose: str) -> random.Random:
        """The story's own randomness, one stream for each purpose."""
        return random.Random(f"{self.seed}:{purpose}")  # noqa: S311  (a demo, no secret)

    def events(self) -> Iterator[Event]:
        counted: dict[str, int] = {}
        for deed, moment in (("file", self.received), *self.deeds):
            counted[deed] = counted.get(deed, 0) + 1
            yield Event(moment, self, deed, counted[deed])


def stories(anchor: dt.datetime, *, small: bool = False) -> list[Story]:
    """All stories of the year that ends at `anchor` (aware); what would happen later has not happened yet."""
    rnd = random.Random("miasto obiegowo")  # noqa: S311  (a demo, no secret)
    wanted = [(plot, SHARES[plot]) for plot in SMALL] if small else [
        (plot, share) for plot, share in SHARES.items() for _n in range(share.count)]
    codes = [about["code"] for about in reading.folder("services")]
    weights = [WEIGHTS.get(code, 2) for code in codes]
    accounts = len(reading.toml("accounts.toml")["citizen"]) + 8
    made: list[Story] = []
    for number, (plot, share) in enumerate(wanted, 1):
        seed = rnd.getrandbits(48)
        service, unit = rnd.choices(codes, weights)[0], ""
        if service == "pismo-ogolne" and rnd.random() < 0.6:
            unit = rnd.choice(BUSY)
        if plot in SHOWN_PLOTS and number % 2:
            service, unit = SHOWN_DESKS[number // 2 % len(SHOWN_DESKS)]
        if share.filers == "account":
            filer = "account"
        elif share.filers == "guest":
            filer = rnd.choice(["guest", "guest", "paper"])
        else:
            filer = rnd.choices(["account", "guest", "paper"], [4, 5, 1])[0]
        account = rnd.choice([0, 0, 0, 1, *range(accounts)])
        if plot in SHOWN_CITIZEN and plot not in {story.plot for story in made}:
            account = 0
        received = _filed(rnd, anchor, share, at_desk=filer == "paper")
        story = Story(number, plot, service, filer, account, received, seed, unit)
        made.append(Story(**{**story.__dict__, "deeds": tuple(_schedule(story, anchor))}))
    return made


def _filed(rnd: random.Random, anchor: dt.datetime, share: Share, *, at_desk: bool) -> dt.datetime:
    day = anchor.astimezone(WARSAW).date() - dt.timedelta(days=rnd.randint(share.latest, share.earliest))
    if at_desk:
        return min(_office_hours(rnd, _working(day)), anchor)
    time = dt.time(rnd.randint(6, 21), rnd.randint(0, 59), rnd.randint(0, 59))
    moment = dt.datetime.combine(day, time, tzinfo=WARSAW)
    return min(moment, anchor - dt.timedelta(minutes=rnd.randint(5, 90)))


def _working(day: dt.date) -> dt.date:
    """The day, or the last working day before it."""
    while POLAND.is_free(day):
        day -= dt.timedelta(days=1)
    return day


def _office_hours(rnd: random.Random, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(rnd.randint(8, 14), rnd.randint(0, 59), rnd.randint(0, 59)), tzinfo=WARSAW)


def _schedule(story: Story, anchor: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Times of the plot's deeds, each after the one before, in office hours; ends at the anchor."""
    rnd, moment = story.random("schedule"), story.received
    for deed, least, most in PLOTS[story.plot]:
        if deed == "post" and story.filer == "account":
            continue
        days = rnd.randint(least, most)
        day = moment.astimezone(WARSAW).date()
        for _n in range(days):
            day = POLAND.next_working(day + dt.timedelta(days=1))
        day = POLAND.next_working(day)
        at = _office_hours(rnd, day)
        moment = at if at > moment else moment + dt.timedelta(minutes=rnd.randint(6, 40))
        if moment > anchor:
            return
        yield deed, moment
