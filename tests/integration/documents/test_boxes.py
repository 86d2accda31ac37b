"""A folder as a channel, and the office library's folders."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from filer.models import Folder, FolderPermission

from documents.boxes import registry
from documents.boxes.folder import FolderBox
from documents.services import cases, deliveries, letters, library
from journal import follow, keyring, seal
from journal.clock import db_now
from journal.errors import Conflict, NotAllowed
from journal.models import Entry
from people import mirror
from people.access import SYSTEM
from people.models import Role
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> dict[str, Any]:
    town = people.town(schools=0)
    make.plan_of(town["UM"])
    return town


@pytest.fixture
def box(tmp_path: Path) -> Any:
    box = FolderBox(tmp_path / "box", name="test-folder")
    registry.register(box)
    yield box
    registry.unregister("test-folder")


def test_a_message_comes_in_once(box: FolderBox, town: dict[str, Any]) -> None:
    folder = box.root / "in" / "m1"
    folder.mkdir(parents=True)
    folder.joinpath("pismo.txt").write_text("Treść pisma", encoding="utf-8")
    folder.joinpath("message.json").write_text(json.dumps({
        "unit_id": town["OR"].pk, "subject": "Pismo z folderu", "sender": {"name": "Ola"}, "files": ["pismo.txt"],
        "letter_date": "2026-01-02"}), encoding="utf-8")
    [filing] = box.fetch()
    assert filing.intake_key == "test-folder:m1" and filing.attachments[0].file_name == "pismo.txt"
    case = cases.open(SYSTEM, unit=town["OR"], title=filing.subject, parties=[filing.sender])
    letter = letters.register_incoming(SYSTEM, filing=filing, unit=town["OR"], case=case)
    assert letter.channel == "folder" and letter.documents.count() == 2
    box.acknowledge(filing, SYSTEM)
    assert list(box.fetch()) == []
    assert (box.root / "done" / "m1" / "message.json").exists()


def test_a_letter_goes_out_once(box: FolderBox, town: dict[str, Any]) -> None:
    case = cases.register(SYSTEM, case=make.file(town["OR"])[0], class_symbol="5343")
    letter = make.outgoing(case, signer=keyring.unit_seal("UM", "Urząd Miasta"))
    delivery = deliveries.start(SYSTEM, letter=letter, box="test-folder", addressee=letter.correspondent)
    seal.seal_round()
    follow.run_once("dispatch")
    out = box.root / "out" / str(delivery.pk)
    assert json.loads(out.joinpath("message.json").read_text(encoding="utf-8"))["register_number"].startswith("RPK/1/")
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    delivery.refresh_from_db()
    box.send(delivery)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before and len(before) == 2


def test_library_folders_follow_the_grants(town: dict[str, Any]) -> None:
    editor, clerk = people.member(town["OR"], Role.EDITOR), people.member(town["OR"], Role.CLERK)
    stranger = people.member(town["FN"], Role.EDITOR)
    with pytest.raises(NotAllowed):
        library.make_folder(people.actor(town["OR"], Role.EDITOR), unit=town["OR"])
    folder = library.make_folder(people.actor(town["OR"], Role.UNIT_ADMIN), unit=town["OR"])
    with pytest.raises(Conflict):
        library.make_folder(SYSTEM, unit=town["OR"])

    def may(user: Any, right: str) -> bool:
        allowed = FolderPermission.objects.filter(folder=folder, group__user=user, **{right: FolderPermission.ALLOW})
        return allowed.exists()

    assert may(editor, "can_edit") and may(clerk, "can_read") and not may(clerk, "can_edit")
    assert not may(stranger, "can_read")
    assert not FolderPermission.objects.filter(folder=folder, everybody=True).exists()
    late = people.member(town["OR"], Role.HEAD)
    assert not may(late, "can_read")
    library.write_rights(SYSTEM, unit=town["OR"])
    assert may(late, "can_read")
    assert not AnonymousUser().has_perm("filer.view_folder", folder)


def test_a_role_that_ends_by_its_date_opens_no_folder_a_minute_later(
    town: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    library.make_folder(SYSTEM, unit=town["OR"])
    library.make_folder(SYSTEM, unit=town["FN"])
    editor = people.member(town["OR"], Role.EDITOR, valid_until=people.today())
    people.join(town["FN"], Role.EDITOR, editor)
    assert library.follow_roles() == 2 and library.follow_roles() == 0

    def opens() -> set[str]:
        found = Folder.objects.filter(pk__in=FolderPermission.objects.get_read_id_list(editor) or [])
        return {folder.name.partition(" ")[0] for folder in found}

    def sweep(days: int) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            mirror.sweep(db_now() + dt.timedelta(days=days))
            library.follow_roles()

    sweep(0)
    assert opens() == {"OR", "FN"}
    sweep(1)
    assert opens() == {"FN"}


def test_rights_on_a_folder_are_written_by_one_deed_and_only_when_they_changed(town: dict[str, Any]) -> None:
    folder = library.make_folder(SYSTEM, unit=town["OR"])
    people.member(town["OR"], Role.EDITOR)
    before = Entry.objects.filter(action="library.rights_written").count()
    assert library.follow_roles() == 1
    FolderPermission.objects.filter(folder=folder).update(can_edit=None)
    assert library.follow_roles() == 1 and library.follow_roles() == 0
    assert Entry.objects.filter(action="library.rights_written").count() == before + 2
