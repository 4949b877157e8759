"""Checks with writers and readers at once: late visibility and waking readers (contract, section 4)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from console.bench.conformance.hand import Hand, Loan
from console.bench.conformance.trial import Trial
from console.bench.conformance.verdict import command_check, expect
from console.core.messages import Change

WRITERS, EACH = 4, 5
PAUSE_S = 0.003
"""Between two looks of the reader who tails."""


@command_check("4.1")
async def late_visibility(hand: Hand) -> None:
    """While several writers submit, a reader who tails sees every seq, and nothing appears below one already seen."""
    async with hand.account() as loan:
        start = await hand.trial.head()
        writing = asyncio.gather(*(_write(hand, loan) for _ in range(WRITERS)))
        seen, cursor = await _tail_while(hand.trial, start, writing)
        keys = {key for mine in await writing for key in mine}
        await hand.trial.appear(start, keys, "every command")
        seen += await hand.trial.tail(cursor)
        again = await hand.trial.tail(start)
        first, last = again[0].seq, seen[-1].seq if seen else 0
        seqs = [change.seq for change in seen]
        missing = sorted(set(range(first, last + 1)) - set(seqs))
        expect(not missing, f"every seq from {first} to {last} as it tails", f"missing {missing[:5]}")
        expect(len(set(seqs)) == len(seqs), "every seq once", "some twice")
        expect([change for change in again if change.seq <= last] == seen, "the same when read again", "other changes")


async def _write(hand: Hand, loan: Loan) -> list[str]:
    """One writer: a few holds, one after the other."""
    return [(await hand.carry_out(loan, hand.freeze(loan))).id for _ in range(EACH)]


async def _tail_while(trial: Trial, after: str, writing: asyncio.Future[Any]) -> tuple[list[Change], str]:
    """Follow the feed by each page's cursor until the writers are done; what was seen, and where it ended."""
    seen: list[Change] = []
    while not writing.done():
        leaf = await trial.leaf(after, limit=7)
        seen += leaf.changes
        after = leaf.page.next_cursor
        await asyncio.sleep(PAUSE_S)
    return seen, after


@command_check("4.8")
async def long_poll_wakes(hand: Hand) -> None:
    """A reader who waits is answered as soon as something is published, not when the time is over."""
    async with hand.account() as loan:
        after, wait_s = await hand.trial.head(), hand.trial.pace.wake_s
        waiting = asyncio.ensure_future(hand.trial.leaf(after, wait_s=wait_s))
        began = time.monotonic()
        await asyncio.sleep(0.05)
        await hand.carry_out(loan, hand.freeze(loan))
        leaf = await waiting
        took = time.monotonic() - began
        expect(leaf.changes and took < wait_s / 2, "news at once", f"{len(leaf.changes)} changes after {took:.1f} s")
