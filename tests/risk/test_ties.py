"""Ties of a whole page are those of its rows one by one: what is tied at once is what the order does not matter for."""

from __future__ import annotations

import numpy as np
import pytest

from console.risk.columns import Array, Fact, blank
from console.risk.state.ties import Ties

CUSTOMERS, TOKENS = 40, 60


def told(rng: np.random.Generator, rows: int, devices: int) -> Array:
    """Sign-ins, customers' tokens, devices' fingerprints and links; few repeat a device that many could share."""
    facts = blank(rows)
    kind = rng.choice(["use", "token", "print", "link", "tie"], rows, p=[0.45, 0.15, 0.3, 0.05, 0.05])
    facts["fact"] = np.select(
        [kind == "use", np.isin(kind, ("token", "print"))], [Fact.LOGIN, Fact.TOKEN], default=Fact.LINK
    )
    facts["customer"] = np.where(kind == "print", -1, rng.integers(0, CUSTOMERS, rows))
    facts["device"] = np.where(np.isin(kind, ("use", "print", "tie")), rng.integers(0, devices, rows), -1)
    prints = np.where(rng.random(rows) < 0.8, facts["device"], rng.integers(0, devices, rows))
    facts["token"] = np.where(kind == "print", prints, np.where(kind == "token", rng.integers(0, TOKENS, rows), -1))
    facts["peer"] = np.where(kind == "link", rng.integers(0, CUSTOMERS, rows), -1)
    return facts


def seen(ties: Ties, facts: Array) -> list[object]:
    """What each row of a page saw: whom its customer was tied to, known frauds near it, and every token's holders."""
    found: list[object] = []
    for row, customer in enumerate(facts["customer"].tolist()):
        who, here = np.array([customer + 1]), np.array([row])
        near = ties.near(who, here).records.tobytes().strip(b"\0")  # all zeros is the same as none
        held = ties.holders(np.arange(TOKENS), np.full(TOKENS, row)).tolist()
        found.append((ties.linked(who, here).tolist(), near, held))
    return found


def run(facts: Array, frauds: list[tuple[int, int, int]], page: int) -> tuple[list[object], dict[str, bytes]]:
    ties, found = Ties(), []
    for begin in range(0, len(facts), page):
        part = facts[begin : begin + page]
        uses = np.flatnonzero((part["fact"] == Fact.LOGIN) & (part["device"] >= 0))
        mine = [(row - begin, who, at) for row, who, at in frauds if begin <= row < begin + page]
        ties.apply(part["customer"].astype(np.int64) + 1, part, uses, mine)
        found += seen(ties, part)
    return found, ties.freeze(CUSTOMERS + 1)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("devices", [6, 30, 200])
@pytest.mark.parametrize("page", [7, 60])
def test_a_page_ties_whom_its_rows_tie_one_by_one(seed: int, devices: int, page: int) -> None:
    rng = np.random.default_rng(seed)
    facts = told(rng, 120, devices)
    labels = [30, 31, 80]
    facts[labels] = blank(3)
    facts["fact"][labels] = Fact.LABEL
    facts["customer"][labels] = rng.integers(0, CUSTOMERS, 3)
    frauds = [(row, int(facts["customer"][row]) + 1, 10 + row) for row in labels]
    at_once, state = run(facts, frauds, page)
    one_by_one, same = run(facts, frauds, 1)
    assert at_once == one_by_one
    assert state == same


def test_a_device_that_was_told_before_a_restart_ties_its_first_user_after_it() -> None:
    facts = blank(2)
    facts["fact"] = Fact.TOKEN, Fact.LOGIN
    facts["customer"], facts["device"], facts["token"] = (-1, 0), (0, 0), (9, -1)
    before, after = Ties(), Ties()
    nothing, customer = np.zeros(0, np.int64), facts["customer"].astype(np.int64) + 1
    before.apply(customer[:1], facts[:1], nothing, [])
    after.thaw(before.freeze(2))
    for ties in (before, after):
        ties.apply(customer[1:], facts[1:], np.array([0]), [])
    assert after.freeze(2) == before.freeze(2)
