"""The register of models: refits, takeovers, rollbacks, how each version stands, and the audit of it all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from store.journal import Journal, JournalError
from store.models import RULES_ONLY, Models, Refitted

NOW = 1_795_000_000_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db")


@pytest.fixture
def models(journal: Journal) -> Models:
    return Models(journal)


def refit(version: str, due_seq: int, **facts: Any) -> Refitted:
    known = {
        "epoch": "e1",
        "due_at": due_seq * 1_000,
        "reason": "weekly",
        "outcome": "promoted",
        "why": "",
        "figures": '{"frauds": 7}',
        "fitted_at": NOW + due_seq,
        "seconds": 1.5,
        "body": version.encode(),
    }
    return Refitted(version=version, due_seq=due_seq, **(known | facts))


def promote(models: Models, version: str, due_seq: int) -> None:
    models.add(refit(version, due_seq))
    models.settle("e1", due_seq + 5, due_seq * 1_000 + 5, version, NOW + due_seq)


def standings(models: Models) -> dict[str, str]:
    return {each.refit.version: each.standing for each in models.versions("e1")}


def events(journal: Journal) -> list[tuple[str, str, dict[str, Any]]]:
    rows = journal.rows("SELECT actor, event, payload FROM v_audit ORDER BY seq")
    return [(actor, event, json.loads(payload)) for actor, event, payload in rows]


def test_a_refit_is_found_again_by_its_seq_with_its_bytes(models: Models) -> None:
    models.add(refit("m1", 10))
    found = models.outcome("e1", 10)
    assert found is not None and (found.version, found.figures) == ("m1", '{"frauds": 7}')
    assert models.outcome("e1", 11) is None and models.outcome("e2", 10) is None
    assert models.body("e1", "m1") == b"m1" and models.body("e2", "m1") is None
    assert models.epoch() == "e1"


def test_versions_stand_as_the_takeovers_left_them(models: Models) -> None:
    promote(models, "m1", 10)
    promote(models, "m2", 20)
    models.add(refit("m3", 30, outcome="refused", why="worse_than_champion", body=None))
    models.settle("e1", 35, 35_000, "m3", NOW)
    models.add(refit("m4", 40, outcome="failed", why="killed", body=None, figures=None))
    promote(models, "m5", 50)
    models.add(refit("m6", 60))
    assert standings(models) == {
        "m1": "retired",
        "m2": "retired",
        "m3": "refused",
        "m4": "failed",
        "m5": "champion",
        "m6": "waiting",
    }
    assert [(each.seq, each.version) for each in models.takeovers("e1")] == [(15, "m1"), (25, "m2"), (55, "m5")]
    settled = [(each.refit.version, each.refit.settled_seq) for each in models.versions("e1")]
    assert settled == [("m6", None), ("m5", 55), ("m4", None), ("m3", 35), ("m2", 25), ("m1", 15)]
    assert models.in_force("e1") == "m5" and models.in_force("e2") == RULES_ONLY


def test_a_rollback_counts_from_the_next_page_and_is_audited(models: Models, journal: Journal) -> None:
    promote(models, "m1", 10)
    promote(models, "m2", 20)
    assert models.roll_back("e1", None, "it cries wolf", "maria", NOW) == "m1"
    assert models.in_force("e1") == "m1"
    assert [each.version for each in models.takeovers("e1")] == ["m1", "m2"]
    assert [each.version for each in models.reach("e1", 31, 31_000, NOW)] == ["m1"]
    assert models.reach("e1", 32, 32_000, NOW) == []
    assert [(each.seq, each.version, each.kind) for each in models.takeovers("e1")][-1] == (31, "m1", "rollback")
    assert standings(models) == {"m1": "champion", "m2": "rolled_back"}
    rolled = [(actor, payload) for actor, event, payload in events(journal) if event == "model.rolled_back"]
    assert rolled == [("maria", {"from": "m2", "to": "m1", "epoch": "e1", "reason": "it cries wolf"})]
    assert [event for _, event, _ in events(journal)].count("model.in_force") == 3
    assert journal.verify_audit() is None


def test_going_back_further_ends_at_the_rules(models: Models) -> None:
    promote(models, "m1", 10)
    promote(models, "m2", 20)
    assert models.roll_back("e1", None, "", "maria", NOW) == "m1"
    assert models.roll_back("e1", None, "", "maria", NOW) == RULES_ONLY
    with pytest.raises(JournalError, match="name the version"):
        models.roll_back("e1", None, "", "maria", NOW)
    assert models.roll_back("e1", "m2", "", "maria", NOW) == "m2"


def test_nobody_goes_back_to_what_is_not_there(models: Models) -> None:
    promote(models, "m1", 10)
    models.add(refit("m2", 20, outcome="refused", body=None))
    for version, word in (("m2", "no model m2"), ("m9", "no model m9"), ("m1", "in force already")):
        with pytest.raises(JournalError, match=word):
            models.roll_back("e1", version, "", "maria", NOW)


def test_bytes_of_other_epochs_are_let_go_and_their_figures_stay(models: Models) -> None:
    promote(models, "m1", 10)
    models.add(refit("n1", 5, epoch="e2"))
    models.prune("e2")
    assert models.body("e1", "m1") is None and models.body("e2", "n1") == b"n1"
    assert models.versions("e1")[0].refit.figures == '{"frauds": 7}'


def test_the_read_view(models: Models, journal: Journal) -> None:
    promote(models, "m1", 10)
    models.add(refit("m2", 20, outcome="refused", why="worse_than_champion"))
    rows = journal.rows("SELECT version, outcome, why, takeover_seq, due_at, takeover_at FROM v_model ORDER BY due_seq")
    assert rows == [
        ("m1", "promoted", "", 15, "1970-01-01T00:00:00.010000Z", "1970-01-01T00:00:00.010005Z"),
        ("m2", "refused", "worse_than_champion", None, "1970-01-01T00:00:00.020000Z", None),
    ]
