"""Lets the stories happen, in the order of their times, through the same deeds that the screens call."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.functional import cached_property

from cms_pages.forms.models import FormVersion
from cms_pages.forms.submit import freeze
from demo import answers, papers, plots, prose, reading, services, town
from demo.crew import Names, synthetic_pesel
from demo.plots import Event, Story
from demo.progress import Show
from documents.filing import Answer, Attachment, Filing
from documents.filing import Sender as FilingSender
from documents.models import Case, Delivery, Letter
from documents.services import cases as case_deeds
from documents.services import deliveries
from journal.clock import db_now, warsaw_day
from journal.errors import Refused
from journal.models import Entry
from journal.seal import seal_all
from people.access import SYSTEM, Access, access_of
from people.models import Citizen, Membership, Role, Unit, User
from workflow import intake, process
from workflow.models import ServiceOffer, Task
from workflow.services import assignment, clocks, closing, decisions, dispatch, supplements

#: The entry that a deed of a story leaves, and entries it leaves besides (a call is a letter too).
LEAVES: Mapping[str, tuple[str, ...]] = {
    "file": ("case.opened",), "assign": ("case.assigned",), "register": ("case.registered",),
    "draft": ("letter.drafted",), "send": ("letter.sent_for_approval",), "return": ("letter.returned",),
    "revise": ("letter.changed",), "approve": ("letter.approved",), "sign": ("letter.signed",),
    "notify": ("delivery.notified",), "collect": ("delivery.received",), "age": ("delivery.renotified",),
    "post": ("delivery.posted",), "delivered": ("delivery.receipt_returned",),
    "call": ("supplement.requested", "letter.drafted", "letter.signed"), "answer": ("supplement.answered",),
    "leave": ("case.left_unconsidered",), "extend": ("case.extended", "letter.drafted", "letter.signed"),
    "suspend": ("case.suspended",), "resume": ("case.resumed",), "close": ("case.closed",), "cross": ("case.crossed",),
}
#: Seal after so many deeds: intake refuses when entries stay unsealed for too long.
SEAL_EVERY = 100


class Town:
    """Who acts in the stories, and what was done in an earlier run."""

    def __init__(self) -> None:
        self.units = town.by_symbol()
        self.abouts = {about["code"]: about for about in services.described()}
        self.citizens = list(Citizen.objects.select_related("user").order_by("pk"))
        self._access: dict[int, Access] = {}
        self.people: dict[tuple[int, str], list[User]] = defaultdict(list)
        for row in Membership.objects.select_related("user", "role_group").order_by("pk"):
            self.people[row.role_group.unit_id, row.role_group.role].append(row.user)
        self.offers: dict[str, list[int]] = defaultdict(list)
        for code, unit_id in ServiceOffer.objects.order_by("pk").values_list("service__code", "unit_id"):
            self.offers[code].append(unit_id)
        self.by_id = {unit.pk: unit for unit in self.units.values()}
        self.forms: dict[str, FormVersion] = {}
        for version in FormVersion.objects.select_related("page__service").order_by("number"):
            self.forms[version.page.service.code] = version
        self.cases = {letter.intake_key: letter.case_id for letter in Letter.objects.filter(
            intake_key__startswith="demo:").exclude(intake_key__contains="/")}
        self.done: Counter[tuple[int | None, str]] = Counter(
            Entry.objects.filter(case_id__in=self.cases.values()).values_list("case_id", "action"))

    def acting(self, user: User) -> Access:
        """The person's access with the system's power, so that the journal names the person and takes earlier times."""
        if user.pk not in self._access:
            self._access[user.pk] = replace(access_of(user), is_system=True)
        return self._access[user.pk]

    def somebody(self, unit_id: int, role: str, story: Story) -> User:
        """The person of the unit who takes this story in that role, always the same one."""
        return story.random(role).choice(self.people[unit_id, role])


def anchor_of(*, small: bool) -> dt.datetime:
    """When the year of the stories ends: now, or in a run taken up again when the first one began."""
    first = Letter.objects.filter(intake_key="demo:0001").first()
    if first is None or first.received_at is None:
        return db_now()
    # The first story's distance from its anchor is the same in every run.
    trial = db_now()
    told = plots.stories(trial, small=small)[0].received
    return first.received_at + (trial - told)


def build(show: Show, *, small: bool = False) -> None:
    """Let happen what has not happened yet."""
    told = plots.stories(anchor_of(small=small), small=small)
    events = sorted((event for story in told for event in story.events()),
                    key=lambda event: (event.moment, event.story.number))
    stage = Stage(Town())
    for number, event in enumerate(show.walk("Pisma i sprawy", events), 1):
        if number % SEAL_EVERY == 1:
            seal_all()
        stage.play(event)


class Stage:
    """Plays one event after another."""

    def __init__(self, world: Town) -> None:
        self.world = world
        #: How often each story has left each entry, counted along.
        self.left: Counter[tuple[int, str]] = Counter()

    def play(self, event: Event) -> None:
        """Do the deed, unless an earlier run has done it."""
        story = event.story
        left = LEAVES[event.deed]
        for action in left:
            self.left[story.number, action] += 1
        case_id = self.world.cases.get(story.key)
        if case_id is not None and self.world.done[case_id, left[0]] >= self.left[story.number, left[0]]:
            return
        with transaction.atomic():
            if event.deed == "file":
                self.world.cases[story.key] = Filer(self.world, story).file().pk
            elif case_id is not None:
                DEEDS[event.deed](Scene(self.world, event, Case.objects.select_related("unit", "body").get(pk=case_id)))


class Filer:
    """Brings a story's filing to the office."""

    def __init__(self, world: Town, story: Story) -> None:
        self.world, self.story = world, story
        self.about = world.abouts[story.service]
        self.rnd = story.random("filing")

    def file(self) -> Case:
        unit = self._unit()
        owner = self.world.citizens[self.story.account] if self.story.filer == "account" else None
        sender = self._account(owner) if owner else self._stranger()
        if self.story.filer == "paper":
            actor, filing = self._on_paper(unit, sender)
        else:
            actor = self.world.acting(owner.user) if owner else SYSTEM
            filing = self._by_form(unit, sender, actor, owner)
        return intake.receive(actor, replace(filing, received_at=self.story.received)).case

    def _unit(self) -> Unit:
        if self.story.unit:
            return self.world.units[self.story.unit]
        return self.world.by_id[self.rnd.choice(self.world.offers[self.story.service])]

    @staticmethod
    def _account(owner: Citizen) -> answers.Sender:
        return answers.Sender(owner.user.first_name, owner.user.last_name, owner.pesel, owner.user.email,
                              "+48600555000", owner.street, owner.house, owner.flat)

    def _stranger(self) -> answers.Sender:
        first, last = Names(self.story.key).next()
        words = reading.toml("town.toml")["names"]
        kind = self.about["form"]["applicant"]
        company = self.rnd.choice(words["companies"]) if kind == "organisation" or (
            kind == "any" and self.rnd.random() < 0.25) else ""
        born = dt.date(2200 + self.rnd.randint(0, 60), self.rnd.randint(1, 12), self.rnd.randint(1, 28))
        return answers.Sender(first, last, synthetic_pesel(born, self.rnd.randint(0, 9999)),
                              f"gosc{self.story.number}@poczta.example.test", f"+48600556{self.story.number:03}",
                              self.rnd.choice(words["streets"]), str(self.rnd.randint(1, 80)),
                              str(self.rnd.randint(1, 30)), company)

    def _by_form(self, unit: Unit, sender: answers.Sender, actor: Access, owner: Citizen | None) -> Filing:
        version = self.world.forms[self.story.service]
        given = answers.fill(version, self.about, sender, self.rnd, warsaw_day(self.story.received))
        return freeze(version, given, unit=unit, key=self.story.key, access=actor,
                      owner_id=owner.user_id if owner else None)

    def _on_paper(self, unit: Unit, sender: answers.Sender) -> tuple[Access, Filing]:
        """A letter by post, scanned and typed in by the registry."""
        registrar = self.world.somebody(unit.pk, Role.REGISTRY, self.story)
        name = sender.company or f"{sender.first_name} {sender.last_name}"
        texts = [f["demo"] for step in self.about["form"]["step"] for f in step["field"] if f["kind"] == "long_text"]
        text = self.rnd.choice(texts[0]) if texts and texts[0] else "Proszę o załatwienie sprawy."
        written = warsaw_day(self.story.received) - dt.timedelta(days=self.rnd.randint(1, 4))
        lines = [f"Obiegowo, {written:%d.%m.%Y}", name, unit.name, text, "Z poważaniem"]
        kept = papers.scan(self.about["title"], lines)
        scan = Attachment(str(kept["sha256"]), str(kept["name"]), str(kept["type"]), int(str(kept["size"])), "scan")
        return self.world.acting(registrar), Filing(
            channel=Letter.Channel.PAPER, unit_id=unit.pk, subject=self.about["title"], service_code=self.story.service,
            sender=FilingSender(kind="organisation" if sender.company else "person", name=name, street=_street(sender),
                                postcode="44-999", town="Obiegowo"),
            attachments=(scan,), intake_key=self.story.key, letter_date=written)


