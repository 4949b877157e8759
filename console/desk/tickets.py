"""What a watcher writes on the claim with which it reserves a measure: for people to read, and for the next to count.

The core keeps the claims of one subject in one order, and gives every desk the same. So each watcher knows, once its
own claim has come back in the feed, which claims came before it and what they take of the hour's budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.core import instants
from console.core.instants import HOUR, MINUTE
from console.risk.automatic import Cost
from store import wanting
from store.automatic import Reserved, Want
from store.entries import Intent
from store.reader import Reader
from store.wanting import Ticket

MARK = "riskdesk automatic "
"""How such a note begins; `store.mirror_schema.TICKET` looks for it."""
GIVEN_BACK = "gives the case back"
CLAIM_MINUTES = 2
LIVES = CLAIM_MINUTES * MINUTE
"""How long a claim, and with it what it reserves, may lead to a command (µs of the core's clock)."""
SUCCEEDED = "succeeded"
BETWEEN = " | "
NOTHING = "-"


def barred(ticket: Ticket, before: Iterable[Ticket]) -> bool:
    """Whether an earlier claim on the same account was still alive when this one was recorded: this one leads to
    nothing then, in the eyes of every desk and at any time, and takes nothing of the budget."""
    at = instants.parse(ticket.created_at)
    mine = (one for one in before if one.account_id == ticket.account_id)
    return any(instants.parse(one.created_at) + LIVES > at for one in mine)


def counted(found: Iterable[Ticket], after: int) -> list[Ticket]:
    """Those recorded after an instant (µs of the core's clock) that take of the budget. `found` must reach back one
    life of a claim further. One whose place in the order is not known yet counts."""
    earlier: dict[str, list[Ticket]] = {}
    kept = []
    for ticket in sorted(found, key=lambda one: one.seq):
        placed = ticket.status == SUCCEEDED
        bars = earlier.setdefault(ticket.account_id, [])
        if instants.parse(ticket.created_at) > after and not (placed and barred(ticket, bars)):
            kept.append(ticket)
        if placed:
            bars.append(ticket)
    return kept


def since(core_now: int) -> int:
    """From when on a claim counts. A measure follows its claim within the claim's life, so whichever hour is looked at,
    the claims of the measures in it lie within an hour and such a life before the last of them."""
    return core_now - HOUR - LIVES


def read(mirror: Reader, subject: str, core_now: int) -> dict[str, Ticket]:
    """The claims of a subject that the mirror shows, as far back as they may count, by command id."""
    found = wanting.tickets(mirror, subject, since(core_now) - 2 * LIVES)
    return {ticket.command_id: ticket for ticket in found}


def costs(
    found: Mapping[str, Ticket], own: Iterable[Reserved], core_now: int, besides: str | None = None
) -> list[Cost | None]:
    """What the hour's claims take, one apart: those in the mirror, and our own that it does not show yet."""
    notes = [ticket.note for ticket in counted(found.values(), since(core_now))]
    notes += [claim.note for claim in own if claim.command_id not in found and claim.command_id != besides]
    return [cost(note) for note in notes if note.startswith(MARK)]


def of_machine(entry: Intent) -> bool:
    """Whether it only claims a case for a measure or gives it back: nothing that a person must decide again."""
    return entry.type.startswith("case.") and (entry.note or "").startswith(MARK)


def written(want: Want) -> str:
    """The note: measure, exposure, rules, score, policy and cause."""
    exposure = NOTHING if want.exposure_minor is None or not want.currency else f"{want.exposure_minor} {want.currency}"
    parts = (
        want.measure,
        exposure,
        " ".join(want.rules) or NOTHING,
        f"{want.score:.3f}",
        want.policy_version or NOTHING,
        f"{want.cause}/{want.opening}",
    )
    return MARK + BETWEEN.join(parts)


def cost(note: str) -> Cost | None:
    """What a claim takes of the budget by its note; None when that can't be read."""
    parts = note.removeprefix(MARK).split(BETWEEN)
    if not note.startswith(MARK) or len(parts) != 6:
        return None
    exposure, rules = parts[1], () if parts[2] == NOTHING else tuple(parts[2].split(" "))
    if exposure == NOTHING:
        return Cost(None, None, rules)
    amount, _, currency = exposure.partition(" ")
    if not (amount.isascii() and amount.isdigit()) or not currency:
        return None
    return Cost(currency, int(amount), rules)
