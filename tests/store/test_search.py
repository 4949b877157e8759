"""Search over everything: what begins so is found wherever it stands, and a sweep finds what a plain look finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.desk import patterns
from store import search
from store.batch import Batch
from store.mirror import Mirror
from store.query import MATCHES
from store.reader import Reader
from store.search import KINDS, Found, beginning, catch_up, sweep

IDS = {
    "customer": [f"cus_{number}" for number in range(90)],
    "device": [f"dev_{number * 7919 % 1000:03d}" for number in range(120)] + ["Gerät %_\\ 设备"],
    "ip": [f"10.0.{number}.1" for number in range(30)],
    "merchant": [f"mer_{number}" for number in range(20)],
    "token": [f"phone:h1:{number * 31337 % 9973:04x}" for number in range(60)],
}


@pytest.fixture
def mirror(tmp_path: Path):
    writer = Mirror(tmp_path / "mirror.db")
    with writer.transaction():
        for number in range(100):
            writer.accounts[f"acc_{number:04d}"]  # numbers it
        for kind, ids in IDS.items():
            for id_ in ids:
                writer.entities[kind][id_]
        batch = Batch()
        batch.owners = [(f"cus_{number // 2}", number) for number in range(100)]
        writer.write(batch)
    yield writer
    writer.close()


def every() -> list[Found]:
    return [Found("account", f"acc_{number:04d}") for number in range(100)] + [
        Found(kind, id_) for kind in KINDS[1:] for id_ in IDS[kind]
    ]


@pytest.mark.parametrize("text", ["acc_001", "dev_1", "10.0.1", "mer_3", "cus_8", "h1:0", "phone:h1:1", "Gerät %", "x"])
@pytest.mark.parametrize("caught_up", [0, 1, 99])
def test_what_begins_so_is_found_before_and_after_it_is_indexed(mirror, monkeypatch, text: str, caught_up: int) -> None:
    monkeypatch.setattr(search, "BATCH", 25)
    for _ in range(caught_up):
        if not catch_up(mirror):
            break
    reader = Reader(mirror.path)
    found = beginning(reader, text, 1000)
    reader.close()
    wanted = {one for one in every() if one.id.startswith(text) or (one.kind == "token" and f":{text}" in one.id[:99])}
    assert set(found) == {one for one in wanted if one.id.startswith((text, f"phone:{text}"))}
    assert len(found) == len(set(found))


def test_catching_up_ends_and_goes_on_with_what_is_new(mirror) -> None:
    assert catch_up(mirror) == sum(map(len, IDS.values()))
    assert catch_up(mirror) == 0
    with mirror.transaction():
        mirror.entities["device"]["dev_new"]
        mirror.write(Batch())
    assert catch_up(mirror) == 1
    with mirror.transaction():
        mirror.clear()
    assert catch_up(mirror) == 0
    assert mirror.database.execute("SELECT count(*) FROM known_id").fetchone()[0] == 0


CONDITIONS = [
    (search.has("_\\ 设"), lambda id_: "_\\ 设" in id_),
    (search.has("00"), lambda id_: "00" in id_),
    (search.has_letters("d17"), lambda id_: patterns.matches("d.*1.*7", id_)),
    (search.matching("^(cus|dev)_[0-4]+$"), lambda id_: patterns.matches("^(cus|dev)_[0-4]+$", id_)),
]


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS, ids=range(len(CONDITIONS)))
@pytest.mark.parametrize("stretch", [7, 100_000])
def test_a_sweep_finds_every_id_that_meets_the_condition(mirror, monkeypatch, condition, holds, stretch: int) -> None:
    monkeypatch.setattr(search, "STRETCH", stretch)
    reader = Reader(mirror.path)
    reader.define(MATCHES, 2, patterns.matches)
    found: list[Found] = []
    for kind in KINDS:
        place: int | None = 0
        while place is not None:
            fresh, following = sweep(reader, kind, condition, place)
            found, place = found + fresh, following or None
    assert sorted(found) == sorted(one for one in every() if holds(one.id))
    assert search.owned(reader, [Found("customer", "cus_3"), Found("account", "acc_0042")]) == {
        Found("customer", "cus_3"): [6, 7],
        Found("account", "acc_0042"): [42],
    }
    reader.close()


def test_an_index_lookup_scans_nothing(mirror) -> None:
    catch_up(mirror)
    rows = mirror.database.execute(
        "EXPLAIN QUERY PLAN SELECT id FROM known_id WHERE kind = 'ip' AND id >= 'x' AND id < 'y' ORDER BY id LIMIT 9"
    ).fetchall()
    assert "SEARCH" in rows[0][3]