def _street(sender: answers.Sender) -> str:
    return f"ul. {sender.street} {sender.house}" + (f"/{sender.flat}" if sender.flat else "")


class Scene:
    """One event with everything its deed needs."""

    def __init__(self, world: Town, event: Event, case: Case) -> None:
        self.world, self.event, self.story, self.case = world, event, event.story, case
        self.at = event.moment
        self.rnd = self.story.random(f"{event.deed}{event.number}")
        self.about = world.abouts[self.story.service]
        self.letter_text = self.about["letter"]

    def person(self, role: str) -> User:
        place = self.case.body_id if role == Role.REGISTRY else self.case.unit_id
        return self.world.somebody(place, role, self.story)

    @cached_property
    def clerk(self) -> Access:
        return self.world.acting(self.case.handler or self.person(Role.CLERK))

    @cached_property
    def head(self) -> Access:
        return self.world.acting(self.person(Role.HEAD))

    @cached_property
    def registry(self) -> Access:
        return self.world.acting(self.person(Role.REGISTRY))

    def letter(self) -> Letter:
        """The newest letter that the office wrote in the case, besides the notices of a new date."""
        return Letter.objects.filter(case=self.case, direction="out").exclude(kind="extension").order_by("-pk")[0]

    def delivery(self) -> Delivery:
        return Delivery.objects.select_related("letter").get(letter=self.letter())

    def task(self, verb: str) -> Task:
        found = self.case.tasks.open().filter(verb=verb)
        return found.get(letter=self.letter()) if verb == "dispatch" else found.get()

    def tell(self) -> None:
        """No case is settled late silently: first its party is told of a new date."""
        day = warsaw_day(self.at)
        try:
            process.require_told(self.case, day)
        except Refused:
            new_day = min(day + dt.timedelta(days=7), self._last(day))
            clocks.extend_deadline(self.clerk, case=self.case, new_day=new_day, reason=self.pick("extensions"),
                                   happened_at=self.at)

    def _last(self, day: dt.date) -> dt.date:
        counted, law = process.count(self.case, as_of=day), process.regime_of(self.case, day)
        return process.last_new_day(self.case, counted, law) or dt.date.max

    def text(self) -> str:
        return prose.html(self.letter_text["body"])

    def pick(self, what: str) -> str:
        return str(self.rnd.choice(reading.toml("phrases.toml")[what]))


