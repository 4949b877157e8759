"""Plans: one decision on many accounts, kept in the journal item by item, in the order in which they are carried out.

A plan says what is wished; its items become commands one after another, when their turn comes. The transaction that
stores an item's command also writes the command's id into the item, so that neither a crash nor a stop can double an
item or lose it. What became of an item is what became of its command: it is stored nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from store import audit
from store.journal import WATCHER, Entry, Intent, Journal, JournalError
from store.life import BLOCKING, FREEZE
from store.plan_life import ENDED, SKIPPED, TURNS, WAITING, PlanState
from store.plan_parts import Item, Order, Plan, Results, Target, Traffic

__all__ = [
    "ENDED", "SKIPPED", "WAITING", "Item", "NotRunning", "Order", "Plan", "PlanState", "Plans", "Results", "Target",
    "Traffic", "digest", "touched",
]  # fmt: skip


SUPERSEDED = "superseded"
"""Why a draft was discarded in whose place others came."""


class NotRunning(JournalError):
    """The plan was stopped or is done: no item of it may be begun."""


_RESULT = f"CASE WHEN i.skipped IS NOT NULL THEN '{SKIPPED}' ELSE coalesce(c.state, '{WAITING}') END"
_ENDED_AT = "coalesce(i.skipped_at, c.settled_at, c.acked_at)"
_JOINED = "FROM plan_item i LEFT JOIN command c ON c.command_id = i.command_id"
_ITEMS = f"""
SELECT i.plan, i.position, i.account_id, i.version, i.exposure_minor, i.currency, i.params, i.command_id, {_RESULT},
    coalesce(i.skipped, c.why), CASE WHEN {_RESULT} IN ({", ".join(f"'{result}'" for result in sorted(ENDED))})
    THEN {_ENDED_AT} END {_JOINED}
"""
_PLAN = (
    "number, type, params, reason_code, note, created_at, created_by, state, running_since, why, waits_for, ended_at"
)
_WAITING = "i.command_id IS NULL AND i.skipped IS NULL"
_TRAFFIC = f"""
SELECT count(i.command_id), sum(i.command_id IS NOT NULL AND c.state = 'QUEUED' AND c.attempts > 0),
    sum(i.command_id IS NULL AND c.state IN ('QUEUED', 'SENDING') AND c.waits_for IS NOT 'credential')
FROM command c LEFT JOIN plan_item i ON i.command_id = c.command_id
WHERE c.state NOT IN ('CONFIRMED', 'REJECTED', 'EXPIRED', 'CANCELLED', 'REVIEW')
    AND c.state IN ({", ".join(f"'{state}'" for state in BLOCKING)})
