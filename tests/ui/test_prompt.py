"""The prompt: completion by tab, a fault under its place, and what was typed is never lost."""

from __future__ import annotations

import pytest

from console.ui.filters import conditions, subsequence
from console.ui.filters import test as rows_test
from console.ui.widgets.prompt import Prompt
from console.ui.widgets.rows import RowList
from store.fields import Field, fields
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import build_journal, build_plans, build_waiting
from tests.ui.screens import frame, ready, shown, until


def typed(app) -> str:
    return app.screen.query_one("Prompt Input").value


def hint(app) -> str:
    return frame(app).splitlines()[-1]


async def opened(app, name: str) -> None:
    await until(lambda: name == app.screen.NAME and app.screen.stands, name)


async def test_tab_completes_a_field_its_operator_and_its_value_and_goes_round(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("slash", *"sta", "tab")
        assert typed(app) == "status:"
        await shown(app, "pending  active")
        await pilot.press("f", "tab")
        assert typed(app) == "status:frozen"
        await pilot.press("space", *"!level", "tab")
        assert typed(app) == "status:frozen !level:"
        await pilot.press("tab", "tab")
        assert typed(app) == "status:frozen !level>"
        await pilot.press("=", "h", "tab", "enter")
        await shown(app, "/status:frozen !level>=high")


async def test_a_fault_stands_under_its_place_and_the_text_stays_to_be_mended(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("slash", *"risk>0.8 statuss:frozen", "enter")
        await shown(app, "There is no field statuss, did you mean status?")
        line, below = frame(app).splitlines()[-2:]
        assert line.index("statuss") == below.index("^")
        assert typed(app) == "risk>0.8 statuss:frozen"
        assert app.screen.table.total() == 200
        await pilot.press("left", *["left"] * 6, "backspace", "enter")
        await shown(app, "accounts  /risk>0.8 status:frozen")
        assert "There is no field" not in frame(app)


async def test_a_fault_far_to_the_right_is_told_on_its_left_and_cjk_is_measured_in_cells(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.screen.do_filter("")
        field = app.screen.query_one("Prompt Input")
        field.value = "name:陈某某" * 3 + " name:王 name:李 levl:high"
        await pilot.press("enter")
        await shown(app, "did you mean level?")
        row = frame(app).splitlines()[-2]
        cells = len(row[: row.index("levl")].encode("gbk"))
        told = hint(app)
        assert told.rstrip().endswith("^")
        assert len(told[: told.index("^")].encode("gbk")) == cells


async def test_a_command_and_its_argument_are_completed(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("colon", *"lang", "tab", "space", "z", "tab")
        assert typed(app) == "language zh"
        await pilot.press("enter")
        await shown(app, "只读")
        await pilot.press("colon", *"theme ", "tab", "tab")
        assert typed(app) == "theme dawn"
        await pilot.press("escape")
        assert not app.screen.query_one(Prompt).has_class("-open")


async def test_a_hostile_expression_is_answered_at_once(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.screen.do_filter(r"/^(a+)+(c+)+(.*)*_0+1.$/")
        await shown(app, "10 accounts  /")
        app.screen.do_filter("/(?=a)b/")
        await shown(app, "No regular expression")
        app.screen.do_filter("/((((x{9}){9}){9}){9}){9}/")
        await shown(app, "No regular expression")
        await pilot.press("escape")
        await shown(app, "200 accounts")


LISTS = [
    ("commands", "state:rejected,unknown !account:acc_000001", 1),
    ("plans", "state:running", 1),
    ("approvals", "left<15m type:account.close", 1),
    ("rules", "/^ATO-1 / hits>0", 1),
    ("transactions", "declined amount>400 account:acc_000003", 2),
    ("logins", "outcome:bad_password account:acc_000003", 1),
    ("audit", "event:command actor:maria.k /c.mmand-[12]/", 2),
]


async def test_each_list_has_its_own_fields_and_escape_drops_the_filter(home, desk: Desk) -> None:
    build_journal(home.journal)
    build_plans(home.journal)
    build_waiting(home.mirror)
    app = desk()

    def rows() -> int:
        return app.screen.query_one(RowList).total()

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        for name, text, kept in LISTS:
            app.command(f"{name} all" if name in ("transactions", "logins", "audit") else name)
            await opened(app, name)
            await until(lambda most=kept: rows() > most, f"all rows of {name}")
            await pilot.press("slash", *"zzz:1", "enter")
            await shown(app, "There is no field zzz")
            await pilot.press("escape")
            app.command(f"filter {text}")
            await until(lambda exactly=kept: rows() == exactly, f"the kept rows of {name}")
            await shown(app, f"/{text}")
            await pilot.press("escape")
            await until(lambda most=kept: rows() > most, f"all rows of {name} again")


KNOWN = fields(
    Field("id", "id"), Field("note", "part"), Field("state", "word"), Field("sum", "amount"), Field("age", "age")
)
READS = {name: (lambda row, name=name: row.get(name)) for name in KNOWN}
ROW = {"id": "acc_12", "note": "Call back", "state": "open", "sum": 12.5, "age": 3_600_000_000}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("id:acc", True), ("id:cc", False), ("note:BACK", True), ("state:shut,open", True), ("state!=open", False),
        ("sum>=12.5 age<2h", True), ("!sum>12", False), ("age>2h", False), ("call", True), ("-f clbk", True),
        ("-f bkcl", False), ("/^acc.*back$/", True), ("!/^acc/", False), ("", True),
    ],
)  # fmt: skip
def test_a_filter_is_a_test_of_rows(text: str, kept: bool) -> None:
    holds = rows_test(conditions(text, KNOWN), READS, lambda row: f"{row['id']} {row['note']}")
    assert holds(ROW) is kept
    assert rows_test(conditions("sum>1", KNOWN), READS, str)({}) is False


def test_letters_in_their_order() -> None:
    assert subsequence("", "x")
    assert subsequence("ac", "abc")
    assert not subsequence("ca", "abc")
