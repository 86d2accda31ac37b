"""Sealing and verifying: gapless, in order, and every kind of tampering is found and named."""

from __future__ import annotations

import json
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from journal import checkpoint, health
from journal.erase import erase_details
from journal.errors import NotFound, Refused
from journal.models import Entry, Head, Pending, Seal
from journal.seal import seal_all, seal_round
from journal.verify import verify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.CHECKPOINT_DIR = tmp_path / "outside"
    with translation.override("en"):
        yield settings.CHECKPOINT_DIR


@pytest.fixture
def sealed(deed, body):
    """Ten sealed entries in two chains, with details and a checkpoint in the middle."""
    for number in range(10):
        deed(
            unit_id=body.pk if number % 3 else None,
            data={"n": number, "ą": ["ż", None]},
            detail={"name": f"Person {number}"} if number % 2 else None,
        )
        if number == 5:
            seal_all()
            checkpoint.make_checkpoint()
    seal_all()
    return body


def tamper(*statements, **values):
    """What a superuser can do: triggers off, change, triggers on."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'journal_entrydetail'::regclass"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE journal_entrydetail DROP CONSTRAINT {name}")
        for table in ("entry", "entrydetail", "seal", "checkpoint"):
            cursor.execute(f"ALTER TABLE journal_{table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement, values or None)
        for table in ("entry", "entrydetail", "seal", "checkpoint"):
            cursor.execute(f"ALTER TABLE journal_{table} ENABLE TRIGGER USER")


def test_positions_are_gapless_and_in_the_order_of_the_entries(sealed):
    assert list(Seal.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 11))
    assert list(Seal.objects.order_by("seq").values_list("entry_id", flat=True)) == list(
        Entry.objects.order_by("id").values_list("id", flat=True)
    )
    numbers = {
        chain: list(Seal.objects.filter(chain=chain).order_by("seq").values_list("number", flat=True))
        for chain in Head.objects.values_list("chain", flat=True)
    }
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values()) and len(numbers) == 2
    assert not Pending.objects.exists()
    assert health.oldest_pending_age() == 0.0


def test_rounds_and_batches_give_the_same_chain(deed):
    for _ in range(7):
        deed()
    assert health.oldest_pending_age() > 0.0
    assert seal_round(limit=3, batch=2) == 3
    assert seal_round(limit=100, batch=3) == 4
    assert seal_round() == 0
    assert verify().ok


def test_an_untouched_journal_is_whole(sealed):
    report = verify(outside=[checkpoint.read_file(file) for file in checkpoint.folder().glob("*.json")])
    assert report.problem is None
    assert (report.rows, report.last_seq, report.chains, report.checkpoints) == (10, 10, 2, 2)


ENTRY_4 = "(SELECT entry_id FROM journal_seal WHERE seq = 4)"
CHANGES = {
    "an entry's column": ("UPDATE journal_entry SET %(column)s WHERE id = " + ENTRY_4, 4, "was changed"),
    "entry deleted": ("DELETE FROM journal_entry WHERE id = " + ENTRY_4, 4, "is gone"),
    "detail changed": (
        'UPDATE journal_entrydetail SET text = \'{"name":"Other"}\' WHERE entry_id = ' + ENTRY_4,
        4,
        "detail of entry .* was changed",
    ),
    "salt changed": ("UPDATE journal_entrydetail SET salt = 'x' WHERE entry_id = " + ENTRY_4, 4, "detail .* changed"),
    "detail emptied": (
        "UPDATE journal_entrydetail SET text = '' WHERE entry_id = " + ENTRY_4,
        4,
        "no entry says it was erased",
    ),
    "detail emptied in another's name": (
        f"UPDATE journal_entrydetail SET text = '', erased_by_id = {ENTRY_4} WHERE entry_id = {ENTRY_4}",
        4,
        "no entry says it was erased",
    ),
    "detail deleted": ("DELETE FROM journal_entrydetail WHERE entry_id = " + ENTRY_4, 4, "detail .* is gone"),
    "detail added": (
        "INSERT INTO journal_entrydetail (entry_id, salt, text) "
        "SELECT entry_id, 'x', 'x' FROM journal_seal WHERE seq = 5",
        5,
        "never had",
    ),
    "seal's digest": ("UPDATE journal_seal SET digest = 'x' WHERE seq = 4", 4, "seal at position 4 was changed"),
    "seal's hash": ("UPDATE journal_seal SET hash = 'x' WHERE seq = 4", 4, "seal at position 4 was changed"),
    "seal's chain": ("UPDATE journal_seal SET chain = 99 WHERE seq = 4", 4, "seal at position 4 was changed"),
    "seal's number": ("UPDATE journal_seal SET number = 99 WHERE seq = 4", 4, "seal at position 4 was changed"),
    "seal deleted": ("DELETE FROM journal_seal WHERE seq = 4", 4, "position 4 is missing"),
    "seals swapped": (
        "UPDATE journal_seal SET seq = CASE seq WHEN 4 THEN -5 ELSE -4 END WHERE seq IN (4, 5); "
        "UPDATE journal_seal SET seq = -seq WHERE seq < 0",
        4,
        "changed",
    ),
    "tail cut": ("DELETE FROM journal_seal WHERE seq > 7", 7, "cut off"),
    "state": ("UPDATE journal_sealstate SET seq = 12", 10, "the state says 12"),
    "head": ("UPDATE journal_head SET hash = 'x'", 10, "head of chain"),
    "head gone": ("DELETE FROM journal_head", 10, "head of chain"),
    "checkpoint's text": ("UPDATE journal_checkpoint SET text = replace(text, '6', '7')", 6, "signature"),
    "checkpoint moved": ("UPDATE journal_checkpoint SET seq = 7", 7, "speaks of 6"),
    "loaded unsealed": (
        "INSERT INTO journal_entry (label, action, data, timestamp, content_changed, deleted, "
        "object_id, chain, audience, detail_digest) VALUES "
        "('x', 'x', '{}', now(), false, false, '1', 0, 'staff', '')",
        0,
        "neither sealed nor waiting",
    ),
}
COLUMNS = [
    "action = 'other'",
    "data = '{\"n\": 4}'",
    "label = 'x'",
    "object_id = '0'",
    "audience = 'party'",
    "timestamp = timestamp + interval '1 microsecond'",
    "recorded_at = recorded_at - interval '1 microsecond'",
    "user_id = 5",
    "on_behalf_of_id = 5",
    "case_id = 0",
    "unit_id = coalesce(unit_id, 0) + 1",
    "chain = chain + 1",
    "content_type_id = content_type_id + 1",
    "detail_digest = repeat('0', 64)",
    "uuid = gen_random_uuid()",
    "revision_id = 1",
    "content_changed = true",
    "deleted = true",
    "id = id + 1000",
]


@pytest.mark.parametrize(
    ("name", "column"),
    [("an entry's column", c) for c in COLUMNS] + [(name, "") for name in CHANGES if name != "an entry's column"],
)
def test_tampering_is_found_and_the_first_bad_row_named(sealed, name, column):
    statement, seq, why = CHANGES[name]
    tamper(*statement.replace("%(column)s", column).split("; "))
    problem = verify().problem
    assert problem is not None and problem.seq == seq
    assert problem.what and re.search(why if not column.startswith("id") else "is gone", problem.what)


def test_a_chain_written_anew_shows_against_the_checkpoint_outside(sealed, folder):
    kept = checkpoint.read_file(next(folder.glob("*.json")))
    tamper(
        "DELETE FROM journal_checkpoint",
        "DELETE FROM journal_seal",
        "DELETE FROM journal_head",
        "UPDATE journal_sealstate SET seq = 0",
        "UPDATE journal_entry SET object_id = '99'",
        "INSERT INTO journal_pending (entry_id) SELECT id FROM journal_entry",
    )
    seal_all()
    assert verify().ok, "everything inside was forged in step"
    problem = verify(outside=[kept]).problem
    assert problem and problem.seq == 6 and "kept outside" in problem.what


def test_a_tail_cut_in_step_shows_against_the_checkpoint_outside(sealed, folder):
    checkpoint.make_checkpoint()
    newest = checkpoint.read_file(max(folder.glob("*.json")))
    tamper(
        "DELETE FROM journal_checkpoint WHERE seq > 6",
        "DELETE FROM journal_seal WHERE seq > 6",
        "DELETE FROM journal_entrydetail d WHERE NOT EXISTS (SELECT 1 FROM journal_seal s "
        "WHERE s.entry_id = d.entry_id)",
        "DELETE FROM journal_entry e WHERE NOT EXISTS (SELECT 1 FROM journal_seal s WHERE s.entry_id = e.id)",
        "UPDATE journal_sealstate SET seq = 6",
        "UPDATE journal_head h SET (number, hash) = (SELECT s.number, s.hash FROM journal_seal s "
        "WHERE s.chain = h.chain ORDER BY seq DESC LIMIT 1)",
    )
    assert verify().ok
    problem = verify(outside=[newest]).problem
    assert problem and problem.seq == 10 and "tail was cut off" in problem.what


def test_an_erased_detail_is_explained_and_the_chain_still_verifies(deed, actor):
    entry = deed(detail={"name": "Ewa"})
    seal_all()
    erasing = erase_details(actor, entries=[entry.pk], reason="art. 17")
    seal_all()
    entry.detail.refresh_from_db()
    assert (entry.detail.text, bytes(entry.detail.salt), entry.detail.erased_by_id) == ("", b"", erasing.pk)
    report = verify()
    assert report.ok and report.erased == {entry.pk: erasing.pk}
    with pytest.raises(Refused):
        erase_details(actor, entries=[entry.pk], reason="again")
    with pytest.raises(NotFound):
        erase_details(actor, entries=[entry.pk + 1000], reason="x")


def test_checkpoints_come_after_a_thousand_rows_or_ten_minutes(deed, folder, monkeypatch):
    assert checkpoint.checkpoint_if_due() is None
    deed()
    seal_all()
    assert checkpoint.checkpoint_if_due() == 1
    deed()
    seal_all()
    assert checkpoint.checkpoint_if_due() is None
    tamper("UPDATE journal_checkpoint SET made_at = made_at - interval '11 minutes'")
    assert checkpoint.checkpoint_if_due() == 2
    monkeypatch.setattr(checkpoint, "EVERY_ROWS", 1)
    deed()
    seal_all()
    assert checkpoint.checkpoint_if_due() == 3
    assert sorted(file.name for file in folder.iterdir()) == [f"{n:012d}.json" for n in (1, 2, 3)]


def test_the_command_says_whether_the_journal_is_whole(sealed, capsys, folder):
    call_command("verify_journal", "--json", "--checkpoint", str(folder))
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] and found["rows"] == 10
    tamper("UPDATE journal_entry SET action = 'x' WHERE id = " + ENTRY_4)
    with pytest.raises(SystemExit) as stop:
        call_command("verify_journal")
    assert stop.value.code == 1
    assert f"{Seal.objects.get(seq=4).entry_id}" in capsys.readouterr().err
