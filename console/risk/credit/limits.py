"""A limit made for the person: what they are able to repay, scaled by how they repay, bounded by policy.

Ability: a share of the income that is proved, less what goes to other debts, for so many months. Willingness: the
record of repayments, 0..1. Risk: the scorecard's probability of default, as a factor 0..1. The offer is their product,
and each step is told with its figures. No better fact ever lowers an offer, no worse one raises it.

Money is in minor units of one currency, that of the account.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

PROOF = {"verified": 1.0, "stated": 0.6, "unknown": 0.0}
"""What of an income counts. People overstate what nobody checks: of 'stated' incomes on US mortgages 60 % were
exaggerated by more than half (MARI, Eighth Periodic Case Report, 2006)."""
SERVICE_SHARE = 0.40
"""Of the income that may go to debts: between the 36 % that US lenders take and the 45 % they still allow (Fannie Mae
Selling Guide, B3-6-02)."""
LINE_SHARE = 0.02
"""Of the income that another open credit line is taken to ask for where nobody says what it asks; all lines at most
half of what may go to debts, as many lines are no proof that they are drawn. Our assumption."""
GRADES = ((90, 0.0), (60, 0.2), (30, 0.5), (1, 0.9))
"""Worst days late in the last year, and the willingness it leaves. 90 days are a default (Basel, CRE36.69)."""
BUREAU_STEP = 0.75
"""What each delinquency that other lenders report within two years leaves."""
PROVEN_MONTHS, NEW_SHARE = 12, 0.5
"""A new customer starts with such a share, and earns the rest month by month of repayment: low and grow."""
DISTRESS = 0.9
"""From such a use of the present limit on no raise is offered: who lives on the limit is in need, or busts out."""


@dataclass(frozen=True)
class Ability:
    """What a person can carry. None stands for what nobody knows.

    `income_minor` and `obligations_minor` (to other lenders) are a month's. `proof` is verified, stated or unknown.
    `open_lines` count where the obligations are unknown. `utilisation` is the share of the present limit in use.
    """

    income_minor: int | None
    proof: str = "unknown"
    obligations_minor: int | None = None
    open_lines: int | None = None
    utilisation: float | None = None


@dataclass(frozen=True)
class Willingness:
    """How a person has repaid: `months` of history here, the worst days late of the last year, what others report."""

    months: int = 0
    worst_days_late: int = 0
    delinquencies_24m: int | None = None


@dataclass(frozen=True)
class Bounds:
    """What policy says of limits. `months` of what is free to repay make a full limit; `factor` is the stance's.

    Below `floor_minor` nothing is offered, above `cap_minor` never; without a known income at most `unproved_minor`.
    A present limit is at most multiplied by `most_raise`. Risk counts from `safe_pd` on, `worst_pd` gets nothing.
    """

    floor_minor: int
    cap_minor: int
    unproved_minor: int
    months: float = 6.0
    factor: float = 1.0
    most_raise: float = 1.5
    safe_pd: float = 0.02
    worst_pd: float = 0.20

    def __post_init__(self) -> None:
        if not 0 <= self.floor_minor <= self.cap_minor or self.unproved_minor < 0:
            raise ValueError("a limit's floor must lie between 0 and its cap")
        if not (0 < self.safe_pd < self.worst_pd < 1 and self.months > 0 and self.factor >= 0 and self.most_raise >= 1):
            raise ValueError("safe_pd must lie below worst_pd, both in 0..1; months above 0; most_raise not below 1")


class Line(NamedTuple):
    """One step of the reasoning: a code, which the console has words for, and its figures by name."""

    code: str
    figures: dict[str, float]


class Offer(NamedTuple):
    """The limit offered (0: none), what ability alone would carry, willingness and risk in 0..1, and the reasoning."""

    limit_minor: int
    ability_minor: int
    willingness: float
    risk: float
    reasons: tuple[Line, ...]


def offer(
    ability: Ability, willingness: Willingness, pd: float | None, bounds: Bounds, present_minor: int | None = None
) -> Offer:
    """The limit for this person. `pd` is the probability of default, 0..1, None where no scorecard judged.

    `present_minor` is the limit that there is, None for an applicant. Raises ValueError for negative or unknown words.
    """
    _check(ability, willingness, pd, present_minor)
    carried, lines = _carried(ability, bounds)
    willing, told = _willing(willingness)
    risk = _risk(pd, bounds)
    lines += told
    lines.append(Line("risk_unknown" if pd is None else "risk", {"share": risk, **({} if pd is None else {"pd": pd})}))
    wanted = math.floor(carried * willing * risk * bounds.factor)
    if bounds.factor != 1:
        lines.append(Line("stance", {"factor": bounds.factor}))
    limit, bound = _bounded(wanted, ability, bounds, present_minor)
    return Offer(limit, carried, willing, risk, (*lines, *bound))


def _check(ability: Ability, willingness: Willingness, pd: float | None, present_minor: int | None) -> None:
    if ability.proof not in PROOF:
        raise ValueError(f"proof of income is one of {', '.join(PROOF)}, not {ability.proof!r}")
    counts = (ability.income_minor, ability.obligations_minor, ability.open_lines, present_minor)
    told = (*counts, willingness.months, willingness.worst_days_late, willingness.delinquencies_24m)
    if any(value is not None and value < 0 for value in told):
        raise ValueError("incomes, obligations, limits and counts of a person can't be negative")
    if pd is not None and not 0 <= pd <= 1:
        raise ValueError(f"a probability of default lies in 0..1, not {pd}")


def _carried(ability: Ability, bounds: Bounds) -> tuple[int, list[Line]]:
    """What the person can repay within the policy's months."""
    proof = PROOF[ability.proof]
    if ability.income_minor is None or not proof:
        return bounds.unproved_minor, [Line("income_unknown", {"limit_minor": bounds.unproved_minor})]
    counted = ability.income_minor * proof
    lines = [Line(f"income_{ability.proof}", {"income_minor": ability.income_minor, "counted_minor": counted})]
    if ability.obligations_minor is not None:
        owed = float(ability.obligations_minor)
        lines.append(Line("obligations", {"owed_minor": owed}))
    else:
        owed = counted * min(LINE_SHARE * (ability.open_lines or 0), SERVICE_SHARE / 2)
        if ability.open_lines:
            lines.append(Line("open_lines", {"lines": ability.open_lines, "owed_minor": owed}))
    free = max(0.0, counted * SERVICE_SHARE - owed)
    carried = math.floor(free * bounds.months)
    lines.append(Line("carries", {"free_minor": free, "months": bounds.months, "limit_minor": carried}))
    return carried, lines


