"""A desk in the loop of a world that leaves all credit to it: each day it does what the policy in force recommends.

It sees what an operator sees, the mirror, and is told of the policy's stance by the journal. A referred case gets a
second look on the second day.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx

from console.core import instants
from console.core.identifiers import new_id
from console.core.instants import DAY, MINUTE
from console.desk import papers, review
from console.desk.papers import Dossier
from console.paths import Home
from console.risk.credit.review import SUSPICIOUS, Choice, Review
from store.credit_book import late
from store.journal import Journal
from store.reader import Reader

SECOND_LOOK = DAY
"""After so long (µs) a person has looked at what was referred: who is suspect is declined, others get a part."""
PART = 0.5
OPERATOR = "sandbox-operator"
SUPERVISOR = "sandbox-supervisor"
"""Limits are raised by two people, and cut by one who may do so for many accounts."""


class CreditDesk:
    """Decides by commands at the core. `done` counts what it did."""

    def __init__(self, core: str, home: Home) -> None:
        self.done: Counter[str] = Counter()
        self._http = httpx.Client(base_url=core, timeout=60)
        self.journal = Journal(home.journal)
        self._home = home

    def close(self) -> None:
        self._http.close()
        self.journal.close()

    def day(self, reached: int) -> str:
        """Decide everything that waits, and take back unused limits of those who are late; returns the stance."""
        by, mirror = review.rules(self.journal), Reader(self._home.mirror)
        try:
            for paper, _ in papers.waiting(mirror):
                found = papers.dossier(mirror, paper, reached)
                if found is not None and found.is_open:
                    self._decide(found, review.recommend(found, by), reached)
            after = by.rules.limits.cut_after_days
            for one in late(mirror):
                if after and one.days >= after:
                    params = {"limit": "credit", "value_minor": one.limit_minor - one.available_minor}
                    params["currency"] = one.currency
                    self._send("account.set_limit", one.account_id, params, one.version, "credit_risk", SUPERVISOR)
                    self.done["cut"] += 1
        finally:
            mirror.close()
        return by.stance

    def _decide(self, found: Dossier, advice: Review, reached: int) -> None:
        limit, choice = advice.limit_minor, advice.choice
        if choice is Choice.REFER:
            if reached - found.asked_at < SECOND_LOOK:
                return
            choice, limit = _second_look(found, advice)
        approves = choice is not Choice.DECLINE
        params: dict[str, Any] = {"decision": "approve" if approves else "decline"}
        if approves:
            params["limit_minor"] = limit
        reason = "ability_verified" if approves else "credit_risk"
        command = self._send(f"{found.type}.decide", found.paper.id, params, found.paper.version, reason, OPERATOR)
        if command["status"] == "pending_approval":
            self._post(f"/core/v1/commands/{command['id']}/decision", {"decision": "approve"}, SUPERVISOR)
        self.done[f"{found.type} {choice}"] += 1

    def _send(
        self, type_: str, target: str, params: dict[str, Any], version: int, reason: str, token: str
    ) -> dict[str, Any]:
        now = instants.now()
        body = {
            "type": type_,
            "target": {"type": type_.partition(".")[0], "id": target},
            "params": params,
            "reason_code": reason,
            "not_after": instants.wire(now + 10 * MINUTE),
        }
        return self._post(
            "/core/v1/commands", body, token, {"Idempotency-Key": new_id(now), "If-Match": f'"{version}"'}
        )

    def _post(
        self, path: str, body: dict[str, Any], token: str, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        answer = self._http.post(path, json=body, headers={"Authorization": f"Bearer {token}", **(headers or {})})
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


def _second_look(found: Dossier, advice: Review) -> tuple[Choice, int | None]:
    """What a person makes of a case that the policy leaves to one."""
    suspect = any(step.holds and step.name in SUSPICIOUS for step in advice.steps)
    wanted, offered = found.case.requested_minor, advice.offer.limit_minor
    limit = round(PART * min(wanted if wanted is not None else offered, offered))
    if suspect or limit <= (found.case.present_minor or 0):
        return Choice.DECLINE, None
    return Choice.LESS, limit
