"""The ledger: authorises, posts and reverses money movements, and lets customers in or not.

Codes of the bank's own declines: account_frozen, account_closed, account_not_open, cash_blocked, credit_blocked,
over_limit, cash_limit, daily_limit, currency.
"""

from __future__ import annotations

from typing import cast

import msgspec
from msgspec.structs import replace

from console.core.instants import DAY, Instant
from console.core.messages import Account, Login, Transaction, decoder
from console.sandbox.bank import accounts, history
from console.sandbox.bank.register import Register

SPENDING = ("purchase", "cash_advance", "transfer")
"""Kinds that a hold stops and that use up limits, when their amount is positive."""
ON_HOLD_FIRST = ("purchase", "cash_advance")
"""Kinds that are authorised first and posted later."""
COUNTED = ("pending", "posted")
FOLLOWED = 10_000
"""Changes that the history takes in at a time."""

INTERVENTION_CODES = ("account_frozen", "account_closed", "cash_blocked")
"""Declines that an operator's decision causes: what they stop is money saved."""


class Ledger:
    def __init__(self, register: Register, histories: history.Histories) -> None:
        self._register = register
        self._histories = histories
        self._spent: dict[str, tuple[int, int]] = {}
        self._transactions: msgspec.json.Decoder[Transaction] = decoder(Transaction)
        register.database.on_rollback.append(self._spent.clear)

    def authorise(self, draft: Transaction) -> Transaction:
        """Decide on a transaction and publish it, then the account if money moved. Raises LookupError."""
        account = self._register.account(draft.account_id)
        code = self._refusal(account, draft)
        if code is not None:
            return self.decline(draft, code)
        with self._register.database.transaction():
            at = self._register.log.recording(draft.recorded_at)
            first = draft.kind in ON_HOLD_FIRST
            taken, _ = self._register.publish(
                "transaction",
                replace(
                    draft, status="pending" if first else "posted", decline_code=None, posted_at=None if first else at
                ),
                at,
            )
            amount = taken.amount_minor
            moved = accounts.with_money(account, at, balance=0 if first else amount, pending=amount if first else 0)
            self._register.publish("account", moved, at)
            self._note_spending(taken)
        return taken

    def decline(self, draft: Transaction, code: str) -> Transaction:
        """Publish the attempt as declined; the account stays as it is."""
        declined = replace(draft, status="declined", decline_code=code)
        return self._register.publish("transaction", declined, draft.recorded_at)[0]

    def post(self, transaction_id: str, at: int) -> None:
        """Turn a pending transaction into a posted one. Anything else stays as it is. Raises LookupError."""
        found = self._transaction(transaction_id)
        if found.status == "pending":
            self._settle(found, "posted", at, balance=found.amount_minor, pending=-found.amount_minor)

    def reverse(self, transaction_id: str, at: int) -> None:
        """Undo a pending or posted transaction: the money goes back. Raises LookupError."""
        found = self._transaction(transaction_id)
        if found.status == "pending":
            self._settle(found, "reversed", at, pending=-found.amount_minor)
        elif found.status == "posted":
            self._settle(found, "reversed", at, balance=-found.amount_minor)

    def sign_in(self, login: Login) -> Login:
        """Publish a login; a live hold on everything or on logins turns it into a blocked one."""
        account = self._register.find_account(login.account_id) if login.account_id else None
        if account is not None and accounts.holds_scope(account, "full", "login"):
            login = replace(login, outcome="blocked")
        return self._register.publish("login", login, login.recorded_at)[0]

    def _settle(self, found: Transaction, status: str, at: int, *, balance: int = 0, pending: int = 0) -> None:
        with self._register.database.transaction():
            recorded = self._register.log.recording(at)
            posted_at = recorded if status == "posted" else found.posted_at
            self._register.publish("transaction", replace(found, status=status, posted_at=posted_at), at)
            account = self._register.account(found.account_id)
            moved = accounts.with_money(account, recorded, balance=balance, pending=pending)
            self._register.publish("account", moved, at)

    def _transaction(self, transaction_id: str) -> Transaction:
        found = self._register.find("transaction", transaction_id)
        if found is None:
            raise LookupError(f"no transaction {transaction_id}")
        return cast(Transaction, found)

    def _refusal(self, account: Account, draft: Transaction) -> str | None:
        if account.status == "closed":
            return "account_closed"
        if draft.currency != account.limits.currency:
            return "currency"
        if draft.amount_minor <= 0:
            blocked = draft.kind != "payment" and accounts.holds_scope(account, "credit_only")
            return "credit_blocked" if blocked else None
        return self._spending_refusal(account, draft) if draft.kind in SPENDING else None

    def _spending_refusal(self, account: Account, draft: Transaction) -> str | None:
        limits, amount = account.limits, draft.amount_minor
        if account.status != "active":
            return {"frozen": "account_frozen", "closing": "account_closed"}.get(account.status, "account_not_open")
        if draft.kind == "cash_advance":
            if accounts.holds_scope(account, "cash_advance"):
                return "cash_blocked"
            if limits.cash_limit_minor is not None and amount > limits.cash_limit_minor:
                return "cash_limit"
        if amount > limits.available_minor:
            return "over_limit"
        if limits.daily_limit_minor is not None and self._spent_on(account, draft) + amount > limits.daily_limit_minor:
            return "daily_limit"
        return None

    def _spent_on(self, account: Account, draft: Transaction) -> int:
        """What the account has spent on the UTC day on which the draft is recorded, minor units."""
        day = draft.recorded_at // DAY
        known = self._spent.get(account.id)
        if known is None:
            known = day, self._recount(account.id, day)
        elif known[0] != day:
            known = day, 0
        self._spent[account.id] = known
        return known[1]

    def _recount(self, account_id: str, day: int) -> int:
        """The same from the log, for an account first met since the start."""
        while not self._histories.follow(FOLLOWED):
            continue
        window = history.Window(Instant(day * DAY), Instant((day + 1) * DAY), None, 10_000)
        found = (self._transactions.decode(body) for body in self._histories.transactions(account_id, window).bodies)
        return sum(t.amount_minor for t in found if t.kind in SPENDING and t.status in COUNTED and t.amount_minor > 0)

    def _note_spending(self, taken: Transaction) -> None:
        known = self._spent.get(taken.account_id)
        if known is not None and taken.kind in SPENDING and taken.amount_minor > 0:
            self._spent[taken.account_id] = (known[0], known[1] + taken.amount_minor)