"""  # noqa: S608 - constants of this module only


class Plans:
    """The plans behind one journal handle."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    # ------------------------------------------------------------ the desk's part

    def make(
        self,
        order: Order,
        targets: Sequence[Target],
        at: int,
        by: str,
        checklist: Sequence[Mapping[str, str]] = (),
        state: PlanState = PlanState.RUNNING,
    ) -> Plan:
        """Store a plan, its items in the order given; it runs from now on unless it is a draft.

        `checklist` is what was answered before deciding; it goes into the audit with the plan. Raises JournalError for
        a plan of nothing.
        """
        if not targets:
            raise JournalError("a plan needs at least one account")
        with self._journal.transaction() as connection:
            number = _store(connection, order, targets, at, by, checklist, state)
        return self.need(number)

    def redraft(
        self, proposed: Iterable[tuple[Order, Sequence[Target]]], at: int, by: str, event: str, told: dict[str, Any]
    ) -> list[Plan]:
        """Discard the drafts that wait and store others in their place, but for those of nothing: all or nothing.

        The audit tells of it as `event`, with `told` and the numbers of the new plans.
        """
        with self._journal.transaction() as connection:
            for older in self.drafts():
                self._move(connection, older, PlanState.DISCARDED, at, by, SUPERSEDED)
            numbers = [
                _store(connection, order, targets, at, by, (), PlanState.DRAFT)
                for order, targets in proposed
                if targets
            ]
            audit.append(connection, at, by, event, told | {"plans": numbers})
        return [self.need(number) for number in numbers]

    def stop(self, number: int, at: int, actor: str, why: str | None = None) -> Plan:
        """Let no further item begin; what is on its way is carried to its end. A draft is discarded.

        Raises JournalError unless it runs or is a draft.
        """
        if self.need(number).state is PlanState.DRAFT:
            return self._turn(number, PlanState.DRAFT, PlanState.DISCARDED, at, actor, why)
        return self._turn(number, PlanState.RUNNING, PlanState.STOPPED, at, actor, why)

    def resume(self, number: int, at: int, actor: str) -> Plan:
        """Go on with the items that wait. A draft becomes the plan of whoever resumes it.

        Raises JournalError unless the plan is stopped or a draft.
        """
        before = PlanState.DRAFT if self.need(number).state is PlanState.DRAFT else PlanState.STOPPED
        return self._turn(number, before, PlanState.RUNNING, at, actor, None)

    def _turn(self, number: int, before: PlanState, to: PlanState, at: int, actor: str, why: str | None) -> Plan:
        with self._journal.transaction() as connection:
            plan = self.need(number)
            if plan.state is not before:
                raise JournalError(f"plan {number} is {plan.state}")
            self._move(connection, plan, to, at, actor, why)
        return self.need(number)

    def _move(
        self, connection: sqlite3.Connection, plan: Plan, to: PlanState, at: int, actor: str, why: str | None
    ) -> None:
        since = at if to is PlanState.RUNNING else plan.running_since
        owner = actor if plan.state is PlanState.DRAFT and to is PlanState.RUNNING else plan.created_by
        connection.execute(
            "UPDATE plan SET state = ?, why = ?, running_since = ?, created_by = ?, waits_for = NULL WHERE number = ?",
            (to, why, since, owner, plan.number),
        )
        found = self.results(plan.number)[plan.number]
        payload = {"plan": plan.number, "ended": found.ended, "accounts": found.accounts}
        audit.append(connection, at, actor, TURNS[plan.state, to], payload | ({"why": why} if why else {}))

    # ------------------------------------------------------------ the watcher's part

    def running(self) -> list[Plan]:
        """Freezes first, then in the order they were made."""
        plans = self._plans("WHERE state = 'RUNNING' ORDER BY number")
        return sorted(plans, key=lambda plan: plan.order.type != FREEZE)

    def waiting(self, number: int, most: int) -> list[Item]:
        """The next items without a command, so many at most."""
        return self._items(f"WHERE i.plan = ? AND {_WAITING} ORDER BY i.position LIMIT ?", number, most)

    def traffic(self) -> Traffic:
        """What the desk has under way just now."""
        planned, put_off, single = self._journal.rows(_TRAFFIC)[0]
        return Traffic(planned, bool(put_off), bool(single))

    def decide(self, item: Item, intent: Intent, at: int) -> Entry:
        """Store the command of an item whose turn has come, in one transaction with its id in the item.

        Raises NotRunning when the plan was stopped meanwhile or the item has been begun already, Blocked as
        `Journal.intend` does; nothing is stored then.
        """

        def tie(connection: sqlite3.Connection) -> None:
            _begin(connection, item, "command_id = ?", intent.command_id)
            payload = {**_named(item), "command_id": intent.command_id}
            audit.append(connection, at, WATCHER, "plan.item", payload)

        return self._journal.intend(intent, at, also=tie)

    def skip(self, item: Item, why: str, at: int) -> None:
        """End an item without a command; `why` is a short code. Raises NotRunning as `decide` does."""
        with self._journal.transaction() as connection:
            _begin(connection, item, "skipped = ?, skipped_at = ?", why, at)
            audit.append(connection, at, WATCHER, "plan.item", {**_named(item), "skipped": why})

    def wait(self, number: int, what: str | None) -> None:
        """Say what a running plan waits for, None when it goes on."""
        with self._journal.transaction() as connection:
            connection.execute(
                "UPDATE plan SET waits_for = ? WHERE number = ? AND state = ? AND waits_for IS NOT ?",
                (what, number, PlanState.RUNNING, what),
            )

    def finish(self, number: int, at: int) -> bool:
        """Make a running plan DONE when every item has ended; tells whether it is."""
        with self._journal.transaction() as connection:
            plan, found = self.need(number), self.results(number)[number]
            if plan.state is not PlanState.RUNNING or found.ended < found.accounts:
                return plan.state is PlanState.DONE
            connection.execute(
                "UPDATE plan SET state = ?, ended_at = ?, waits_for = NULL WHERE number = ?",
                (PlanState.DONE, at, number),
            )
            audit.append(connection, at, WATCHER, "plan.done", {"plan": number, "results": dict(found)})
        return True

    # ------------------------------------------------------------ reading

    def get(self, number: int) -> Plan | None:
        return next(iter(self._plans("WHERE number = ?", number)), None)

    def need(self, number: int) -> Plan:
        """The plan of a number. Raises JournalError when there is none."""
        plan = self.get(number)
        if plan is None:
            raise JournalError(f"there is no plan {number}")
        return plan

    def drafts(self) -> list[Plan]:
        """What the machine made and nobody has taken or discarded."""
        return self._plans("WHERE state = 'DRAFT' ORDER BY number")

    def recent(self, most: int) -> list[Plan]:
        """The newest plans first."""
        return self._plans("ORDER BY number DESC LIMIT ?", most)

    def items(self, number: int, first: int = 1, most: int = -1) -> list[Item]:
        """The items of a plan in their order, from a position on, so many at most."""
        return self._items("WHERE i.plan = ? AND i.position >= ? ORDER BY i.position LIMIT ?", number, first, most)

    def made(self, command_ids: Sequence[str]) -> set[str]:
        """Which of these commands are items of plans."""
        found = "SELECT command_id FROM plan_item WHERE command_id IN (SELECT value FROM json_each(?))"
        return {command_id for (command_id,) in self._journal.rows(found, (json.dumps(command_ids),))}

    def results(self, *numbers: int) -> dict[int, Results]:
        """What became of the items of plans, by their numbers."""
        found = {number: Results() for number in numbers}
        counted = f"SELECT i.plan, {_RESULT}, count(*) {_JOINED} WHERE i.plan IN (SELECT value FROM json_each(?))"  # noqa: S608
        for number, result, count in self._journal.rows(f"{counted} GROUP BY 1, 2", (json.dumps(numbers),)):
            found[number][result] = count
        return found

    def ended_since(self, number: int, instant: int) -> int:
        """How many items have ended since an instant."""
        ended = ", ".join(f"'{result}'" for result in sorted(ENDED))
        counted = f"SELECT count(*) {_JOINED} WHERE i.plan = ? AND {_ENDED_AT} >= ? AND {_RESULT} IN ({ended})"
        return int(self._journal.rows(counted, (number, instant))[0][0])

    def _plans(self, clause: str, *values: object) -> list[Plan]:
        return [_plan(row) for row in self._journal.rows(f"SELECT {_PLAN} FROM plan {clause}", values)]  # noqa: S608

    def _items(self, clause: str, *values: object) -> list[Item]:
        return [_item(row) for row in self._journal.rows(f"{_ITEMS} {clause}", values)]


