"""What an operator of a trial decides next: every type of command, with what the account at hand allows and forbids."""

from __future__ import annotations

import random

from console.bench.faults.scene import application_of, limit_request_of
from console.core import commands
from console.core.commands import Wish
from console.core.identifiers import new_id
from console.core.instants import Instant
from console.core.messages import Account, CommandRequest, Ref, encode
from store.journal import Intent

WEIGHTS = {
    "freeze": 18,
    "unfreeze": 18,
    "set_limit": 22,
    "close": 3,
    "claim": 9,
    "release": 5,
    "verdict": 6,
    "note": 10,
    "application": 4,
    "limit_request": 4,
}
MOST_HOLDS = 4
"""With more holds than this an account is unfrozen next."""


def draw(chance: random.Random) -> str:
    """The name of the next command."""
    return chance.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]


def wish(chance: random.Random, name: str, account: Account) -> Wish:
    """A wish of that name about an account as it is."""
    holds = [hold.hold_id for hold in account.holds]
    if name == "freeze" and len(holds) > MOST_HOLDS:
        name = "unfreeze"
    match name:
        case "unfreeze" if holds:
            return commands.unfreeze(account.id, chance.sample(holds, chance.randint(1, len(holds))), "false_positive")
        case "freeze" | "unfreeze":
            return commands.freeze(account.id, "account_takeover", scope=chance.choice(("full", "debit_only", "login")))
        case "set_limit":
            limit = chance.choice(("credit", "credit", "cash"))
            present = commands.limit_of(account, limit) or 1
            value = max(1_000, int(present * chance.choice((0.5, 0.8, 0.9, 0.95, 1, 1.2, 3))))
            return commands.set_limit(account.id, value, account.limits.currency, "customer_request", limit=limit)
        case "close":
            return commands.close(account.id, "customer_request")
        case "claim":
            return commands.claim(account.id, chance.randint(1, 3))
        case "release":
            return commands.release(account.id)
        case "verdict":
            return commands.verdict(account.id, chance.choice(("fraud", "legit", "inconclusive")))
    return commands.note(account.id, f"called, {chance.randrange(10**6)}")


def on_request(
    chance: random.Random, name: str, desk: int, number: int, account_id: str, now: Instant, not_after: Instant
) -> Intent:
    """A decision on the desk's next application or limit request, as it was first published."""
    kind = "application" if name == "application" else "limit_request"
    target = application_of(desk, number) if kind == "application" else limit_request_of(desk, number)
    decision = chance.choice(("approve", "approve", "decline"))
    body = CommandRequest(
        type=f"{kind}.decide",
        target=Ref(type=kind, id=target),
        params={"decision": decision},
        not_after=not_after,
        reason_code="customer_request",
    )
    return Intent(
        command_id=new_id(now),
        type=body.type,
        target_type=kind,
        target_id=target,
        account_id=account_id,
        body=encode(body),
        if_match=1,
        not_after=not_after,
        created_by="trial",
    )
