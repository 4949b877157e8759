"""What golden frames are taken of: every screen, dialog and state worth a look, each a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.language import LANGUAGES
from tests.ui.mirror_builder import HOSTILE
from tests.ui.staging import (
    Steps,
    account,
    again,
    alerts,
    approvals,
    audit,
    automatic,
    backtest,
    behind,
    book,
    draft,
    ending,
    ending_account,
    find,
    halted,
    help_,
    links,
    log,
    logins,
    marks,
    plan,
    plans,
    policy,
    policy_text,
    prompt,
    pulse,
    review,
    reviews,
    rule,
    rules,
    runbook,
    screen,
    stay,
    transactions,
    tuning,
)
from tests.ui.staging_dialogs import ballot, bulk, decide_legit, dialog, redecide, reviewed, take_back, undo

SIZES = ((80, 24), (120, 40))


@dataclass(frozen=True)
class Scene:
    """`of` is the class of the screen or dialog that stands in front at the end."""

    name: str
    of: str
    steps: Steps
    sizes: Sequence[tuple[int, int]] = SIZES

    @property
    def frames(self) -> list[str]:
        """The names of its golden frames."""
        return [self.frame(code, size) for code in LANGUAGES for size in self.sizes]

    def frame(self, code: str, size: tuple[int, int]) -> str:
        return f"{self.name}.{code}.{size[0]}x{size[1]}.txt"


SCREENS = (
    Scene("watch", "WatchScreen", stay),
    Scene("small", "WatchScreen", stay, sizes=((59, 24), (80, 15))),
    Scene("marks", "WatchScreen", marks),
    Scene("ending", "WatchScreen", ending),
    Scene("alerts", "AlertsScreen", alerts),
    Scene("account", "AccountScreen", account),
    Scene("runbook", "RunbookScreen", runbook),
    Scene("handover", "HandoverScreen", screen("handover")),
    Scene("ending_account", "AccountScreen", ending_account),
    Scene("transactions", "TransactionsScreen", transactions),
    Scene("logins", "LoginsScreen", logins),
    Scene("links", "LinksScreen", links),
    Scene("pulse", "PulseScreen", pulse),
    Scene("book", "PulseScreen", book),
    Scene("automatic", "AutomaticScreen", automatic),
    Scene("halted", "AutomaticScreen", halted),
    Scene("tuning", "TuningScreen", tuning),
    Scene("rules", "RulesScreen", rules),
    Scene("rule", "RuleScreen", rule),
    Scene("backtest", "BacktestScreen", backtest),
    Scene("behind", "BehindScreen", behind),
    Scene("model", "ModelScreen", screen("model")),
    Scene("policy", "PolicyScreen", policy),
    Scene("policy_text", "PolicyTextScreen", policy_text),
    Scene("commands", "CommandsScreen", screen("commands")),
    Scene("again", "CommandsScreen", again),
    Scene("plans", "PlansScreen", plans),
    Scene("plan", "PlanScreen", plan),
    Scene("draft", "PlanScreen", draft),
    Scene("approvals", "ApprovalsScreen", approvals),
    Scene("reviews", "ReviewsScreen", reviews),
    Scene("review", "ReviewScreen", review),
    Scene("audit", "AuditScreen", audit),
    Scene("feeds", "FeedsScreen", screen("feeds")),
    Scene("log", "LogScreen", log),
    Scene("find", "FindScreen", find),
    Scene("help", "HelpScreen", help_),
)

DIALOGS = (
    Scene("completion", "WatchScreen", prompt("risk>0.8 status:frozen,")),
    Scene("fault", "WatchScreen", prompt("name:陈 risk>0.8 statuss:frozen", enter=True)),
    Scene("decide", "DecideDialog", dialog("decide", 12, "1")),
    Scene("decide_reasons", "DecideDialog", dialog("decide", 12, "1r")),
    Scene("decide_legit", "DecideDialog", decide_legit),
    Scene("freeze", "FreezeDialog", dialog("freeze", 12, "1")),
    Scene("freeze_until", "FreezeDialog", dialog("freeze", 1, "s1e", {"t": ""})),
    Scene("limit", "LimitDialog", dialog("limit", 0, "1o", {"t": "50%"})),
    Scene("unfreeze", "UnfreezeDialog", dialog("unfreeze", 3, "1ABC", {"n": "called back"})),
    Scene("close", "CloseDialog", dialog("close", 3, "1", {"t": "acc_000003"})),
    Scene("claim", "ClaimDialog", dialog("claim", 12)),
    Scene("release", "ReleaseDialog", dialog("release", 2)),
    Scene("hand_over", "HandOverDialog", dialog("hand_over", 2, typed={"n": "已回访，" + HOSTILE})),
    Scene("verdict", "VerdictDialog", dialog("verdict", 12, "s1")),
    Scene("note", "NoteDialog", dialog("note", 12, typed={"t": "已回访，" + HOSTILE})),
    Scene("redecide", "FreezeDialog", redecide),
    Scene("undo", "UnfreezeDialog", undo),
    Scene("bulk_freeze", "BulkFreeze", bulk("freeze", "1")),
    Scene("bulk_unfreeze", "BulkUnfreeze", bulk("unfreeze", "1")),
    Scene("bulk_limit", "BulkLimit", bulk("limit", "1")),
    Scene("bulk_close", "BulkClose", bulk("close", "1")),
    Scene("bulk_claim", "BulkClaim", bulk("claim", "s")),
    Scene("bulk_verdict", "BulkVerdict", bulk("verdict", "s1")),
    Scene("approve", "ApproveDialog", ballot("approve")),
    Scene("decline", "DeclineDialog", ballot("decline", typed=HOSTILE)),
    Scene("withdraw", "WithdrawDialog", ballot("withdraw", "maria.k")),
    Scene("grant", "GrantDialog", reviewed("grant", 0, "2", "已核实")),
    Scene("grant_less", "GrantLessDialog", reviewed("grant_less", 4, "2", "已核实")),
    Scene("turn_down", "TurnDownDialog", reviewed("turn_down", 2, "1", HOSTILE)),
    Scene("refer", "ReferDialog", reviewed("refer", 2, "", HOSTILE)),
    Scene("take_back", "TakeBackDialog", take_back),
)