def touched(journal: Journal, subject: str, since: int, *, recorded: bool = False) -> set[str]:
    """The accounts of a person's account commands that were decided since an instant and not refused or dropped.

    `recorded`: only of those that the core is known to have.
    """
    under_way = "" if recorded else " OR state IN ('QUEUED', 'SENDING', 'UNKNOWN')"
    asked = f"""SELECT DISTINCT account_id FROM command
        WHERE created_at > ? AND created_by = ? AND type LIKE 'account.%' AND (acked_at IS NOT NULL{under_way})"""  # noqa: S608
    rows = journal.rows(asked, (since, subject))
    return {account_id for (account_id,) in rows}


def _plan(row: tuple[Any, ...]) -> Plan:
    number, type_, params, reason_code, note, created_at, created_by, state, *rest = row
    order = Order(type_, json.loads(params), reason_code, note)
    return Plan(number, order, created_at, created_by, PlanState(state), *rest)


def _item(row: tuple[Any, ...]) -> Item:
    plan, position, account_id, version, exposure_minor, currency, params, *outcome = row
    more = json.loads(params) if params else None
    return Item(plan, position, Target(account_id, version, exposure_minor, currency, more), *outcome)


def digest(targets: Iterable[Target]) -> str:
    """The SHA-256 (hex) of the plan's account ids in their order, a line each: what the audit says of its items."""
    return hashlib.sha256("\n".join(target.account_id for target in targets).encode()).hexdigest()


def _store(
    connection: sqlite3.Connection,
    order: Order,
    targets: Sequence[Target],
    at: int,
    by: str,
    checklist: Sequence[Mapping[str, str]],
    state: PlanState,
) -> int:
    """A plan, its items and its row of the audit; returns its number."""
    values = (order.type, _json(order.params), order.reason_code, order.note, at, by, state, at)
    number = connection.execute(
        "INSERT INTO plan (type, params, reason_code, note, created_at, created_by, state, running_since)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    ).lastrowid
    connection.executemany(
        "INSERT INTO plan_item (plan, position, account_id, version, exposure_minor, currency, params)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(number, place, *_row(target)) for place, target in enumerate(targets, 1)],
    )
    payload: dict[str, Any] = {
        "plan": number,
        "type": order.type,
        "params": order.params,
        "reason_code": order.reason_code,
        "note": order.note,
        "accounts": len(targets),
        "digest": digest(targets),
    }
    if checklist:
        payload["checklist"] = [dict(answer) for answer in checklist]
    audit.append(connection, at, by, "plan.drafted" if state is PlanState.DRAFT else "plan.made", payload)
    return int(number or 0)


def _begin(connection: sqlite3.Connection, item: Item, change: str, *values: object) -> None:
    """Give an item its command or its reason for none, if the plan runs and the item has neither."""
    begun = connection.execute(
        f"UPDATE plan_item SET {change} WHERE plan = ? AND position = ? AND command_id IS NULL AND skipped IS NULL"  # noqa: S608
        " AND (SELECT state FROM plan p WHERE p.number = plan_item.plan) = ?",
        (*values, item.plan, item.position, PlanState.RUNNING),
    ).rowcount
    if begun != 1:
        raise NotRunning(f"plan {item.plan} does not run, or its item {item.position} was begun")


def _named(item: Item) -> dict[str, Any]:
    return {"plan": item.plan, "position": item.position, "account_id": item.target.account_id}


def _row(target: Target) -> tuple[object, ...]:
    params = _json(target.params) if target.params else None
    return (*(getattr(target, field.name) for field in fields(target) if field.name != "params"), params)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
