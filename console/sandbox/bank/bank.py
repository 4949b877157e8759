"""The bank: the core behind the HTTP surface, and what worlds and replays program against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from console.core import instants
from console.core.instants import Instant
from console.core.messages import Account, Case, Cause, Login, Message, Transaction
from console.sandbox.bank import accounts, cases, truth
from console.sandbox.bank.commands import Desk
from console.sandbox.bank.database import Database
from console.sandbox.bank.digest import Digests
from console.sandbox.bank.history import Histories
from console.sandbox.bank.ledger import Ledger
from console.sandbox.bank.log import Log
from console.sandbox.bank.register import Register


class Bank:
    """State and rules. Times named `at` are stream time; holds, claims and fences run on `clock`, wall time.

    Methods may be called from any thread. `log.stream` tells the stream instant up to which everything has been
    published; whoever drives the bank sets it. It is wall time until then.
    """

    def __init__(
        self,
        database: Database,
        *,
        epoch: str = "sandbox",
        clock: Callable[[], Instant] = instants.now,
    ) -> None:
        self.database = database
        self._wall = clock
        self._latest = Instant(0)
        self.log = Log(database, epoch, self.clock)
        self.register = Register(database, self.log, self.clock)
        self.histories = Histories(self.log)
        self.ledger = Ledger(self.register, self.histories)
        self.desk = Desk(self.register)
        self.digests = Digests(self.log)

    @classmethod
    def open(cls, path: Path | None = None, *, durable: bool = False, epoch: str = "sandbox") -> Bank:
        """A bank over the file at `path`, or in memory."""
        return cls(Database(path, durable=durable), epoch=epoch)

    def close(self) -> None:
        self.database.close()

    def clock(self) -> Instant:
        """Wall time that never goes back: a fence that was passed once stays passed."""
        self._latest = max(self._latest, self._wall())
        return self._latest

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything inside becomes visible at once; readers are woken after it."""
        with self.database.transaction():
            yield

    # -------------------------------------------------------------- for worlds and replays

    def put(
        self, kind: str, resource: Message, at: int, occurred_at: int | None = None, cause: Cause | None = None
    ) -> Message:
        """Publish any resource as recorded at `at`; its version becomes the previous one plus 1."""
        if isinstance(resource, Account):
            derived = accounts.with_holds(resource, resource.holds, Instant(at), resource.status_reason)
            return self.register.publish(kind, derived, at, occurred_at=occurred_at, cause=cause)[0]
        return self.register.publish(kind, resource, at, occurred_at=occurred_at, cause=cause)[0]

    def withdraw(self, kind: str, resource_id: str, at: int, cause: Cause | None = None) -> None:
        """Publish that a resource is gone. Raises LookupError when there is none."""
        self.register.withdraw(kind, resource_id, at, cause)

    def authorise(self, draft: Transaction) -> Transaction:
        """Decide on a pending draft (version 1) and publish it as pending, posted or declined, then the account.

        Raises LookupError for an unknown account.
        """
        return self.ledger.authorise(draft)

    def decline(self, draft: Transaction, code: str) -> Transaction:
        """Publish a draft that the network declined (a wrong CVV, say); the account stays as it is."""
        return self.ledger.decline(draft, code)

    def post(self, transaction_id: str, at: int) -> None:
        """Pending becomes posted, the balance moves. Raises LookupError."""
        self.ledger.post(transaction_id, at)

    def reverse(self, transaction_id: str, at: int) -> None:
        """The transaction is undone, the money back. Raises LookupError."""
        self.ledger.reverse(transaction_id, at)

    def sign_in(self, login: Login) -> Login:
        """Publish a login; its outcome becomes `blocked` under a hold of scope full or login."""
        return self.ledger.sign_in(login)

    def account(self, account_id: str) -> Account:
        """The account's present state. Raises LookupError."""
        return self.register.account(account_id)

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
        """Note what an act really was; no reader of the API ever learns it."""
        truth.remember(
            self.database,
            episode=episode_id,
            typology=typology,
            account=account_id,
            at=at,
            resource=resource_id,
            loss_minor=loss_minor,
            benign=benign,
        )

    def acts(self) -> list[truth.Act]:
        """What really happened, act by act."""
        return truth.acts(self.database, self.log)

    def truth(self) -> list[truth.Episode]:
        """What really happened, episode by episode."""
        return truth.report(self.database, self.log)

    # -------------------------------------------------------------- for whoever runs it

    def new_epoch(self, name: str | None = None) -> str:
        """As after a restore from backup: a new epoch, every cursor void. Returns its name."""
        epoch = name or f"{self.log.epoch.split('+')[0]}+{int(self.clock())}"
        with self.database.transaction():
            self.log.begin_epoch(epoch)
        return epoch

    def settle(self) -> None:
        """Do what wall time makes due: holds and claims expire, pending commands lapse."""
        now = self.clock()
        for at, kind, id_ in self.register.due(now):
            with self.database.transaction():
                self._look_again(kind, id_, now)
                self.register.done(at, kind, id_)

    def _look_again(self, kind: str, id_: str, now: Instant) -> None:
        if kind == "command":
            self.desk.get(id_)
        elif kind == "account":
            self._drop_holds(id_, now)
        else:
            self._drop_claim(id_, now)

    def _drop_holds(self, account_id: str, now: Instant) -> None:
        account = self.register.account(account_id)
        at = self.log.present()
        left = accounts.without_expired(account, now, at)
        if left is not account:
            self.register.publish("account", left, at, cause=Cause(kind="system"))

    def _drop_claim(self, case_id: str, now: Instant) -> None:
        case = cast(Case | None, self.register.find("case", case_id))
        if case is not None and case.status == "claimed" and not cases.is_claimed(case, now):
            at = self.log.present()
            self.register.publish("case", cases.unclaimed(case), at, cause=Cause(kind="system"))
