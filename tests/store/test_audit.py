"""The audit chain: any edit is found, and named where it can be."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from store import audit
from store.audit import Checkpoint, Fault, Row, append, digest, rows, verify


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


# ---------------------------------------------------------------- with a checkpoint kept elsewhere

EDITS = 10_000


def recomputed(chain: list[Row], since: int = 0) -> list[Row]:
    """The forger's best: every hash and number from a row on computed anew, so that the chain holds by itself."""
    done = chain[:since]
    for row in chain[since:]:
        done.append(rehashed(row, len(done) + 1, done[-1].hash if done else audit.GENESIS))
    return done


def checkpoint_of(chain: list[Row]) -> Checkpoint:
    return Checkpoint(chain[-1].seq, chain[-1].hash, chain[-1].at)


def changed(chain: list[Row], chance: random.Random) -> list[Row]:
    at = chance.randrange(len(chain))
    field = chance.choice(["at", "actor", "event", "payload", "prev_hash", "hash"])
    text = getattr(chain[at], field)
    place = chance.randrange(len(text))
    other = chance.choice([c for c in "0a9f {}\n\x00冻" if c != text[place]])
    forms = [text[:place] + other + text[place + 1 :], text[:place] + other + text[place:], text[:place]]
    return [*chain[:at], chain[at]._replace(**{field: chance.choice(forms)}), *chain[at + 1 :]]


def removed(chain: list[Row], chance: random.Random) -> list[Row]:
    at = chance.randrange(len(chain))
    return chain[:at] + chain[at + chance.randint(1, 3) :]


def inserted(chain: list[Row], chance: random.Random) -> list[Row]:
    at = chance.randrange(len(chain))
    forged = chance.choice(chain)._replace(seq=at + 1, payload=chance.choice(["{}", chain[0].payload]))
    return [*chain[:at], forged, *(row._replace(seq=row.seq + 1) for row in chain[at:])]


def reordered(chain: list[Row], chance: random.Random) -> list[Row]:
    one, other = chance.sample(range(len(chain)), 2)
    moved = list(chain)
    moved[one], moved[other] = chain[other]._replace(seq=one + 1), chain[one]._replace(seq=other + 1)
    return moved


def test_ten_thousand_random_edits_before_a_checkpoint_are_all_found() -> None:
    chance, chain = random.Random(4), chain_of(40)
    edits: list[Callable[[list[Row], random.Random], list[Row]]] = [changed, removed, inserted, reordered]
    missed = []
    for number in range(EDITS):
        edited = chance.choice(edits)(chain, chance)
        forms = [edited, [row._replace(seq=place) for place, row in enumerate(edited, 1)], recomputed(edited)]
        forged = chance.choice(forms)
        if forged != chain and verify(forged, [checkpoint_of(chain)]) is None:
            missed.append(number)
    assert missed == []


def test_the_random_edits_are_edits() -> None:
    chance, chain = random.Random(4), chain_of(40)
    for edit in (changed, removed, inserted, reordered):
        assert all(edit(chain, chance) != chain for _ in range(500)), edit


def test_rows_after_the_checkpoint_are_covered_by_the_chain_only() -> None:
    chain = chain_of(8)
    kept = checkpoint_of(chain[:5])
    assert verify(chain, [kept]) is None
    assert verify(chain[:6], [kept]) is None
    assert verify(recomputed([*chain[:6], chain[6]._replace(payload="{}"), chain[7]], 6), [kept]) is None


def test_rows_cut_off_at_the_end_are_named_up_to_the_last_checkpoint() -> None:
    chain = chain_of(8)
    points = [checkpoint_of(chain[:3]), checkpoint_of(chain[:7])]
    assert verify(chain[:5]) is None
    assert verify(chain[:5], points) == Fault(6, "cut", 7)
    assert verify([], points) == Fault(1, "cut", 7)


def test_a_chain_computed_anew_differs_between_two_checkpoints() -> None:
    chain = chain_of(8)
    forged = recomputed([*chain[:4], chain[4]._replace(payload="{}"), *chain[5:]], 4)
    assert verify(forged) is None
    assert verify(forged, [checkpoint_of(chain[:3]), checkpoint_of(chain[:7])]) == Fault(4, "rewritten", 7)


def test_checkpoints_that_contradict_each_other_are_a_fault() -> None:
    chain = chain_of(3)
    assert verify(chain, [checkpoint_of(chain), Checkpoint(3, "f" * 64, chain[2].at)]) == Fault(1, "rewritten", 3)


def test_the_checkpoint_of_an_empty_chain_asks_for_nothing() -> None:
    assert verify(chain_of(2), [Checkpoint(0, audit.GENESIS, "2026-11-23T00:00:00.000000Z")]) is None


def test_text_that_is_no_utf_8_is_a_change_and_no_crash() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE audit (seq INTEGER PRIMARY KEY, at, actor, event, payload, prev_hash, hash)")
    append(connection, 1_795_000_000_000_000, "maria.k", "command.decided", {})
    connection.execute("UPDATE audit SET payload = CAST(x'7bff7d' AS TEXT)")
    assert verify(rows(connection)) == Fault(1, "changed")
