"""A recorded stream through the whole product: complete, in order, and the same however it was disturbed."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

from console.sandbox.run import Sandbox, SandboxOptions
from store.compare import differences
from tests.processes import Riskdesk, Whole, rows, wait_until

DAY_US = 86_400_000_000


def test_every_transaction_is_mirrored_scored_and_proved_by_digest(whole: Whole) -> None:
    one, report = whole
    assert report["digest_equal"] is True
    assert rows(one, "SELECT count(*), count(score) FROM v_transaction") == [(6000, 6000)]
    ((scanned, head, gaps),) = rows(one, "SELECT scanned_to_seq, head_seq, gaps FROM v_feed")
    assert (scanned, gaps) == (head, 0)


def test_a_label_counts_from_its_place_in_the_feed_and_no_sooner(whole: Whole) -> None:
    one, _ = whole
    labels = [(seq, json.loads(doc)) for seq, doc in rows(one, "SELECT seq, doc FROM resource WHERE type = 'label'")]
    known = dict(rows(one, "SELECT transaction_id, seq FROM txn"))
    recorded = rows(one, "SELECT seq, recorded_at FROM txn ORDER BY seq")
    assert labels
    for seq, label in labels:
        assert seq > known[label["target"]["id"]]
        judged = next(at for place, at in recorded if place == known[label["target"]["id"]])
        assert all(at <= judged + 7 * DAY_US for place, at in recorded if place < seq)
        assert all(at >= judged + 7 * DAY_US for place, at in recorded if place > seq)


def test_kill_nine_changes_nothing(whole: Whole, stream: Path, desk: Callable[..., Riskdesk]) -> None:
    calm, _ = whole
    with Sandbox(SandboxOptions(replay=stream)) as another:
        disturbed = desk(another.origin)
        for share in (1000, 3000, 4500):
            watcher = disturbed.start("watch", "--page", "100")
            wait_until(lambda share=share: _mirrored(disturbed) >= share, f"{share} transactions")
            watcher.send_signal(signal.SIGKILL)
            watcher.wait()
        disturbed.catch_up()
        assert differences(calm.home.mirror, disturbed.home.mirror) == []


def test_the_size_of_pages_changes_nothing(stream: Path, desk: Callable[..., Riskdesk]) -> None:
    with Sandbox(SandboxOptions(replay=stream, limit=1500)) as first:
        small, large = desk(first.origin, "small"), desk(first.origin, "large")
        assert small.run("watch", "--until-caught-up", "--page", "7").returncode == 0
        assert large.run("watch", "--until-caught-up", "--page", "5000").returncode == 0
        assert differences(small.home.mirror, large.home.mirror) == []


def test_a_deleted_mirror_is_rebuilt_with_the_same_scores(whole: Whole, desk: Callable[..., Riskdesk]) -> None:
    one, _ = whole
    again = desk(one.core, like=one)
    again.home.mirror.unlink()
    again.catch_up()
    assert differences(one.home.mirror, again.home.mirror) == []


def _mirrored(one: Riskdesk) -> int:
    counted = rows(one, "SELECT count(*) FROM txn")
    return int(counted[0][0]) if counted else 0