def _assign(scene: Scene) -> None:
    assignment.assign(scene.head, case=scene.case, to_user=scene.person(Role.CLERK), happened_at=scene.at,
                      instruction=scene.pick("instructions"))


def _register(scene: Scene) -> None:
    if scene.case.reference is None:
        assignment.register_case(scene.clerk, case=scene.case, happened_at=scene.at)


def _draft(scene: Scene) -> None:
    decisions.draft_letter(scene.clerk, case=scene.case, kind=scene.letter_text["kind"],
                           subject=scene.letter_text["subject"], body=scene.text(), happened_at=scene.at)


def _revise(scene: Scene) -> None:
    decisions.revise_letter(scene.clerk, letter=scene.letter(), subject=scene.letter_text["subject"],
                            body=scene.text() + f"<p>{scene.pick('corrections')}</p>", happened_at=scene.at)


def _send(scene: Scene) -> None:
    decisions.send_for_approval(scene.clerk, letter=scene.letter(), happened_at=scene.at)


def _approve(scene: Scene) -> None:
    task = scene.task("approve")
    assert task.document_version_id is not None
    decisions.approve(scene.head, task=task, version_id=task.document_version_id, happened_at=scene.at)


def _return(scene: Scene) -> None:
    decisions.return_letter(scene.head, task=scene.task("approve"), reason=scene.pick("returns"), happened_at=scene.at)


def _sign(scene: Scene) -> None:
    scene.tell()
    decisions.sign_and_send(scene.head, task=scene.task("sign"), how="person", happened_at=scene.at)


def _notify(scene: Scene) -> None:
    deliveries.notify(SYSTEM, delivery=scene.delivery(), happened_at=scene.at)


def _collect(scene: Scene) -> None:
    delivery = scene.delivery()
    assert delivery.user is not None
    deliveries.sign_for(scene.world.acting(delivery.user), delivery=delivery, happened_at=scene.at)
    _heard(delivery.letter, scene.at)


