"""Training rows and the facts log in the mirror: kept, read back as of a moment, dropped by age, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import training
from store.compare import differences
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
        training.keep(mirror, pages, [(at, at - 5, 1) for at in (8, 12, 25)])
    return mirror


def test_rows_come_back_as_they_were_up_to_a_seq(tmp_path: Path) -> None:
    pages = [page(1, 9, at=100), page(10, 19, at=200), page(20, 29, at=300)]
    filled(tmp_path / "mirror.db", *pages).close()
    reader = TrainingReader(tmp_path / "mirror.db")
    assert reader.layouts() == {"a": Layout(("amount",), ("R-1",))}
    assert list(reader.pages(20, 0)) == pages[:2]
    assert list(reader.pages(21, 150)) == pages[1:]
    assert reader.judgements(25) == [(8, 3, 1), (12, 7, 1)]
    reader.close()


def test_rows_grow_old_with_their_labels(tmp_path: Path) -> None:
    mirror = filled(tmp_path / "mirror.db", page(1, 5, at=100), page(6, 19, at=200), page(20, 29, at=300))
    training.drop_training(mirror, 150)
    mirror.close()
    reader = TrainingReader(tmp_path / "mirror.db")
    assert [kept.from_seq for kept in reader.pages(100, 0)] == [6, 20]
    assert reader.judgements(100) == [(12, 7, 1), (25, 20, 1)]
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
        mirror.log_page(10, 1_000, b"ten")
        mirror.log_page(20, 2_000, b"twenty")
        mirror.checkpoint({"engine/x": b"state"})
        mirror.log_page(30, 1_500, b"thirty")
    return mirror


def log(mirror: Mirror) -> list[bytes]:
    return [facts for (facts,) in mirror.database.execute("SELECT facts FROM engine_page ORDER BY to_seq")]


def test_a_checkpoint_names_the_page_it_stands_at_and_the_log_stays(logged: Mirror) -> None:
    parts, pages = logged.checkpointed()
    assert parts == {"engine/x": b"state"}
    assert list(pages) == [b"thirty"]
    assert log(logged) == [b"ten", b"twenty", b"thirty"]


def test_without_a_checkpoint_the_whole_log_is_replayed(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "mirror.db")
    with mirror.transaction():
        mirror.log_page(-7, 1_000, b"history")
        mirror.log_page(10, 1_000, b"ten")
    parts, pages = mirror.checkpointed()
    assert parts == {} and list(pages) == [b"history", b"ten"]


def test_the_log_is_dropped_by_age_but_never_ahead_of_the_stored_state(logged: Mirror) -> None:
    drop_events(logged, 1_600)
    assert log(logged) == [b"twenty", b"thirty"]
