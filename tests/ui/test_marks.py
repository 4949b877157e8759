"""Marks: by account, whatever happens to the order; with marks the deciding keys are about all of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
from textual.events import Key

from console.core.messages import CoreMeta, decoder
from console.paths import Home
from console.ui.app import RiskDesk
from console.ui.dialogs.bulk import BulkDialog
from console.ui.dialogs.fields import Question
from console.ui.screens import marking
from console.ui.widgets.accounts import AccountTable
from console.ui.widgets.marks import MOST, Marks
from store.journal import Journal
from store.plans import Plan, Plans
from store.reader import Reader
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import begin_anew
from tests.ui.screens import frame, ready, shown, until


async def marked(app: RiskDesk, *numbers: int) -> AccountTable:
    """The list with marks on these accounts, the desk armed."""
    await ready(app)
    app.perform("write", "10")
    table: AccountTable = app.screen.table
    for number in numbers:
        table.place(number)
        table.do_mark("")
    return table


async def dialog(app: RiskDesk, name: str) -> BulkDialog:
    app.perform(name)
    await until(lambda: isinstance(app.screen, BulkDialog) and bool(app.screen.focused), "the dialog")
    assert isinstance(app.screen, BulkDialog)
    return app.screen


def plans_of(home: Home) -> list[tuple[Plan, list[str]]]:
    with closing(Journal(home.journal)) as journal:
        plans = Plans(journal)
        return [(plan, [item.target.account_id for item in plans.items(plan.number)]) for plan in plans.recent(9)]


async def test_space_marks_and_steps_down_and_v_marks_as_shown(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("j", "space", "j", "j", "V")
        table = app.screen.table
        await until(lambda: len(table.marks) == 4, "four marks")
        assert table.marks.ids == ["acc_000000", "acc_000001", "acc_000002", "acc_000003"]
        await shown(app, "■ 4 marked, can spend")
        assert frame(app).count("\n■") == 4
        await pilot.press("k", "space")
        await until(lambda: len(table.marks) == 3, "a mark taken away")
        await pilot.press("escape")
        await until(lambda: "marked" not in frame(app), "no marks")
        assert table.marks.ids == []


async def test_escape_drops_the_marks_before_the_filter(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        table = await marked(app, 2)
        app.screen.apply_filter("level:critical")
        await until(lambda: 0 < table.total() < 200, "the filtered list")
        await pilot.press("escape")
        await until(lambda: not table.marks.ids, "the marks dropped")
        assert table.total() < 200
        await pilot.press("escape")
        await until(lambda: table.total() == 200, "all accounts")


async def test_marks_stay_on_their_accounts_over_any_order_and_a_rebuild(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        table = await marked(app, 3, 7, 150)
        table.replace(np.random.default_rng(1).permutation(200).astype(np.int32))
        assert table.marks.ids == ["acc_000003", "acc_000007", "acc_000150"]
        assert table.marks.numbers == {3, 7, 150}
        begin_anew(home.mirror)
        await until(lambda: table.marks.numbers == {196, 192, 49}, "the accounts' new numbers")
        assert table.marks.ids == ["acc_000003", "acc_000007", "acc_000150"]


def test_marks_have_an_upper_bound_and_wait_for_accounts_that_are_not_there(home: Home) -> None:
    marks = Marks()
    assert not marks.add({number: f"a{number}" for number in range(MOST + 1)})
    assert len(marks) == 0
    assert marks.add({1: "acc_000001", 9: "gone"})
    assert not marks.turn(MOST, "x") if marks.add({n: f"b{n}" for n in range(100, MOST + 98)}) else False
    marks.clear()
    marks.add({1: "acc_000001", 9: "gone"})
    with closing(Reader(home.mirror)) as mirror:
        marks.renumber(mirror, anew=True)
    assert (marks.numbers, marks.ids) == ({1}, ["acc_000001", "gone"])


async def test_a_bulk_freeze_is_a_plan_by_exposure_and_enter_never_sends(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        table = await marked(app, 0, 1, 2)
        for key in ("enter", "escape"):
            opened = await dialog(app, "freeze")
            await pilot.press("1", key)
            await until(lambda dialog=opened: app.screen is not dialog, "the dialog's end")
        assert (plans_of(home), len(table.marks)) == ([], 3)
        await dialog(app, "freeze")
        await pilot.press("y", "1", "s", "n", *"wave", "enter", "y")
        await until(lambda: bool(plans_of(home)), "the plan")
        ((plan, accounts),) = plans_of(home)
        with closing(Reader(home.mirror)) as mirror:
            spendable = {row.account_id: row.available_minor or 0 for row in mirror.page([0, 1, 2]).values()}
        assert accounts == sorted(spendable, key=lambda one: -spendable[one])
        assert (plan.order.type, plan.order.params) == ("account.freeze", {"scope": "debit_only"})
        assert (plan.order.reason_code, plan.order.note) == ("account_takeover", "wave")
        await shown(app, "plan 1: freeze 0/3")
        assert table.marks.ids == []


async def test_the_dialog_tells_how_many_how_much_and_who_must_approve(home: Home, desk: Desk) -> None:
    with sqlite3.connect(home.mirror) as writer:
        meta = writer.execute("SELECT value FROM note WHERE key = 'meta'").fetchone()[0]
        writer.execute(
            "UPDATE note SET value = ? WHERE key = 'meta'",
            (meta.replace('"bulk_accounts": 20', '"bulk_accounts": 2').replace('"supervisor"', '"operator"'),),
        )
    known: CoreMeta = decoder(CoreMeta).decode(meta.encode())
    assert known.limits.bulk_accounts == 20
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await marked(app, 0, 1, 3)
        await dialog(app, "freeze")
        await shown(app, "3 accounts  can spend")
        assert "active 2 · frozen 1" in frame(app)
        await pilot.press("1")
        await shown(app, "Bulk quota: 2 accounts left; 1 will wait")
        await shown(app, "y decides on all 3")


async def test_closing_many_asks_for_their_number_and_a_second_person(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await marked(app, 0, 1)
        opened = await dialog(app, "close")
        assert opened.missing() == "Type the number of accounts to close them (t)."
        await pilot.press("t", "2", "enter", "1", "y")
        await until(lambda: bool(plans_of(home)), "the plan")
        assert plans_of(home)[0][0].order.type == "account.close"


async def test_limits_go_to_a_value_or_a_share(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        for typed in ("150%", "1.2.3", "50%", "1200"):
            await marked(app, 0, 1)
            opened = await dialog(app, "limit")
            opened.value.value = typed
            await pilot.press("1")
            if opened.missing() is None:
                await pilot.press("y")
            else:
                await pilot.press("escape")
            await until(lambda dialog=opened: app.screen is not dialog, "the dialog's end")
            app.screen.unmark()
        params = [plan.order.params for plan, _ in reversed(plans_of(home))]
        assert params == [
            {"limit": "credit", "share": "50%"},
            {"limit": "credit", "value_minor": 120_000, "currency": "CNY"},
        ]


async def test_releasing_many_asks_every_check_once(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 40)) as pilot:
        await marked(app, 3, 10)
        opened = await dialog(app, "unfreeze")
        questions = [part for part in opened.fields if isinstance(part, Question)]
        assert len({question.check_id for question in questions}) == len(questions) > 0
        await pilot.press("1", "n", *"reached", "enter", "y")
        assert app.screen is opened
        for question in questions:
            await pilot.press(question.key)
        await pilot.press("y")
        await until(lambda: bool(plans_of(home)), "the plan")
        with closing(Journal(home.journal)) as journal:
            told = journal.latest("plan.made")
        assert told is not None
        assert [answer["answer"] for answer in told["checklist"]] == ["yes"] * len(questions)


async def test_a_verdict_names_the_transactions_of_each_alert(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await marked(app, 0, 150)
        await dialog(app, "verdict")
        await pilot.press("s", "1", "y")
        await until(lambda: bool(plans_of(home)), "the plan")
        with closing(Journal(home.journal)) as journal:
            params = {item.target.account_id: item.target.params for item in Plans(journal).items(1)}
    assert params == {"acc_000000": {"transaction_ids": ["txn_0_11"]}, "acc_000150": None}


async def test_keys_without_bulk_are_about_the_cursor_and_unarmed_nothing_opens(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await marked(app, 0, 1)
        app.perform("write", "0")
        app.post_message(Key("f", "f"))
        await shown(app, "read-only; :write arms the desk")
        app.perform("write", "10")
        app.screen.table.place(5)
        await pilot.press("n")
        await shown(app, "acc_000005")
        assert not isinstance(app.screen, BulkDialog)


def test_a_crowd_is_read_from_the_mirror(home: Home) -> None:
    with closing(Reader(home.mirror)) as mirror:
        crowd = marking.crowd(mirror, ["acc_000003", "nobody"], "account.freeze")
        sums = mirror.exposure([0, 1, 5])
        rows = mirror.page([0, 1, 5])
        assert mirror.account_ids([5, 1]) == {5: "acc_000005", 1: "acc_000001"}
    assert crowd.account_ids == ["acc_000003", "nobody"]
    assert crowd.statuses == {"frozen": 1}
    assert sums["CNY"] == (rows[0].available_minor or 0) + (rows[1].available_minor or 0)
    assert sums["JPY"] == rows[5].available_minor
