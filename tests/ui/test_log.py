"""The tail of a log: only its end is ever read, whatever happens to the file; and the screen that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.paths import Home
from console.ui.tail import AT_ONCE, KEPT, LEVELS, Tail
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import build_log
from tests.ui.screens import frame, ready, shown, until


def record(level: str, text: str) -> str:
    return f"2026-11-20 21:10:00,120 {level} riskdesk.watch {text}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "watcher.log"
    path.write_text(record("INFO", "one") + record("ERROR", "two") + "Traceback:\n" + record("DEBUG", "three"))
    return path


def test_lines_have_their_record_s_level(log: Path) -> None:
    tail = Tail(log)
    assert tail.look()
    assert [LEVELS[line.level] for line in tail.lines] == ["INFO", "ERROR", "ERROR", "DEBUG"]
    assert [line.number for line in tail.of(LEVELS.index("WARNING"))] == [2, 3]
    assert not tail.look()


def test_what_is_added_is_read_once_also_half_a_line(log: Path) -> None:
    tail = Tail(log)
    tail.look()
    with log.open("a") as file:
        file.write(record("WARNING", "four")[:-5])
        file.flush()
        tail.look()
        assert len(tail.lines) == 4
        file.write(record("WARNING", "four")[-5:])
    assert tail.look()
    assert tail.lines[-1].text == record("WARNING", "four").rstrip("\n")


def test_another_file_or_a_shorter_one_begins_anew(log: Path) -> None:
    tail = Tail(log)
    tail.look()
    log.write_text(record("INFO", "anew"))
    assert tail.look()
    assert [line.text[-4:] for line in tail.lines] == ["anew"]
    assert tail.lines[0].number == 5
    log.unlink()
    with pytest.raises(FileNotFoundError):
        tail.look()


def test_of_a_large_log_only_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "watcher.log"
    with path.open("w") as file:
        for number in range(40_000):
            file.write(record("INFO", f"{number}"))
    tail = Tail(path)
    tail.look()
    assert tail.lines[-1].text.endswith(" 39999")
    assert sum(len(line.text) + 1 for line in tail.lines) <= AT_ONCE
    assert len(tail.lines) <= KEPT
    assert all(line.text.startswith("2026") for line in tail.lines)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=40).filter(lambda part: b"\n" not in part), max_size=12), st.integers(1, 50))
def test_any_bytes_in_any_pieces_give_the_same_lines(tmp_path_factory, parts: list[bytes], step: int) -> None:
    path = tmp_path_factory.mktemp("log") / "watcher.log"
    body = b"".join(part + b"\n" for part in parts)
    path.touch()
    tail = Tail(path)
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(body), step):
            file.write(body[start : start + step])
            tail.look()
    assert [line.text for line in tail.lines] == [part.decode("utf-8", "replace") for part in parts]


async def test_the_screen_follows_the_end_and_shows_by_level(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.command("log")
        await shown(app, "There is no log yet")
        build_log(home.log)
        app.look()
        await shown(app, "6 lines")
        assert "\x1b" not in frame(app)
        assert app.screen.table.cursor == 6
        await pilot.press("w")
        await until(lambda: app.screen.table.total() == 4, "warnings and worse")
        await pilot.press("w")
        await until(lambda: app.screen.table.total() == 3, "errors")
        with home.log.open("a") as file:
            file.write(record("ERROR", "news"))
        app.look()
        await shown(app, "news")
        assert app.screen.table.cursor == 7
