"""Sorting by columns, choosing columns, and views: kept in a file that is whole or not written at all."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.ui import views
from console.ui.screens.arranging import Arranging
from console.ui.views import SHIPPED, View, ViewError
from console.ui.widgets import columns
from store.orders import SORTABLE, Sort, ordering, sorted_accounts
from store.reader import Reader
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import build_journal
from tests.ui.screens import frame, ready, shown, until

NAMES = st.from_regex(r"[a-zé陈0-9][a-z-]{0,8}( [a-z0-9]{1,8})?", fullmatch=True).filter(views.named_well)
VIEWS = st.builds(
    View,
    st.text(max_size=40).filter(str.isprintable),
    st.none() | st.builds(Sort, st.sampled_from(SORTABLE), st.booleans()),
    st.lists(st.sampled_from(columns.NAMES), unique=True, max_size=6).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAMES, VIEWS, max_size=4))
def test_what_is_saved_is_read_as_the_same(tmp_path_factory, kept: dict[str, View]) -> None:
    file = tmp_path_factory.mktemp("views") / "views.toml"
    for name, view in kept.items():
        views.save(file, "watch", name, view)
    assert dict(views.read(file).views.get("watch", {})) == kept
    for name in kept:
        views.drop(file, "watch", name)
    assert not views.read(file).views.get("watch")


def test_the_file_is_its_owners_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    views.save(tmp_path / "views.toml", "watch", "mine", View("frozen"))
    (only,) = tmp_path.iterdir()
    assert stat.S_IMODE(only.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["", " x", "x ", "a/b", "../x", "save", "drop it", "x\n", "[a]", "‮x", "y" * 33, '"'])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ViewError):
        views.save(tmp_path / "views.toml", "watch", name, View())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("[watch.a]\nfilter = 1", 1, "filter"),
        ('[watch.a]\nfilter = "x"\n\n[watch.b]\nsort = "balance"', 4, "sort"),
        ("[watch.a]\ncolumns = [1]", 1, "columns"),
        ("[watch.a]\ncolour = 1", 1, "colour"),
        ("watch = 3", 1, "table"),
        ('[watch."a/b"]\nfilter = "x"', 1, "name"),
        ('[watch.a]\nfilter = "x', 2, "not TOML"),
        ('[watch.a]\nfilter = "a\\u001bb"', 1, "filter"),
    ],
)
def test_a_mistake_is_named_by_its_line_and_never_written_over(tmp_path: Path, text: str, line: int, why: str) -> None:
    file = tmp_path / "views.toml"
    file.write_text(text)
    saved = views.read(file)
    assert f"line {line}" in saved.mistakes[0]
    assert why in saved.mistakes[0]
    with pytest.raises(ViewError, match="Nothing was written"):
        views.save(file, "watch", "mine", View())
    assert file.read_text() == text


@pytest.mark.parametrize("column", SORTABLE)
@pytest.mark.parametrize("falling", [True, False])
def test_a_column_puts_every_account_in_its_order(built: Path, column: str, falling: bool) -> None:
    reader = Reader(built)
    order = sorted_accounts(reader, ordering(Sort(column, falling), {"CNY": 2, "JPY": 0}))
    rows = reader.page(order.tolist())
    reader.close()
    assert sorted(order.tolist()) == list(range(200))
    places = {"CNY": 100, "JPY": 1}
    values = {
        "account": lambda row: row.account_id,
        "customer": lambda row: row.customer_id,
        "balance": lambda row: row.balance_minor / places[row.currency],
        "limit": lambda row: row.credit_limit_minor / places[row.currency],
        "available": lambda row: row.available_minor / places[row.currency],
        "age": lambda row: -row.last_activity_at,
        "status": lambda row: ("pending", "active", "frozen", "closing").index(row.status),
        "used": lambda row: (row.credit_limit_minor - row.available_minor) / row.credit_limit_minor,
    }
    if column in values:
        told = [values[column](rows[number]) for number in order.tolist()]
        assert told == sorted(told, reverse=falling)


def test_an_empty_mirror_is_sorted_too(tmp_path: Path) -> None:
    from store import files
    from store.mirror_schema import MIGRATIONS

    files.writer(tmp_path / "mirror.db", MIGRATIONS, "NORMAL").close()
    reader = Reader(tmp_path / "mirror.db")
    for column in SORTABLE:
        assert len(sorted_accounts(reader, ordering(Sort(column, True), {}))) == 0
    reader.close()


async def test_sorting_keeps_the_cursors_account_and_turns_round(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        table, first = app.screen.table, app.screen.table.order.copy()
        table.move(0)
        table.move(4)
        under = table.chosen().account_id
        await pilot.press("s", *"bal", "tab", "enter")
        await shown(app, "200 accounts  ▾balance")
        await until(lambda: not np.array_equal(table.order, first), "another order")
        assert table.chosen() is None or table.chosen().account_id == under
        rows = app.sight.mirror.page(table.order[:20].tolist())
        money = [rows[n].balance_minor / (1 if rows[n].currency == "JPY" else 100) for n in table.order[:20].tolist()]
        assert money == sorted(money, reverse=True)
        assert "▾" in frame(app).splitlines()[2]
        app.command("sort balance")
        await shown(app, "▴balance")
        app.command("sort blance")
        await shown(app, "No column blance to sort by: balance")
        app.command("sort off")
        await until(lambda: np.array_equal(table.order, first), "its own order")


async def test_columns_are_chosen_in_their_order_as_far_as_they_have_room(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("colon", *"columns acc", "tab", "space", "l", "i", "m", "tab", "enter")
        await until(lambda: frame(app).splitlines()[2].split() == ["account", "limit"], "the columns")
        assert "acc_000000" in frame(app).splitlines()[3]
        app.command("columns account limit balance available who reason")
        await until(lambda: " who" in frame(app).splitlines()[2], "as many as fit")
        assert "why" not in frame(app).splitlines()[2]
        app.command("columns nothing")
        await shown(app, "There is no column nothing")
        app.command("columns off")
        await until(lambda: "why" in frame(app).splitlines()[2], "its own columns")


async def test_a_view_is_saved_shown_and_dropped_by_name(home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        app.screen.apply_filter("status:frozen")
        app.command("sort used up")
        app.command("columns account used status")
        app.command("view save my frozen")
        await shown(app, "View my frozen is saved")
        await pilot.press("escape")
        app.command("sort off")
        app.command("columns off")
        await shown(app, "200 accounts")
        await pilot.press("colon", *"view my", "tab", "enter")
        await shown(app, "/status:frozen  ▴used")
        assert frame(app).splitlines()[2].split() == ["account", "▴used", "status"]
        app.command("view save ../evil")
        await shown(app, "A view's name is words")
        app.command("view drop my frozen")
        await shown(app, "View my frozen is dropped")
        app.command("view my frozen")
        await shown(app, "There is no view my frozen")
        home.views.write_text("[watch.x]\nsort = 3\n")
        app.command("views")
        await shown(app, "views.toml, line 1")


@pytest.mark.parametrize(("screen", "name"), [(screen, name) for screen, named in SHIPPED.items() for name in named])
async def test_every_example_can_be_shown(home, desk: Desk, screen: str, name: str) -> None:
    build_journal(home.journal)
    app = desk()
    async with app.run_test(size=(120, 40)):
        await ready(app)
        app.command(f"{screen} all" if screen in ("transactions", "logins") else screen)
        await until(lambda: screen == app.screen.NAME and app.screen.stands, screen)
        app.command(f"view {name}")
        assert isinstance(app.screen, Arranging)
        assert app.screen.filter == SHIPPED[screen][name].filter
        await shown(app, f"/{app.screen.filter}")


async def test_a_short_list_is_sorted_by_its_fields(home, desk: Desk) -> None:
    build_journal(home.journal)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.command("commands")
        await until(lambda: app.screen.NAME == "commands" and app.screen.stands, "commands")
        await pilot.press("s", *"account", "enter")
        await shown(app, "▴account")
        names = [entry.account_id for entry in app.screen.list.entries[len(app.screen.list.again) :]]
        assert names == sorted(names)
        await pilot.press("escape", "t")
        await until(lambda: app.screen.NAME == "transactions" and app.screen.stands, "transactions")
        await pilot.press("s")
        await shown(app, "stays in the order of time")
