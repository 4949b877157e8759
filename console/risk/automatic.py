"""Automatic measures: what of an alert calls for one, what one costs, and whether the hour's budget still holds it.

A measure is acted on by the machine alone, so every limit here errs to the side of a person: what is not known fits no
budget, and what was reserved counts whether it was carried out or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Annotated, Literal

from msgspec import Meta

Count = Annotated[int, Meta(ge=0)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]


@dataclass(frozen=True)
class Budget:
    """What may be done within an hour: measures, exposure of the accounts by currency (minor units), measures a rule.

    A currency without an amount has no budget. When more than `ceiling` alerts and applications call for a measure
    within an hour, something is wrong that no measure mends: everything stops and a person is called.
    """

    count: Count
    exposure: Mapping[Currency, Count]
    per_rule: Count
    ceiling: Count


@dataclass(frozen=True)
class Measures:
    """What is done by itself: a hold of `scope` on alerts of the highest level from `least_score` (0..1) on, and
    decisions on clear applications."""

    freeze: bool = False
    scope: Literal["debit_only", "full"] = "debit_only"
    least_score: Annotated[float, Meta(ge=0, le=1)] = 0.0
    applications: bool = False


@dataclass(frozen=True)
class Regime:
    """What the policy in force says of them. In `shadow` they are only told; `stamp` is version/stance."""

    budget: Budget
    measures: Measures
    shadow: bool
    stamp: str


@dataclass(frozen=True)
class Cost:
    """What a measure takes of the budget. `exposure` is in minor units, None where it is not known."""

    currency: str | None
    exposure: int | None
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Spent:
    """What the measures of an hour took together. `unknown`: of how many nobody knows what they took."""

    count: int = 0
    exposure: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0

    def plus(self, cost: Cost | None) -> Spent:
        """With one measure more; None stands for one whose cost can't be read."""
        if cost is None or cost.exposure is None or cost.currency is None:
            return replace(self, count=self.count + 1, unknown=self.unknown + 1)
        exposure = {**self.exposure, cost.currency: self.exposure.get(cost.currency, 0) + cost.exposure}
        rules = {**self.rules, **{rule: self.rules.get(rule, 0) + 1 for rule in cost.rules}}
        return Spent(self.count + 1, exposure, rules, self.unknown)


def spent(costs: Iterable[Cost | None]) -> Spent:
    """The sum of costs."""
    return reduce(Spent.plus, costs, Spent())


def beyond(budget: Budget, before: Spent, cost: Cost) -> str | None:
    """The limit that a further measure would pass, None while it fits: count, unknown, exposure or rule."""
    if before.count + 1 > budget.count:
        return "count"
    if before.unknown or cost.exposure is None or cost.currency is None:
        return "unknown"
    if before.exposure.get(cost.currency, 0) + cost.exposure > budget.exposure.get(cost.currency, 0):
        return "exposure"
    if any(before.rules.get(rule, 0) + 1 > budget.per_rule for rule in set(cost.rules)):
        return "rule"
    return None


@dataclass(frozen=True)
class Candidate:
    """An open alert of the highest level on an account that can spend, as the mirror has it.

    `opening` counts how often the alert came back: each opening is answered once. `scopes` are those of the account's
    holds. `claimed_by` holds the case until `claimed_until` (µs of the core's clock). `pending`: a command about the
    account waits for a second person at the core.
    """

    alert_id: str
    opening: int
    account_id: str
    score: float
    rules: tuple[str, ...]
    currency: str | None
    available: int | None
    scopes: Sequence[str] = ()
    claimed_by: str | None = None
    claimed_until: int | None = None
    pending: bool = False

    @property
    def cost(self) -> Cost:
        """What a hold on it takes of the budget: what can still be spent there."""
        return Cost(self.currency, None if self.available is None else max(0, self.available), self.rules)

    def claimed(self, core_now: int) -> bool:
        """Whether somebody works on its case: a person, or another watcher of the same subject."""
        return self.claimed_by is not None and (self.claimed_until or 0) > core_now


def unfit(one: Candidate, measures: Measures, core_now: int) -> str | None:
    """Why this alert is no business of the machine's now; None when it is: score, claimed, pending or held."""
    if one.score < measures.least_score:
        return "score"
    if one.claimed(core_now):
        return "claimed"
    if one.pending:
        return "pending"
    if covered(measures.scope, one.scopes):
        return "held"
    return None


def covered(scope: str, scopes: Iterable[str]) -> bool:
    """Whether holds of these scopes do already what one of `scope` would."""
    return any(held in (scope, "full") for held in scopes)
