"""From a claim that reserved a measure to the command: what must still be so, and what stands on it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import InvalidWish
from console.core.instants import HOUR, Instant
from console.core.messages import Account, CoreMeta, DecidedOn
from console.core.problems import CoreProblem, Unreadable
from console.desk import deciding, review, tickets
from console.desk.quota import MARGIN, quota
from console.desk.reasons import suggested
from console.desk.review import Decision
from console.desk.tickets import LIVES
from console.risk.alerts import BLOCKED
from console.risk.automatic import Cost, beyond, covered, spent
from console.risk.credit.review import Choice
from console.risk.packs import Pack
from console.watch.automatic_calls import FREEZE, Round, judged
from store import papers, wanting
from store.automatic import NOTHING_CAME, SKIPPED, Act, Answered, Automatic, Stopped
from store.journal import Blocked, Entry, Journal
from store.life import SETTLED, State
from store.reader import Reader
from store.wanting import Ticket

log = logging.getLogger(__name__)

PASSING = frozenset({401, 408, 429, 502, 503, 504})
"""Statuses of a core that does not answer now; any other is about the account that was asked for."""
UNUSUAL = "unusual"
"""The typology of an alert that the model raised without a rule."""
NOT_OURS = ("other_watcher", "lapsed")
"""Why an act was left although its claim was taken, when the claim is not ours to give back."""
IN_VAIN = ("claim_failed", "gone", "unreadable", "status", "invalid", "answered")
"""Why an act was left that the mirror does not show: it would be claimed again at once, and again left."""


class Left(Exception):
    """An act is left to a person; `why` is a short code: `automatic.why.<why>` has the words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Claims:
    """The claims under way of one desk."""

    def __init__(self, journal: Journal, acts: Automatic, pack: Pack) -> None:
        self._journal, self._acts = journal, acts
        self._rules = {BLOCKED: (0.0, "known_fraud"), **{rule.id: (rule.weight, rule.typology) for rule in pack.rules}}

    def reason(self, rules: Iterable[str], meta: CoreMeta) -> str | None:
        """The reason code of a hold that these rules call for, by the weightiest that the core has a code for."""
        known = sorted((self._rules[rule] for rule in rules if rule in self._rules), reverse=True)
        return suggested([*(typology for _, typology in known), UNUSUAL], meta, "account.freeze")

    def costs(self, now: Round, besides: str | None = None) -> list[Cost | None]:
        """What the hour's claims take, one apart."""
        own = self._acts.reserved(now.subject, tickets.since(now.core_now))
        return tickets.costs(now.tickets, own, now.core_now, besides)

    async def go_on(self, now: Round) -> int:
        """Make the commands of the claims that have come back; returns how many.

        Raises CoreProblem and CoreUnreachable when the core can't be asked for an account.
        """
        made = 0
        for act in self._acts.claiming():
            entry = self._journal.get(act.claim_id or "")
            if entry is None:
                continue
            try:
                made += await self._answer(act, entry, now)
            except Left as left:
                self._acts.leave([(act, SKIPPED, left.why)], now.core_now)
            except InvalidWish as invalid:
                log.warning("%s is left: %s", act.cause, invalid)
                self._acts.leave([(act, SKIPPED, "invalid")], now.core_now)
            except (Stopped, Answered, Blocked) as other:
                log.info("%s", other)
        return made

    async def _answer(self, act: Act, claim: Entry, now: Round) -> bool:
        """Make the command of an act, when its claim is in the feed and all before it is known. Raises Left."""
        if claim.why == "already_claimed":
            raise Left("claimed")
        if claim.state in (State.REJECTED, State.REVIEW):
            raise Left("claim_failed")
        if claim.state in NOTHING_CAME:
            raise Left("lapsed")
        mine = now.tickets.get(claim.command_id)
        if mine is None or mine.status != tickets.SUCCEEDED:
            if now.core_now > claim.created_at + 2 * LIVES:
                raise Left("lapsed")
            return False
        until = instants.parse(mine.created_at) + LIVES
        if now.core_now >= until:
            raise Left("lapsed")
        self._check_order(act, mine, now)
        account = await _account(now.client, act.account_id) if act.measure == FREEZE else None
        if self._busy(act.account_id):
            raise Left("pending")
        if account is not None:
            self._freeze(act, account, now, Instant(until))
        else:
            self._decide(act, now, Instant(until))
        return True

    def _check_order(self, act: Act, mine: Ticket, now: Round) -> None:
        """What was reserved before ours, in the core's order: nothing for this account, and not all of the budget.

        A claim that has succeeded is not published again, so its place is the same for every desk that asks.
        """
        others = [ticket for ticket in now.tickets.values() if ticket.command_id != mine.command_id]
        before = [ticket for ticket in others if ticket.status != tickets.SUCCEEDED or ticket.seq < mine.seq]
        if tickets.barred(mine, before):
            raise Left("other_watcher")
        start = tickets.since(instants.parse(mine.created_at))
        costs = [tickets.cost(ticket.note) for ticket in tickets.counted(before, start)]
        own = Cost(act.currency, act.exposure_minor, act.rules)
        if limit := beyond(now.regime.budget, spent(costs), own):
            raise Left(f"budget_{limit}")

    def _busy(self, account_id: str) -> bool:
        """Whether a command about the account is on its way, also a verdict that the mirror does not show yet."""
        entries = self._journal.for_account(account_id)
        return any(entry.state not in SETTLED and not tickets.of_machine(entry) for entry in entries)

    def _freeze(self, act: Act, account: Account, now: Round, until: Instant) -> None:
        """The hold, on the account as the core has it now."""
        open_still, pending = wanting.stands(now.mirror, act.cause, act.opening, act.account_id)
        if not open_still:
            raise Left("answered")
        if pending:
            raise Left("pending")
        left = quota(now.meta, self._journal, now.mirror, now.core_now + MARGIN)
        if left is not None and not left.covers(act.account_id):
            raise Left("quota")
        scope = now.regime.measures.scope
        if covered(scope, (hold.scope for hold in account.holds)):
            raise Left("held")
        if account.status != "active":
            raise Left("status")
        reason = self.reason(act.rules, now.meta)
        if reason is None:
            raise Left("no_reason")
        intent = deciding.fix(
            now.meta,
            commands.freeze(act.account_id, reason, tickets.written(act), scope=scope),
            core_now=now.core_now,
            account=account,
            if_match=account.version,
            decided_on=DecidedOn(score=act.score, rule_ids=list(act.rules), seen_seq=_seen(now.mirror)),
            until=until,
        )
        self._acts.act(act, intent, now.core_now)

    def _decide(self, act: Act, now: Round, until: Instant) -> None:
        """The decision on an application, on the version that the mirror has; the core refuses it on any other."""
        paper = papers.find(now.mirror, "application", act.cause)
        one = judged(self._journal, now.mirror, paper) if paper is not None else None
        if one is None or one.choice != act.measure:
            raise Left("answered")
        reason = review.reason_code(one.advice, one.choice, "application", now.meta)
        if reason is None:
            raise Left("no_reason")
        limit = one.found.resource.requested_limit_minor if one.choice is Choice.APPROVE else None
        review.decide(
            self._journal,
            now.meta,
            one.found,
            one.advice,
            one.by,
            Decision(one.choice, reason, tickets.written(act), limit),
            core_now=now.core_now,
            until=until,
            together=lambda connection, intent: self._acts.answer(connection, act, intent, now.core_now),
        )

    def give_back(self, now: Round) -> int:
        """Release the cases of acts that are through, so that a person can take them up; returns how many."""
        made = 0
        for act in self._acts.holding(now.core_now - LIVES):
            claim = self._journal.get(act.claim_id or "")
            if claim is None or claim.state is not State.CONFIRMED or act.why in NOT_OURS or not self._through(act):
                continue
            if any(
                ticket.account_id == act.account_id and ticket.command_id != act.claim_id
                for ticket in now.tickets.values()
                if _lives(ticket, now.core_now)
            ):
                continue
            wish = replace(commands.release(act.account_id), note=tickets.MARK + tickets.GIVEN_BACK)
            intent = deciding.fix(now.meta, wish, core_now=now.core_now, account=None, if_match=None)
            self._acts.give_back(act, intent, now.core_now)
            made += 1
        return made

    def _through(self, act: Act) -> bool:
        return act.command_id is None or act.state in SETTLED or act.state == State.AWAITING_APPROVAL


def in_vain(act: Act, now: Round) -> bool:
    """Whether a claim of the last hour came to nothing for a reason that may last: another would only take budget."""
    return act.claim_id is not None and act.why in IN_VAIN and 0 <= now.core_now - act.at < HOUR


async def _account(client: CoreClient, account_id: str) -> Account:
    """The account as the core has it now. Raises Left where it can't be had; what else is raised is the core's."""
    try:
        return await client.account(account_id)
    except CoreProblem as problem:
        if problem.status in PASSING:
            raise
        raise Left("gone") from problem
    except Unreadable as spoilt:
        log.warning("account %s: %s", account_id, spoilt)
        raise Left("unreadable") from spoilt


def _lives(ticket: Ticket, core_now: int) -> bool:
    return instants.parse(ticket.created_at) + LIVES > core_now


def _seen(mirror: Reader) -> int | None:
    """How far the feed was read when this was decided."""
    return max((feed.scanned_to_seq or 0 for feed in mirror.feeds()), default=0) or None
