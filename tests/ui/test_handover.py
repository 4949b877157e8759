"""The hand-over at the end of a shift: what is open stands in it, in the reader's language, and it is kept."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from console import language
from console.core import commands
from console.core.instants import HOUR, MINUTE, wire
from console.desk import handover, holds
from console.desk.handover import Handover
from console.desk.handover_command import run
from console.desk.holds import Ending
from console.paths import Home
from console.ui.sight import Sight
from store.life import State
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import HOSTILE, NOW, build_journal, build_plans
from tests.ui.screens import ready, shown, until
from tests.ui.test_again import decided

HELD = 2
"""An account whose case maria.k holds."""


@pytest.fixture
def told(home: Home) -> Handover:
    """A shift with something of everything."""
    build_journal(home.journal)
    build_plans(home.journal)
    for place, word in enumerate(("fraud", "fraud", "legit")):
        decided(home, commands.verdict(f"acc_{place:06d}", word), State.CONFIRMED, f"v{place}", NOW - HOUR)
    decided(home, commands.verdict("acc_000009", "fraud"), State.CONFIRMED, "old", NOW - 9 * HOUR)
    ends = holds.judged([Ending("acc_000003", "hold_3", "full", NOW + 40 * MINUTE)], NOW)
    doc = {
        "id": "01a218be-0000-7000-8001-000000000001", "version": 1, "type": "case.note",
        "target": {"type": "account", "id": f"acc_{HELD:06d}"}, "params": {"text": "calls back at nine" + HOSTILE},
        "status": "succeeded", "created_at": wire(NOW - MINUTE), "created_by": "li.na", "not_after": wire(NOW),
    }  # fmt: skip
    with closing(sqlite3.connect(home.mirror)) as writer, writer:
        writer.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (holds.NOTE, holds.told(ends)))
        writer.execute(
            "INSERT INTO resource VALUES ('command', ?, 1, 0, ?, 1, ?)",
            (doc["id"], HELD, json.dumps(doc, separators=(",", ":"))),
        )
    sight = Sight(home, None, lambda: NOW, lambda: None)
    sight.look()
    found = handover.gather(sight.mirror, sight.open_journal(), sight.situation, 8)
    sight.close()
    return found


def section(text: str, name: str) -> list[str]:
    """The lines under a heading."""
    lines = text.splitlines()
    begin = lines.index(f"## {language.tr(f'handover.{name}')}") + 2
    end = next((place for place in range(begin, len(lines)) if lines[place].startswith("## ")), len(lines) + 1)
    return lines[begin : end - 1]


def test_the_alerts_that_would_cost_most_are_told_first(told: Handover) -> None:
    losses = [alert.loss_minor for alert in told.alerts]
    assert len(losses) == handover.TOP
    assert losses == sorted(losses, reverse=True)
    said = section(handover.markdown(told), "alerts")
    assert said[0].startswith("critical 9 · high 15")
    assert sum(line.startswith("- acc_") for line in said) == handover.TOP


def test_cases_we_hold_come_with_their_notes(told: Handover) -> None:
    said = section(handover.markdown(told), "cases")
    place = next(place for place, line in enumerate(said) if line.startswith(f"- acc_{HELD:06d} · until 21:34"))
    assert said[place + 1].startswith("  - li.na 11-20 21:13:10: calls back at nine")
    assert "\x1b" not in handover.markdown(told)


def test_what_is_not_settled_is_told_with_its_state(told: Handover) -> None:
    said = "\n".join(section(handover.markdown(told), "commands"))
    for words in ("acc_000000 · queued", "acc_000001 · unknown", "acc_000004 · awaits approval"):
        assert words in said
    assert "acc_000003 · confirmed" not in said


def test_plans_holds_and_troubles_are_told(told: Handover) -> None:
    text = handover.markdown(told)
    assert any(line.startswith("- plan 2 · freeze · ") for line in section(text, "plans"))
    assert section(text, "holds") == ["- acc_000003 · everything · hold ends in 39m"]
    assert any("watcher" in line.lower() for line in section(text, "troubles"))


def test_what_was_decided_in_the_shift_is_counted_and_nothing_before_it(told: Handover) -> None:
    said = section(handover.markdown(told), "decided")
    assert said[0] == "- verdicts: fraud 2 · legit 1"
    assert "- verdict 3: confirmed 3" in said
    assert any(line.startswith("- freeze 4: ") for line in said)


def test_nothing_open_is_said_too(tmp_path) -> None:
    empty = Home(tmp_path / "empty")
    empty.make()
    sight = Sight(empty, None, lambda: NOW, lambda: None)
    sight.look()
    text = handover.markdown(handover.gather(sight.mirror, sight.open_journal(), sight.situation, 8))
    sight.close()
    assert section(text, "alerts") == section(text, "decided") == ["Nothing."]


def test_the_command_prints_it_and_never_writes_over_a_file(
    home: Home, told: Handover, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (run(home, 8, None), capsys.readouterr().out.startswith("# Hand-over of maria.k")) == (0, True)
    to = tmp_path / "shift.md"
    assert run(home, 8, to) == 0
    assert to.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        run(home, 8, to)


async def test_the_screen_keeps_it_in_the_home(home: Home, told: Handover, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.command("handover 12")
        await until(lambda: app.screen.NAME == "handover" and app.screen.stands, "the hand-over")
        await shown(app, "for the last 12 hours")
        await pilot.press("w")
        await shown(app, "Kept in")
        (file,) = home.folder.glob("handover-*.md")
        assert file.read_text(encoding="utf-8") == app.screen.summary()
        await pilot.press("w")
        await shown(app, "Not kept")
