"""Where automatic measures stand, for the command line and the screen: what is taken, results, each rule's record."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from console.desk import automatic
from console.desk.automatic import RuleActs, Standing, standing
from console.paths import Home
from store.journal import Journal
from store.reader import Reader
from tests.ui.automatic_builder import build_automatic
from tests.ui.mirror_builder import NOW, build


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    build(made.mirror, 40)
    made.mirror.chmod(0o600)
    build_automatic(made)
    return made


@pytest.fixture
def found(home: Home) -> Iterator[Standing]:
    with closing(Journal(home.journal)) as journal, closing(Reader(home.mirror)) as mirror:
        yield standing(journal, mirror, NOW)


def test_the_budget_taken_is_that_of_the_claims_of_the_hour(found: Standing) -> None:
    assert found.subjects == ("desk.bot",)
    assert (found.spent.count, found.spent.exposure, found.spent.unknown) == (3, {"CNY": 740_400}, 0)
    assert found.spent.rules == {"ATO-1": 3, "GEO-1": 1}
    assert found.shadowed.count == 0
    assert found.regime is not None
    assert found.regime.budget.count == 20


def test_what_people_said_of_its_measures_is_each_rules_record(found: Standing) -> None:
    assert list(found.rules) == [RuleActs("ATO-1", 2, 1, 1), RuleActs("GEO-1", 1, 1, 0)]
    right = found.rules[0].right
    assert right is not None
    assert (right.value, right.of) == (0.5, 2)
    assert RuleActs("ATO-1", 2, 0, 0).right is None


def test_a_rules_record_counts_acts_that_are_no_longer_listed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "NEWEST", 1)
    with closing(Journal(home.journal)) as journal, closing(Reader(home.mirror)) as mirror:
        found = standing(journal, mirror, NOW)
    assert len(found.acts) == 1
    assert list(found.rules) == [RuleActs("ATO-1", 2, 1, 1), RuleActs("GEO-1", 1, 1, 0)]


def test_the_command_line_tells_stops_and_resumes(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert automatic.run_status(Home(home.folder / "none"), as_json=False) == 0
    assert automatic.run_status(home, as_json=True) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["stopped"], told["subjects"], len(told["acts"])) == (None, ["desk.bot"], 6)
    assert {act["verdict"] for act in told["acts"]} == {None, "fraud", "legit"}
    assert automatic.run_turn(Namespace(action="stop", reason=None), home) == 0
    assert "by hand" in capsys.readouterr().out
    assert automatic.run_status(home, as_json=False) == 0
    assert "stopped" in capsys.readouterr().out
    assert automatic.run_turn(Namespace(action="resume", reason="  "), home) == 1
    assert automatic.run_turn(Namespace(action="resume", reason="all were right"), home) == 0
    assert automatic.run_turn(Namespace(action="resume", reason="again"), home) == 1
