"""What is wrong is said, the worst first, with how long it has been so."""

from __future__ import annotations

import json
from dataclasses import replace

from rich.cells import cell_len

from console.core.instants import MINUTE, SECOND
from console.desk import stored
from console.ui.situation import Situation, Watcher, notices, read_watcher, stale
from store.reader import FeedRow
from tests.ui import mirror_builder
from tests.ui.mirror_builder import NOW

FEED = FeedRow("changes", "", NOW - SECOND, None, None, 0, 100.0, "e1", 1_000, 1_000, NOW)
META = FeedRow("meta", "", NOW - SECOND, None, None, 0, 0.0, None, None, None, None)
FINE = Situation(NOW, mirror=True, feeds=(FEED, META), watcher=Watcher(42, True))


def words(situation: Situation) -> str:
    return "\n".join(f"{notice.grade}: {notice.text}" for notice in notices(situation))


def test_all_well_says_nothing() -> None:
    assert notices(FINE) == []


def test_no_mirror_yet() -> None:
    assert "Waiting for the watcher" in words(Situation(NOW))


def test_a_watcher_that_is_gone_is_worse_than_a_gap() -> None:
    gone = replace(
        FINE, watcher=Watcher(42, False), feeds=(replace(FEED, gaps=2, last_error_at=NOW - 2 * SECOND), META)
    )
    assert [notice.grade for notice in notices(gone)] == ["bad", "warning"]
    assert "pid 42" in words(gone)
    assert "21:14:09 (1s)" in words(gone)


def test_the_notice_of_a_watcher_that_is_gone_fits_80_columns() -> None:
    gone = replace(FINE, watcher=Watcher(4_194_304, False), feeds=(replace(FEED, last_ok_at=NOW - 40 * MINUTE),))
    assert all(cell_len(f"◆ {notice.text}") <= 78 for notice in notices(gone) if "gone" in notice.text)
    assert "riskdesk watch" in words(gone)


def test_a_gap_is_told_with_its_time_and_reason_for_some_minutes() -> None:
    gap = replace(FEED, gaps=1, last_error="page begins later than asked", last_error_at=NOW - 2 * SECOND)
    assert "1 gap(s) in the feed, the last at 21:14:08: page begins later" in words(replace(FINE, feeds=(gap, META)))
    assert notices(replace(FINE, feeds=(replace(gap, last_error_at=NOW - 6 * MINUTE), META))) == []


def test_a_core_that_is_gone_is_named_with_its_last_good_answer() -> None:
    failing = replace(
        FEED, last_ok_at=NOW - 3 * MINUTE, last_error="connection refused\x1b[31m", last_error_at=NOW - SECOND
    )
    said = words(replace(FINE, feeds=(failing, META)))
    assert "changes is stale, last good since 21:11:10 (3m)" in said
    assert "\x1b" not in said


def test_history_that_loads_shows_its_progress() -> None:
    loading = replace(FINE, feeds=(replace(FEED, scanned_to_seq=250_000, head_seq=1_000_000), META))
    (notice,) = notices(loading)
    assert (notice.share, "250,000 of 1,000,000" in notice.text) == (0.25, True)


def test_a_rebuild_is_said() -> None:
    assert "rebuilt" in words(replace(FINE, rebuilding=True))


def test_a_poller_that_runs_rarely_is_not_stale_for_being_quiet() -> None:
    digest = replace(META, poller="digest", last_ok_at=NOW - 9 * MINUTE)
    assert not stale(digest, NOW)
    assert stale(replace(digest, last_error="differs", last_error_at=NOW), NOW)
    assert stale(replace(FEED, last_ok_at=NOW - 2 * MINUTE), NOW)
    assert not stale(replace(digest, last_ok_at=None), NOW)


def test_notes_that_can_not_be_read_are_unknown_not_fatal() -> None:
    assert stored.meta("{}") is None
    assert stored.meta("no json") is None
    assert read_watcher("[]") is None
    assert read_watcher('{"pid": "x"}') is None
    assert read_watcher('{"pid": 7, "state": "live"}') == Watcher(7, True, state="live")


def test_the_cores_clock_is_that_of_meta() -> None:
    meta = stored.meta(json.dumps(mirror_builder.META))
    assert meta is not None
    situation = replace(FINE, meta=meta, feeds=(replace(META, last_ok_at=meta.server_time - 5 * SECOND),))
    assert situation.core_now == NOW + 5 * SECOND


def test_what_is_wrong_with_the_house_is_told_first_also_without_a_mirror() -> None:
    wrong = Situation(NOW, troubles=("the disk is full",), journal_error="damaged", free_mb=3)
    for situation in (wrong, replace(wrong, mirror=True)):
        told = [notice.text for notice in notices(situation) if notice.grade == "bad"]
        assert told[:3] == [
            "the disk is full",
            "The journal can't be used, so nothing can be decided: damaged",
            "Only 3 MB are free on the home's disk: make room, or soon nothing new can be stored.",
        ]
    assert all(notice.grade != "bad" for notice in notices(Situation(NOW, free_mb=5_000)))