def _age(scene: Scene) -> None:
    """The daily job that gives second notices and deems letters delivered, as it ran on that day."""
    deliveries.age(scene.at)
    delivery = scene.delivery()
    if delivery.deemed_at is not None:
        _heard(delivery.letter, delivery.deemed_at)


def _post(scene: Scene) -> None:
    dispatch.post(scene.registry, task=scene.task("dispatch"), posted_on=warsaw_day(scene.at),
                  tracking_number=f"(00)6590077{scene.rnd.randint(10**11, 10**12 - 1)}")


def _delivered(scene: Scene) -> None:
    delivery = deliveries.mark_receipt_returned(scene.registry, delivery=scene.delivery(), day=warsaw_day(scene.at))
    assert delivery.received_at is not None
    _heard(delivery.letter, delivery.received_at)


def _heard(letter: Letter, moment: dt.datetime) -> None:
    """What the follower of deliveries does when it hears of one; done here so that the story can go on."""
    supplements.delivered(letter, moment)
    closing.delivered(letter, moment)


def _call(scene: Scene) -> None:
    items = scene.rnd.choice(reading.toml("phrases.toml")["calls"])
    supplements.request_supplement(scene.clerk, case=scene.case, items=items["items"], days=7, reason=items["reason"],
                                   happened_at=scene.at)


def _answer(scene: Scene) -> None:
    request = scene.case.supplement_requests.get(answered_at__isnull=True)
    said, attached = [], []
    for item in request.items:
        if item["kind"] == "text":
            text = scene.pick("replies")
            said.append(Answer(item["id"], item["label"], "text", text, text))
            continue
        kept = papers.make(scene.rnd, item["label"][:60], scene.pick("supplement_papers"))
        attached.append(Attachment(str(kept["sha256"]), str(kept["name"]), str(kept["type"]), int(str(kept["size"])),
                                   item["id"]))
        said.append(Answer(item["id"], item["label"], "file", kept["name"], str(kept["name"])))
    first = Letter.objects.filter(case=scene.case, direction="in").select_related("correspondent").order_by("pk")[0]
    owner = scene.case.owner
    assert first.correspondent is not None and owner is not None
    sender = FilingSender(**{name: getattr(first.correspondent, name) for name in (
        "kind", "name", "pesel", "nip", "email", "phone", "street", "postcode", "town")})
    intake.receive(scene.world.acting(owner), Filing(
        channel=Letter.Channel.PORTAL, unit_id=scene.case.unit_id, subject=f"Uzupełnienie: {scene.case.title}",
        sender=sender, intake_key=f"{scene.story.key}/answer", answers=tuple(said), attachments=tuple(attached),
        owner_id=owner.pk, received_at=scene.at, answers_request_id=request.pk))


def _leave(scene: Scene) -> None:
    supplements.leave_unconsidered(scene.clerk, case=scene.case, reason=scene.pick("leaves"), happened_at=scene.at)


def _extend(scene: Scene) -> None:
    due = scene.case.due_on or warsaw_day(scene.at)
    clocks.extend_deadline(scene.clerk, case=scene.case, new_day=due + dt.timedelta(days=30),
                           reason=scene.pick("extensions"), happened_at=scene.at)


def _suspend(scene: Scene) -> None:
    clocks.suspend(scene.clerk, case=scene.case, article="art. 97 § 1 pkt 4 k.p.a.", reason=scene.pick("suspensions"),
                   happened_at=scene.at)


def _resume(scene: Scene) -> None:
    clocks.resume(scene.clerk, case=scene.case, reason=scene.pick("resumptions"), happened_at=scene.at)


def _close(scene: Scene) -> None:
    scene.tell()
    closing.close_case(scene.clerk, case=scene.case, outcome=scene.pick("outcomes"), happened_at=scene.at)


def _cross(scene: Scene) -> None:
    case_deeds.cross(scene.clerk, case=scene.case, reason=scene.pick("crossings"), happened_at=scene.at)


DEEDS: Mapping[str, Callable[[Scene], Any]] = {
    "assign": _assign, "register": _register, "draft": _draft, "send": _send, "return": _return, "revise": _revise,
    "approve": _approve, "sign": _sign, "notify": _notify, "collect": _collect, "age": _age, "post": _post,
    "delivered": _delivered, "call": _call, "answer": _answer, "leave": _leave, "extend": _extend,
    "suspend": _suspend, "resume": _resume, "close": _close, "cross": _cross,
}
