"""The registry of actions: each has a way in, a text, a reason when it is not possible, and something that does it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console import language
from console.ui import actions, screens
from console.ui.actions import ACTIONS, BY_NAME, NEEDS, Action, Facts, obstacle
from console.ui.app import RiskDesk
from console.ui.screens.account import AccountScreen
from console.ui.screens.alerts import AlertsScreen
from console.ui.screens.approvals import ApprovalsScreen
from console.ui.screens.arranging import Arranging
from console.ui.screens.audit import AuditScreen
from console.ui.screens.automatic import AutomaticScreen
from console.ui.screens.backtest import BacktestScreen
from console.ui.screens.base import DeskScreen
from console.ui.screens.behind import BehindScreen
from console.ui.screens.commands import CommandsScreen
from console.ui.screens.deciding import Decisions
from console.ui.screens.deciding_papers import Reviewing
from console.ui.screens.handover import HandoverScreen
from console.ui.screens.log import LogScreen
from console.ui.screens.model import ModelScreen
from console.ui.screens.plan import PlanScreen
from console.ui.screens.plans import PlansScreen
from console.ui.screens.policy import PolicyScreen
from console.ui.screens.pulse import PulseScreen
from console.ui.screens.rules import RulesScreen
from console.ui.screens.runbook import RunbookScreen
from console.ui.screens.stream import StreamScreen
from console.ui.screens.tuning import TuningScreen
from console.ui.screens.watch import WatchScreen
from console.ui.widgets.accounts import AccountTable
from console.ui.widgets.rows import RowList
from store.reader import AccountRow

OWNERS = {
    "app": (RiskDesk, DeskScreen),
    "list": (RowList,),
    "accounts": (WatchScreen, AccountTable),
    "decide": (Decisions,),
    "account": (AccountScreen,),
    "queue": (AccountScreen, AlertsScreen),
    "handover": (HandoverScreen,),
    "runbook": (Decisions, RunbookScreen),
    "figures": (BacktestScreen, BehindScreen, RulesScreen),
    "stream": (StreamScreen,),
    "filter": (WatchScreen, AuditScreen),
    "arrange": (Arranging,),
    "audit": (AuditScreen,),
    "log": (LogScreen,),
    "backtest": (BacktestScreen,),
    "tuning": (TuningScreen,),
    "model": (ModelScreen,),
    "policy": (PolicyScreen,),
    "approvals": (ApprovalsScreen,),
    "withdraw": (ApprovalsScreen, CommandsScreen),
    "commands": (CommandsScreen,),
    "undo": (CommandsScreen, AccountScreen, AutomaticScreen),
    "automatic": (AutomaticScreen,),
    "pulse": (PulseScreen,),
    "plans": (PlansScreen, PlanScreen),
    "reviews": (Reviewing,),
}

ROW = AccountRow(
    account=1, account_id="acc_1", version=3, deleted=False, customer_id=None, customer_name=None, status="active",
    currency="CNY", credit_limit_minor=1, available_minor=1, balance_minor=0, holds=1, score=0.5, level=2,
    open_alerts=1, last_activity_at=0, last_transaction=0, last_login=0, alert_id=None, alert_state=None,
    alert_opened_at=None, rule_ids=None, claimed_by="maria.k", claim_expires_at=0,
)  # fmt: skip
READY = Facts(armed=True, may_command=True, reasons_known=True, account=ROW)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_an_action_is_reachable_told_and_done_by_something(action: Action) -> None:
    owners = [owner for owner in OWNERS[action.scope] if hasattr(owner, f"do_{action.name}")]
    assert owners or issubclass(screens.named(action.name), DeskScreen)
    for code in language.LANGUAGES:
        language.use(code)
        assert action.title != f"ui.action.{action.name}"
        assert action.help != f"ui.help.{action.name}"
    assert all(need in NEEDS for need in action.needs)


def test_names_and_keys_are_unique_where_they_meet() -> None:
    assert len(BY_NAME) == len(ACTIONS)
    everywhere = {"app", "list", "decide", "runbook", "queue"}
    for scope in (
        "accounts",
        "account",
        "backtest",
        "tuning",
        "model",
        "stream",
        "audit",
        "log",
        "filter",
        "commands",
        "undo",
    ):
        keys = [key for action in ACTIONS if action.scope in everywhere | {scope} for key in action.keys]
        assert len(keys) == len(set(keys))


def test_no_key_that_the_terminal_or_tmux_takes() -> None:
    keys = {key for action in ACTIONS for key in action.keys}
    assert not keys & {"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q", "ctrl+c", "ctrl+z"}


def test_what_can_harm_needs_arming_first() -> None:
    for action in ACTIONS:
        assert (action.needs[:1] == ("armed",)) == action.danger or action.name == "read"
    freeze = BY_NAME["freeze"]
    assert obstacle(freeze, READY) is None
    assert "read-only" in str(obstacle(freeze, replace(READY, armed=False)))


@pytest.mark.parametrize(
    ("name", "facts", "words"),
    [
        ("freeze", replace(READY, account=None), "choose an account"),
        ("freeze", replace(READY, may_command=False), "no right"),
        ("freeze", replace(READY, reasons_known=False), "reason codes"),
        ("freeze", replace(READY, account=replace(ROW, status="closed")), "closed"),
        ("freeze", replace(READY, account=replace(ROW, version=0)), "not told"),
        ("unfreeze", replace(READY, account=replace(ROW, holds=0)), "no holds"),
        ("limit", replace(READY, account=replace(ROW, status="closing")), "limits"),
        ("release", replace(READY, account=replace(ROW, claimed_by=None)), "nobody"),
    ],
)
def test_an_action_says_why_it_is_not_possible(name: str, facts: Facts, words: str) -> None:
    assert words in str(obstacle(BY_NAME[name], facts))


def test_every_bound_key_comes_from_the_registry() -> None:
    bound = {binding.key for cls in (RowList, AccountTable, Decisions, AccountScreen) for binding in cls.BINDINGS}
    assert bound <= {",".join(action.keys) for action in ACTIONS}
    assert actions.shown("slash") == "/"
