"""Cases by keys: claimed, judged, noted and given back; a verdict has what the core asks for."""

from __future__ import annotations

import json

import msgspec

from console.core import commands
from console.core.messages import ReasonCode
from console.desk import stored
from console.language import tr
from console.ui.dialogs.case import VerdictDialog
from console.ui.dialogs.fields import Reasons
from console.ui.drafts import Draft
from console.ui.situation import Situation
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import META, NOW
from tests.ui.screens import ready, until
from tests.ui.staging_dialogs import opened
from tests.ui.test_actions import ROW


async def test_case_decisions(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, "claim", 0)
        await pilot.press("s", "y")
        await until(lambda: len(drafts) == 1, "the claim")
        dialog = await opened(app, "verdict", 0)
        assert dialog.missing()
        await pilot.press("s", "y")
        await until(lambda: len(drafts) == 2, "the verdict")
        await opened(app, "note", 0)
        await pilot.press("t", *"ok", "enter", "y")
        await until(lambda: len(drafts) == 3, "the note")
        await opened(app, "release", 2)
        await pilot.press("y")
        await until(lambda: len(drafts) == 4, "the release")
        assert [json.dumps(draft.wish.params) for draft in drafts] == [
            '{"minutes": 60}',
            '{"verdict": "fraud", "transaction_ids": ["txn_0_11"]}',
            '{"text": "ok"}',
            "{}",
        ]


async def test_a_verdict_on_the_account_or_an_inconclusive_one_names_no_transactions(
    desk: Desk, drafts: list[Draft]
) -> None:
    app = desk()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app)
        app.perform("write", "10")
        await opened(app, "verdict", 0)
        await pilot.press("s", "s", "t", "y")
        await until(lambda: len(drafts) == 1, "the verdict on the account")
        await opened(app, "verdict", 0)
        await pilot.press("s", "s", "s", "y")
        await until(lambda: len(drafts) == 2, "the inconclusive verdict")
    assert [draft.wish.params for draft in drafts] == [{"verdict": "legit"}, {"verdict": "inconclusive"}]


def test_a_verdict_has_a_reason_where_the_core_lists_one() -> None:
    reason = ReasonCode(code="card_testing", title="Card testing", commands=["case.verdict"])
    meta = msgspec.structs.replace(stored.meta(json.dumps(META)), reason_codes=[reason])
    dialog = VerdictDialog(ROW, None, Situation(int(NOW), meta=meta), ("txn_1",))
    dialog.which.press("s")
    assert dialog.missing() == tr("ui.dialog.need.reason")
    reasons = next(part for part in dialog.fields if isinstance(part, Reasons))
    assert reasons.press("1")
    assert dialog.missing() is None
    assert dialog.wish() == commands.verdict("acc_1", "fraud", ["txn_1"], "card_testing")
