"""Exports: every row as the views have it, whole or not at all, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.desk import export_view, extracts
from console.desk.export import CONTROLS, FORMULA, Cancelled, Extract, write
from console.exits import Exit
from console.paths import Home
from store.files import StoreError
from store.reader import Reader
from tests.ui.mirror_builder import begin_anew, build, build_journal

CELLS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.text(st.characters(codec="utf-8")))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    place = Home(tmp_path_factory.mktemp("export") / "home")
    place.make()
    build(place.mirror, 60)
    build_journal(place.journal)
    return place


def rows_of(path: Path, view: str) -> list[dict[str, object]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {view}")]


def read_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("view", ["account", "v_alert", "transaction", "login", "feed", "command", "audit"])
def test_a_view_is_exported_whole(home: Home, tmp_path: Path, view: str) -> None:
    to = tmp_path / "rows.jsonl"
    assert export_view.run(home, view, to, overwrite=False) is Exit.OK
    name = f"v_{view.removeprefix('v_')}"
    file = home.journal if name in ("v_command", "v_audit") else home.mirror
    assert sorted(map(str, read_lines(to))) == sorted(map(str, rows_of(file, name)))
    assert stat.S_IMODE(to.stat().st_mode) == 0o600


def test_the_order_of_a_list_is_kept_over_all_parts(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.desk.extracts.PART", 7)
    with closing(Reader(home.mirror)) as mirror:
        order = mirror.order()[::-1]
        told: list[int] = []
        extract = extracts.accounts(mirror, "v_account", order)
        write(extract, tmp_path / "a.jsonl", overwrite=False, progress=lambda done: not told.append(done))
        ids = list(mirror.account_ids(order.tolist()).values())
    assert [row["account_id"] for row in read_lines(tmp_path / "a.jsonl")] == ids
    assert told[-1] == extract.total == 60


def test_accounts_of_a_mirror_begun_anew_are_not_mistaken(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    path.write_bytes(home.mirror.read_bytes())
    with closing(Reader(path)) as mirror:
        extract = extracts.accounts(mirror, "v_account", mirror.order())
    begin_anew(path)
    with pytest.raises(StoreError):
        write(extract, tmp_path / "a.csv", overwrite=False)
    assert [one.name for one in tmp_path.glob("*a.csv*")] == []


@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=8))
def test_no_text_is_a_formula_or_steers_a_terminal(rows: list[tuple[object, object]], tmp_path_factory: object) -> None:
    to = tmp_path_factory.mktemp("csv") / "rows.csv"  # type: ignore[attr-defined]
    write(Extract(("a", "b"), lambda: [rows]), to, overwrite=False)
    with to.open(encoding="utf-8", newline="") as file:
        head, *read = list(csv.reader(file))
    assert head == ["a", "b"]
    assert len(read) == len(rows)
    for row, cells in zip(rows, read, strict=True):
        for value, cell in zip(row, cells, strict=True):
            if isinstance(value, str):
                assert not cell.lstrip().startswith(FORMULA)
                assert not CONTROLS.search(cell)
                assert cell.removeprefix("'") == CONTROLS.sub("\ufffd", value).removeprefix("'")
            else:
                assert cell == ("" if value is None else str(value))


def test_what_is_there_is_overwritten_only_when_asked_for(tmp_path: Path) -> None:
    extract, to = Extract(("n",), lambda: [[(1,)]]), tmp_path / "n.csv"
    to.write_text("mine")
    with pytest.raises(FileExistsError):
        write(extract, to, overwrite=False)
    assert to.read_text() == "mine"
    write(extract, to, overwrite=True)
    assert to.read_text() == "n\n1\n"


def test_a_file_that_somebody_put_there_before_is_not_written_into(tmp_path: Path) -> None:
    other = tmp_path / "somebody's"
    other.write_text("theirs")
    (tmp_path / f".x.csv.{os.getpid()}.unfinished").symlink_to(other)
    write(Extract(["a"], lambda: [[("1",)]]), tmp_path / "x.csv", overwrite=False)
    assert (other.read_text(), (tmp_path / "x.csv").read_text()) == ("theirs", "a\n1\n")


def test_what_is_stopped_or_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[list[tuple[int]]]:
        yield [(1,)]
        raise OSError("gone")

    with pytest.raises(Cancelled):
        write(Extract(("n",), lambda: [[(1,)], [(2,)]]), tmp_path / "n.csv", overwrite=False, progress=lambda _: False)
    with pytest.raises(OSError, match="gone"):
        write(Extract(("n",), broken), tmp_path / "n.csv", overwrite=False)
    with pytest.raises(ValueError, match="neither"):
        write(Extract(("n",), broken), tmp_path / "n.txt", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_view_is_refused(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export_view.run(home, "account; DROP TABLE account", tmp_path / "x.csv", overwrite=False) is Exit.USAGE
    assert "transaction" in capsys.readouterr().err
    with pytest.raises(LookupError):
        extracts.listed(home.mirror, "sqlite_master", "name", ["x"])
    extract = extracts.listed(home.mirror, "v_account", "account_id = '' OR 1", ["x"])
    with pytest.raises(LookupError):
        write(extract, tmp_path / "x.csv", overwrite=False)
