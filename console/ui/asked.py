"""What a command of the core asks for, in words: for the second person, who must know before saying yes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from console.core import instants
from console.core.ballots import REJECT
from console.core.commands import limit_of
from console.core.messages import Account, Command, Hold
from console.language import term, tr
from console.ui import formats, reason_codes
from console.ui.text import clean

KEPT = 160
"""Characters of parameters that are shown as they came, for a type of command we have no words for."""


def asks(command: Command, account: Account | None, exponents: Mapping[str, int]) -> str:
    """What it would do to its target. `account` is the target as it is now, None where that is not known."""
    params = command.params
    match command.type:
        case "account.freeze":
            scope = term("ui.scope", clean(params.get("scope"), 16))
            ends = _instant(params.get("expires_at"))
            until = tr("ui.portrait.until", time=formats.day_and_time(ends)) if ends else tr("ui.dialog.open_end")
            return tr("approvals.asks.freeze", scope=scope, until=until)
        case "account.unfreeze":
            return tr("approvals.asks.unfreeze", holds=_holds(params.get("hold_ids"), account))
        case "account.set_limit":
            return _limit(params, account, exponents)
        case "account.close":
            owed = account.limits.balance_minor if account else None
            amount = formats.money(owed, account.limits.currency if account else None, exponents)
            return tr("approvals.asks.close_owing", amount=amount) if owed else tr("approvals.asks.close")
        case "application.decide" | "limit_request.decide":
            return _answer(params, account, exponents)
    return clean(f"{command.type} {json.dumps(params, ensure_ascii=False, default=str)}", KEPT)


def _limit(params: Mapping[str, object], account: Account | None, exponents: Mapping[str, int]) -> str:
    limit, value = clean(params.get("limit"), 16), params.get("value_minor")
    currency = clean(params.get("currency"), 3)
    before = limit_of(account, limit) if account else None
    after = value if isinstance(value, int) else None
    return tr(
        "approvals.asks.set_limit",
        limit=term("ui.dialog.limit", limit),
        before=formats.money(before, currency, exponents),
        after=formats.money(after, currency, exponents),
        currency=currency,
    )


def _answer(params: Mapping[str, object], account: Account | None, exponents: Mapping[str, int]) -> str:
    """The answer to an application or a limit request, with the limit where one is named."""
    choice = term("approvals.answer", clean(params.get("decision"), 16))
    limit, currency = params.get("limit_minor"), account.limits.currency if account else None
    if not isinstance(limit, int):
        return choice
    before = account.limits.credit_limit_minor if account else None
    amounts = {"before": formats.money(before, currency, exponents), "after": formats.money(limit, currency, exponents)}
    return f"{choice}: " + tr(
        "approvals.asks.set_limit", limit=term("ui.dialog.limit", "credit"), currency=clean(currency, 3), **amounts
    )


def _holds(named: object, account: Account | None) -> str:
    """The holds to release: reason and who placed them where they are still there, else their ids."""
    ids = [str(one) for one in named] if isinstance(named, list) else []
    there = {hold.hold_id: hold for hold in account.holds} if account else {}
    words = [_hold(there[one]) if one in there else clean(one, 40) for one in ids]
    return ", ".join(words) or formats.NOTHING


def _hold(hold: Hold) -> str:
    return f"{reason_codes.words(hold.reason_code)} ({clean(hold.placed_by, 24)})"


def _instant(value: object) -> int | None:
    try:
        return instants.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def outcome(command: Command) -> str:
    """How it ended, and who decided with which words: for whoever asked, and for whoever decided too late."""
    made = command.approval
    if made is None or not made.decided_by:
        return term("approvals.status", clean(command.status, 24))
    decision = term("approvals.decision", clean(made.decision, 16))
    said = tr("approvals.decided_by", who=clean(made.decided_by, 24), decision=decision)
    return f"{said}: {clean(made.note)}" if made.note else said


def declined(command: Command) -> bool:
    """Whether a second person said no to it."""
    return command.approval is not None and command.approval.decision == REJECT