def _willing(record: Willingness) -> tuple[float, list[Line]]:
    late = next((left for days, left in GRADES if record.worst_days_late >= days), 1.0)
    reported = BUREAU_STEP ** min(record.delinquencies_24m or 0, 100)
    proven = NEW_SHARE + (1 - NEW_SHARE) * min(record.months, PROVEN_MONTHS) / PROVEN_MONTHS
    lines = [Line("late" if late < 1 else "never_late", {"days": record.worst_days_late, "share": late})]
    if reported < 1:
        lines.append(Line("delinquencies", {"count": record.delinquencies_24m or 0, "share": reported}))
    if proven < 1:
        lines.append(Line("new", {"months": record.months, "share": proven}))
    return late * reported * proven, lines


def _risk(pd: float | None, bounds: Bounds) -> float:
    """1 up to the safe probability, falling in the log of the odds to 0 at the worst; a half where nobody judged."""
    if pd is None:
        return 0.5
    if not bounds.safe_pd < pd < bounds.worst_pd:
        return float(pd <= bounds.safe_pd)
    safe, here, worst = (math.log(each / (1 - each)) for each in (bounds.safe_pd, pd, bounds.worst_pd))
    return (worst - here) / (worst - safe)


def _bounded(wanted: int, ability: Ability, bounds: Bounds, present_minor: int | None) -> tuple[int, list[Line]]:
    """The wanted limit within what policy allows, and which bounds counted."""
    limit, lines = wanted, []
    if present_minor is not None:
        distressed = ability.utilisation is not None and ability.utilisation >= DISTRESS
        most = present_minor if distressed else math.floor(present_minor * bounds.most_raise)
        if limit > most:
            limit = most
            lines.append(Line("distress" if distressed else "most_raise", {"limit_minor": most}))
    if limit > bounds.cap_minor:
        limit = bounds.cap_minor
        lines.append(Line("cap", {"limit_minor": limit}))
    limit = _round(limit)
    if limit < bounds.floor_minor:
        lines.append(Line("floor", {"limit_minor": bounds.floor_minor, "wanted_minor": limit}))
        limit = 0
    return limit, lines


def _round(limit: int) -> int:
    """Down to two leading digits, as limits are told to people."""
    step = int(10 ** max(0, len(str(limit)) - 2))
    return limit // step * step
