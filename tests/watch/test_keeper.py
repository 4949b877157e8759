"""After a restart: the stored state and the facts since, the whole log, or a mirror built anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from console.risk.columns import FACTS, Fact, blank
from console.risk.packs import load_packs
from console.watch import keeper
from console.watch.ingest import LANE, Ingest
from console.watch.keeper import log_readable
from console.watch.scorer import Scorer, ScorerHere
from store import engine_state
from store.mirror import LOG_CUT

PACK = load_packs(
    [("t.toml", '[levels]\nlow = 0.2\nmedium = 0.5\nhigh = 0.7\ncritical = 0.9\nalert = "medium"\n')],
)
NOON = 1_700_000_000_000_000


def spends(first: int, count: int) -> np.ndarray:
    facts = blank(count)
    facts["seq"] = np.arange(first, first + count)
    facts["occurred_at"] = facts["recorded_at"] = NOON + facts["seq"] * 1_000_000
    facts["fact"], facts["code"], facts["status"], facts["fresh"] = Fact.TRANSACTION, 1, 2, True
    facts["account"], facts["amount"] = facts["seq"] % 5, 1_000 + facts["seq"]
    return facts


def take(ingest: Ingest, first: int, count: int) -> None:
    """A page's facts through the engine into the log, as a page of the feed brings them."""
    facts = spends(first, count)
    scorer(ingest).page(facts, "e1", None)
    with ingest.mirror.transaction():
        for number in range(5):
            assert ingest.mirror.accounts[f"acc.{number}"] == number
        ingest.mirror.log_page(int(facts["seq"][-1]), NOON, facts.tobytes())
        ingest.mirror.advance(LANE, ("e1", int(facts["seq"][-1]), "c"), 1_000, NOON)


def scorer(ingest: Ingest) -> Scorer:
    assert isinstance(ingest.line, ScorerHere)
    return ingest.line.scorer


def state(ingest: Ingest) -> dict[str, bytes]:
    return scorer(ingest).engine.freeze()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A mirror of three pages whose state was stored after the second, and whose watcher then died."""
    assert FACTS.names
    path = tmp_path / "mirror.db"
    ingest = Ingest(path, PACK)
    take(ingest, 1, 40)
    take(ingest, 41, 40)
    ingest.checkpoint()
    take(ingest, 81, 40)
    ingest.abandon()
    return path


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    """The state of an engine that saw all three pages at once."""
    ingest = Ingest(tmp_path / "whole.db", PACK)
    take(ingest, 1, 120)
    return state(ingest)


def test_a_restart_goes_on_from_the_stored_state(path: Path, whole: dict[str, bytes]) -> None:
    again = Ingest(path, PACK)
    assert state(again) == whole
    assert again._logged == 40 * FACTS.itemsize


@pytest.mark.parametrize("harm", ["gone", "torn", "foreign", "ahead", "of another version", "of other parts"])
def test_without_a_usable_state_the_log_is_replayed(
    path: Path, whole: dict[str, bytes], harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = engine_state.beside(path)
    stored = engine_state.read(file)
    assert stored is not None
    match harm:
        case "gone":
            file.unlink()
        case "torn":
            file.write_bytes(file.read_bytes()[:-3])
        case "foreign":
            engine_state.write(file, stored._replace(mirror="another"))
        case "ahead":
            engine_state.write(file, stored._replace(to_seq=500))
        case "of another version":
            engine_state.write(file, stored._replace(layout="another"))
        case _:
            parts = dict(list(stored.parts.items())[:-2])
            engine_state.write(file, stored._replace(parts=parts))
    again = Ingest(path, PACK)
    assert state(again) == whole
    assert again._logged == 120 * FACTS.itemsize


def test_a_log_without_its_beginning_needs_the_stored_state(path: Path, whole: dict[str, bytes]) -> None:
    ingest = Ingest(path, PACK)
    with ingest.mirror.transaction():
        ingest.mirror.database.conn.execute("DELETE FROM engine_page WHERE to_seq <= 40")
        ingest.mirror.note(LOG_CUT, ingest.mirror.identity)
    ingest.abandon()
    again = Ingest(path, PACK)
    assert state(again) == whole
    again.abandon()
    engine_state.beside(path).unlink()
    anew = Ingest(path, PACK)
    assert anew.position is None
    assert state(anew) == state(Ingest(path.with_name("empty.db"), PACK))


def test_a_log_of_another_version_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LAYOUT", "the next version")
    anew = Ingest(path, PACK)
    assert anew.position is None
    anew.close()
    assert log_readable(Ingest(path, PACK).mirror)
