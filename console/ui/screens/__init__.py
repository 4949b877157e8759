"""The screens. The ones with a name of their own are opened over the watch screen, and imported only then."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.ui.screens.base import DeskScreen

BY_NAME = {
    "commands": "CommandsScreen",
    "feeds": "FeedsScreen",
    "alerts": "AlertsScreen",
    "rules": "RulesScreen",
    "model": "ModelScreen",
    "policy": "PolicyScreen",
    "approvals": "ApprovalsScreen",
    "plans": "PlansScreen",
    "reviews": "ReviewsScreen",
    "transactions": "TransactionsScreen",
    "logins": "LoginsScreen",
    "links": "LinksScreen",
    "pulse": "PulseScreen",
    "automatic": "AutomaticScreen",
    "audit": "AuditScreen",
    "log": "LogScreen",
    "find": "FindScreen",
    "handover": "HandoverScreen",
}
"""Each screen's class, in the module of the screen's name; the name is also an action's."""


def named(name: str) -> type[DeskScreen]:
    """The class of a screen. Raises KeyError for a name that is none."""
    kind: type[DeskScreen] = getattr(import_module(f"{__name__}.{name}"), BY_NAME[name])
    return kind
