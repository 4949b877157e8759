"""What each action does: where it is tried, what is answered to it, and what must be so afterwards.

An action of the registry without a line in `EFFECTS` fails the test that walks it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.core import commands
from console.core.instants import HOUR
from console.desk import handover
from console.desk.tuned import DRAFT
from console.ui.app import RiskDesk
from console.ui.drafts import Draft
from console.ui.screens.backtest import BacktestScreen
from console.ui.widgets.prompt import Prompt
from store.journal import Journal
from store.life import State
from store.plans import Plans, PlanState
from store.policies import in_force
from tests.ui import staging
from tests.ui.mirror_builder import NOW, build_waiting
from tests.ui.policy_builder import EFFECT
from tests.ui.screens import frame, until
from tests.ui.staging import Steps, screen
from tests.ui.test_again import decided


@dataclass
class Seen:
    """What a check compares with: what stood before, and what was decided and copied since."""

    drafts: list[Draft]
    copied: list[str]
    before: Any = None


@dataclass(frozen=True)
class Check:
    """`begin` leads to where the action is possible. It is asked for by its first key, by `:` with an argument or
    without a key. In a dialog that it opens `typed` goes into the fields, `keys` and then `y` are pressed, where
    `keys` is not None. `done` must become true; `before` is what it can compare with.
    """

    begin: Steps
    done: Callable[[RiskDesk, Seen], object]
    argument: str = ""
    keys: str | None = None
    typed: dict[str, str] = field(default_factory=dict)
    before: Callable[[RiskDesk], Any] = lambda app: None


def at(index: int) -> Steps:
    """The cursor on a line of the list of accounts."""

    async def begin(app: RiskDesk) -> None:
        app.screen.table.place(app.screen.table.key_at(index))

    return begin


def armed(begin: Steps) -> Steps:
    async def both(app: RiskDesk) -> None:
        app.perform("write", "10")
        await begin(app)

    return both


def after(begin: Steps, then: Callable[[RiskDesk], object]) -> Steps:
    async def both(app: RiskDesk) -> None:
        await begin(app)
        then(app)

    return both


def cursor(index: Callable[[RiskDesk], int]) -> Callable[[RiskDesk, Seen], object]:
    return lambda app, _: app.screen.table.cursor_index == index(app)


def on(name: str) -> Callable[[RiskDesk, Seen], object]:
    """That screen stands in front."""
    return lambda app, _: getattr(app.screen, "NAME", "") == name and app.screen.stands


def asked(app: RiskDesk, _: Seen) -> object:
    """The prompt is open."""
    return app.screen.query_one(Prompt).has_focus_within or app.screen.query_one(Prompt).has_focus


def sent(*types: str) -> Callable[[RiskDesk, Seen], object]:
    """These commands were decided, in one go."""

    def done(_: RiskDesk, seen: Seen) -> object:
        return [[wish.type for wish in (one.wish, *one.also)] for one in seen.drafts] == [list(types)]

    return done


def journal(app: RiskDesk, query: str) -> Any:
    """The first value of a query on the journal's views."""
    with closing(sqlite3.connect(app.sight.home.journal)) as connection:
        return connection.execute(query).fetchone()[0]


def counted(view: str, where: str = "1") -> dict[str, Any]:
    """One row more in a view of the journal."""
    query = f"SELECT count(*) FROM {view} WHERE {where}"
    return {
        "before": lambda app: journal(app, query),
        "done": lambda app, seen: journal(app, query) == seen.before + 1,
    }


async def risen(app: RiskDesk) -> None:
    """The order has changed while the cursor stood still."""
    await at(0)(app)
    app.screen.table.move(3)
    with closing(sqlite3.connect(app.sight.home.mirror)) as writer, writer:
        writer.execute("UPDATE account_risk SET risk_score = 0.999, risk_level = 4 WHERE account = 50")
    await until(lambda: app.screen._newer > 0, "the new order")


async def newer_transaction(app: RiskDesk) -> None:
    await staging.transactions(app)
    with closing(sqlite3.connect(app.sight.home.mirror)) as writer, writer:
        writer.execute("UPDATE txn SET seq = 9000000 WHERE seq = (SELECT max(seq) FROM txn)")
    await until(lambda: app.screen.table.newer, "the newer one")


