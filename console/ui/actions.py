"""Actions as data: what can be done, by which key or `:` command, and why not just now.

The bindings, the help, the `:` commands and the palette are all made from `ACTIONS`. An action `name` is carried out
by the method `do_name` of whatever has the focus, of one of its ancestors, of the screen or of the app, in that order.
An action named like a screen opens it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from console.language import tr
from console.ui import screens
from console.ui.claims import holder
from store.reader import AccountRow

if TYPE_CHECKING:
    from console.ui.app import RiskDesk
    from console.ui.screens.base import DeskScreen
    from console.ui.situation import Situation


@dataclass(frozen=True)
class Facts:
    """What decides whether an action is possible now."""

    armed: bool
    may_command: bool | None
    reasons_known: bool
    account: AccountRow | None
    same_version: bool = True
    may_approve: bool | None = None
    marked: int = 0
    core_now: int = 0
    seen: bool = True

    @classmethod
    def of(cls, situation: Situation, front: DeskScreen | None, typed_at: float) -> Facts:
        """What is so on the screen in front for a key that was typed at an instant of the monotonic clock (s)."""
        standing = front if front is not None and front.stands else None
        return cls(
            situation.armed,
            situation.may_command,
            situation.meta is not None,
            standing.account() if standing is not None else None,
            situation.same_version,
            situation.may_approve,
            len(standing.marked()) if standing is not None else 0,
            situation.core_now,
            front is None or typed_at >= front.seen_since,
        )


@dataclass(frozen=True)
class Action:
    """One thing to do. `scope` says which class binds its keys; `needs` names entries of `NEEDS`, in order.

    A `bulk` one is about the marked accounts where there are any.
    """

    name: str
    keys: tuple[str, ...]
    scope: str
    needs: tuple[str, ...] = ()
    danger: bool = False
    hint: bool = False
    argument: bool = False
    bulk: bool = False

    @property
    def title(self) -> str:
        return tr(f"ui.action.{self.name}")

    @property
    def help(self) -> str:
        return tr(f"ui.help.{self.name}")

    @property
    def key(self) -> str:
        """Its first key as printed, empty when it has none."""
        return shown(self.keys[0]) if self.keys else ""


COMMAND = ("armed", "may_command", "same_version", "account", "seen", "mirrored", "reasons")
SENDING = ("armed", "may_command", "same_version")
CASE = (*SENDING, "account", "seen")

BALLOT = ("armed", "may_command", "same_version")
MANY = ("armed", "may_command", "same_version", "reasons")
"""What deciding on marked accounts needs; what of them does not apply is told account by account."""

ACTIONS = (
    Action("down", ("j", "down"), "list"),
    Action("up", ("k", "up"), "list"),
    Action("page_down", ("pagedown", "ctrl+f"), "list"),
    Action("page_up", ("pageup",), "list"),
    Action("top", ("g", "home"), "list"),
    Action("bottom", ("G", "end"), "list"),
    Action("open", ("enter",), "accounts", ("account",), hint=True),
    Action("refresh", ("r",), "accounts", hint=True),
    Action("mark", ("space",), "accounts", ("account",)),
    Action("mark_range", ("V",), "accounts", ("account",)),
    Action("look", ("enter",), "figures", hint=True),
    Action("stop", ("S",), "plans", hint=True),
    Action("resume", ("r",), "plans", ("armed", "may_command", "same_version"), danger=True, hint=True),
    Action("newest", ("r",), "stream", hint=True),
    Action("prove", ("p",), "audit", hint=True),
    Action("grade", ("w",), "log", hint=True),
    Action("cancel", ("x",), "backtest", hint=True),
    Action("draft_point", ("w",), "tuning", hint=True),
    Action("rollback", ("Z",), "model", ("armed", "same_version"), danger=True, hint=True, argument=True),
    Action("enact", ("a",), "policy", ("armed", "same_version"), danger=True, hint=True, argument=True),
    Action("revoke", ("Z",), "policy", ("armed", "same_version"), danger=True, hint=True, argument=True),
    Action("dismiss", ("x",), "policy", ("armed", "same_version"), danger=True, hint=True, argument=True),
    Action("try_out", ("b",), "policy", hint=True, argument=True),
    Action("compare", ("equals_sign",), "policy", hint=True),
    Action("older", ("o",), "account", ("account",), hint=True),
    Action("redecide", ("D",), "commands", SENDING, danger=True, hint=True, argument=True),
    Action("undo", ("U",), "undo", SENDING, danger=True, hint=True),
    Action("decide", ("d",), "decide", (*COMMAND, "unmarked"), danger=True, hint=True),
    Action("next", ("N",), "queue", hint=True),
    Action("freeze", ("f",), "decide", (*COMMAND, "not_closed"), danger=True, bulk=True, hint=True),
    Action("unfreeze", ("u",), "decide", (*COMMAND, "not_closed", "holds"), danger=True, bulk=True, hint=True),
    Action("limit", ("l",), "decide", (*COMMAND, "limit_open"), danger=True, bulk=True, hint=True),
    Action("close", ("X",), "decide", (*COMMAND, "not_closed"), danger=True, bulk=True),
    Action("claim", ("c",), "decide", CASE, danger=True, bulk=True, hint=True),
    Action("release", ("R",), "decide", (*CASE, "claimed"), danger=True),
    Action("verdict", ("v",), "decide", CASE, danger=True, bulk=True),
    Action("hand_over", ("H",), "decide", (*CASE, "claimed"), danger=True),
    Action("note", ("n",), "decide", CASE, danger=True),
    Action("runbook", ("i",), "runbook", ("account",)),
    Action("snooze", ("z",), "decide", ("account",), argument=True),
    Action("filter", ("slash",), "filter", hint=True, argument=True),
    Action("sort", ("s",), "arrange", argument=True),
    Action("columns", (), "arrange", argument=True),
    Action("view", (), "arrange", argument=True),
    Action("views", (), "arrange"),
    Action("approve", ("a",), "approvals", (*BALLOT, "may_approve"), danger=True, hint=True),
    Action("decline", ("d",), "approvals", (*BALLOT, "may_approve"), danger=True, hint=True),
    Action("grant", ("a",), "reviews", (*SENDING, "reasons"), danger=True, hint=True),
    Action("grant_less", ("m",), "reviews", (*SENDING, "reasons"), danger=True, hint=True),
    Action("turn_down", ("d",), "reviews", (*SENDING, "reasons"), danger=True, hint=True),
    Action("refer", ("e",), "reviews", (*SENDING, "reasons"), danger=True, hint=True),
    Action("withdraw", ("w",), "withdraw", BALLOT, danger=True, hint=True),
    Action("pick", ("space",), "approvals", ("may_approve",), hint=True),
    Action("copy", ("y",), "app"),
    Action("copy_all", ("Y",), "app"),
    Action("export", (), "app", argument=True),
    Action("command", ("colon",), "app", hint=True),
    Action("help", ("question_mark", "f1"), "app", hint=True),
    Action("back", ("escape",), "app"),
    Action("earlier", ("left_square_bracket",), "app"),
    Action("later", ("right_square_bracket",), "app"),
    Action("watch", ("1",), "app"),
    Action("commands", ("2",), "app"),
    Action("feeds", ("3",), "app"),
    Action("alerts", ("4",), "app"),
    Action("rules", ("5",), "app"),
    Action("model", ("6",), "app"),
    Action("policy", ("P",), "app"),
    Action("approvals", ("7",), "app"),
    Action("plans", ("8",), "app"),
    Action("transactions", ("t",), "app", argument=True),
    Action("logins", ("L",), "app", argument=True),
    Action("links", ("K",), "app", argument=True),
    Action("pulse", ("9",), "app"),
    Action("reviews", ("0",), "app"),
    Action("automatic", (), "app"),
    Action("segments", ("s",), "pulse", hint=True),
    Action("halt", ("exclamation_mark",), "app"),
    Action(
        "go_on", ("r",), "automatic", ("armed", "may_command", "same_version"), danger=True, hint=True, argument=True
    ),
    Action("audit", (), "app", argument=True),
    Action("log", (), "app"),
    Action("find", ("F",), "app", argument=True),
    Action("handover", (), "app", argument=True),
    Action("save", ("w",), "handover", hint=True),
    Action("backtest", ("b",), "app", argument=True),
    Action("tune", (), "app", argument=True),
    Action("write", (), "app", ("may_command",), argument=True),
    Action("read", (), "app", ("armed",)),
    Action("theme", (), "app", argument=True),
    Action("language", (), "app", argument=True),
    Action("quit", ("q",), "app", hint=True),
)

BY_NAME = {action.name: action for action in ACTIONS}

NOT_CLOSED = ("pending", "active", "frozen", "closing")
LIMIT_OPEN = ("active", "frozen")

NEEDS: dict[str, Callable[[Facts], bool]] = {
    "armed": lambda facts: facts.armed,
    "may_command": lambda facts: facts.may_command is not False,
    "may_approve": lambda facts: facts.may_approve is not False,
    "same_version": lambda facts: facts.same_version,
    "account": lambda facts: facts.account is not None,
    "seen": lambda facts: facts.seen,
    "mirrored": lambda facts: facts.account is not None and facts.account.version > 0 and not facts.account.deleted,
    "reasons": lambda facts: facts.reasons_known,
    "not_closed": lambda facts: facts.account is not None and facts.account.status != "closed",
    "limit_open": lambda facts: facts.account is not None and facts.account.status in LIMIT_OPEN,
    "holds": lambda facts: facts.account is not None and facts.account.holds > 0,
    "unmarked": lambda facts: not facts.marked,
    "claimed": lambda facts: facts.account is not None and holder(facts.account, facts.core_now) is not None,
}
"""What an action may need; each has a sentence `ui.need.<name>` for when it is not so."""

KEY_NAMES = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "exclamation_mark": "!",
    "equals_sign": "=",
    "escape": "esc",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "space": "␣",
    "down": "↓",
    "up": "↑",
}


NO_KEY = "nothing"
"""Stands for the keys of an action that has none: no keyboard sends it, but the settings may put one in its place."""


def shown(key: str) -> str:
    """A key as it is printed on screen."""
    return KEY_NAMES.get(key, key)


def obstacle(action: Action, facts: Facts) -> str | None:
    """Why the action is not possible now, in the reader's language; None when it is."""
    needs = [need for need in action.needs if need in MANY] if action.bulk and facts.marked else action.needs
    missing = next((need for need in needs if not NEEDS[need](facts)), None)
    return None if missing is None else tr(f"ui.need.{missing}")


