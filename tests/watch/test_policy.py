"""Levels count from a place in the feed on, the same in every rebuild; the drive proposes, or moves by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.core.instants import DAY
from console.desk.policy import shipped, text_of
from console.risk.policy import Policy
from console.risk.policy_text import read_policy
from console.watch.ingest import Ingest
from console.watch.levels import LevelsInForce
from console.watch.policy import Look, drive, look, put_in_force
from store.indicators import Figure, figures, keep, own
from store.journal import Journal
from store.policies import InForce, Policies, in_force
from store.reader import Reader
from tests.watch.test_ingest import NOON, PACK, SECOND, Core, account, purchase, upsert

TIGHT = """levels = { low = 0.1, medium = 0.2, high = 0.3, critical = 0.4, alert = "medium" }"""
STORED = "SELECT alert_id, level, score, policy_version FROM alert ORDER BY alert_id"
RISK = "SELECT account, risk_score, risk_level FROM account_risk ORDER BY account"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    put_in_force(journal, 1)
    yield journal
    journal.close()


def variant(*changes: tuple[str, str]) -> Policy:
    text = shipped().text
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return read_policy("variant.toml", text)


def put(desk: Journal, policy: Policy, stance: str, since: int = 0) -> str:
    return Policies(desk).apply(text_of(policy), stance, "test", "maria", now=2, since=since).stamp


def stored(ingest: Ingest) -> list[list[tuple]]:
    return [list(ingest.mirror.database.execute(sql)) for sql in (STORED, RISK)]


def test_what_is_put_in_force_while_the_watcher_looks_counts_from_the_next_page_on(
    tmp_path: Path, desk: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels, settle = LevelsInForce(tmp_path / "journal.db", PACK), Policies.settle

    def meanwhile(policies: Policies, epoch: str, next_seq: int, now: int) -> list[InForce]:
        found = settle(policies, epoch, next_seq, now)
        put(desk, shipped(), "tight")
        return found

    monkeypatch.setattr(Policies, "settle", meanwhile)
    levels.read("e", 1)
    monkeypatch.undo()
    assert levels.read("e", 2).at(2).policy == f"{shipped().version}/tight"
    levels.close()


def test_levels_count_from_a_place_on_and_a_mirror_built_anew_is_the_same(tmp_path: Path, desk: Journal) -> None:
    """Pages cut elsewhere, a restart and a rebuild give the same alerts, stamps and risk levels."""
    journal, core = tmp_path / "journal.db", Core()
    low = variant(("[stances.tight]\nlevels", "[stances.tight]\n" + TIGHT + "\nother"), ("other = {", "#"))
    ingest = Ingest(tmp_path / "mirror.db", PACK, journal)
    changes = [
        account(),
        account("acc.2", customer_id="cus.2"),
        *(purchase(f"txn.{number}", at=NOON + number * SECOND) for number in range(4)),
        *(purchase(f"txn.1{number}", at=NOON + (20 + number) * SECOND, account_id="acc.2") for number in range(4)),
    ]
    pages = [core.page(*changes[:6]), core.page(*changes[6:])]
    ingest.page(pages[0])
    before = stored(ingest)
    tight = put(desk, low, "tight")
    ingest.page(pages[1])
    first, (_, second, *_) = stored(ingest)[0], stored(ingest)[1]
    assert [row[3] for row in first] == [f"{shipped().version}/normal", tight]
    assert first[0] == before[0][0]
    assert [move.from_seq for move in Policies(desk).counting(ingest.position.epoch)] == [1, 7]
    assert second[2] == 4
    assert stored(ingest)[1][0][2] > before[1][0][2]

    other = Core()
    again = Ingest(tmp_path / "again.db", PACK, journal)
    for page in [other.page(*changes[:2]), other.page(*changes[2:])]:
        again.page(page)
    assert stored(again) == stored(ingest)
    again.abandon()
    assert stored(Ingest(tmp_path / "again.db", PACK, journal)) == stored(ingest)


def test_every_figure_of_an_indicator_is_kept(tmp_path: Path, desk: Journal) -> None:
    ingest, core = Ingest(tmp_path / "mirror.db", PACK), Core()

    def told(version: int, value: float) -> dict:
        return upsert(
            "indicator", "unemployment_rate", version=version, value=value, unit="percent", scope="macro",
            as_of="2026-01-01T00:00:00.000000Z", recorded_at=f"2026-01-0{version}T00:00:00.000000Z",
        )  # fmt: skip

    ingest.page(core.page(told(1, 5.1), told(2, 5.4)))
    ingest.page(core.page(told(3, 6.0)))
    mirror = Reader(tmp_path / "mirror.db")
    assert [figure.value for figure in figures(mirror, desk)] == [5.1, 5.4, 6.0]
    seen = look(tmp_path / "mirror.db", [])
    assert [figure.id for figure in seen.made] == ["queue_load"]
    keep(desk, seen.made)
    keep(desk, [replace(figure, value=9.0) for figure in seen.made])
    assert [(figure.id, figure.value) for figure in own(desk)] == [("queue_load", 0.0)]
    assert look(tmp_path / "mirror.db", own(desk)).made == []
    assert {figure.id for figure in figures(mirror, desk)} == {"unemployment_rate", "queue_load"}
    mirror.close()


def seen(*values: tuple[float, float], now: float | None = None) -> Look:
    known = [
        Figure("unemployment_rate", round(day * DAY), place, round(day * DAY), value, "percent", "macro")
        for place, (day, value) in enumerate(values)
    ]
    return Look(round((values[-1][0] if now is None else now) * DAY), known, [])


def test_the_drive_proposes_once_and_takes_back_what_is_no_longer_asked_for(desk: Journal) -> None:
    policies = Policies(desk)
    assert drive(desk, seen((1, 5.5))) is None
    proposal = drive(desk, seen((1, 5.5), (31, 5.9)))
    assert proposal is not None
    assert (proposal.stance, proposal.since, proposal.made_by) == ("guarded", 31 * DAY, "watcher")
    assert '"unemployment_rate", "value": 5.9' in proposal.because
    assert drive(desk, seen((1, 5.5), (31, 5.9), (32, 6.0))) is None
    tighter = drive(desk, seen((1, 5.5), (31, 5.9), (61, 7.1)))
    assert tighter is not None
    assert [one.state for one in policies.proposals()] == ["open", "dismissed"]
    assert drive(desk, seen((1, 5.5), (31, 5.9), (61, 7.1), (91, 5.0))) is None
    assert policies.open_proposal() is None
    present = in_force(desk)
    assert present is not None
    assert present.stance == "normal"


def test_what_a_person_dismissed_is_not_proposed_again_within_the_dwell(desk: Journal) -> None:
    proposal = drive(desk, seen((30, 5.9)))
    assert proposal is not None
    Policies(desk).dismiss(proposal.number, "one month is no trend", "maria", now=9)
    assert drive(desk, seen((30, 5.9), (40, 5.9))) is None
    assert drive(desk, seen((30, 5.9), (60, 5.9))) is not None


def test_where_the_policy_lets_it_the_watcher_moves_the_stance_and_says_why(desk: Journal) -> None:
    put(desk, variant(('apply = "proposal"', 'apply = "automatic"')), "normal")
    assert drive(desk, seen((30, 5.9))) is None
    present = in_force(desk)
    assert present is not None
    assert (present.stance, present.kind, present.actor, present.since) == ("guarded", "automatic", "watcher", 30 * DAY)
    assert present.reason == "unemployment_rate 5.9 ≥ 5.8"
    drive(desk, seen((30, 5.9), (40, 5.0)))
    assert (in_force(desk) or replace(present)).stance == "guarded"
    drive(desk, seen((30, 5.9), (40, 5.0), now=61))
    last = in_force(desk)
    assert last is not None
    assert last.stance == "normal"
    assert desk.verify_audit() is None
