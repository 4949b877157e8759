"""Who shares what with an account: devices, addresses, payees, tokens and links, found by looking back through events.

There is no index from a device to its accounts, which would slow every page of the feed down. Instead the newest events
are looked through a stretch at a time, so that no read is long, and whoever asks can stop and can say how far back it
has looked. Account numbers and places are those of one mirror as it is now.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from store.reader import Reader

Kind = Literal["device", "ip", "payee", "token", "link"]

STRETCH = 50_000
"""Places of the feed that one look goes back."""
CHUNK = 20_000
"""Customers, applications or links that one look goes through."""
HISTORY = 300
"""Events of an account from which its devices, addresses and payees are taken."""


class Thing(NamedTuple):
    """Something that accounts can share. The id of a token is its value, that of a link the customer it leads from."""

    kind: Kind
    id: str


class Use(NamedTuple):
    """An account, by number, that has to do with a thing."""

    account: int
    thing: Thing


EVENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "login": ("last_login", ("e.device_id", "e.ip", "NULL")),
    "txn": ("last_transaction", ("e.doc ->> '$.device_id'", "e.doc ->> '$.ip'", "e.doc ->> '$.counterparty.id'")),
}
"""Each table of events: the column of its newest, and what tells its device, address and payee."""
KINDS: tuple[Kind, ...] = ("device", "ip", "payee")

OWN = """
WITH RECURSIVE chain (at, depth) AS (
    SELECT {head}, 1 FROM account_risk WHERE account = ? UNION ALL
    SELECT e.previous, depth + 1 FROM chain JOIN {table} e ON e.seq = chain.at WHERE e.previous > 0 AND depth < ?)
SELECT {columns} FROM chain JOIN {table} e ON e.seq = chain.at WHERE e.deleted = 0 ORDER BY e.seq DESC
"""
BACK = """
SELECT e.account, {columns} FROM {table} e
WHERE e.seq > :low AND e.seq <= :high AND e.deleted = 0 AND e.account >= 0 AND ({any})
"""
AMONG = "coalesce({column} IN (SELECT value FROM json_each(:wanted)), 0)"
TOKENS = ("tokens.email", "tokens.phone", "tokens.address", "tokens.national_id")
LISTED: Mapping[str, tuple[str, ...]] = {
    "customer": TOKENS,
    "application": (*TOKENS, "device_id", "ip"),
    "link": ("from.id", "to.id"),
}
"""The resources that tie accounts to each other, and the parts of them that tie."""
TYPES = tuple(LISTED)
THROUGH = """
SELECT id, {any} AS ties, doc FROM (
    SELECT id, doc FROM resource WHERE type = :type AND id > :after AND deleted = 0 ORDER BY id LIMIT :chunk)
"""
OWNED = "SELECT account FROM account WHERE customer_id = ? OR account_id = ?"
FRAUDS = """
SELECT r.account FROM json_each(:accounts) w CROSS JOIN resource r INDEXED BY resource_by_account
    ON r.account = w.value AND r.type = 'label'
