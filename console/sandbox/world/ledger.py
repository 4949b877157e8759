"""What the world needs of the bank it lives with."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from console.core.messages import Account, Cause, Login, Message, Transaction


class Bank(Protocol):
    """The core's books. It keeps balances and holds, sets versions and publishes; times are stream instants (µs)."""

    def put(
        self, kind: str, resource: Message, at: int, occurred_at: int | None = None, cause: Cause | None = None
    ) -> Message:
        """Publish a resource as it is now; the bank sets its version."""

    def authorise(self, draft: Transaction) -> Transaction:
        """Record a pending draft, or decline it when the account may not or can not; publishes both."""

    def decline(self, draft: Transaction, code: str) -> Transaction:
        """Record a draft that the network declined."""

    def post(self, transaction_id: str, at: int) -> None:
        """Settle a pending transaction."""

    def reverse(self, transaction_id: str, at: int) -> None:
        """Take a transaction back."""

    def sign_in(self, login: Login) -> Login:
        """Record a login; a hold may turn it into a blocked one."""

    def account(self, account_id: str) -> Account:
        """The account as it stands."""

    def remember_truth(
        self,
        episode_id: str,
        typology: str,
        account_id: str,
        at: int,
        resource_id: str | None,
        loss_minor: int,
        benign: bool,
    ) -> None:
        """Keep what really happened, out of the feed. `loss_minor` is what is lost if the act goes through."""

    def batch(self) -> AbstractContextManager[None]:
        """Everything inside is one transaction of the bank's database."""