async def long_history(app: RiskDesk) -> None:
    """An account with more transactions than are read at once."""
    with closing(sqlite3.connect(app.sight.home.mirror)) as writer, writer:
        (last,) = writer.execute("SELECT last_transaction FROM account_risk WHERE account = 3").fetchone()
        for seq in range(1_000_000, 1_000_150):
            writer.execute(
                "INSERT INTO txn SELECT ?, 'txn_' || ?, version, deleted, account, ?, occurred_at, recorded_at,"
                " amount_minor, currency, merchant_id, kind, status, score, level, model_version, rule_ids, doc"
                " FROM txn WHERE transaction_id = 'txn_3_4'", (seq, seq, last),
            )  # fmt: skip
            last = seq
        writer.execute("UPDATE account_risk SET last_transaction = ? WHERE account = 3", (last,))
    await staging.account(app)
    await until(lambda: app.screen.timeline.more, "more than a page")


async def running_backtest(app: RiskDesk) -> None:
    async def forever(*_: object) -> None:
        await asyncio.sleep(3600)

    app.push_screen(BacktestScreen(Path("draft.toml"), 31, forever))
    await until(lambda: app.screen.NAME == "backtest" and app.screen.stands and app.screen._run is not None, "it")


async def stopped_plan(app: RiskDesk) -> None:
    await running_plan(app)
    Plans(app.sight.journal).stop(2, NOW, "maria.k")
    app.look()


async def running_plan(app: RiskDesk) -> None:
    await staging.plans(app)
    app.screen.table.place(2)


async def tried_policy(app: RiskDesk) -> None:
    """The policy screen, on which a stance is tried at once."""
    from console.ui.screens import policy

    async def tried(*_: object) -> dict[str, object]:
        return EFFECT | {"to": "a/guarded"}

    policy.tried = tried  # put back by the test's own fixture
    await staging.policy(app)


async def enacted(app: RiskDesk) -> None:
    await staging.policy(app)
    app.command("enact guarded agreed")
    await until(lambda: stance(app) == "guarded", "the stance")


def stance(app: RiskDesk) -> object:
    with closing(Journal(app.sight.home.journal)) as opened:
        found = in_force(opened)
        return found.stance if found is not None else None


async def visited(app: RiskDesk) -> None:
    await screen("feeds")(app)
    await screen("commands")(app)


async def went_back(app: RiskDesk) -> None:
    await visited(app)
    app.perform("earlier")
    await until(lambda: app.screen.NAME == "feeds" and app.screen.stands, "the screen before")


async def kept_view(app: RiskDesk) -> None:
    app.command("filter level:critical")
    await until(lambda: app.screen.table.total() == 9, "the filter")
    app.command("view save grave")
    app.command("back")
    await until(lambda: app.screen.table.total() == 200, "all of them")


async def confirmed_freeze(app: RiskDesk) -> None:
    decided(app.sight.home, commands.freeze("acc_000003", "account_takeover"), State.CONFIRMED, "hold_3", NOW - HOUR)
    await screen("commands")(app)
    app.look()
    app.screen.list.place(app.screen.list.entries[0].position)


async def queued(app: RiskDesk) -> None:
    await screen("commands")(app)
    entry = next(entry for entry in app.screen.list.entries if entry.state is State.QUEUED)
    app.screen.list.place(entry.position)


async def waiting(app: RiskDesk) -> None:
    """The cursor on what another person asked for, as somebody who may decide it."""
    build_waiting(app.sight.home.mirror, "jonas.p")
    app.look()
    await screen("approvals")(app)
    await until(lambda: app.screen.table.total() > 0, "what waits")
    other = next(item for item in app.screen.table.items if item.command.created_by == "maria.k")
    app.screen.table.place(app.screen.table._number(other))
    await until(lambda: app.facts().may_approve, "the right to approve")


def papers(down: int) -> Steps:
    async def begin(app: RiskDesk) -> None:
        await staging.reviews(app)
        app.screen.table.move(down)

    return begin


