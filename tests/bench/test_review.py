"""The bench of reviews: what was not known yet does not count, and an applicant's class is the first story."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from msgspec.structs import replace

from console.bench import review as bench
from console.core.instants import DAY
from console.desk import papers
from console.risk.credit.case import Check, Peer, Tie
from console.risk.credit.review import CRITICAL, review
from store import papers as stored
from store.papers import Known
from store.reader import Reader
from tests.applicants import furnish
from tests.risk.test_review import GOOD, PASSED, RULES
from tests.ui.mirror_builder import NOW, build


def test_the_first_story_is_the_applicants_own() -> None:
    acts = [("a", "first_job"), ("a", "account_takeover"), ("b", "synthetic_identity")]
    assert bench.classes(acts) == {"a": "first_job", "b": "synthetic_identity"}


def test_only_what_others_share_makes_a_suspect() -> None:
    def suspected(**changes: object) -> bool:
        return bench.suspects(review(replace(GOOD, **changes), RULES))

    assert suspected(ties=[Tie("device", 2)])
    assert suspected(peers=[Peer("acc", "shared_phone", 4, False)])
    assert not suspected(ties=[Tie("device", 1), Tie("ip", 90)])
    assert not suspected(checks=[Check(name, "fail") for name in PASSED])
    assert not suspected(values={"score": 300.0})


def test_what_speaks_against_somebody_is_counted_once_the_gravest_first() -> None:
    def told(**changes: object) -> str | None:
        return bench.against(review(replace(GOOD, **changes), RULES))

    poor, unlike = {"values": {"score": 300.0}}, {"checks": [Check(name, "fail") for name in PASSED]}
    assert told() is None
    assert told(ties=[Tie("phone", 1)], **poor, **unlike) == bench.SUSPECTED
    assert told(**poor, **unlike) == bench.CHECKS
    assert told(**poor) == bench.POINTS
    assert told(values={**GOOD.values, "bureau_score": None}, age=0) == bench.WAITS
    assert told(requested_minor=10**12) == bench.ABILITY


def test_linked_accounts_are_as_they_were_known_at_the_moment(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    build(path, 40)
    furnish(path, NOW, 40, "acc_000030")
    mirror = Reader(path)
    paper = stored.find(mirror, "application", "app_1")
    assert paper is not None
    found = papers.dossier(mirror, paper, NOW)
    assert found is not None
    one = Known(3, "acc_3", "cus_1", "active", 4, 0.9, True)
    found = dataclasses.replace(found, known=(("shared_phone", one),))

    def peer(hits: list[int], fraud: int | None) -> Peer:
        known = bench.Known({"acc_3": hits}, {} if fraud is None else {"acc_3": fraud})
        return known.as_of(found).case.peers[0]

    assert peer([NOW + 1, NOW - 40 * DAY], NOW + 1) == Peer("acc_3", "shared_phone", 0, False)
    assert peer([NOW - DAY], NOW - DAY) == Peer("acc_3", "shared_phone", CRITICAL, True)
    assert peer([], None) == Peer("acc_3", "shared_phone", 0, False)
    mirror.close()


def test_the_table_tells_every_choice_with_its_interval() -> None:
    told = dict.fromkeys(("approve", "less", "decline", "refer"), 1) | {"applications": 4}
    more = {"against": dict.fromkeys(bench.AGAINST, 7), "approved": {"share": 0.5, "low": 0.15, "high": 0.85}}
    figures = {bench.CLEAN: {"arrival": told | more}}
    text = bench.table({"world": "w", "seeds": [2], "outcomes": {"first_job": figures}, "seconds": 1.0, "machine": "m"})
    assert "0.50 (0.15 to 0.85)" in text
    assert "first_job" in text
    assert text.count("         7") == len(bench.AGAINST)
