"""Applications and limit requests as the mirror has them: which wait, what others share, and who stands behind.

Documents are JSON text as it was stored, instants integer microseconds of the core's stream.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from store import times
from store.mirror_schema import ENDS, OPEN_PAPERS, TIES, part
from store.reader import Reader
from store.ring import frauds

TYPES = ("application", "limit_request")
MOST = 5_000
"""Waiting papers that are read at most."""
MOST_TIED = 500
"""Applications that share one thing, and links of one customer, that are read at most."""

OPEN = f"SELECT type, id, version, doc FROM resource INDEXED BY resource_open_papers WHERE {OPEN_PAPERS} LIMIT ?"  # noqa: S608
ONE = "SELECT type, id, version, doc FROM resource WHERE type = ? AND id = ? AND deleted = 0"
APPLICATIONS = f"""
SELECT id, {part("$.customer_id")} AS customer_id, {part("$.account_id")}, {part("$.submitted_at")} AS at
FROM resource INDEXED BY application_by_customer
WHERE type = 'application' AND deleted = 0 AND {part("$.customer_id")} IN (SELECT value FROM json_each(?))
    AND at BETWEEN ? AND ? ORDER BY at DESC LIMIT ?
"""  # noqa: S608 - names of the schema
SHARED = "shared_"
"""So begins the kind of a link that the core makes for a shared thing; what is shared follows."""
ACCOUNTS = """
SELECT a.account, a.account_id, a.customer_id, a.status, coalesce(r.risk_level, 0), coalesce(r.risk_score, 0.0)
FROM account a LEFT JOIN account_risk r USING (account)
WHERE a.deleted = 0 AND a.customer_id IN (SELECT value FROM json_each(?)) ORDER BY a.account
"""


class Paper(NamedTuple):
    """An application or a limit request: its type, id, version and JSON."""

    type: str
    id: str
    version: int
    doc: str


class Tied(NamedTuple):
    """Another application that shares a thing of some kind (see `mirror_schema.TIES`)."""

    kind: str
    application_id: str
    customer_id: str
    account_id: str | None
    submitted_at: str


class Known(NamedTuple):
    """An account of somebody known: `level` is its risk's position in `LEVELS`; `fraud` by a label or a verdict."""

    account: int
    account_id: str
    customer_id: str
    status: str | None
    level: int
    score: float
    fraud: bool


def waiting(mirror: Reader) -> list[Paper]:
    """What may wait for a decision, at most `MOST`: the status in their JSON says whether it does."""
    return [Paper(*row) for row in mirror.rows(OPEN, (MOST,))]


def find(mirror: Reader, type_: str, id_: str) -> Paper | None:
    """One of them, None when it is not mirrored."""
    return next((Paper(*row) for row in mirror.rows(ONE, (type_, id_))), None)


def all_of(mirror: Reader, type_: str) -> list[Paper]:
    """Every resource of a type that is stored as it came, by id."""
    rows = mirror.rows(
        "SELECT type, id, version, doc FROM resource WHERE type = ? AND deleted = 0 ORDER BY id", (type_,)
    )
    return [Paper(*row) for row in rows]


def named(mirror: Reader, id_: str) -> list[Paper]:
    """Those of an id, of either type."""
    return [paper for type_ in TYPES if (paper := find(mirror, type_, id_)) is not None]


def tied(mirror: Reader, customer_id: str, things: Mapping[str, str], since: int, until: int) -> list[Tied]:
    """The applications of other customers between two instants that share one of the things, given by kind."""
    found = []
    bounds = (times.text(since), times.text(until))
    for kind, value in things.items():
        sql = f"""SELECT id, {part("$.customer_id")}, {part("$.account_id")}, {part("$.submitted_at")} AS at
            FROM resource INDEXED BY application_by_{kind}
            WHERE type = 'application' AND deleted = 0 AND {part(TIES[kind])} = ? AND at BETWEEN ? AND ?
            ORDER BY at DESC LIMIT ?"""  # noqa: S608 - names of the schema
        rows = mirror.rows(sql, (value, *bounds, MOST_TIED))
        found += [Tied(kind, *row) for row in rows if row[1] != customer_id]
    return found


