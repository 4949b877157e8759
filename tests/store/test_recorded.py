"""Commands as the core recorded them, found in the mirror."""

from __future__ import annotations

import json
from pathlib import Path

from store import recorded
from store.batch import Batch
from store.mirror import Mirror
from store.reader import Reader


def row(id_: str, doc: dict, account: int = 0, deleted: int = 0) -> tuple:
    return ("command", id_, 1, deleted, account, int(id_[1:]), json.dumps(doc, separators=(",", ":")))


def test_what_waits_and_what_was_noted_is_found_and_nothing_else(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "mirror.db")
    batch = Batch()
    batch.resources = [
        row("c1", {"status": "pending_approval"}),
        row("c2", {"status": "succeeded", "note": 'not "pending_approval" any more'}),
        row("c3", {"status": "pending_approval"}, deleted=1),
        row("c4", {"status": "succeeded", "type": "case.note"}),
        row("c5", {"status": "succeeded", "type": "case.note"}),
        row("c6", {"status": "succeeded", "type": "case.note"}, account=1),
        ("customer", "c7", 1, 0, -1, 7, '{"status":"pending_approval"}'),
    ]
    with mirror.transaction():
        mirror.write(batch)
    mirror.close()
    reader = Reader(tmp_path / "mirror.db")
    assert recorded.waiting(reader) == ['{"status":"pending_approval"}']
    assert [json.loads(doc)["type"] for doc in recorded.notes(reader, 0, 5)] == ["case.note"] * 2
    assert len(recorded.notes(reader, 0, 1)) == 1
    assert (recorded.command(reader, "c9"), recorded.command(reader, "c3")) == (None, None)
    reader.close()


def test_the_accounts_that_a_person_sent_commands_to_are_found_by_an_index(tmp_path: Path) -> None:
    def sent(id_: str, by: str, at: str, type_: str = "account.freeze", deleted: int = 0) -> tuple:
        doc = {"type": type_, "target": {"type": "account", "id": f"acc.{id_}"}, "created_by": by, "created_at": at}
        return row(id_, doc, deleted=deleted)

    mirror = Mirror(tmp_path / "mirror.db")
    batch = Batch()
    batch.resources = [
        sent("c1", "mei", "2026-01-02T00:00:00.000000Z"),
        sent("c2", "mei", "2026-01-01T00:00:00.000000Z"),
        sent("c3", "ada", "2026-01-02T00:00:00.000000Z"),
        sent("c4", "mei", "2026-01-02T00:00:00.000000Z", type_="case.note"),
        sent("c5", "mei", "2026-01-02T00:00:00.000000Z", deleted=1),
    ]
    with mirror.transaction():
        mirror.write(batch)
    mirror.close()
    reader = Reader(tmp_path / "mirror.db")
    assert recorded.accounts_commanded(reader, "mei", 1_767_225_600_000_000) == {"acc.c1"}
    reader.close()
