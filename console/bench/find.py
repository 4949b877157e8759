"""`riskdesk bench find`: how long searches take over the ids of many accounts, and what keeping their index costs."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from console.bench import population
from console.bench.machine import machine
from console.desk import patterns
from console.exits import Exit
from console.paths import Home
from console.ui.seeking import Wanted, seek
from store import search
from store.batch import Batch
from store.mirror import Mirror
from store.orders import Sort, ordering, sorted_accounts
from store.query import MATCHES
from store.reader import Reader

LOOKUPS, PASSES = 200, 5
EACH = 40
"""Ids of a kind that a lookup brings."""
ROWS = 20_000
"""Ids in one transaction of the building."""
SWEPT = 0.6
"""The share of a search that is behind once every id was looked through."""
PER_ACCOUNT = {"customer": 1.0, "device": 1.2, "ip": 0.5, "token": 2.0, "merchant": 0.02}
"""How many things there are of each kind to an account. Tokens and devices are random, as an institution's are."""
SORTED = ("balance", "used", "age", "account")


def run(accounts: int, *, as_json: bool) -> int:
    """Build a mirror of so many accounts with their ids, search it, print what that took. Returns 0."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
        home = Home(Path(folder))
        home.make()
        population.build(home, accounts, accounts // 10)
        ids, cost_us = _name(home, accounts)
        figures = {"accounts": accounts, "ids": ids, "index_us_per_id": cost_us, **_measure(home, accounts)}
    figures["machine"] = machine()
    print(json.dumps(figures) if as_json else "\n".join(f"{name:24} {value}" for name, value in figures.items()))
    return Exit.OK


def _names(accounts: int) -> Iterator[tuple[str, str]]:
    chance = random.Random(2)
    for kind, share in PER_ACCOUNT.items():
        for number in range(int(accounts * share)):
            match kind:
                case "token":
                    yield kind, f"phone:h1:{chance.getrandbits(48):012x}"
                case "device":
                    yield kind, f"dev_{chance.getrandbits(40):010x}"
                case "ip":
                    yield kind, ".".join(str(chance.getrandbits(8)) for _ in range(4))
                case _:
                    yield kind, f"{kind[:3]}.{number:08d}"


def _name(home: Home, accounts: int) -> tuple[int, float]:
    """Number the ids and put them into the index; returns how many, and the CPU time (µs) of indexing one."""
    mirror = Mirror(home.mirror)
    names = _names(accounts)
    while batch := [name for name, _ in zip(names, range(ROWS), strict=False)]:
        with mirror.transaction():
            for kind, id_ in batch:
                mirror.entities[kind][id_]  # numbers it
            mirror.write(Batch())
    count, began = 0, time.process_time()
    while done := search.catch_up(mirror):
        count += done
    spent = time.process_time() - began
    mirror.close()
    return count, round(spent / max(1, count) * 1e6, 2)


def _measure(home: Home, accounts: int) -> dict[str, Any]:
    mirror = Reader(home.mirror)
    mirror.define(MATCHES, 2, patterns.matches)
    chance = random.Random(3)
    some = [id_ for kind in search.KINDS[1:] for id_ in _some(mirror, kind, chance, LOOKUPS // 5)]
    exact = [_timed(lambda id_=id_: search.beginning(mirror, id_, EACH)) for id_ in some]  # type: ignore[misc]
    prefix = [_timed(lambda id_=id_: search.beginning(mirror, id_[:-2], EACH)) for id_ in some]  # type: ignore[misc]
    fuzzy = [_passes(mirror, Wanted("fuzzy", "".join(chance.sample("0123456789abcdef", 4)))) for _ in range(PASSES)]
    regex = [_passes(mirror, Wanted("regex", f"{chance.randrange(100):02d}.*[a-f7]$")) for _ in range(PASSES)]
    figures: dict[str, Any] = {
        **_shares("exact", exact),
        **_shares("prefix", prefix),
        **_shares("fuzzy_first", [first for first, _ in fuzzy]),
        **_shares("fuzzy_all", [whole for _, whole in fuzzy]),
        **_shares("regex_first", [first for first, _ in regex]),
        **_shares("regex_all", [whole for _, whole in regex]),
    }
    for column in SORTED:
        by = ordering(Sort(column, falling=True), {"CNY": 2})
        figures[f"sort_{column}_ms"] = round(_timed(lambda by=by: sorted_accounts(mirror, by)) * 1e3)  # type: ignore[misc]
    mirror.close()
    return figures


def _some(mirror: Reader, kind: str, chance: random.Random, many: int) -> list[str]:
    count = mirror.rows("SELECT max(number) FROM entity WHERE kind = ?", (kind,))[0][0] or 0
    numbers = json.dumps([chance.randrange(count + 1) for _ in range(many)])
    rows = mirror.rows(
        "SELECT id FROM entity WHERE kind = ? AND number IN (SELECT value FROM json_each(?))", (kind, numbers)
    )
    return [id_ for (id_,) in rows]


def _passes(mirror: Reader, wanted: Wanted) -> tuple[float, float]:
    """Seconds until something was found, and until every id was looked through."""
    began, first = time.perf_counter(), None
    for sighting in seek(mirror, wanted):
        if first is None and sighting.found:
            first = time.perf_counter() - began
        if sighting.share >= SWEPT:
            break
    whole = time.perf_counter() - began
    return (whole if first is None else first), whole


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _shares(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """The median and the two tails, in milliseconds."""
    ordered = sorted(seconds)
    return {
        f"{name}_p{share}_ms": round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)] * 1e3, 1)
        for share in (50, 95, 99)
    }
