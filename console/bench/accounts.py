"""Accounts that a trial's core begins with."""

from __future__ import annotations

from console.core import instants
from console.core.messages import Account, Customer, Limits
from console.sandbox.bank import Bank


def put_account(bank: Bank, account_id: str, limits: Limits) -> None:
    """Put an active account without holds, opened now, and the customer it belongs to."""
    now = instants.now()
    bank.put("customer", Customer(id=f"c.{account_id}", version=1, registered_at=now, updated_at=now), now)
    account = Account(
        id=account_id,
        version=1,
        customer_id=f"c.{account_id}",
        status="active",
        credit_state="current",
        limits=limits,
        holds=[],
        opened_at=now,
        updated_at=now,
    )
    bank.put("account", account, now)
