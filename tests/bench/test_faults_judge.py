"""The judge of the command trial: each way to break a promise is found, and an honest desk is left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from console.bench.faults import ledger
from console.bench.faults.judge import Kept, Verdict, judge
from console.core import instants

START = instants.parse("2026-11-20T21:14:09.000000Z")
DEADLINE = START + 5_000_000
FREEZE = "01a208b4-0000-7000-8000-000000000001"


def account(version: int, holds: tuple[str, ...] = (), limit: int = 500, balance: int = 0) -> dict[str, Any]:
    return {
        "id": "a1",
        "version": version,
        "status": "frozen" if holds else "active",
        "credit_state": "current",
        "holds": [{"hold_id": hold} for hold in holds],
        "limits": {"currency": "CNY", "credit_limit_minor": limit, "balance_minor": balance},
    }


def change(type_: str, data: dict[str, Any], by: str | None = None) -> dict[str, Any]:
    cause = {"caused_by": {"kind": "command", "command_id": by}} if by else {}
    return {"type": type_, "id": data["id"], "version": data["version"], "data": data, **cause}


def record(command_id: str, status: str = "succeeded", effect: str = "applied", version: int = 1) -> dict[str, Any]:
    at = instants.wire(START + 1_000_000)
    return {"id": command_id, "version": version, "status": status, "effect": effect, "completed_at": at}


def frozen(*more: dict[str, Any]) -> list[dict[str, Any]]:
    """A log in which the freeze took effect, once."""
    return [
        change("account", account(1)),
        change("account", account(2, (FREEZE,)), FREEZE),
        change("command", record(FREEZE), FREEZE),
        *more,
    ]


def kept(**changes: Any) -> Kept:
    confirmed = Kept(
        command_id=FREEZE,
        type="account.freeze",
        body=json.dumps({"params": {"scope": "full"}}).encode(),
        if_match=1,
        not_after=DEADLINE,
        state="CONFIRMED",
        why="feed",
        confirmed_at=START + 2_000_000,
        settled_at=START + 2_000_000,
        said=("QUEUED", "SENDING", "ACKED", "CONFIRMED"),
    )
    return replace(confirmed, **changes)


def settled(state: str, said: tuple[str, ...] = ("QUEUED", "SENDING", "UNKNOWN"), **changes: Any) -> Kept:
    return kept(state=state, said=(*said, state), confirmed_at=None, settled_at=DEADLINE + 1, **changes)


def found(
    changes: list[dict[str, Any]],
    *commands: Kept,
    decided: tuple[str, ...] = (),
    foreign: tuple[str, ...] = (),
    refused: tuple[str, ...] = (),
) -> dict[str, int]:
    """The categories with something in them."""
    verdict = judge(ledger.walk(changes), commands, decided, set(foreign), {FREEZE: set(refused)})
    return {name: count for name, count in verdict.counts().items() if count}


def test_an_honest_desk_is_left_alone() -> None:
    assert found(frozen(), kept(), decided=(FREEZE,)) == {}


@pytest.mark.parametrize("state", ["REJECTED", "EXPIRED", "CANCELLED"])
def test_an_effect_that_the_desk_denied_is_lost(state: str) -> None:
    assert found(frozen(), settled(state)) == {"lost": 1}


def test_an_effect_denied_first_and_seen_later_is_still_lost() -> None:
    said = ("QUEUED", "SENDING", "UNKNOWN", "EXPIRED")
    assert found(frozen(), settled("REVIEW", said, why="effect_after_refusal")) == {"lost": 1}


def test_a_decision_that_the_journal_does_not_have_is_lost() -> None:
    assert found([change("account", account(1))], decided=(FREEZE,)) == {"lost": 1}


def test_giving_up_needs_the_deadline_or_a_refusal() -> None:
    nothing = [change("account", account(1))]
    assert found(nothing, settled("EXPIRED")) == {}
    assert found(nothing, replace(settled("EXPIRED"), settled_at=DEADLINE)) == {"lost": 1}
    assert found(nothing, settled("REJECTED"), refused=("illegal_transition",)) == {}
    assert found(nothing, settled("REJECTED"), refused=("rate_limited",)) == {"lost": 1}
    assert found(nothing, settled("REVIEW", why="version_mismatch"), refused=("version_mismatch",)) == {}
    assert found(nothing, settled("REVIEW", why="version_mismatch")) == {"lost": 1}
    assert found(nothing, settled("CANCELLED", ("QUEUED",))) == {}
    assert found(nothing, settled("CANCELLED")) == {"lost": 1}


@pytest.mark.parametrize(
    ("status", "state"), [("rejected", "REJECTED"), ("expired", "EXPIRED"), ("cancelled", "CANCELLED")]
)
def test_what_the_core_ended_without_effect_the_desk_must_call_the_same(status: str, state: str) -> None:
    log = [change("command", record(FREEZE, status, "none"), FREEZE)]
    assert found(log, settled(state)) == {}
    other = "CANCELLED" if state != "CANCELLED" else "REJECTED"
    assert found(log, settled(other)) == {"lost": 1}


def test_a_command_that_nobody_decided_is_a_double() -> None:
    stranger = "01a208b4-0000-7000-8000-000000000009"
    log = frozen(change("command", record(stranger), stranger))
    assert found(log, kept()) == {"doubled": 1}
    assert found(log, kept(), foreign=(stranger,)) == {}


def test_two_effects_of_one_command_are_a_double() -> None:
    twice = frozen(change("account", account(3, (FREEZE, "again")), FREEZE))
    assert found(twice, kept(if_match=None)) == {"doubled": 1}
    assert found(frozen(change("command", record(FREEZE, version=2), FREEZE)), kept()) == {"doubled": 1}


def test_an_effect_over_a_newer_decision_is_found() -> None:
    log = [
        change("account", account(1)),
        change("account", account(2, limit=400), "somebody"),
        change("account", account(3, (FREEZE,), limit=400), FREEZE),
        change("command", record(FREEZE), FREEZE),
    ]
    assert found(log, kept(if_match=1)) == {"overridden": 1}
    assert found(log, kept(if_match=2)) == {}
    assert found(log, kept(if_match=None)) == {}


def test_moving_balances_do_not_make_a_decision_old() -> None:
    log = [
        change("account", account(1)),
        change("account", account(2, balance=70)),
        change("account", account(3, (FREEZE,), balance=70), FREEZE),
        change("command", record(FREEZE), FREEZE),
    ]
    assert found(log, kept(if_match=1)) == {}


@pytest.mark.parametrize(
    "log",
    [
        [],
        [change("command", record(FREEZE, "pending_approval", "none"), FREEZE)],
        [change("command", record(FREEZE), FREEZE)],
        [change("account", account(2, ("other",)), FREEZE), change("command", record(FREEZE), FREEZE)],
    ],
)
def test_confirmed_without_effect_is_found(log: list[dict[str, Any]]) -> None:
    assert "false_confirmed" in found(log, kept())


def test_confirmed_before_it_was_done_is_found() -> None:
    assert found(frozen(), kept(confirmed_at=START)) == {"false_confirmed": 1}


def test_what_was_so_already_needs_no_change_to_be_confirmed() -> None:
    log = [change("account", account(1)), change("command", record(FREEZE, effect="already_in_state"), FREEZE)]
    assert found(log, kept()) == {}


@pytest.mark.parametrize("state", ["QUEUED", "SENDING", "UNKNOWN", "ACKED", "AWAITING_APPROVAL"])
def test_an_open_command_is_unresolved(state: str) -> None:
    assert found([], settled(state)) == {"unresolved": 1}


def test_a_review_needs_a_reason() -> None:
    assert found(frozen(), settled("REVIEW", why=None)) == {"unresolved": 1}
    assert found(frozen(), settled("REVIEW", why="effect_not_seen")) == {}


def test_a_flawless_verdict_has_nothing_in_it() -> None:
    assert Verdict().flawless
    assert not Verdict(doubled=["x"]).flawless