def bindings(*scopes: str) -> list[BindingType]:
    """The key bindings of a class that carries out these scopes."""
    return [
        Binding(",".join(action.keys) or NO_KEY, f"app.perform('{action.name}')", show=False, id=action.name)
        for action in ACTIONS
        if action.scope in scopes
    ]


def performer(start: DOMNode | None, name: str) -> Callable[[str], None] | None:
    """The method that carries out an action, looked for from a node upwards; None when nothing here can."""
    method: Callable[[str], None] | None = _method(start, f"do_{name}")
    if method is not None:
        return method
    if start is not None and name in screens.BY_NAME:
        return lambda argument: cast("RiskDesk", start.app).show(name, argument)
    return None


def _method(start: DOMNode | None, name: str) -> Any:  # noqa: ANN401 - whatever has that name
    """A method of a node or of the nearest of its ancestors that has it."""
    node = start
    while node is not None:
        if (method := getattr(node, name, None)) is not None:
            return method
        node = node.parent
    return None


def completions(start: DOMNode, text: str) -> list[str]:
    """What a `:` command could go on to be: a name, or its argument, as `words_of_NAME` of whoever does it tells."""
    name, space, begun = text.partition(" ")
    if not space:
        return [action.name for action in live(start) if action.name.startswith(text) and action.name != text]
    told: Callable[[str], Iterable[str]] | None = _method(start, f"words_of_{name}")
    words = told(begun) if told is not None else ()
    return [f"{name} {word}" for word in words if word.startswith(begun) and word != begun]


def live(start: DOMNode | None) -> list[Action]:
    """The actions something between a node and the app can carry out, in the order of `ACTIONS`, with their keys."""
    if start is None:
        return []
    keymap = cast("RiskDesk", start.app).keymap
    return [
        replace(action, keys=keymap.get(action.name, action.keys))
        for action in ACTIONS
        if performer(start, action.name) is not None
    ]
