"""The hand that sends commands: on borrowed accounts, with holds that end by themselves, undone after each check."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from console.bench.conformance.trial import Json, Trial
from console.bench.conformance.verdict import Failed, Skipped, expect, fail
from console.bench.conformance.wire import Answer, Person
from console.core import identifiers
from console.core.instants import MINUTE, SECOND, Instant, wire
from console.core.messages import MAX_INTEGER, Account, Command

SCOPE = "cash_advance"
"""The scope of the holds that are placed: the account stays active and its customer can pay with it."""
HOLD_LASTS = 10 * MINUTE
"""When a hold that was left behind ends by itself."""
DEADLINE = MINUTE
FINISHES_S = 15.0
MOST_ACCOUNTS = 8
"""More would come near the bulk rule's 20 accounts."""
UNFINISHED = ("pending_approval", "accepted", "executing")
NOTE = "riskdesk conformance"
UNDO_ATTEMPTS, UNDO_PAUSE_S = 5, 0.2


@dataclass
class Loan:
    """An account in use by one check: as it was before, the keys sent to it, and who asked for higher limits by key."""

    before: Account
    sent: set[str] = field(default_factory=set)
    raises: dict[str, Person] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.before.id

    @property
    def raised(self) -> int:
        """A credit limit one minor unit higher: a wish that always waits for a second person."""
        return min(MAX_INTEGER, self.before.limits.credit_limit_minor + 1)


