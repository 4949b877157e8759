"""The policy's drive: looks at the indicators, proposes the stance that they ask for, or moves it where the policy lets
the watcher do so."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from console.core import instants
from console.core.instants import DAY
from console.desk.indicators import measures, readings
from console.desk.policy import shipped, standing, told, words
from console.paths import Home
from console.risk.policy import Move, Policy, due, switches
from console.risk.policy_text import read_policy
from console.watch.follow import Follower
from console.watch.health import Health
from store.indicators import Figure, in_order, keep, own, published
from store.journal import WATCHER, Journal
from store.policies import Policies, Proposal, Text, in_force
from store.reader import Reader

log = logging.getLogger("riskdesk.policy")

NOTE = "policy"
"""The mirror's note in which the watcher says up to which place of the feed its look has gone."""
GONE = "gone"
"""Why the watcher takes a proposal of its own back: the indicators ask for something else."""


class Look(NamedTuple):
    """Stream time (µs), every figure known, and the desk's own ones that are new."""

    now: int
    known: list[Figure]
    made: list[Figure]


class PolicyWatch:
    """Belongs to the event loop. A proposal's effect is worked out by a process of its own, beside everything else."""

    def __init__(
        self,
        home: Home,
        packs: Path | None,
        journal: Journal,
        follower: Follower,
        leave_note: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self.health = Health("policy")
        self._home, self._packs = home, packs
        self._journal, self._follower, self._leave_note = journal, follower, leave_note
        self._looking = asyncio.Lock()
        self._told = ""
        self._predicting: asyncio.subprocess.Process | None = None
        put_in_force(journal, instants.now())

    async def run(self) -> None:
        """One look."""
        async with self._looking:
            await self._follower.ingest()
            seen = await asyncio.to_thread(look, self._home.mirror, own(self._journal))
            if seen.made:
                keep(self._journal, seen.made)
            proposal = drive(self._journal, seen)
            if proposal is not None:
                await self._predict(proposal)
            note = json.dumps({"seq": max((figure.seq for figure in seen.known), default=0)})
            if note != self._told:
                await self._leave_note(NOTE, note)
                self._told = note
            self.health.ok(instants.now())

    async def _predict(self, proposal: Proposal) -> None:
        await self.close()
        packs = ("--packs", str(self._packs)) if self._packs else ()
        asked = ("policy", "backtest", "--proposal", str(proposal.number), "--home", str(self._home.folder), *packs)
        self._predicting = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "console", *asked, stdout=asyncio.subprocess.DEVNULL
        )

    async def close(self) -> None:
        """End a prediction under way."""
        if self._predicting is not None and self._predicting.returncode is None:
            self._predicting.terminate()
            await self._predicting.wait()


def put_in_force(journal: Journal, now: int) -> None:
    """Put the shipped policy in force where none ever was."""
    if in_force(journal) is None:
        policy = shipped()
        text = Text(version=policy.version, name=policy.name, text=policy.text)
        Policies(journal).apply(text, policy.drive.stance, "", WATCHER, now=now, since=0, kind="shipped")


def look(path: Path, mine: Sequence[Figure]) -> Look:
    """Read the core's indicators beside the desk's own; those are made anew once a day of the stream."""
    mirror = Reader(path)
    try:
        now, theirs = mirror.watermark(), published(mirror)
        last = max((figure.recorded_at for figure in mine), default=0)
        made = measures(mirror, now // DAY * DAY) if now // DAY > last // DAY else []
    finally:
        mirror.close()
    return Look(now, in_order([*theirs, *mine, *made]), made)


def drive(journal: Journal, seen: Look) -> Proposal | None:
    """Move the stance or propose to, as the policy in force says; returns a proposal that is new.

    A proposal that somebody dismissed is made again only once the rules have asked for another stance meanwhile, or a
    dwell has gone by.
    """
    present = in_force(journal)
    if present is None:
        return None
    policy, policies = read_policy(present.name, present.text), Policies(journal)
    move = due(policy, standing(present), switches(policy.drive, readings(seen.known)), seen.now)
    waiting = policies.open_proposal()
    if waiting is not None and waiting.made_by == WATCHER and (move is None or waiting.stance != move.stance):
        policies.dismiss(waiting.number, GONE, WATCHER, now=instants.now())
        waiting = None
    if move is None or waiting is not None:
        return None
    text = Text(version=present.version, name=present.name, text=present.text)
    if policy.drive.apply == "automatic":
        policies.apply(text, move.stance, words(move), WATCHER, now=instants.now(), since=seen.now, kind="automatic")
        log.info("the policy's stance is %s: %s", move.stance, words(move))
        return None
    if _turned_down(policies, policy, move, seen.now):
        return None
    return policies.propose(text, move.stance, told(move), None, WATCHER, now=instants.now(), since=seen.now)


def _turned_down(policies: Policies, policy: Policy, move: Move, now: int) -> bool:
    """Whether somebody dismissed the same within the dwell, and the rules have asked for nothing else since."""
    last = next(iter(policies.proposals()), None)
    if last is None or last.state != "dismissed" or last.settled_by == WATCHER or last.stance != move.stance:
        return False
    return now - last.since < policy.drive.dwell
