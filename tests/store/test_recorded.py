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