class Hand:
    """Sends commands for the checks that write. `left` names what could not be undone."""

    def __init__(self, trial: Trial, operator: Person, accounts: Iterable[str]) -> None:
        self.trial = trial
        self.operator = operator
        self.left: list[str] = []
        self._mark = f"riskdesk-conformance-{secrets.token_hex(4)}"
        self._free: asyncio.Queue[str] = asyncio.Queue()
        for account_id in list(accounts)[:MOST_ACCOUNTS]:
            self._free.put_nowait(account_id)

    @property
    def accounts(self) -> int:
        return self._free.qsize()

    @asynccontextmanager
    async def account(self) -> AsyncIterator[Loan]:
        """Borrow an account; whatever was done to it is undone afterwards."""
        account_id = await self._free.get()
        try:
            loan = Loan(await self.look(account_id))
            try:
                yield loan
            finally:
                await self._undo(loan)
        finally:
            self._free.put_nowait(account_id)

    # ------------------------------------------------------------ sending

    def new_key(self) -> str:
        return identifiers.new_id(self.trial.now())

    def body(self, type_: str, account_id: str, params: Json, **more: Any) -> Json:  # noqa: ANN401 - JSON members
        """A command request; `more` adds to it or overrides. The deadline is a minute ahead."""
        reasoned = {} if type_.startswith("case.") else {"reason_code": self.reason(type_)}
        return {
            "type": type_,
            "target": {"type": "account", "id": account_id},
            "params": params,
            "not_after": wire(self.trial.now() + DEADLINE),
            "note": NOTE,
            "case_ref": self._mark,
            **reasoned,
            **more,
        }

    def freeze(self, loan: Loan, **more: Any) -> Json:  # noqa: ANN401 - JSON members
        """A hold of the mildest scope that ends by itself."""
        params = {"scope": SCOPE, "expires_at": wire(self.trial.now() + HOLD_LASTS)}
        return self.body("account.freeze", loan.id, params, **more)

    def unfreeze(self, loan: Loan, *hold_ids: str) -> Json:
        return self.body("account.unfreeze", loan.id, {"hold_ids": list(hold_ids)})

    def raise_limit(self, loan: Loan, **more: Any) -> Json:  # noqa: ANN401 - JSON members
        """A wish that waits for a second person, who never approves it."""
        limits = loan.before.limits
        params = {"limit": "credit", "value_minor": loan.raised, "currency": limits.currency}
        return self.body("account.set_limit", loan.id, params, **more)

    def reason(self, type_: str) -> str:
        """A reason that asks for nothing more. Raises Skipped when the core has none."""
        for code in self.trial.reader.meta.reason_codes:
            if type_ in code.commands and not code.requires_approval and not code.adverse_action:
                return code.code
        raise Skipped("no_reason", type=type_)

    async def send(
        self, loan: Loan, body: Json, key: str, if_match: int | None = None, person: Person | None = None
    ) -> Answer:
        """POST /commands once, as the operator unless another person is named."""
        person = person or self.operator
        loan.sent.add(key)
        headers = {"Idempotency-Key": key} | ({"If-Match": f'"{if_match}"'} if if_match is not None else {})
        return await self.trial.wire.post("/commands", person.token, json.dumps(body).encode(), headers)

    async def carry_out(self, loan: Loan, body: Json, key: str | None = None, if_match: int | None = None) -> Command:
        """Send and wait until it has succeeded. Raises Failed when it has not."""
        key = key or self.new_key()
        answer = (await self.send(loan, body, key, if_match)).expect("200", "202")
        command = answer.read(Command) if answer.status == 200 else await self.finished(key)
        outcome = f"{command.status}{f' ({command.problem.code})' if command.problem else ''}"
        expect(command.status == "succeeded", f"{body['type']} succeeded", outcome)
        return command

    async def finished(self, key: str) -> Command:
        """The command once nothing more will happen to it. Raises Failed when that takes too long."""
        end = time.monotonic() + FINISHES_S
        while True:
            command = await self.command(key)
            if command.status not in UNFINISHED:
                return command
            if time.monotonic() > end:
                fail(f"the command finished within {FINISHES_S:.0f} s", command.status)
            await asyncio.sleep(0.05)

    async def command(self, key: str) -> Command:
        """GET /commands/{id}. Raises Failed when the core does not know it."""
        answer = await self.trial.wire.get(f"/commands/{key}", self.operator.token)
        return answer.expect("200").read(Command)

    async def unknown(self, key: str) -> None:
        """Raise Failed unless the core has no such command."""
        (await self.trial.wire.get(f"/commands/{key}", self.operator.token)).expect("404 not_found")

    async def pending(self, loan: Loan, *, person: Person | None = None, lasts: float = 60) -> str:
        """Ask for a higher limit, which waits for a second person; the command's key. `lasts` is in seconds."""
        key, until = self.new_key(), Instant(self.trial.now() + round(lasts * SECOND))
        loan.raises[key] = person or self.operator
        body = self.raise_limit(loan, not_after=wire(until))
        version = (await self.look(loan.id)).version
        (await self.send(loan, body, key, version, person)).expect("202")
        status = (await self.command(key)).status
        expect(status == "pending_approval", "a limit increase waits: pending_approval", status)
        return key

    async def decide(self, key: str, person: Person, decision: str) -> Answer:
        body = json.dumps({"decision": decision, "note": NOTE}).encode()
        return await self.trial.wire.post(f"/commands/{key}/decision", person.token, body)

    async def cancel(self, key: str, person: Person | None = None) -> Answer:
        return await self.trial.wire.post(f"/commands/{key}/cancel", (person or self.operator).token, b"{}")

    async def look(self, account_id: str) -> Account:
        """The account as it is now."""
        answer = await self.trial.wire.get(f"/accounts/{account_id}", self.operator.token)
        return answer.expect("200").read(Account)

    async def holds(self, loan: Loan) -> set[str]:
        return {hold.hold_id for hold in (await self.look(loan.id)).holds}

    # ------------------------------------------------------------ undoing

    async def _undo(self, loan: Loan) -> None:
        """Cancel what waits, release our holds, put the limit back; what can't be undone is named in `left`."""
        fault = "?"
        for _ in range(UNDO_ATTEMPTS):
            try:
                await self._cancel_pending(loan)
                if await self._restored(loan):
                    return
                fault = "undone, the core says, but it shows no effect"
            except (Failed, Skipped, httpx.HTTPError, TimeoutError) as error:
                fault = str(error) or type(error).__name__
                await asyncio.sleep(UNDO_PAUSE_S)
        self.left.append(f"{loan.id}: {fault}")

    async def _cancel_pending(self, loan: Loan) -> None:
        for key, person in loan.raises.items():
            answer = await self.trial.wire.get(f"/commands/{key}", person.token)
            if answer.status == 200 and answer.read(Command).status == "pending_approval":
                await self.cancel(key, person)

    async def _restored(self, loan: Loan) -> bool:
        """Whether holds and limit are as before, after one attempt to make them so."""
        now = await self.look(loan.id)
        mine = {hold.hold_id for hold in now.holds if hold.hold_id in loan.sent or hold.case_ref == self._mark}
        limits, wanted = now.limits, loan.before.limits.credit_limit_minor
        if not mine and not (loan.raises and limits.credit_limit_minor == loan.raised):
            return True
        if mine:
            await self._send_undo(self.unfreeze(loan, *mine), now.version)
        else:
            params = {"limit": "credit", "value_minor": wanted, "currency": limits.currency}
            await self._send_undo(self.body("account.set_limit", loan.id, params), now.version)
        return False

    async def _send_undo(self, body: Json, version: int) -> None:
        """As a supervisor where there is one: holds of a supervisor are released without asking anybody."""
        person = next((person for person in self.trial.people if person.may("supervisor")), self.operator)
        key = self.new_key()
        headers = {"Idempotency-Key": key, "If-Match": f'"{version}"'}
        answer = await self.trial.wire.post("/commands", person.token, json.dumps(body).encode(), headers)
        answer.expect("200", "202")
        await self.finished(key)
