"""The audit chain: any edit is found, and named where it can be."""

from __future__ import annotations

import hashlib
import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st

from store import audit
from store.audit import Fault, Row, append, digest, rows, verify


def chain_of(length: int) -> list[Row]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE audit (seq INTEGER PRIMARY KEY, at, actor, event, payload, prev_hash, hash)")
    for number in range(length):
        append(connection, 1_795_000_000_000_000 + number, "张 三\nx", "command.decided", {"n": number, "text": "冻结"})
    return list(rows(connection))


def rehashed(row: Row, seq: int, prev_hash: str) -> Row:
    return Row(seq, *row[1:5], prev_hash, digest(prev_hash, seq, *row[1:5]))


def test_the_hash_is_the_documented_one() -> None:
    first, second = chain_of(2)
    assert first.prev_hash == "0" * 64
    lines = "\n".join([first.hash, "2", second.at, second.actor, second.event, second.payload])
    assert second.hash == hashlib.sha256(lines.encode()).hexdigest()
    assert second.actor == "张 三 x"


def test_a_whole_chain_has_no_fault() -> None:
    assert verify(chain_of(20)) is None
    assert verify([]) is None


def test_a_removed_row_is_named() -> None:
    chain = chain_of(6)
    assert verify(chain[:2] + chain[3:]) == Fault(3, "removed")
    assert verify(chain[1:]) == Fault(1, "removed")


def test_a_removed_row_is_named_when_the_rest_was_renumbered() -> None:
    chain = chain_of(6)
    moved = [row._replace(seq=row.seq - 1) for row in chain[3:]]
    assert verify(chain[:2] + moved) == Fault(3, "removed")


def test_an_inserted_row_is_named() -> None:
    chain = chain_of(6)
    forged = rehashed(chain[0]._replace(event="command.forged"), 4, chain[2].hash)
    moved = [row._replace(seq=row.seq + 1) for row in chain[3:]]
    assert verify([*chain[:3], forged, *moved]) == Fault(4, "inserted")


def test_reordered_rows_are_named() -> None:
    chain = chain_of(6)
    chain[2], chain[3] = chain[3], chain[2]
    assert verify(chain) == Fault(3, "reordered")
    swapped = chain_of(6)
    swapped[2], swapped[3] = swapped[3]._replace(seq=3), swapped[2]._replace(seq=4)
    assert verify(swapped) == Fault(3, "reordered")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_field_is_found_at_its_row(data: st.DataObject) -> None:
    chain = chain_of(8)
    at = data.draw(st.integers(0, 7))
    field = data.draw(st.sampled_from(["at", "actor", "event", "payload", "prev_hash", "hash"]))
    old = getattr(chain[at], field)
    new = data.draw(st.one_of(st.text(max_size=20), st.just(old + " "), st.just(old[::-1])).filter(lambda t: t != old))
    chain[at] = chain[at]._replace(**{field: new})
    fault = verify(chain)
    assert fault is not None
    assert fault == Fault(at + 1, fault.kind)


def test_a_change_with_a_fresh_hash_breaks_the_next_row() -> None:
    chain = chain_of(6)
    chain[2] = rehashed(chain[2]._replace(payload="{}"), 3, chain[1].hash)
    fault = verify(chain)
    assert fault is not None
    assert fault.seq == 4


def test_the_first_prev_hash_is_fixed() -> None:
    chain = chain_of(1)
    assert verify([rehashed(chain[0], 1, "1" * 64)]) is not None
    assert audit.GENESIS == "0" * 64