def plan_is(state: PlanState) -> Callable[[RiskDesk, Seen], object]:
    def done(app: RiskDesk, _: Seen) -> object:
        with closing(Journal(app.sight.home.journal)) as opened:
            return Plans(opened).need(2).state is state

    return done


def account_of(app: RiskDesk) -> object:
    row = app.screen.account()
    return row.account_id if row is not None else None


def opens(name: str) -> Check:
    return Check(at(2), on(name))


EFFECTS: dict[str, Check] = {
    "down": Check(at(5), cursor(lambda _: 6)),
    "up": Check(at(5), cursor(lambda _: 4)),
    "page_down": Check(at(5), cursor(lambda app: 5 + app.screen.table.height)),
    "page_up": Check(at(150), cursor(lambda app: 150 - app.screen.table.height)),
    "top": Check(at(5), cursor(lambda _: 0)),
    "bottom": Check(at(5), cursor(lambda _: 199)),
    "open": Check(at(2), lambda app, _: on("account")(app, _) and account_of(app) == "acc_000002"),
    "refresh": Check(risen, lambda app, _: app.screen.table.order[0] == 50),
    "mark": Check(at(2), lambda app, _: app.screen.table.marks.ids == ["acc_000002"]),
    "mark_range": Check(
        after(at(0), lambda app: (app.screen.table.do_mark(""), app.screen.table.place(3))),
        lambda app, _: app.screen.table.marks.ids == [f"acc_{number:06d}" for number in range(4)],
    ),
    "look": Check(after(staging.rules, lambda app: app.screen.table.place(0)), on("rule")),
    "stop": Check(running_plan, plan_is(PlanState.STOPPED)),
    "resume": Check(stopped_plan, plan_is(PlanState.RUNNING)),
    "newest": Check(newer_transaction, lambda app, _: app.screen.table.shown[0].seq == 9_000_000),
    "prove": Check(staging.audit, lambda app, _: getattr(app.screen._proof, "fault", "") is None),
    "grade": Check(
        staging.log,
        lambda app, seen: 0 < app.screen.table.total() < seen.before,
        before=lambda app: app.screen.table.total(),
    ),
    "cancel": Check(running_backtest, lambda app, _: app.screen._run.done()),
    "rollback": Check(
        screen("model"), argument="rollback m-004 flags hotels", **counted("v_audit", "event = 'model.rolled_back'")
    ),
    "older": Check(
        long_history,
        lambda app, seen: app.screen.timeline.total() > seen.before,
        before=lambda app: app.screen.timeline.total(),
    ),
    "redecide": Check(staging.again, lambda _, seen: [one.follows for one in seen.drafts] == ["c1"], keys=""),
    "undo": Check(
        confirmed_freeze,
        lambda _, seen: [(one.wish.type, one.follows) for one in seen.drafts] == [("account.unfreeze", "hold_3")],
        keys="1ABC", typed={"n": "called back"},
    ),
    "decide": Check(at(12), sent("account.freeze", "case.verdict"), keys="1"),
    "next": Check(staging.alerts, on("account")),
    "freeze": Check(at(12), sent("account.freeze"), keys="1"),
    "unfreeze": Check(at(3), sent("account.unfreeze"), keys="1ABC", typed={"n": "called back"}),
    "limit": Check(at(0), sent("account.set_limit"), keys="1o", typed={"t": "50%"}),
    "close": Check(at(3), sent("account.close"), keys="1", typed={"t": "acc_000003"}),
    "claim": Check(at(12), sent("case.claim"), keys=""),
    "release": Check(at(2), sent("case.release"), keys=""),
    "verdict": Check(at(12), sent("case.verdict"), keys="s1"),
    "hand_over": Check(at(2), sent("case.note", "case.release"), keys="", typed={"n": "called back"}),
    "note": Check(at(12), sent("case.note"), keys="", typed={"t": "called back"}),
    "runbook": Check(staging.account, on("runbook")),
    "snooze": Check(at(12), argument="snooze 8h travelling", **counted("v_list")),
    "filter": Check(at(2), asked),
    "sort": Check(
        at(2),
        lambda app, seen: app.screen.table.order.tolist() != seen.before and len(app.screen.table.order) == 200,
        argument="sort balance",
        before=lambda app: app.screen.table.order.tolist(),
    ),
    "columns": Check(
        at(2), lambda app, _: "risk" not in frame(app).splitlines()[2], argument="columns level account",
    ),
    "view": Check(kept_view, lambda app, _: app.screen.table.total() == 9, argument="view grave"),
    "views": Check(kept_view, asked),
    "approve": Check(waiting, keys="", **counted("v_ballot")),
    "decline": Check(waiting, keys="", typed={"n": "not this one"}, **counted("v_ballot")),
    "grant": Check(papers(0), keys="2", typed={"n": "已核实"}, **counted("v_review", "choice = 'approve'")),
    "grant_less": Check(papers(4), keys="2", typed={"n": "可", "t": "20000"}, **counted("v_review", "choice = 'less'")),
    "turn_down": Check(papers(2), keys="1", typed={"n": "no"}, **counted("v_review", "choice = 'decline'")),
    "refer": Check(papers(2), keys="", typed={"n": "later"}, **counted("v_review", "choice = 'refer'")),
    "segments": Check(staging.pulse, lambda app, seen: frame(app) != seen.before, before=frame),
    "tune": Check(at(2), lambda app, _: on("tuning")(app, _) and app.screen._run.done(), argument="tune soon"),
    "draft_point": Check(
        after(staging.tuning, lambda app: app.screen.table.place(1)),
        lambda app, _: (app.sight.home.folder / DRAFT).exists(),
    ),
    "save": Check(
        after(screen("handover"), lambda app: app.look()),
        lambda app, _: handover.named(app.sight.home.folder, app.sight.clock()).exists(),
    ),
    "earlier": Check(visited, on("feeds")),
    "later": Check(went_back, on("commands")),
    "enact": Check(staging.policy, lambda app, _: stance(app) == "guarded", argument="enact guarded agreed"),
    "revoke": Check(armed(enacted), lambda app, _: stance(app) == "normal", argument="revoke before too hasty"),
    "dismiss": Check(
        staging.policy, lambda app, _: "Proposal 1" not in frame(app), argument="dismiss not yet",
    ),
    "try_out": Check(tried_policy, lambda app, _: app.screen._effect is not None),
    "compare": Check(after(staging.policy, lambda app: app.screen.table.place(0)), on("policy_text")),
    "withdraw": Check(queued, keys="", **counted("v_command", "state = 'CANCELLED'")),
    "pick": Check(waiting, lambda app, _: len(app.screen.table.marked) == 1),
    "copy": Check(at(2), lambda _, seen: seen.copied == ["acc_000002"]),
    "copy_all": Check(at(2), lambda _, seen: seen.copied and "acc_000002" in seen.copied[0] != "acc_000002"),
    "export": Check(at(2), lambda app, _: (app.sight.home.folder / "x.csv").exists(), argument="export {home}/x.csv"),
    "command": Check(at(2), asked),
    "help": opens("help"),
    "back": Check(screen("feeds"), on("watch")),
    "watch": Check(screen("feeds"), on("watch")),
    **{name: opens(name) for name in ("commands", "feeds", "alerts", "rules", "model", "approvals", "plans")},
    **{name: opens(name) for name in ("transactions", "logins", "links", "pulse", "reviews", "automatic", "policy")},
    **{name: opens(name) for name in ("audit", "log", "find", "handover")},
    "halt": Check(at(2), lambda app, _: app.sight.situation.stop is not None),
    "go_on": Check(staging.halted, lambda app, _: app.sight.situation.stop is None, argument="go_on all is well"),
    "backtest": Check(
        at(2), lambda app, _: on("backtest")(app, _) and app.screen._run.done(), argument="backtest no-such-draft.toml",
    ),
    "write": Check(at(2), lambda app, _: app.facts().armed),
    "read": Check(armed(at(2)), lambda app, _: not app.facts().armed),
    "theme": Check(at(2), lambda app, seen: app.theme != seen.before, before=lambda app: app.theme),
    "language": Check(at(2), lambda app, _: "按风险" in frame(app) or "账户" in frame(app)),
    "quit": Check(at(2), lambda app, _: app._exit),
}  # fmt: skip
