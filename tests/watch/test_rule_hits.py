"""From the feed to the rules' records: hits kept page by page, labels and verdicts found for them, old ones dropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from console.core.instants import DAY, wire
from console.risk.packs import load_packs
from console.risk.records import hit_type, judgements, records, together
from console.watch.ingest import Ingest
from store import rule_hits
from store.reader import Reader
from store.upkeep import drop_events
from tests.watch.test_ingest import NOON, PACK, SECOND, Core, account, case, label, purchase, upsert

NAMED = [("TEST-1", "live")]
OTHER = load_packs(
    [
        (
            "other.toml",
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
            state = "shadow"
            weight = 0.8
            on = ["spend"]
            when = "amount > 0"
            action = "watch"
            text = {en = "Any", zh = "任意"}
            runbook = {en = "Look.", zh = "查看。"}
            """,
        )
    ]
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mirror.db"


def read(path: Path, since: int = 0, most: int = 10**6):
    reader = Reader(path)
    pages = [(names, np.frombuffer(body, hit_type(len(names)))) for names, body in rule_hits.pages(reader, since, most)]
    names, hits, fired = together(pages)
    judged = judgements(hits, rule_hits.labels(reader), rule_hits.verdicts(reader))
    reader.close()
    return names, hits, fired, judged


def test_hits_labels_and_verdicts_come_together(path: Path) -> None:
    core, ingest = Core(), Ingest(path, PACK)
    ingest.page(core.page(account(), *(purchase(f"txn.{number}", at=NOON + number * SECOND) for number in range(6))))
    ingest.page(core.page(label("lbl.1", "txn.3", verdict="legit")))
    names, hits, fired, judged = read(path)
    assert names == NAMED
    assert hits["seq"].tolist() == [4, 5, 6, 7]
    assert judged.tolist() == [0, 2, 0, 0]
    assert fired.all()
    ingest.page(core.page(case(1, status="closed", verdict="fraud", verdict_at=wire(NOON + 4 * SECOND))))
    assert read(path)[3].tolist() == [1, 2, 1, 0]
    told = upsert(
        "label", "lbl.3", target={"type": "account", "id": "acc.1"}, account_id="acc.1", verdict="legit",
        kind="operator", occurred_at=wire(NOON), recorded_at=wire(NOON + 5 * SECOND),
    )  # fmt: skip
    ingest.page(core.page(told))
    [record] = records(PACK, *read(path), mature_before=0)
    assert (record.hits, record.fraud, record.legit, record.unknown) == (4, 2, 2, 0)
    ingest.page(core.page(label("lbl.2", "txn.2")))
    assert read(path)[3].tolist() == [1, 2, 1, 1]


def test_rules_in_shadow_and_changed_packs_are_kept_apart(path: Path) -> None:
    core, first = Core(), Ingest(path, PACK)
    first.page(core.page(account(), *(purchase(f"txn.{number}") for number in range(3))))
    first.close()
    second = Ingest(path, OTHER)
    second.page(core.page(purchase("txn.8"), purchase("txn.9")))
    names, _, fired, _ = read(path)
    assert dict(zip(names, fired.sum(axis=1).tolist(), strict=True)) == {("TEST-1", "shadow"): 2, ("TEST-1", "live"): 1}
    assert second.mirror.database.execute("SELECT level FROM txn WHERE transaction_id = 'txn.9'").fetchone()[0] == 0


def test_only_the_newest_are_read_and_the_old_are_dropped(path: Path) -> None:
    core, ingest = Core(), Ingest(path, OTHER)
    for day in range(4):
        ingest.page(core.page(purchase(f"txn.{day}", at=NOON + day * DAY)))
    size = hit_type(1).itemsize
    assert [hits["at"].tolist() for _, hits, *_ in [read(path, most=2 * size)]] == [[NOON + 3 * DAY, NOON + 2 * DAY]]
    assert len(read(path, most=0)[1]) == 1
    assert len(read(path, since=NOON + 2 * DAY)[1]) == 2
    drop_events(ingest.mirror, NOON + DAY)
    assert len(read(path)[1]) == 3
    ingest.clear()
    assert len(read(path)[1]) == 0
