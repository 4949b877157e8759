"""Training rows and the facts log in the mirror: kept, read back as of a moment, dropped by age, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import engine_state, training
from store.compare import differences
from store.engine_state import EngineState
from store.mirror import Mirror
from store.training import Layout, TrainingPage, TrainingReader
from store.upkeep import drop_events


def page(from_seq: int, to_seq: int, at: int, layout: str = "a") -> TrainingPage:
    seqs = b"".join(seq.to_bytes(8, "little") for seq in range(from_seq, to_seq + 1))
    return TrainingPage(to_seq, from_seq, at, layout, seqs, seqs, bytes(to_seq - from_seq + 1), seqs)


def filled(path: Path, *pages: TrainingPage) -> Mirror:
    mirror = Mirror(path)
    with mirror.transaction():
        training.define(mirror, "a", ["amount"], ["R-1"])
        training.keep(mirror, pages, [(at, at - 5, 1, at % 2) for at in (8, 12, 25)])
    return mirror


def test_rows_come_back_as_they_were_up_to_a_seq(tmp_path: Path) -> None:
    pages = [page(1, 9, at=100), page(10, 19, at=200), page(20, 29, at=300)]
    filled(tmp_path / "mirror.db", *pages).close()
    reader = TrainingReader(tmp_path / "mirror.db")
    assert reader.layouts() == {"a": Layout(("amount",), ("R-1",))}
    assert list(reader.pages(20, 0)) == pages[:2]
    assert list(reader.pages(21, 150)) == pages[1:]
    assert reader.judgements(25) == [(8, 3, 1, 0), (12, 7, 1, 0)]
    reader.close()


def test_rows_grow_old_with_their_labels(tmp_path: Path) -> None:
    mirror = filled(tmp_path / "mirror.db", page(1, 5, at=100), page(6, 19, at=200), page(20, 29, at=300))
    training.drop_training(mirror, 150)
    mirror.close()
    reader = TrainingReader(tmp_path / "mirror.db")
    assert [kept.from_seq for kept in reader.pages(100, 0)] == [6, 20]
    assert reader.judgements(100) == [(12, 7, 1, 0), (25, 20, 1, 1)]
    reader.close()


def test_a_mirror_begun_anew_has_no_rows(tmp_path: Path) -> None:
    mirror = filled(tmp_path / "mirror.db", page(1, 5, at=100))
    with mirror.transaction():
        mirror.clear()
    mirror.close()
    reader = TrainingReader(tmp_path / "mirror.db")
    assert list(reader.pages(100, 0)) == [] and reader.judgements(100) == []
    reader.close()


def test_the_same_rows_in_other_pages_are_the_same(tmp_path: Path) -> None:
    filled(tmp_path / "one.db", page(1, 5, at=100), page(6, 9, at=200)).close()
    filled(tmp_path / "two.db", page(1, 9, at=200)).close()
    filled(tmp_path / "three.db", page(1, 8, at=200)).close()
    assert differences(tmp_path / "one.db", tmp_path / "two.db") == []
    assert differences(tmp_path / "one.db", tmp_path / "three.db") == ["training_page"]


@pytest.fixture
def logged(tmp_path: Path) -> Mirror:
    mirror = Mirror(tmp_path / "mirror.db")
    with mirror.transaction():
        for seq, at, facts in (
            (-7, 900, b"history"),
            (10, 1_000, b"ten"),
            (20, 2_000, b"twenty"),
            (30, 1_500, b"more"),
        ):
            mirror.log_page(seq, at, facts)
    return mirror


def keep_state(mirror: Mirror, to_seq: int, identity: str | None = None) -> None:
    state = EngineState(identity or mirror.identity, "layout", to_seq, {"x": b"state"})
    engine_state.write(engine_state.beside(mirror.path), state)


def test_the_log_is_read_from_any_place(logged: Mirror) -> None:
    assert logged.logged_to() == 30
    assert list(logged.facts_after(None)) == [b"history", b"ten", b"twenty", b"more"]
    assert list(logged.facts_after(10)) == [b"twenty", b"more"]
    with logged.transaction():
        logged.clear()
    assert logged.logged_to() is None


def test_the_log_is_dropped_by_age_but_never_ahead_of_the_stored_state(logged: Mirror) -> None:
    drop_events(logged, 1_200)
    assert logged.log_is_whole()
    keep_state(logged, 20, identity="another mirror")
    drop_events(logged, 1_300)
    assert logged.log_is_whole()
    keep_state(logged, 20)
    drop_events(logged, 1_600)
    assert list(logged.facts_after(None)) == [b"twenty", b"more"]
    assert not logged.log_is_whole()
    with logged.transaction():
        logged.clear()
    assert logged.log_is_whole()


def test_every_mirror_has_a_name_of_its_own(tmp_path: Path) -> None:
    one, other = Mirror(tmp_path / "one.db"), Mirror(tmp_path / "other.db")
    first = one.identity
    assert first != other.identity
    with one.transaction():
        one.clear()
    assert one.identity != first
    one.close()
    assert Mirror(tmp_path / "one.db").identity == one.identity
