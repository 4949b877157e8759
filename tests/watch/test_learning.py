"""Learning in step with the feed: the same models and scores in pages of any size, after kills, and in a new mirror."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from console.core import feed
from console.core.feed import Page
from console.core.instants import DAY, HOUR, MINUTE, wire
from console.risk.learner import Parameters
from console.risk.packs import load_packs
from console.risk.refits import Cadence
from console.watch.health import Health
from console.watch.ingest import Ingest
from console.watch.learning import School
from console.watch.refit import Answer, Job, Stopped, carry_out
from store.compare import differences
from store.journal import Journal
from store.models import RULES_ONLY, Models

PACK = load_packs(
    [
        (
            "test.toml",
            """
            [levels]
            low = 0.2
            medium = 0.5
            high = 0.7
            critical = 0.9
            alert = "medium"
            [[rule]]
            id = "TEST-1"
            typology = "unusual"
            state = "live"
            weight = 0.3
            on = ["spend"]
            when = "spend_count_24h >= many"
            action = "watch"
            params = {many = 4}
            text = {en = "The fifth purchase in a day", zh = "一天内第五笔消费"}
            runbook = {en = "Call.", zh = "致电。"}
            """,
        )
    ]
)
START = 1_700_006_400_000_000 // DAY * DAY
MATURITY = 2 * DAY
META = json.dumps({"labels": {"maturity_s": MATURITY // 1_000_000}})
CADENCE = Cadence(every_days=4, soonest_days=2, first_frauds=30, fewest_rows=100, shifted=1.0)
PARAMETERS = Parameters(trees=12, rate=0.1, depth=3, held_days=3, bins=32, tolerance=1.0)


@cache
def stream(days: int = 18, a_day: int = 80) -> tuple[dict[str, Any], ...]:
    """Purchases, one in ten a fraud with large amounts, each told two days later."""
    rng = random.Random(1)
    changes: list[tuple[int, dict[str, Any]]] = []
    for number in range(days * a_day):
        at = START + number * DAY // a_day + rng.randrange(MINUTE)
        fraud = rng.random() < 0.1
        amount = rng.randrange(40_000, 90_000) if fraud else rng.randrange(500, 50_000)
        account = f"acc.{rng.randrange(40)}"
        changes.append((at, upsert("transaction", f"txn.{number}", at, purchase(account, amount, at, rng))))
        if fraud:
            told = at + MATURITY
            judged = {"target": {"type": "transaction", "id": f"txn.{number}"}, "account_id": account}
            facts = judged | {"verdict": "fraud", "kind": "chargeback", "occurred_at": wire(at)}
            changes.append((told, upsert("label", f"lab.{number}", told, facts | {"recorded_at": wire(told)})))
    changes.sort(key=lambda change: change[0])
    return tuple({"seq": seq, **change} for seq, (_, change) in enumerate(changes, 1))


def purchase(account: str, amount: int, at: int, rng: random.Random) -> dict[str, Any]:
    return {
        "account_id": account,
        "kind": "purchase",
        "status": "posted",
        "amount_minor": amount,
        "currency": "CNY",
        "occurred_at": wire(at),
        "recorded_at": wire(at),
        "merchant": {"id": f"mer.{rng.randrange(15)}"},
    }


def upsert(type_: str, id_: str, at: int, data: dict[str, Any]) -> dict[str, Any]:
    change = {"type": type_, "op": "upsert", "id": id_, "version": 1, "data": {"id": id_, "version": 1, **data}}
    return {**change, "occurred_at": wire(at), "recorded_at": wire(at)}


def pages(size: int, after: int = 0, epoch: str = "e1") -> Iterator[Page]:
    changes = stream()
    for start in range(after, len(changes), size):
        part = changes[start : start + size]
        body = {
            "epoch": epoch,
            "from_seq": start,
            "scanned_to_seq": start + len(part),
            "head_seq": len(changes),
            "watermark": wire(START),
            "has_more": True,
            "next_cursor": str(start + len(part)),
            "changes": part,
        }
        yield feed.read(json.dumps(body).encode(), None)


@dataclass
class AtOnce:
    """A fit in this process: as soon as it is begun it is there, or when it is said to be."""

    job: Job
    ready: bool = True
    stopped: bool = False

    def answer(self) -> Answer:
        if self.stopped:
            raise Stopped
        return carry_out(self.job)

    def stop(self) -> None:
        self.stopped = True


@dataclass
class Home:
    """A home on disk, and the school that its watchers go to."""

    folder: Path
    school: School = field(init=False)
    begun: list[AtOnce] = field(default_factory=list)
    ready: bool = True

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.school = School(CADENCE, PARAMETERS, self._begin)

    def _begin(self, job: Job) -> AtOnce:
        self.begun.append(AtOnce(job, self.ready))
        return self.begun[-1]

    @property
    def mirror(self) -> Path:
        return self.folder / "mirror.db"

    def open(self) -> Ingest:
        ingest = Ingest(self.mirror, PACK, self.folder / "journal.db", self.school)
        ingest.know(META, Health("meta"))
        return ingest

    def run(self, size: int, after: int = 0) -> Home:
        ingest = self.open()
        for page in pages(size, after):
            ingest.page(page)
        ingest.close()
        return self

    @property
    def models(self) -> Models:
        return Models(Journal(self.folder / "journal.db"))

    def forget_mirror(self) -> None:
        for path in self.folder.glob("mirror.db*"):
            path.unlink()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("calm") / "home").run(1_000)


def bodies(home: Home) -> dict[str, tuple[int | None, bytes | None]]:
    models = home.models
    return {
        each.refit.version: (each.refit.settled_seq, models.body("e1", each.refit.version))
        for each in models.versions("e1")
    }


def scores(home: Home) -> list[tuple[Any, ...]]:
    ingest = Ingest(home.mirror, PACK)
    rows = ingest.mirror.database.execute("SELECT seq, score, model_version FROM txn ORDER BY seq").fetchall()
    ingest.mirror.close()
    return rows


def test_models_come_up_take_over_and_score(calm: Home) -> None:
    versions = calm.models.versions("e1")
    assert len(versions) >= 3
    assert [each.standing for each in versions] == ["champion"] + ["retired"] * (len(versions) - 1)
    assert {each.refit.reason for each in versions} >= {"first", "weekly"}
    by_seq = scores(calm)
    takeovers = calm.models.takeovers("e1")
    for seq, score, version in by_seq:
        past = [taken.version for taken in takeovers if taken.seq is not None and taken.seq <= seq]
        assert version == (past[-1] if past else RULES_ONLY)
        assert 0 <= score <= 1
    for taken in takeovers:
        assert taken.at is not None and taken.at % DAY >= CADENCE.lead_hours * HOUR


def test_a_page_in_which_a_day_begins_is_scored_whole_unless_a_refit_counts_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    ingest, whole, pieces = home.open(), list(pages(10)), []
    score = ingest.line.scorer.engine.page
    monkeypatch.setattr(ingest.line.scorer.engine, "page", lambda facts: pieces.append(facts) or score(facts))
    for page in whole:
        ingest.page(page)
    ingest.close()
    assert len(whole) <= len(pieces) <= len(whole) + len(home.begun)


def test_the_model_separates_what_rules_do_not(calm: Home) -> None:
    frauds = {change["data"]["target"]["id"] for change in stream() if change["type"] == "label"}
    seqs = {change["seq"] for change in stream() if change["id"] in frauds}
    by_model = [(score, seq in seqs) for seq, score, version in scores(calm) if version != RULES_ONLY]
    mean = {kind: sum(s for s, fraud in by_model if fraud is kind) for kind in (True, False)}
    count = {kind: sum(fraud is kind for _, fraud in by_model) for kind in (True, False)}
    assert mean[True] / count[True] > 3 * mean[False] / count[False]


def test_an_alert_tells_what_moved_the_model_with_the_values_the_event_had(calm: Home) -> None:
    amounts = {change["seq"]: change["data"].get("amount_minor") for change in stream()}
    ingest = Ingest(calm.mirror, PACK)
    told = [json.loads(evidence) for (evidence,) in ingest.mirror.database.execute("SELECT evidence FROM alert")]
    ingest.abandon()
    hits = [hit for evidence in told for hit in evidence if hit["causes"]]
    assert hits
    versions = {version: seq for seq, _, version in reversed(scores(calm))}
    for hit in hits:
        assert versions[hit["model"]] <= hit["seq"]
        by_feature = {cause["feature"]: cause["value"] for cause in hit["causes"]}
        assert by_feature.get("amount", amounts[hit["seq"]]) == amounts[hit["seq"]]
    assert any("amount" in {cause["feature"] for cause in hit["causes"]} for hit in hits)


@pytest.mark.parametrize("size", [7, 10_000])
def test_pages_of_any_size_give_the_same_models_and_scores(calm: Home, tmp_path: Path, size: int) -> None:
    other = Home(tmp_path / "other").run(size)
    assert bodies(other) == bodies(calm)
    assert differences(calm.mirror, other.mirror) == []


def test_a_mirror_built_anew_fits_nothing_and_scores_the_same(calm: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home").run(500)
    before, begun = scores(home), len(home.begun)
    home.forget_mirror()
    home.run(70)
    assert len(home.begun) == begun
    assert scores(home) == before
    assert differences(calm.mirror, home.mirror) == []


def test_a_watcher_that_dies_at_any_moment_is_repeated(calm: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    rng = random.Random(3)
    position = 0
    while position < len(stream()):
        ingest = home.open()
        for _, page in zip(range(rng.randrange(1, 6)), pages(83, position), strict=False):
            ingest.page(page)
            position = page.position.seq
        ingest.abandon()
    home.open().close()
    assert bodies(home) == bodies(calm)
    assert differences(calm.mirror, home.mirror) == []


def test_a_page_that_is_lost_after_its_model_was_noted_is_repeated(calm: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    ingest = home.open()
    takeover = calm.models.takeovers("e1")[0].seq
    assert takeover is not None
    for page in pages(takeover + 10):
        ingest.mirror.write = _dies  # type: ignore[method-assign]
        with pytest.raises(OSError, match="the disk is full"):
            ingest.page(page)
        break
    ingest.abandon()
    assert [taken.seq for taken in home.models.takeovers("e1")] == [takeover]
    home.run(211)
    assert bodies(home) == bodies(calm)
    assert differences(calm.mirror, home.mirror) == []


def _dies(*_rows: object) -> None:
    raise OSError("the disk is full")


def test_live_the_stream_goes_on_and_the_model_takes_over_when_it_is_ready(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", ready=False)
    clock = [START + 6 * DAY]
    home.school = School(CADENCE, PARAMETERS, home._begin, lambda: clock[0])
    ingest = home.open()
    ingest.page(next(pages(450)))
    stretch = pages(3, 450)
    late = 0
    for page in stretch:
        clock[0] = int(feed_time(page)) + MINUTE
        ingest.page(page)
        assert ingest.line.scorer.learning is not None
        due = ingest.line.scorer.learning.schedule.seen.due
        if due and clock[0] > due.counts_at + 12 * HOUR:
            late = page.position.seq
            break
    assert home.models.takeovers("e1") == []
    home.begun[-1].ready = True
    ingest.page(next(stretch))
    assert [taken.seq for taken in home.models.takeovers("e1")] == [late + 1]
    for page in pages(100, late + 3):
        ingest.page(page)
    ingest.close()
    found, shown = bodies(home), scores(home)
    home.forget_mirror()
    home.run(1_000)
    assert bodies(home) == found
    assert scores(home) == shown


def feed_time(page: Page) -> int:
    return max(int(lot.times["recorded_at"].max()) for lot in page.lots.values())


def test_a_stopped_watcher_gives_the_waiting_page_up(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    ingest = home.open()
    assert ingest.line.scorer.learning is not None
    ingest.line.scorer.learning.stop()
    with pytest.raises(Stopped):
        for page in pages(1_000):
            ingest.page(page)
    assert ingest.torn
    ingest.abandon()
    assert home.models.versions("e1") == []


def test_a_refit_that_fails_leaves_the_rules_and_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.school = School(CADENCE, PARAMETERS, lambda job: Broken(job))
    home.run(1_000)
    assert {each.standing for each in home.models.versions("e1")} == {"failed"}
    assert {version for *_, version in scores(home)} == {RULES_ONLY}
    assert "failed: out of memory" in note(home)["problem"]


class Broken(AtOnce):
    def answer(self) -> Answer:
        return Answer("failed", "out of memory")


def note(home: Home) -> dict[str, Any]:
    ingest = Ingest(home.mirror, PACK)
    found = json.loads(ingest.mirror.noted("model") or "{}")
    ingest.mirror.close()
    return dict(found)


def test_a_model_that_can_not_be_read_leaves_the_one_before(calm: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home").run(1_000)
    broken = home.models.takeovers("e1")[1].version
    journal = Journal(home.folder / "journal.db")
    with journal.transaction() as connection:
        connection.execute("UPDATE model SET body = x'00' WHERE version = ?", (broken,))
    home.forget_mirror()
    ingest = home.open()
    for page in pages(1_000):
        ingest.page(page)
    ingest.close()
    first = home.models.takeovers("e1")[0].version
    assert broken not in {version for *_, version in scores(home)}
    assert sum(version == first for *_, version in scores(home)) > sum(version == first for *_, version in scores(calm))


def test_a_rollback_counts_from_the_next_page_and_repeats(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    ingest = home.open()
    stretch = pages(100)
    for page in stretch:
        ingest.page(page)
        if len(home.models.takeovers("e1")) == 2:
            break
    first = home.models.takeovers("e1")[0].version
    home.models.roll_back("e1", None, "cries wolf", "maria", 1)
    ingest.page(next(stretch))
    back = home.models.takeovers("e1")[-1]
    assert (back.version, back.seq, back.kind) == (first, page.position.seq + 1, "rollback")
    for page in stretch:
        ingest.page(page)
    ingest.close()
    shown = scores(home)
    assert [version for seq, _, version in shown if seq in (page_start(back.seq), back.seq)][-1] == first
    home.forget_mirror()
    home.run(37)
    assert scores(home) == shown


def page_start(seq: int | None) -> int:
    return seq or 0


def test_no_labels_yet_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    ingest = home.open()
    ingest.page(next(pages(300)))
    ingest.close()
    told = note(home)
    assert told["in_force"] == RULES_ONLY
    assert 0 < told["frauds"] < told["needed"] == CADENCE.first_frauds
    assert told["next_due_at"] is None and told["under_way"] is None


def test_rules_alone_need_no_journal(tmp_path: Path) -> None:
    ingest = Ingest(tmp_path / "mirror.db", PACK)
    ingest.page(next(pages(100)))
    ingest.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mirror.db", "mirror.engine"]
