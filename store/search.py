"""Search over everything that has an id: accounts, customers, devices, addresses, merchants and tokens.

An id is found by its beginning in an index (`known_id`), which the watcher brings up to date beside the feed, a batch
in order at a time: an index kept row by row would cost the feed four times as much. What was numbered since is looked
through one by one. Other searches go through all ids, a stretch at a time, so that each read is short.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from store import ring
from store.mirror import Mirror
from store.query import MATCHES, Built, containing, subsequence
from store.reader import Reader
from store.ring import Thing

Kind = Literal["account", "customer", "device", "ip", "merchant", "token"]
KINDS: tuple[Kind, ...] = ("account", "customer", "device", "ip", "merchant", "token")
TOKENS = ("email", "phone", "address", "national_id", "fingerprint")
"""What a token's id begins with, before its value."""

BATCH = 20_000
"""Ids that one catching up puts into the index, the random ones at about 5 µs each: a tenth of a second."""
STRETCH = 100_000
"""Ids that one read of a sweep looks through."""
HOLDERS = 24
"""Accounts that are told of one thing."""


class Found(NamedTuple):
    """An id that was found, and what it is of."""

    kind: Kind
    id: str


Behind = Mapping[Found, list[int]]
"""The numbers of the accounts behind things."""


def catch_up(mirror: Mirror) -> int:
    """Put ids that were numbered since the last time into the index; returns how many, so that a caller can go on."""
    execute = mirror.database.conn.execute
    told = dict(execute("SELECT kind, number FROM known_to"))
    done = 0
    with mirror.transaction():
        for kind in KINDS[1:]:
            begin = told.get(kind, 0)
            end = min(len(mirror.entities[kind]), begin + BATCH - done)
            if end > begin:
                execute(
                    "INSERT OR REPLACE INTO known_id SELECT kind, id, number FROM entity"
                    " WHERE kind = ? AND number >= ? AND number < ? ORDER BY id",
                    (kind, begin, end),
                )
                execute("INSERT OR REPLACE INTO known_to VALUES (?, ?)", (kind, end))
                done += end - begin
    return done


def beginning(mirror: Reader, text: str, most: int) -> list[Found]:
    """Ids that begin so, of each kind so many at most, exact ones first."""
    found: dict[Found, None] = {}
    told = dict(mirror.rows("SELECT kind, number FROM known_to"))
    for kind in KINDS:
        for begun in (text, *(f"{name}:{text}" for name in TOKENS)) if kind == "token" else (text,):
            bounds = (begun, begun + "\U0010ffff", most)
            if kind == "account":
                sql = "SELECT account_id FROM account WHERE account_id >= ? AND account_id < ? ORDER BY 1 LIMIT ?"
                rows = mirror.rows(sql, bounds)
            else:
                sql = "SELECT id FROM known_id WHERE kind = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?"
                rows = mirror.rows(sql, (kind, *bounds))
                since = "SELECT id FROM entity WHERE kind = ? AND number >= ? AND id >= ? AND id < ? LIMIT ?"
                rows += mirror.rows(since, (kind, told.get(kind, 0), *bounds))
            found |= {Found(kind, id_): None for (id_,) in rows}
    return list(found)


def sweep(mirror: Reader, kind: Kind, condition: Built, place: int) -> tuple[list[Found], int]:
    """The ids of a kind that meet a condition on `id`, from a place on, and the next place, 0 at the end."""
    column, table, only = (
        ("account_id", "account", "account")
        if kind == "account"
        else ("id", f"entity WHERE kind = '{kind}' AND", "number")
    )
    where = f"{table} {'WHERE' if kind == 'account' else ''} {only} >= ? AND {only} < ?"
    sql, values = condition
    rows = mirror.rows(
        f"SELECT id FROM (SELECT {column} AS id FROM {where}) WHERE {sql}",  # noqa: S608 - own names
        (place, place + STRETCH, *values),
    )
    last = mirror.rows(f"SELECT max({only}) FROM {table.removesuffix(' AND')}")[0][0]  # noqa: S608 - own names
    after = place + STRETCH
    return [Found(kind, id_) for (id_,) in rows], after if last is not None and after <= last else 0


def has(text: str) -> Built:
    """Ids with the text anywhere in them."""
    return "id LIKE ? ESCAPE '\\'", (containing(text),)


def has_letters(text: str) -> Built:
    """Ids that have the letters in this order."""
    return "id LIKE ? ESCAPE '\\'", (subsequence(text),)


def matching(pattern: str) -> Built:
    """Ids in which a regular expression is found; needs the function `MATCHES` on the connection."""
    return f"{MATCHES}(?, id)", (pattern,)


# ------------------------------------------------------------ who is behind them


def owned(mirror: Reader, found: Iterable[Found]) -> dict[Found, list[int]]:
    """The accounts of accounts and customers."""
    behind: defaultdict[Found, list[int]] = defaultdict(list)
    for one in found:
        if one.kind in ("account", "customer"):
            column = "account_id" if one.kind == "account" else "customer_id"
            rows = mirror.rows(f"SELECT account FROM account WHERE {column} = ? LIMIT ?", (one.id, HOLDERS))  # noqa: S608
            behind[one] += [account for (account,) in rows]
    return dict(behind)


def users(mirror: Reader, found: Iterable[Found]) -> Iterator[dict[Found, list[int]]]:
    """The accounts behind devices, addresses, merchants and tokens, as looking back through the events finds them."""
    known: defaultdict[Found, dict[int, None]] = defaultdict(dict)
    things = {thing: one for one in found if (thing := _thing(one)) is not None}
    merchants = [one for one in found if one.kind == "merchant"]
    place, first = ring.last_place(mirror), ring.first_place(mirror)
    while place >= max(1, first) and (things or merchants):
        for use in ring.back(mirror, things, place):
            _add(known[things[use.thing]], use.account)
        for account, id_ in _buyers(mirror, merchants, place):
            _add(known[Found("merchant", id_)], account)
        place -= ring.STRETCH
        yield {one: list(accounts) for one, accounts in known.items()}
    for type_ in ring.TYPES[:2]:
        after: str | None = ""
        while after is not None and any(thing.kind == "token" for thing in things):
            uses, after = ring.through(mirror, things, type_, after)
            for use in uses:
                _add(known[things[use.thing]], use.account)
            yield {one: list(accounts) for one, accounts in known.items()}


def _add(holders: dict[int, None], account: int) -> None:
    if len(holders) < HOLDERS:
        holders.setdefault(account)


def _thing(found: Found) -> Thing | None:
    """What the ring calls it. A token's value stands behind its kind."""
    if found.kind == "device":
        return Thing("device", found.id)
    if found.kind == "ip":
        return Thing("ip", found.id)
    return Thing("token", found.id.partition(":")[2]) if found.kind == "token" else None


def _buyers(mirror: Reader, merchants: list[Found], place: int) -> list[tuple[int, str]]:
    if not merchants:
        return []
    wanted = json.dumps([one.id for one in merchants])
    return mirror.rows(
        "SELECT DISTINCT account, merchant_id FROM txn WHERE seq > ? AND seq <= ? AND deleted = 0 AND account >= 0"
        " AND merchant_id IN (SELECT value FROM json_each(?))",
        (place - ring.STRETCH, place, wanted),
    )
