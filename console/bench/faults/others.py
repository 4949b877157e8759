"""Everybody else at the core: a supervisor who decides on the same accounts, and who approves, rejects or forgets."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx

from console.core import instants
from console.core.identifiers import new_id
from console.core.instants import MINUTE
from console.sandbox.people import TOKENS

SUPERVISOR = "sandbox-supervisor"


class Others:
    """The supervisor, straight at the core. `ids` are the commands that are theirs and no desk's."""

    def __init__(self, core: str, seed: str) -> None:
        self.ids: set[str] = set()
        self._random = random.Random(f"others {seed}")
        self._http = httpx.Client(
            base_url=f"{core}/core/v1", headers={"Authorization": f"Bearer {SUPERVISOR}"}, timeout=20
        )

    def close(self) -> None:
        self._http.close()

    def meddle(self, account_id: str) -> None:
        """Change what an operator decides on: lift one's own hold, lower a limit or add a hold."""
        account = self._http.get(f"/accounts/{account_id}").json()
        mine = [hold["hold_id"] for hold in account["holds"] if hold["placed_by"] == TOKENS[SUPERVISOR].subject]
        limits = account["limits"]
        if mine:
            self._submit("account.unfreeze", account, {"hold_ids": mine})
        elif self._random.random() < 0.5 and limits["credit_limit_minor"] > 1_000:
            value = limits["credit_limit_minor"] * 9 // 10
            params = {"limit": "credit", "value_minor": value, "currency": limits["currency"]}
            self._submit("account.set_limit", account, params)
        else:
            self._submit("account.freeze", account, {"scope": "cash_advance"})

    def _submit(self, type_: str, account: dict[str, Any], params: dict[str, Any]) -> None:
        now = instants.now()
        command_id = new_id(now)
        self.ids.add(command_id)
        body = {
            "type": type_,
            "target": {"type": "account", "id": account["id"]},
            "params": params,
            "reason_code": "customer_request",
            "not_after": instants.wire(now + MINUTE),
        }
        headers = {"Idempotency-Key": command_id, "If-Match": f'"{account["version"]}"'}
        self._http.post("/commands", content=json.dumps(body), headers=headers)

    def decide(self, command_id: str, decision: str) -> None:
        """Approve or reject what waits for a second person."""
        self._http.post(f"/commands/{command_id}/decision", json={"decision": decision})

    def cancel(self, command_id: str, token: str) -> None:
        """Its creator withdraws what waits for a second person, from elsewhere."""
        self._http.post(f"/commands/{command_id}/cancel", headers={"Authorization": f"Bearer {token}"})
