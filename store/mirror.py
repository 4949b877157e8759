"""The one writer of the mirror: a page of the feed becomes one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import compress, repeat
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from store.batch import STATEMENTS, Batch, Columns, Row, run
from store.files import Place, StoreError, writer
from store.folding import Folding
from store.mirror_schema import CONTENT, MIGRATIONS
from store.unwritten import Unwritten

Array = NDArray[Any]

LONGEST_LOG = 65_536
"""Pages (4 KiB) in the write-ahead log from which the writer folds it itself."""

HEADS = 1024
"""Accounts that the columns in memory have a place for at first."""

GENERATION = "generation"
DROPPED_BEFORE = "dropped_before"
IDENTITY = "identity"
LOG_CUT = "log_cut"
"""Notes of the mirror about itself: among them a name that no other mirror has, and the mirror whose log lost pages."""

ENTITY_KINDS = ("merchant", "device", "ip", "subnet", "party", "customer", "token")


class Numbers(dict[str, int]):
    """Dense integers for text ids, in order of first appearance: asking for an id numbers it, `get` does not."""

    def __init__(self, stored: Iterable[tuple[int, str]] = ()) -> None:
        """Take up the stored (number, id) pairs, in order. Raises StoreError when a number is missing among them."""
        super().__init__((text, number) for number, text in stored)
        self.new: list[tuple[int, str]] = []
        if self and next(reversed(self.values())) != len(self) - 1:
            raise StoreError("the mirror's numbering has holes: delete mirror.db, it is rebuilt from the core")

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        self.new.append((number, text))
        return number


class Numbered(NamedTuple):
    """Accounts and entities that got a number, as their rows."""

    accounts: list[tuple[int, str]]
    entities: list[Row]


class Heads:
    """What is kept in memory per account number, as columns.

    `transaction`, `login`: the seq of its last one. `activity`: when the newest was, 0 before the first. `score`,
    `level`, `alerts`: its risk and open alerts. `version`: its own. `owner`: the number of its customer, -1 while
    unknown. `customer`: the same as its row says it, -1 also once it is deleted. Columns may be longer than there are
    accounts.
    """

    def __init__(self) -> None:
        self.transaction = np.zeros(HEADS, np.int64)
        self.login = np.zeros(HEADS, np.int64)
        self.activity = np.zeros(HEADS, np.int64)
        self.score = np.zeros(HEADS)
        self.level = np.zeros(HEADS, np.int64)
        self.alerts = np.zeros(HEADS, np.int64)
        self.version = np.zeros(HEADS, np.int64)
        self.owner = np.full(HEADS, -1)
        self.customer = np.full(HEADS, -1)

    def reach(self, accounts: int) -> None:
        """Have a place for each of so many accounts."""
        size = len(self.transaction)
        if accounts > size:
            more = max(accounts, 2 * size) - size
            for name, column in vars(self).items():
                nothing = -1 if name in ("owner", "customer") else 0
                setattr(self, name, np.concatenate([column, np.full(more, nothing, column.dtype)]))

    def rows(self, accounts: Array) -> Columns:
        """The accounts' rows of `account_risk`."""
        columns = (self.transaction, self.login, self.activity, self.score, self.level, self.alerts)
        transaction, login, activity, *risk = (column[accounts].tolist() for column in columns)
        return Columns(accounts.tolist(), transaction, login, [at or None for at in activity], *risk)


