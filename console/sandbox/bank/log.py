"""The one ordered log and the present state it leads to.

`seq` is given here and nowhere else, inside the transaction that publishes, so it is dense and is publication order.
A change is stored as the JSON that readers get; a page is the concatenation of stored bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from console.core.instants import Instant, wire
from console.core.messages import Cause, encode
from console.sandbox.bank import cursors
from console.sandbox.bank.database import Database
from console.sandbox.problems import Refusal

KINDS = (
    "indicator",
    "customer",
    "account",
    "device",
    "link",
    "label",
    "application",
    "limit_request",
    "case",
    "command",
    "login",
    "transaction",
)
"""Transactions last: their ordered ids then append to the resource table instead of splitting it."""
CODES = {kind: code for code, kind in enumerate(KINDS)}

SCAN = 20_000
"""How many entries one filtered page looks at, at most; it may be empty and still move the cursor."""


class Row(NamedTuple):
    """The latest change of a resource; `data` is None when that change deleted it."""

    version: int
    seq: int
    guard: int | None
    data: bytes | None


class Page(NamedTuple):
    """A page of changes: `bodies` are their JSON texts, `watermark` speaks for `scanned_to_seq`."""

    from_seq: int
    scanned_to_seq: int
    head_seq: int
    watermark: Instant
    bodies: list[bytes]

    @property
    def reached_head(self) -> bool:
        return self.scanned_to_seq >= self.head_seq


class Recorded(NamedTuple):
    """A first version, ready to be published in bulk: `text` is the change after its seq, its data from `start`,
    which counts the ASCII before it."""

    code: int
    id: str
    recorded_at: int
    start: int
    text: str


class Log:
    """Append-only. `stream` tells the stream instant up to which everything has been said (the watermark's source)."""

    def __init__(self, database: Database, epoch: str, stream: Callable[[], int]) -> None:
        self.database = database
        self.stream = stream
        self.epoch = database.fact("epoch") or epoch
        database.remember("epoch", self.epoch)
        self._promised = int(database.fact("stream") or 0)
        database.on_rollback.append(self._load)
        self._load()

    def _load(self) -> None:
        select = self.database.connection.execute
        self.head: int
        self._recorded: int
        self.head, self._recorded = select(
            "SELECT coalesce(max(seq), 0), coalesce(max(recorded_at), 0) FROM (SELECT seq, recorded_at FROM log "
            "ORDER BY seq DESC LIMIT 1)"
        ).fetchone()
        self.floor = int(self.database.fact("floor") or 0)

    # -------------------------------------------------------------- time

    @property
    def last_recorded(self) -> int:
        return self._recorded

    def watermark(self) -> Instant:
        """The promise that nothing recorded earlier will follow; from now on it is kept."""
        self._promised = max(self._promised, self._recorded, self.stream())
        return Instant(self._promised)

    def promise(self, instant: int) -> None:
        """Keep, over a restart too, the promise that nothing will be recorded before this stream instant."""
        self.database.remember("stream", str(instant))

    def recording(self, at: int) -> Instant:
        """When something that happened at `at` is recorded: never before what readers were already told."""
        return Instant(max(at, self._recorded, self._promised))

    def present(self) -> Instant:
        """The stream instant at which something done now is recorded."""
        return self.recording(self.stream())

    # -------------------------------------------------------------- writing

    def append(
        self,
        kind: str,
        id_: str,
        version: int,
        data: bytes | None,
        *,
        occurred_at: int,
        recorded_at: int,
        cause: Cause | None = None,
        guard: int | None = None,
    ) -> int:
        """Publish one change and return its seq. `recorded_at` comes from `recording`."""
        with self.database.transaction() as connection:
            seq = self.head + 1
            head = (
                f'{{"seq":{seq},"type":"{kind}","op":"{"delete" if data is None else "upsert"}","id":"{id_}",'
                f'"version":{version},"occurred_at":"{wire(occurred_at)}","recorded_at":"{wire(recorded_at)}"'
            ).encode()
            if cause is not None:
                head += b',"caused_by":' + encode(cause)
            start = 0 if data is None else len(head) + 8
            body = head + b"}" if data is None else head + b',"data":' + data + b"}"
            connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?)", (seq, CODES[kind], recorded_at, start, body))
            connection.execute(
                "INSERT OR REPLACE INTO resource VALUES (?, ?, ?, ?, ?)", (CODES[kind], id_, version, seq, guard)
            )
            self.head, self._recorded = seq, recorded_at
            return seq

    def extend(self, entries: Iterable[Recorded]) -> None:
        """Publish many first versions at once, in their order; `recorded_at` must not go back."""
        logged: list[tuple[int, int, int, int, bytes]] = []
        present: list[tuple[int, str, int]] = []
        seq, recorded_at = self.head, self._recorded
        for code, id_, recorded_at, start, text in entries:
            seq += 1
            whole = f'{{"seq":{seq},{text}'
            logged.append((seq, code, recorded_at, start + len(whole) - len(text), whole.encode()))
            present.append((code, id_, seq))
        with self.database.transaction() as connection:
            connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?)", logged)
            connection.executemany("INSERT INTO resource VALUES (?, ?, 1, ?, NULL)", present)
            self.head, self._recorded = seq, recorded_at

    # -------------------------------------------------------------- reading

    def row(self, kind: str, id_: str) -> Row | None:
        """The latest change of a resource, None when there was never one."""
        with self.database.lock:
            found = self.database.connection.execute(
                "SELECT r.version, r.seq, r.guard, CASE WHEN l.start THEN substr(l.body, l.start + 1, "
                "length(l.body) - l.start - 1) END "
                "FROM resource r JOIN log l USING (seq) WHERE r.kind = ? AND r.id = ?",
                (CODES[kind], id_),
            ).fetchone()
        return None if found is None else Row(*found)

    def version(self, kind: str, id_: str) -> int:
        """The resource's latest version, 0 when there was never one."""
        with self.database.lock:
            found = self.database.connection.execute(
                "SELECT version FROM resource WHERE kind = ? AND id = ?", (CODES[kind], id_)
            ).fetchone()
        return 0 if found is None else int(found[0])

    def page(self, after: int, limit: int, kinds: Sequence[str] | None = None) -> Page:
        """Changes after a seq: at most `limit` of them, of the given kinds only."""
        with self.database.lock:
            rows = self._rows(after, limit, kinds)
            head = self.head
            if kinds is None or len(rows) == limit:
                scanned = rows[-1][0] if rows else after
            else:
                scanned = min(head, after + SCAN)
            watermark = self.watermark() if scanned >= head else Instant(self._recorded_at(scanned))
        return Page(after, scanned, head, watermark, [row[1] for row in rows])

    def _rows(self, after: int, limit: int, kinds: Sequence[str] | None) -> list[tuple[int, bytes]]:
        select = self.database.connection.execute
        if kinds is None:
            return select("SELECT seq, body FROM log WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)).fetchall()
        wanted = ",".join(str(CODES[kind]) for kind in kinds)
        query = f"SELECT seq, body FROM log WHERE seq > ? AND seq <= ? AND kind IN ({wanted}) ORDER BY seq LIMIT ?"  # noqa: S608 - integers
        return select(query, (after, after + SCAN, limit)).fetchall()

    def _recorded_at(self, seq: int) -> int:
        found = self.database.connection.execute("SELECT recorded_at FROM log WHERE seq = ?", (seq,)).fetchone()
        return 0 if found is None else int(found[0])

    def scan(self, kind: str, after_id: str, limit: int) -> list[tuple[str, bytes]]:
        """Living resources of a kind in order of id."""
        with self.database.lock:
            return self.database.connection.execute(
                "SELECT r.id, substr(l.body, l.start + 1, length(l.body) - l.start - 1) FROM resource r "
                "JOIN log l USING (seq) WHERE r.kind = ? AND r.id > ? AND l.start > 0 ORDER BY r.id LIMIT ?",
                (CODES[kind], after_id, limit),
            ).fetchall()

    def entries(self, after: int, limit: int, kinds: Sequence[str] = KINDS) -> list[tuple[int, int, int, bytes]]:
        """(seq, kind code, start, body) of what lies in the next `limit` seqs after one, of the given kinds."""
        wanted = ",".join(str(CODES[kind]) for kind in kinds)
        query = f"SELECT seq, kind, start, body FROM log WHERE seq > ? AND seq <= ? AND kind IN ({wanted}) ORDER BY seq"  # noqa: S608 - integers
        with self.database.lock:
            return self.database.connection.execute(query, (after, after + limit)).fetchall()

    # -------------------------------------------------------------- cursors and epochs

    def cursor(self, seq: int) -> str:
        return cursors.pack(self.epoch, seq)

    def earliest_cursor(self) -> str:
        return self.cursor(self.floor)

    def seq_of(self, cursor: str | None) -> int:
        """The seq behind a cursor. Raises Refusal: 400 for a made-up one, 410 for one of another time."""
        if cursor is None:
            return self.floor
        try:
            epoch, seq = cursors.unpack(cursor, 2)
            self.check_tail(epoch, number := int(seq))
        except ValueError as error:
            raise Refusal("validation", f"after: {error}") from error
        return number

    def check_tail(self, epoch: str, seq: int) -> None:
        """Whether reading may go on after that seq of that epoch. Raises Refusal (410)."""
        if epoch != self.epoch:
            raise Refusal("epoch_changed", earliest_cursor=self.earliest_cursor())
        if seq < self.floor:
            raise Refusal("cursor_expired", earliest_cursor=self.earliest_cursor())

    def begin_epoch(self, epoch: str) -> None:
        """As after a restore: every cursor given so far is void."""
        self.database.remember("epoch", epoch)
        self.epoch = epoch

    def expire(self, floor: int) -> None:
        """Let the feed begin after seq `floor`; the present state stays."""
        self.floor = min(max(self.floor, floor), self.head)
        self.database.remember("floor", str(self.floor))