def tied_by_links(mirror: Reader, customer_id: str, since: int, until: int) -> list[Tied]:
    """The applications between two instants of the customers whom the core links with one by a thing both have.

    Somebody with two phones applies on one of them: only the core's link tells that the other is shared.
    """
    by_kind: dict[str, set[str]] = defaultdict(set)
    for other, link in _links(mirror, customer_id):
        if (kind := link.removeprefix(SHARED)) in TIES and link != kind:
            by_kind[kind].add(other)
    bounds, found = (times.text(since), times.text(until)), []
    for kind, others in by_kind.items():
        found += [
            Tied(kind, *row) for row in mirror.rows(APPLICATIONS, (json.dumps(sorted(others)), *bounds, MOST_TIED))
        ]
    return found


def linked(mirror: Reader, customer_id: str) -> dict[str, str]:
    """The customers that the core links with one directly, and the kind of the link."""
    found: dict[str, str] = {}
    for other, kind in _links(mirror, customer_id):
        found.setdefault(other, kind)
    return found


def _links(mirror: Reader, customer_id: str) -> Iterator[tuple[str, str]]:
    """The other end of each of the core's links of a customer, and the link's kind."""
    for place, path in enumerate(ENDS):
        sql = f"""SELECT {part(ENDS[1 - place])}, {part("$.kind")} FROM resource INDEXED BY link_by_end_{place}
            WHERE type = 'link' AND deleted = 0 AND {part(path)} = ? LIMIT ?"""  # noqa: S608 - names of the schema
        for other, kind in mirror.rows(sql, (customer_id, MOST_TIED)):
            if other and other != customer_id:
                yield str(other), str(kind)


def accounts_of(mirror: Reader, customer_ids: Iterable[str]) -> list[Known]:
    """The accounts of some customers, in order of first appearance."""
    rows = mirror.rows(ACCOUNTS, (json.dumps(sorted(set(customer_ids))),))
    bad = frauds(mirror, [row[0] for row in rows])
    return [Known._make((*row, row[0] in bad)) for row in rows]


def requests_of(mirror: Reader, account: int) -> list[str]:
    """The JSON of an account's limit requests, the newest first."""
    rows = mirror.rows(
        "SELECT doc FROM resource INDEXED BY resource_by_account WHERE account = ? AND account >= 0"
        " AND type = 'limit_request' AND deleted = 0 ORDER BY seq DESC LIMIT ?",
        (account, MOST_TIED),
    )
    return [doc for (doc,) in rows]


class Line(NamedTuple):
    """An active account of the book: the JSON of it and of its customer, and the level of its open alert (0: none)."""

    account: int
    account_id: str
    version: int
    available_minor: int | None
    currency: str | None
    doc: str
    customer: str | None
    alert: int


BOOK = """
SELECT a.account, a.account_id, a.version, a.available_minor, a.currency, a.doc, c.doc,
    CASE WHEN t.state = 'open' THEN t.level ELSE 0 END
FROM account a LEFT JOIN resource c ON c.type = 'customer' AND c.id = a.customer_id AND c.deleted = 0
    LEFT JOIN alert t ON t.account = a.account
WHERE a.account > ? AND a.status = 'active' AND a.deleted = 0 AND a.doc IS NOT NULL ORDER BY a.account LIMIT ?
"""


def book(mirror: Reader, after: int, most: int) -> list[Line]:
    """So many active accounts whose numbers lie above one."""
    return [Line._make(row) for row in mirror.rows(BOOK, (after, most))]


def resource(mirror: Reader, type_: str, id_: str) -> str | None:
    """The JSON of any other resource that is stored as it came, None when it is not mirrored."""
    found = mirror.rows("SELECT doc FROM resource WHERE type = ? AND id = ? AND deleted = 0", (type_, id_))
    return str(found[0][0]) if found else None
