"""The engine's state as a file: whole or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import engine_state
from store.engine_state import EngineState, Torn

STATE = EngineState(
    "mirror-1", "layout-1", 42, {"engine/ring": bytes(range(256)), "alerts/alerts": b"[]", "empty": b""}
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = engine_state.beside(tmp_path / "mirror.db")
    engine_state.write(path, STATE)
    return path


def test_what_was_written_comes_back_and_is_private(path: Path) -> None:
    assert engine_state.read(path) == STATE
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["mirror.engine"]


def test_the_newer_state_takes_the_place(path: Path) -> None:
    engine_state.write(path, STATE._replace(to_seq=43, parts={}))
    assert engine_state.read(path) == STATE._replace(to_seq=43, parts={})


def test_a_missing_file_is_no_state(tmp_path: Path) -> None:
    assert engine_state.read(tmp_path / "nothing") is None
    assert engine_state.stands_at(tmp_path / "nothing", "mirror-1") is None


def test_only_its_own_mirror_may_count_on_it(path: Path) -> None:
    assert engine_state.stands_at(path, "mirror-1") == 42
    assert engine_state.stands_at(path, "mirror-2") is None


def test_a_state_that_can_not_be_written_leaves_the_one_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("store.engine_state.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        engine_state.write(path, STATE._replace(to_seq=43))
    assert engine_state.read(path) == STATE
    assert [file.name for file in path.parent.iterdir()] == ["mirror.engine"]


@settings(max_examples=60)
@given(st.data())
def test_a_file_that_was_cut_or_changed_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("state") / "mirror.engine"
    engine_state.write(path, STATE)
    body = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        place = data.draw(st.integers(len(body) - 258, len(body) - 1))
        body[place] ^= data.draw(st.integers(1, 255))
    else:
        del body[data.draw(st.integers(0, len(body) - 1)) :]
    path.write_bytes(body)
    with pytest.raises(Torn):
        engine_state.read(path)
