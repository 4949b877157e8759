"""`:export` of every list: with its filter and order, progress, an end at any time, and no file lost by mistake."""

from __future__ import annotations

import csv
import json
import threading
from pathlib import Path

import pytest

from console.desk import extracts
from console.desk.export import Extract
from console.paths import Home
from console.ui.app import RiskDesk
from console.ui.exporting import wanted
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import build_journal, build_models, build_plans
from tests.ui.screens import frame, ready, shown, until


async def opened(app: RiskDesk, name: str) -> None:
    app.command(name)
    await until(lambda: name.split()[0] == app.screen.NAME and app.screen.stands, name)


async def exported(app: RiskDesk, to: Path) -> None:
    app.command(f"export {to}")
    await until(to.exists, "the file")
    await until(lambda: not app.sight.exporter.running, "the end")


async def test_the_list_of_accounts_is_exported_as_it_stands(desk: Desk, tmp_path: Path) -> None:
    app, to = desk(), tmp_path / "accounts.csv"
    async with app.run_test(size=(120, 30)):
        await ready(app)
        app.screen.apply_filter("level:critical")
        await until(lambda: app.screen.table.total() == 9, "the filter")
        names = list(app.sight.mirror.account_ids(app.screen.table.order.tolist()).values())
        await exported(app, to)
        await shown(app, "9 rows in")
        app.command(f"export {to}")
        await shown(app, "is there already")
        app.command(f"export {to} !")
        await shown(app, "9 rows in")
    with to.open(encoding="utf-8") as file:
        assert [row["account_id"] for row in csv.DictReader(file)] == names


@pytest.mark.parametrize(
    ("name", "key", "rows"),
    [
        ("alerts", "alert_id", 66), ("transactions all", "transaction_id", 2_400), ("logins acc_000004", "login_id", 4),
        ("commands", "command_id", 7), ("audit all", "seq", None), ("plans", "plan", 2), ("model", "version", 5),
        ("feeds", "lane", 1), ("rules", "id", None), ("log", "line", 0),
    ],
)  # fmt: skip
async def test_every_list_is_exported(
    desk: Desk, home: Home, tmp_path: Path, name: str, key: str, rows: int | None
) -> None:
    build_journal(home.journal)
    build_models(home.journal)
    build_plans(home.journal)
    app, to = desk(), tmp_path / "rows.jsonl"
    async with app.run_test(size=(120, 30)):
        await ready(app)
        await opened(app, name)
        listed = getattr(app.screen, "table", None) or getattr(app.screen, "list", None)
        if rows and listed is not None:
            await until(lambda: listed.total() > 0, "the list")
        if name == "rules":
            await until(lambda: any(one.record for one in listed.rules), "the records")
        await exported(app, to)
    lines = [json.loads(line) for line in to.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == rows or (rows is None and lines)
    assert all(key in line for line in lines)


async def test_an_export_shows_its_progress_and_can_be_stopped(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(*_: object) -> Extract:
        def parts():
            yield [(number,) for number in range(50)]
            go_on.wait(10)
            yield [(50,)]

        return Extract(("n",), parts, 100)

    monkeypatch.setattr(extracts, "accounts", slow)
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.command(f"export {tmp_path / 'n.csv'}")
        await until(lambda: app.sight.exporter.written == 50, "the first rows")
        app.look()
        await until(lambda: "n.csv: 50 rows" in frame(app) and "50%" in frame(app), "the progress")
        app.command(f"export {tmp_path / 'm.csv'}")
        await shown(app, "is under way")
        app.command("export stop")
        go_on.set()
        await shown(app, "nothing was written")
    assert list(tmp_path.glob("*.csv*")) == []


async def test_what_can_not_be_exported_says_why(desk: Desk, tmp_path: Path) -> None:
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.command(f"export {tmp_path / 'x.pdf'}")
        await shown(app, "ends in .csv or .jsonl")
        app.command(f"export {tmp_path / 'no' / 'x.csv'}")
        await shown(app, "Not exported")
        app.perform("help")
        await until(lambda: app.screen.NAME == "help" and app.screen.stands, "the help")
        app.command(f"export {tmp_path / 'x.csv'}")
        await shown(app, "Nothing is listed here")


def test_an_exclamation_mark_of_its_own_overwrites() -> None:
    assert wanted("/a/b c.csv !") == (Path("/a/b c.csv"), True)
    assert wanted("/a/b!.csv") == (Path("/a/b!.csv"), False)
    assert wanted("~/x.csv")[0] == Path.home() / "x.csv"