WHERE r.account >= 0 AND r.deleted = 0 AND r.doc ->> '$.verdict' = 'fraud'
UNION SELECT account FROM desk_case WHERE verdict = 'fraud' AND account IN (SELECT value FROM json_each(:accounts))
"""


def things_of(mirror: Reader, account: int, most: int) -> list[Thing]:
    """What an account used of late, the newest first, up to `most` things of each kind."""
    found: dict[Thing, None] = {}
    for table, (head, columns) in EVENTS.items():
        sql = OWN.format(table=table, head=head, columns=", ".join(columns))
        for ids in mirror.rows(sql, (account, HISTORY)):
            found |= {Thing(kind, id_): None for kind, id_ in zip(KINDS, ids, strict=True) if id_}
    customer = mirror.rows("SELECT customer_id FROM account WHERE account = ?", (account,))
    if customer and customer[0][0]:
        found[Thing("link", customer[0][0])] = None
        doc = json.loads(mirror.customer(customer[0][0]) or "{}")
        found |= {Thing("token", value): None for value in _values(doc, TOKENS)}
    kinds: Counter[Kind] = Counter()
    kept = []
    for thing in found:
        kinds[thing.kind] += 1
        if kinds[thing.kind] <= most:
            kept.append(thing)
    return kept


def back(mirror: Reader, things: Iterable[Thing], place: int) -> list[Use]:
    """The uses of things among the events of the stretch that ends at a place of the feed."""
    known = {thing.id: thing for thing in things if thing.kind in KINDS}
    bounds = {"low": place - STRETCH, "high": place, "wanted": json.dumps(list(known))}
    uses = []
    for table, (_, columns) in EVENTS.items():
        sql = BACK.format(table=table, columns=", ".join(columns), any=_any(columns))
        uses += [Use(account, known[id_]) for account, *ids in mirror.rows(sql, bounds) for id_ in ids if id_ in known]
    return uses


def through(mirror: Reader, things: Iterable[Thing], type_: str, after: str) -> tuple[list[Use], str | None]:
    """The uses of things among some resources of a type, and the id after which to go on, None at the end."""
    known = {thing.id: thing for thing in things}
    paths = LISTED[type_]
    sql = THROUGH.format(any=_any(f"doc ->> '$.{path}'" for path in paths))
    rows = mirror.rows(sql, {"type": type_, "after": after, "chunk": CHUNK, "wanted": json.dumps(list(known))})
    uses: list[Use] = []
    for _, ties, text in rows:
        if ties:
            doc = json.loads(text)
            uses += [
                Use(account, known[value])
                for value in _values(doc, paths)
                if value in known
                for account in _owned(mirror, _owners(type_, doc, value))
            ]
    return uses, rows[-1][0] if len(rows) == CHUNK else None


def frauds(mirror: Reader, accounts: Iterable[int]) -> set[int]:
    """Those of some accounts that a label or a desk's verdict calls fraud."""
    return {account for (account,) in mirror.rows(FRAUDS, {"accounts": json.dumps(list(accounts))})}


def last_place(mirror: Reader) -> int:
    """The newest event's place in the feed, 0 where there is none."""
    return int(
        mirror.rows("SELECT max(coalesce((SELECT max(seq) FROM txn), 0), coalesce(max(seq), 0)) FROM login")[0][0]
    )


def first_place(mirror: Reader) -> int:
    """The oldest event's place in the feed, 0 where there is none."""
    found = [mirror.rows(f"SELECT min(seq) FROM {table}")[0][0] for table in EVENTS]  # noqa: S608 - own names
    return min((place for place in found if place), default=0)


def recorded_at(mirror: Reader, place: int) -> int | None:
    """When the first transaction from a place on was recorded (µs), None where there is none."""
    found = mirror.rows("SELECT recorded_at FROM txn WHERE seq >= ? ORDER BY seq LIMIT 1", (place,))
    return int(found[0][0]) if found else None


def _any(columns: Iterable[str]) -> str:
    return " OR ".join(AMONG.format(column=column) for column in columns)


def _values(doc: object, paths: Iterable[str]) -> Iterator[str]:
    """The texts at some paths of a document, each once."""
    found: dict[str, None] = {}
    for path in paths:
        part = doc
        for name in path.split("."):
            part = part.get(name) if isinstance(part, dict) else None
        if isinstance(part, str) and part:
            found[part] = None
    yield from found


def _owners(type_: str, doc: dict[str, Any], value: str) -> list[str]:
    """The ids of customers or accounts that a resource says have to do with a thing."""
    if type_ == "customer":
        return [str(doc.get("id"))]
    if type_ == "application":
        return [str(doc.get(name)) for name in ("account_id", "customer_id") if doc.get(name)]
    return [end for end in _values(doc, LISTED["link"]) if end != value]


def _owned(mirror: Reader, owners: Iterable[str]) -> set[int]:
    return {account for owner in owners for (account,) in mirror.rows(OWNED, (owner, owner))}
