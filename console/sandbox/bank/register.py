"""The register: publishes a resource's next version and keeps the accounts' present state at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from msgspec.structs import replace

from console.core.instants import Instant
from console.core.messages import RESOURCES, Account, Case, Cause, Message, decoder, encode
from console.sandbox.bank import accounts
from console.sandbox.bank.database import Database
from console.sandbox.bank.log import Log

M = TypeVar("M", bound=Message)

STAMPED = ("account", "customer", "application", "case")
"""Kinds whose `updated_at` is when the version was recorded."""
FIRST_RECORDED = ("transaction", "login", "label", "indicator")
"""Kinds whose `recorded_at` is when the first version was recorded."""


class Published(NamedTuple):
    resource: Message
    seq: int


class Register:
    """Typed reads and writes of resources. `clock` is wall time."""

    def __init__(self, database: Database, log: Log, clock: Callable[[], Instant]) -> None:
        self.database = database
        self.log = log
        self.clock = clock
        self._accounts: dict[str, Account] = {}
        self._guards: dict[str, int] = {}
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            kind: decoder(type_) for kind, type_ in RESOURCES.items()
        }
        database.on_rollback.append(self._forget)

    def _forget(self) -> None:
        self._accounts.clear()
        self._guards.clear()

    def find(self, kind: str, id_: str) -> Message | None:
        """The resource as it stands, None when it was never published or is deleted."""
        row = self.log.row(kind, id_)
        return None if row is None or row.data is None else cast(Message, self._decoders[kind].decode(row.data))

    def find_account(self, account_id: str) -> Account | None:
        known = self._accounts.get(account_id)
        if known is None and (row := self.log.row("account", account_id)) is not None and row.data is not None:
            known = self._accounts[account_id] = cast(Account, self._decoders["account"].decode(row.data))
            self._guards[account_id] = row.guard or row.version
        return known

    def account(self, account_id: str) -> Account:
        """The account's present state. Raises LookupError for an unknown one."""
        found = self.find_account(account_id)
        if found is None:
            raise LookupError(f"no account {account_id}")
        return found

    def guard(self, account_id: str) -> int:
        """The version at which what an operator decides on last changed."""
        self.account(account_id)
        return self._guards[account_id]

    def publish(
        self, kind: str, resource: M, at: int, *, occurred_at: int | None = None, cause: Cause | None = None
    ) -> tuple[M, int]:
        """Record the resource's next version; returns it as published, with its seq."""
        if isinstance(resource, Account):
            account, seq = self._publish_account(resource, at, occurred_at, cause)
            return cast(M, account), seq
        with self.database.transaction():
            recorded = self.log.recording(at)
            version = self.log.version(kind, resource.id) + 1  # type: ignore[attr-defined]
            fresh = _stamped(kind, resource, version, recorded)
            when = occurred_at if occurred_at is not None else getattr(fresh, "occurred_at", recorded)
            seq = self._append(kind, fresh, when, recorded, cause)
            if isinstance(fresh, Case) and fresh.claim_expires_at is not None:
                self.remind(fresh.claim_expires_at, "case", fresh.id)
            return fresh, seq

    def _publish_account(
        self, account: Account, at: int, occurred_at: int | None, cause: Cause | None
    ) -> tuple[Account, int]:
        with self.database.transaction():
            before = self.find_account(account.id)
            recorded = self.log.recording(at)
            version = before.version + 1 if before is not None else self.log.version("account", account.id) + 1
            fresh = replace(account, version=version, updated_at=recorded, allowed_commands=None)
            same = before is not None and accounts.guarded(before) == accounts.guarded(fresh)
            guard = self._guards[account.id] if same else version
            when = recorded if occurred_at is None else occurred_at
            seq = self._append("account", fresh, when, recorded, cause, guard)
            self._accounts[account.id], self._guards[account.id] = fresh, guard
            if not same:
                for hold in fresh.holds:
                    if hold.expires_at is not None:
                        self.remind(hold.expires_at, "account", account.id)
            return fresh, seq

    def _append(
        self, kind: str, fresh: Message, when: int, recorded: int, cause: Cause | None, guard: int | None = None
    ) -> int:
        return self.log.append(
            kind,
            fresh.id,  # type: ignore[attr-defined]
            fresh.version,  # type: ignore[attr-defined]
            encode(fresh),
            occurred_at=when,
            recorded_at=recorded,
            cause=cause,
            guard=guard,
        )

    def withdraw(self, kind: str, id_: str, at: int, cause: Cause | None = None) -> int:
        """Delete a resource: its next version is a tombstone. Raises LookupError when there is none."""
        row = self.log.row(kind, id_)
        if row is None or row.data is None:
            raise LookupError(f"no {kind} {id_}")
        recorded = self.log.recording(at)
        return self.log.append(
            kind, id_, row.version + 1, None, occurred_at=recorded, recorded_at=recorded, cause=cause
        )

    def remind(self, at: int, kind: str, id_: str) -> None:
        """Look at this resource again once wall time has passed `at`."""
        with self.database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO deadline VALUES (?, ?, ?)", (at, kind, id_))

    def due(self, now: int) -> list[tuple[int, str, str]]:
        """Reminders (at, kind, id) whose time has passed."""
        with self.database.lock:
            return self.database.connection.execute(
                "SELECT at, kind, id FROM deadline WHERE at < ? ORDER BY at", (now,)
            ).fetchall()

    def done(self, at: int, kind: str, id_: str) -> None:
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM deadline WHERE at = ? AND kind = ? AND id = ?", (at, kind, id_))


def _stamped(kind: str, resource: M, version: int, recorded: Instant) -> M:
    if kind in STAMPED:
        return replace(resource, version=version, updated_at=recorded)
    if version == 1 and kind in FIRST_RECORDED:
        return replace(resource, version=version, recorded_at=recorded)
    return replace(resource, version=version)
