"""What a plan is made of: its order, its targets, its items and what became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from store.plan_life import ENDED, PlanState


@dataclass(frozen=True)
class Order:
    """What is wished for every account. `params` are the command's, those apart that each account gives itself."""

    type: str
    params: dict[str, Any]
    reason_code: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Target:
    """An account of a plan as it was when the plan was made.

    `version` is the one that was looked at, None when it was not known; `exposure_minor` what could be lost on it.
    `params` are added to the order's for this account.
    """

    account_id: str
    version: int | None = None
    exposure_minor: int | None = None
    currency: str | None = None
    params: dict[str, Any] | None = None


@dataclass(frozen=True)
class Item:
    """A target's place in its plan, from 1, and what became of it: WAITING, SKIPPED or the command's state, and why.

    `ended_at` is None until its command has an outcome.
    """

    plan: int
    position: int
    target: Target
    command_id: str | None
    result: str
    why: str | None
    ended_at: int | None


class Results(Counter[str]):
    """A plan's items counted by result."""

    @property
    def accounts(self) -> int:
        return self.total()

    @property
    def ended(self) -> int:
        """Items that have their result."""
        return sum(count for result, count in self.items() if result in ENDED)


@dataclass(frozen=True)
class Plan:
    """A plan. `running_since` is when it was made or last resumed.

    `why` says why it was stopped where a person did not do it. `waits_for` is 'credential', 'core' or None.
    """

    number: int
    order: Order
    created_at: int
    created_by: str
    state: PlanState
    running_since: int
    why: str | None
    waits_for: str | None
    ended_at: int | None


@dataclass(frozen=True)
class Traffic:
    """Commands that are not resolved, those that wait for a second person left out.

    `planned`: how many of them plans have made. `put_off`: the core asked for one of these to come again later.
    `single`: a decision by itself is not sent yet.
    """

    planned: int
    put_off: bool
    single: bool
