"""The mirror's writer: numbering, versions, restart, views; and the digest that survives the dropping of old events."""

from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.paths import fixtures
from store.batch import Batch
from store.digest import bucket_of, bucket_sums, differing, folded, h64
from store.files import StoreError, damaged, reader, set_aside, writer
from store.mirror import Mirror
from store.mirror_schema import MIGRATIONS
from store.upkeep import drop_events, mirror_digest

VECTOR = json.loads((fixtures() / "contract" / "examples" / "digest_vector.json").read_text())


def transaction(seq: int, account: int, previous: int, at: int) -> tuple[object, ...]:
    """A new transaction's row."""
    return (
        *(seq, f"txn.{seq:06d}", 1, account, previous, at, at, 990, "CNY", "mer.1", "purchase", "posted", "{}"),
        *(0.5, 2, "rules", '["UN-1"]'),
    )


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "mirror.db")


def fill(mirror: Mirror, events: int) -> None:
    with mirror.transaction():
        account = mirror.accounts["acc.1"]
        rows = [transaction(seq, account, seq - 1, seq * 1_000_000) for seq in range(1, events + 1)]
        mirror.heads.transaction[account] = events
        mirror.write(Batch(new_transactions=rows, risks=mirror.heads.rows(np.array([account]))))
        mirror.advance("changes", ("epoch", events, "cursor"), events, 0)


def test_a_long_log_is_folded_beside_the_writer_and_begins_anew(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.folding.FOLD_BYTES", 1)
    fill(mirror, 1_000)
    mirror._folding.finish()
    with mirror.transaction():
        mirror.note("after", "the fold")
    mirror._folding.finish()
    assert (tmp_path / "mirror.db-wal").stat().st_size < 100_000 < (tmp_path / "mirror.db").stat().st_size
    mirror.abandon()
    again = Mirror(tmp_path / "mirror.db")
    assert (again.heads.transaction[0], again.noted("after")) == (1_000, "the fold")


def test_the_file_is_for_its_owner_only(mirror: Mirror, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "mirror.db").stat().st_mode) == 0o600


def test_a_restart_goes_on_with_the_same_numbers_and_heads(mirror: Mirror, tmp_path: Path) -> None:
    fill(mirror, 3)
    numbered = {kind: dict(numbers) for kind, numbers in mirror.entities.items()}
    mirror.close()
    again = Mirror(tmp_path / "mirror.db")
    assert (dict(again.accounts), again.heads.transaction[0]) == ({"acc.1": 0}, 3)
    assert {kind: dict(numbers) for kind, numbers in again.entities.items()} == numbered
    assert again.position("changes") == ("epoch", 3, "cursor")
    assert again.accounts["acc.2"] == 1


def test_an_error_inside_a_page_leaves_nothing(mirror: Mirror, tmp_path: Path) -> None:
    fill(mirror, 2)
    with pytest.raises(RuntimeError), mirror.transaction():
        mirror.write(Batch(new_transactions=[transaction(9, 0, 2, 9)]))
        raise RuntimeError
    assert Mirror(tmp_path / "mirror.db").versions("transaction", ["txn.000002", "txn.000009"]) == {"txn.000002": 1}


def test_the_views_speak_the_documented_forms(mirror: Mirror) -> None:
    fill(mirror, 1)
    row = next(iter(mirror.database.query("SELECT * FROM v_transaction")))
    assert row == {
        "transaction_id": "txn.000001",
        "account_id": "acc.1",
        "occurred_at": "1970-01-01T00:00:01.000000Z",
        "recorded_at": "1970-01-01T00:00:01.000000Z",
        "amount_minor": 990,
        "currency": "CNY",
        "merchant_id": "mer.1",
        "kind": "purchase",
        "status": "posted",
        "score": 0.5,
        "level": "medium",
        "model_version": "rules",
        "rule_ids": '["UN-1"]',
    }


@pytest.mark.parametrize("broken", [b"", b"not a database, but long enough to look like one" * 40])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "mirror.db"
    path.write_bytes(broken)
    if broken:
        with pytest.raises(StoreError, match=r"mirror\.db"):
            writer(path, MIGRATIONS, "NORMAL")
        with pytest.raises(StoreError, match=r"mirror\.db"):
            reader(path)
    else:
        writer(path, MIGRATIONS, "NORMAL").close()


def test_a_file_of_a_newer_version_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    mirror.database["_sqlite_migrations"].insert(
        {"migration_set": "mirror", "name": "999_later", "applied_at": "later"}
    )
    mirror.close()
    with pytest.raises(StoreError, match="newer riskdesk"):
        Mirror(tmp_path / "mirror.db")


def test_a_numbering_with_holes_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    fill(mirror, 1)
    mirror.database.execute("UPDATE account SET account = 5")
    mirror.database.conn.commit()
    with pytest.raises(StoreError, match="rebuilt"):
        Mirror(tmp_path / "mirror.db")


def test_a_damaged_file_is_told_from_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    path.write_bytes(b"not a database, but long enough to look like one" * 40)
    with pytest.raises(StoreError) as broken:
        writer(path, MIGRATIONS, "NORMAL")
    assert damaged(broken.value)
    assert not damaged(sqlite3.OperationalError("database or disk is full"))
    assert set_aside(path).name == "mirror.db.damaged"
    writer(path, MIGRATIONS, "NORMAL").close()


def test_a_reader_can_not_write(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        reader(tmp_path / "mirror.db").execute("DELETE FROM txn")


def test_the_digest_is_the_contracts() -> None:
    for row in VECTOR["rows"]:
        assert f"{h64(row['id']):016x}" == row["id_hash"]
        assert (bucket_of(row["id"], 256), bucket_of(row["id"], 1024)) == (row["bucket_256"], row["bucket_1024"])
    sums = bucket_sums(VECTOR["type"], ((row["id"], row["version"]) for row in VECTOR["rows"]), 1024)
    assert f"{sum(total for _, total in sums.values()) % 2**64:016x}" == VECTOR["sum_of_all"]


@given(st.lists(st.tuples(st.text("abc", min_size=1, max_size=4), st.integers(1, 9)), max_size=40))
def test_a_fine_digest_folds_into_a_coarse_one(rows: list[tuple[str, int]]) -> None:
    assert folded(bucket_sums("x", rows, 4096), 4096, 256) == bucket_sums("x", rows, 256)


def test_dropped_events_still_count_in_the_digest(mirror: Mirror, tmp_path: Path) -> None:
    fill(mirror, 50)
    seq, whole = mirror_digest(tmp_path / "mirror.db", "changes", "transaction", 256)
    assert drop_events(mirror, 30_000_001) == 30
    assert drop_events(mirror, 30_000_001) == 0
    assert mirror_digest(tmp_path / "mirror.db", "changes", "transaction", 256) == (seq, whole)
    assert next(iter(mirror.database.query("SELECT count(*) AS n FROM v_transaction")))["n"] == 20
    assert next(iter(mirror.database.query("SELECT count(*) AS n FROM v_account")))["n"] == 1


def test_a_difference_is_found_in_its_bucket() -> None:
    ours = bucket_sums("x", [("a", 1), ("b", 1)], 256)
    assert differing(ours, bucket_sums("x", [("a", 1), ("b", 2)], 256)) == [bucket_of("b", 256)]
    assert differing(ours, ours) == []