def _home_of(type_: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Where a type is stored: its table and id column, and the further condition with its parameters."""
    own = {
        "transaction": ("txn", "transaction_id"),
        "login": ("login", "login_id"),
        "account": ("account", "account_id"),
    }
    if type_ in own:
        return (*own[type_], "", ())
    return "resource", "id", " AND type = ?", (type_,)


class Mirror:
    """The one writer of mirror.db, for one thread.

    Keeps the numbering and the chain heads in memory; they run ahead of the file only inside `transaction()`. When that
    fails, the instance is spent: open a new one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = writer(path, MIGRATIONS, "NORMAL")
        self._execute = self.database.conn.execute
        self._execute(f"PRAGMA wal_autocheckpoint={LONGEST_LOG}")
        self._execute("PRAGMA journal_size_limit=0")
        self._folding = Folding(path)
        self._place = Place(path)
        self._load()

    def _load(self) -> None:
        if self.noted(IDENTITY) is None:
            with self.transaction():
                self.note(IDENTITY, uuid4().hex)
        self.identity = self.noted(IDENTITY) or ""
        self.accounts = Numbers(self._execute("SELECT account, account_id FROM account ORDER BY account"))
        self.entities = {
            kind: Numbers(self._execute("SELECT number, id FROM entity WHERE kind = ? ORDER BY number", (kind,)))
            for kind in ENTITY_KINDS
        }
        self.heads = Heads()
        self.heads.reach(len(self.accounts))
        self._load_heads()
        self.dropped_before = int(self.noted(DROPPED_BEFORE) or 0)
        """Events recorded before this instant (µs) were dropped by age."""
        self._largest: dict[str, str] = {}
        self.unwritten: Unwritten | None = None
        """The page that is understood and still to be written, if any: what is asked of the mirror tells of it too."""
        self.tombstones: dict[tuple[str, str], int] = {
            (type_, id_): version
            for type_, id_, version in self._execute(
                "SELECT type, id, version FROM resource WHERE deleted = 1 AND type IN ('transaction', 'login')"
            )
        }

    def _load_heads(self) -> None:
        names = ("transaction", "login", "activity", "score", "level", "alerts")
        rows = self._execute(
            "SELECT account, last_transaction, last_login, coalesce(last_activity_at, 0), risk_score, risk_level,"
            " open_alerts FROM account_risk"
        ).fetchall()
        if rows:
            accounts, *columns = zip(*rows, strict=True)
            for name, column in zip(names, columns, strict=True):
                getattr(self.heads, name)[list(accounts)] = column
        customers = self.entities["customer"]
        for account, version, customer_id in self._execute("SELECT account, version, customer_id FROM account"):
            self.heads.version[account] = version
            self.heads.owner[account] = self.heads.customer[account] = customers.get(customer_id, -1)

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
        self._folding.finish()
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.database.close()

    def abandon(self) -> None:
        """Close the file as it is, after an error."""
        self._folding.finish()
        self.database.close()

    @contextmanager
    def transaction(self, committing: AbstractContextManager[None] | None = None) -> Iterator[None]:
        """All or nothing: what is written inside is committed at its end, within `committing` if there is one.

        Errors roll back and pass on; files.Lost among them, before anything is written to a file that is gone.
        """
        self._place.check()
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            with committing or nullcontext():
                self._execute("COMMIT")
                self._folding.look()
        except BaseException:
            self.database.conn.rollback()
            raise

    # ------------------------------------------------------------ what is stored

    def versions(self, type_: str, ids: Sequence[str]) -> dict[str, int]:
        """The stored versions of those ids of a type; an id never seen is absent."""
        if type_ == "account":
            numbers = np.fromiter(map(self.accounts.get, ids, repeat(-1)), np.int64, len(ids))
            seen = numbers >= 0
            return dict(zip(compress(ids, seen), self.heads.version[numbers[seen]].tolist(), strict=True))
        table, key, only, of_type = _home_of(type_)
        asked = self._below_largest(type_, ids)
        query = f"SELECT {key}, version FROM {table} WHERE {key} IN (SELECT value FROM json_each(?)){only}"  # noqa: S608
        known: dict[str, int] = dict(self._execute(query, (json.dumps(asked), *of_type)) if asked else ())
        if self.unwritten and asked:
            ahead = self.unwritten.versions(type_)
            known |= {id_: ahead[id_] for id_ in asked if id_ in ahead}
        for id_ in ids if self.tombstones else ():
            if (type_, id_) in self.tombstones:
                known[id_] = self.tombstones[type_, id_]
        return known

    def _below_largest(self, type_: str, ids: Sequence[str]) -> list[str]:
        """Those of the ids that may be stored: where ids grow with time, new ones lie above all stored ones.

        From now on the given ids count as stored. SQLite orders text by its UTF-8, as Python does by its code points.
        """
        largest = self._largest.get(type_)
        if largest is None:
            table, key, only, of_type = _home_of(type_)
            query = f"SELECT max({key}) FROM {table} WHERE 1{only}"  # noqa: S608 - names of this module only
            largest = self._execute(query, of_type).fetchone()[0] or ""
        self._largest[type_] = max(largest, max(ids, default=""))
        return [id_ for id_ in ids if id_ <= largest]

    def document(self, type_: str, id_: str) -> str | None:
        """The JSON of a stored resource, or None when it is unknown or deleted."""
        told, doc = self.unwritten.document(type_, id_) if self.unwritten else (False, None)
        if told:
            return doc
        table, key, only, of_type = _home_of(type_)
        row = self._execute(
            f"SELECT doc FROM {table} WHERE {key} = ? AND deleted = 0{only}",  # noqa: S608 - names of this module only
            (id_, *of_type),
        ).fetchone()
        return row[0] if row else None

    def seq_of(self, transaction_id: str) -> int:
        """The seq at which a stored transaction came first; 0 when it is unknown."""
        if self.unwritten and transaction_id in self.unwritten.seqs:
            return self.unwritten.seqs[transaction_id]
        row = self._execute("SELECT seq FROM txn WHERE transaction_id = ?", (transaction_id,)).fetchone()
        return int(row[0]) if row else 0

    def customer_accounts(self, customer_ids: Sequence[str]) -> dict[int, str | None]:
        """The accounts of those customers: number to customer id."""
        query = (
            "SELECT account, customer_id FROM account WHERE deleted = 0"
            " AND customer_id IN (SELECT value FROM json_each(?))"
        )
        found: dict[int, str | None] = dict(self._execute(query, (json.dumps(customer_ids),)))
        if self.unwritten:
            found |= self.unwritten.owners
        asked = set(customer_ids)
        return {account: customer for account, customer in found.items() if customer in asked}

    def position(self, lane: str) -> tuple[str, int, str] | None:
        """(epoch, seq, cursor) up to which the lane is stored, or None for a new mirror."""
        row = self._execute("SELECT epoch, scanned_to_seq, cursor FROM feed WHERE lane = ?", (lane,)).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def watermark(self, lane: str) -> int:
        """The instant (µs) before which the lane brings no more changes; 0 for a new mirror."""
        row = self._execute("SELECT watermark FROM feed WHERE lane = ?", (lane,)).fetchone()
        return int(row[0]) if row else 0

    # ------------------------------------------------------------ writing, inside a transaction

    def numbered(self) -> Numbered:
        """Who was numbered since this was last asked."""
        accounts, self.accounts.new = self.accounts.new, []
        entities: list[Row] = []
        for kind, numbers in self.entities.items():
            new, numbers.new = numbers.new, []
            entities += [(kind, *pair) for pair in new]
        return Numbered(accounts, entities)

    def write(self, batch: Batch, numbered: Numbered | None = None) -> None:
        """Write one page's rows, and first whom it numbered: all that are new when it is not said."""
        accounts, entities = numbered or self.numbered()
        connection = self.database.conn
        run(connection, "INSERT INTO account (account, account_id) VALUES (?, ?)", accounts)
        run(connection, "INSERT INTO entity (kind, number, id) VALUES (?, ?, ?)", entities)
        for name, statement in STATEMENTS.items():
            if rows := getattr(batch, name):
                run(connection, statement, rows)

    def advance(self, lane: str, position: tuple[str, int, str], head_seq: int, watermark: int) -> None:
        """Store the feed's new position with the rows that it stands for."""
        epoch, seq, cursor = position
        self._execute(
            "INSERT INTO feed (lane, epoch, scanned_to_seq, cursor, head_seq, watermark) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (lane) DO UPDATE SET epoch = excluded.epoch, scanned_to_seq = excluded.scanned_to_seq,"
            " cursor = excluded.cursor, head_seq = excluded.head_seq, watermark = excluded.watermark",
            (lane, epoch, seq, cursor, head_seq, watermark),
        )

    def log_page(self, to_seq: int, at: int, facts: bytes) -> None:
        """Keep the engine's input of a page, its newest fact recorded `at`: restart and backtest replay it."""
        self._execute("INSERT INTO engine_page (to_seq, at, facts) VALUES (?, ?, ?)", (to_seq, at, facts))

    def logged_to(self) -> int | None:
        """The last seq in the facts log, None when it is empty."""
        to_seq: int | None = self._execute("SELECT max(to_seq) FROM engine_page").fetchone()[0]
        return to_seq

    def log_is_whole(self) -> bool:
        """Whether the facts log still reaches back to where this mirror began."""
        return self.noted(LOG_CUT) != self.identity

    def facts_after(self, seq: int | None) -> Iterator[bytes]:
        """The facts log's pages that end after a seq, in order; all without one."""
        clause, values = ("", ()) if seq is None else ("WHERE to_seq > ?", (seq,))
        rows = self._execute(f"SELECT facts FROM engine_page {clause} ORDER BY to_seq", values)  # noqa: S608 - above
        return (facts for (facts,) in rows)

    def note(self, key: str, value: str) -> None:
        """Keep a small fact about the core or the watcher for the console to read."""
        self._execute(
            "INSERT INTO note VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def noted(self, key: str) -> str | None:
        row = self._execute("SELECT value FROM note WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def health(
        self,
        poller: str,
        last_ok_at: int | None,
        error: str | None,
        error_at: int | None,
        gaps: int,
        rate: float,
        state: str,
    ) -> None:
        """Replace a poller's health row. Times in µs, rate in events a second."""
        self._execute(
            "INSERT OR REPLACE INTO health (poller, last_ok_at, last_error, last_error_at, gaps, rate, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (poller, last_ok_at, error, error_at, gaps, rate, state),
        )

    # ------------------------------------------------------------ starting anew

    def clear(self) -> None:
        """Forget everything that came from the core, to build the mirror anew. Staged resources stay.

        Accounts get new numbers: the note `generation` grows, and a reader forgets the old ones.
        """
        self.note(GENERATION, str(int(self.noted(GENERATION) or 0) + 1))
        self.note(DROPPED_BEFORE, "0")
        self.note(IDENTITY, uuid4().hex)
        for table in CONTENT:
            self._execute(f"DELETE FROM {table}")  # noqa: S608 - names of the schema only
        self._load()

    def stage(self, rows: Iterable[Row]) -> None:
        """Put aside resources of a snapshot: (type, id, recorded_at, doc)."""
        self.database.conn.executemany(
            "INSERT OR REPLACE INTO staged (type, id, recorded_at, doc) VALUES (?, ?, ?, ?)", rows
        )

    def staged(self, type_order: Sequence[str]) -> Iterator[Row]:
        """Staged (type, id, doc): first the types named, in their order, then the rest by (recorded_at, id)."""
        for type_ in type_order:
            yield from self._execute("SELECT type, id, doc FROM staged WHERE type = ? ORDER BY id", (type_,))
        marks = ", ".join("?" * len(type_order))
        yield from self._execute(
            f"SELECT type, id, doc FROM staged WHERE type NOT IN ({marks}) ORDER BY recorded_at, id",  # noqa: S608
            tuple(type_order),
        )

    def staged_count(self) -> int:
        return int(self._execute("SELECT count(*) FROM staged").fetchone()[0])

    def unstage(self) -> None:
        self._execute("DELETE FROM staged")
