"""Automatic measures: only a watcher started with `--automatic` acts by itself, under a subject of its own.

An alert is answered in three steps, each on disk before the next. Its case is claimed, and the claim reserves the
measure in the hour's budget. When the claim has come back in the feed, all that was reserved before it, by whichever
watcher, is known: only then is the account read again and the command made, on the version just read and with a
deadline inside the claim. At last the case is given back. A watcher that dies on the way has reserved in vain, no more.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import InvalidWish
from console.core.instants import HOUR, MINUTE, SECOND, Instant
from console.core.messages import CoreMeta
from console.core.problems import CoreProblem
from console.desk import deciding, tickets
from console.desk.quota import MARGIN, quota
from console.desk.tickets import CLAIM_MINUTES
from console.risk.automatic import Cost, Regime, beyond, spent
from console.risk.packs import Pack
from console.watch.automatic_calls import FREEZE, Call, Papers, Round, of_alerts
from console.watch.automatic_claims import Claims, in_vain
from console.watch.errands import ClientSource
from console.watch.health import Health
from store.automatic import ACTED, CLAIMED, SHADOW, SKIPPED, WANTED, Act, Answered, Automatic, Stopped
from store.files import StoreError
from store.journal import WATCHER, Journal
from store.reader import Reader

log = logging.getLogger(__name__)

AT_ONCE = 12
"""Claims under way at the same time."""
EVERY_S = 1
LOOK_S = 0.05
"""Seconds between rounds, and between looks at the claims under way."""
CONSIDER_EVERY = SECOND // 2
"""The least time between two looks at all alerts, µs."""
META_KEPT = MINUTE
CEILING = "ceiling"
"""Why the watcher stops by itself: more called for a measure than the policy lets a machine answer."""


class AutomaticRunner:
    """Looks for what calls for a measure, and answers it within the budget of the policy in force.

    `client` gives the one with the service's credential, `operator` the subject of the operator at the core, None while
    it is not known; `regime` what the policy in force says, None before there is one. `dispatch` has the dispatcher
    send what is queued.
    """

    def __init__(
        self,
        journal: Journal,
        mirror: Path,
        client: ClientSource,
        operator: Callable[[], str | None],
        regime: Callable[[], Regime | None],
        pack: Pack,
        dispatch: Callable[[], Awaitable[None]],
        now: Callable[[], Instant] = instants.now,
    ) -> None:
        self.health = Health("automatic")
        self.refused = False
        self._journal, self._acts = journal, Automatic(journal)
        self._claims, self._papers = Claims(journal, self._acts, pack), Papers(journal)
        self._path = mirror
        self._client, self._operator, self._regime, self._dispatch, self._now = client, operator, regime, dispatch, now
        self._mirror: Reader | None = None
        self._meta: CoreMeta | None = None
        self._meta_at = self._considered_at = 0

    # ------------------------------------------------------------ a round

    async def run(self) -> None:
        """Answer what there is to answer, until nothing is under way. `refused`: the core wants another token.

        Raises CoreProblem and CoreUnreachable when the core can't be asked; what is under way then waits.
        """
        try:
            while await self.step():  # noqa: ASYNC110 - nothing tells when a claim comes back
                await asyncio.sleep(LOOK_S)
        except CoreProblem as problem:
            self.refused = problem.status == 401
            raise

    def close(self) -> None:
        if self._mirror is not None:
            self._mirror.close()

    async def step(self) -> bool:
        """Whatever can be done now; returns whether something is under way."""
        self.health.state, found = "", None
        client = self._client()
        if client is None:
            self.health.state = "credential"
        elif self._acts.stopped() is not None:
            self.health.state = "stopped"
        elif (regime := self._regime()) is None:
            self.health.state = "no_policy"
        else:
            found = await self._round(client, regime)
        self.health.ok(self._now())
        self.refused = False
        if found is None:
            return False
        made = await self._claims.go_on(found)
        made += self._claims.give_back(found)
        if not 0 <= self._now() - self._considered_at < CONSIDER_EVERY:
            made += self._consider(found)
            self._considered_at = self._now()
        if made:
            await self._dispatch()
        return bool(self._acts.claiming())

    async def _round(self, client: CoreClient, regime: Regime) -> Round | None:
        """What this round goes by; None while not all of it is known, or nobody else may be told from us."""
        if self._meta is None or not self._meta_at <= self._now() <= self._meta_at + META_KEPT:
            self._meta, self._meta_at = await client.meta(), self._now()
        subject, operator = self._meta.you.subject, self._operator()
        mirror = self._reader()
        if operator is None or mirror is None:
            self.health.state = "waits"
            return None
        if subject == operator:
            self.health.state = "same_subject"
            return None
        self._acts.serve(subject, self._now())
        self.health.state = "shadow" if regime.shadow else "acts"
        core_now = Instant(self._now() + client.clock_offset_us)
        found = tickets.read(mirror, subject, core_now)
        return Round(client, self._meta, mirror, regime, core_now, found)

    def _reader(self) -> Reader | None:
        """The mirror as it is; None while there is none."""
        if self._mirror is not None and self._mirror.replaced():
            self._mirror.close()
            self._mirror = None
        try:
            self._mirror = self._mirror or Reader(self._path)
            return self._mirror if self._mirror.ready() else None
        except (StoreError, OSError, sqlite3.OperationalError):
            return None

    # ------------------------------------------------------------ what calls for a measure

    def _consider(self, now: Round) -> int:
        """Judge everything that calls for a measure; returns how many claims were made."""
        calls = [*of_alerts(now, self._claims.reason), *self._papers.calls(now)]
        self._acts.want([call.want for call in calls], now.core_now)
        if self._acts.wanted(now.core_now - HOUR) > now.regime.budget.ceiling:
            self._acts.stop(now.core_now, WATCHER, CEILING)
            log.error("more calls for a measure than the policy's ceiling: everything automatic is stopped")
            return 0
        known = {(act.cause, act.opening): act for act in self._acts.about(call.want.cause for call in calls)}
        turn = _Turn(self._journal, self._acts, self._claims, now)
        left, made = [], 0
        for call in calls:
            act = known[call.want.cause, call.want.opening]
            if act.result in (CLAIMED, ACTED) or (act.result == SHADOW and now.regime.shadow) or in_vain(act, now):
                continue
            result, why = turn.judge(call)
            if result == CLAIMED:
                result, why = self._claim(act, call, now)
                made += result == CLAIMED
            if result != CLAIMED:
                left.append((act, result, why))
        self._acts.leave(left, now.core_now)
        return made

    def _claim(self, act: Act, call: Call, now: Round) -> tuple[str, str | None]:
        """Reserve the measure by a claim of the case, or say why not."""
        fresh = replace(act, **vars(call.want))
        wish = replace(commands.claim(call.want.account_id, CLAIM_MINUTES), note=tickets.written(fresh))
        try:
            intent = deciding.fix(now.meta, wish, core_now=now.core_now, account=None, if_match=None)
        except InvalidWish as invalid:
            log.warning("%s is left: %s", act.cause, invalid)
            return SKIPPED, "invalid"

        def over() -> str | None:
            return beyond(now.regime.budget, spent(self._claims.costs(now, besides=intent.command_id)), call.cost)

        try:
            limit = self._acts.claim(fresh, intent, now.core_now, over)
        except (Stopped, Answered) as other:
            log.info("%s", other)
            return WANTED, None
        return (CLAIMED, None) if limit is None else (SKIPPED, f"budget_{limit}")


class _Turn:
    """What one look at all alerts has room for: the budget, the core's bulk rule, and claims under way."""

    def __init__(self, journal: Journal, acts: Automatic, claims: Claims, now: Round) -> None:
        self._now, self._claims = now, claims
        under_way = len(acts.claiming())
        self._free = AT_ONCE - under_way
        left = quota(now.meta, journal, now.mirror, now.core_now + MARGIN)
        self._quota = None if left is None else left.left - under_way
        self._busy = {entry.account_id for entry in journal.unresolved() if not tickets.of_machine(entry)}
        shadow = [Cost(act.currency, act.exposure_minor, act.rules) for act in acts.shadowed(now.core_now - HOUR)]
        self._spent = spent(shadow if now.regime.shadow else claims.costs(now))

    def judge(self, call: Call) -> tuple[str, str | None]:
        """What becomes of a call now: CLAIMED means that its turn has come."""
        regime, holds = self._now.regime, call.want.measure == FREEZE
        why = call.why or ("pending" if call.want.account_id in self._busy else None)
        limit = None if why else beyond(regime.budget, self._spent, call.cost)
        if why or limit:
            return SKIPPED, why or f"budget_{limit}"
        if regime.shadow:
            self._spent = self._spent.plus(call.cost)
            return SHADOW, None
        if holds and self._quota is not None and self._quota <= 0:
            return SKIPPED, "quota"
        if self._free <= 0:
            return WANTED, None
        self._free -= 1
        if self._quota is not None:
            self._quota -= holds
        self._spent = self._spent.plus(call.cost)
        return CLAIMED, None
