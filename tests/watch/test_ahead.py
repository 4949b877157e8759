"""A page that begins while the one before it is not written yet means the same as one that begins afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.core.instants import wire
from console.risk.packs import load_packs
from console.watch.ingest import Ingest
from store.compare import differences
from tests.watch.told import NOON, SECOND, Core, account, case, delete, label, purchase, upsert

PACK = load_packs([("t.toml", '[levels]\nlow = 0.2\nmedium = 0.5\nhigh = 0.7\ncritical = 0.9\nalert = "medium"\n')])
Told = list[dict[str, Any]]


def login(id_: str, version: int = 1, **data: Any) -> dict[str, Any]:
    facts = {"customer_id": "cus.1", "outcome": "success", "occurred_at": wire(NOON), "recorded_at": wire(NOON)}
    return upsert("login", id_, version, **(facts | data))


def label_on_account(version: int, **data: Any) -> dict[str, Any]:
    return label("lab.1", "txn.0", version, **data)


FIRST: Told = [account("acc.0", customer_id="cus.0"), purchase("txn.0", 2, account_id="acc.0"), login("log.0", 2)]
"""What the mirror holds before."""

PAIRS: dict[str, tuple[Told, Told]] = {
    "an older version of a new transaction": ([purchase("txn.1", 2)], [purchase("txn.1", 1, status="declined")]),
    "a newer version of a new transaction": ([purchase("txn.1", 1)], [purchase("txn.1", 2, status="posted")]),
    "an older version of a changed transaction": ([purchase("txn.0", 4)], [purchase("txn.0", 3, status="declined")]),
    "an older version of a deleted transaction": ([delete("transaction", "txn.0", 5)], [purchase("txn.0", 4)]),
    "a transaction that was deleted unseen": ([delete("transaction", "txn.9", 2)], [purchase("txn.9", 3)]),
    "an older version of a new login": ([login("log.1", 2)], [login("log.1", 1, outcome="locked")]),
    "an older version of a changed login": ([login("log.0", 4)], [login("log.0", 3, outcome="locked")]),
    "an older version of a deleted login": ([delete("login", "log.0", 5)], [login("log.0", 4)]),
    "an older version of an account": ([account("acc.0", 3)], [account("acc.0", 2, status="frozen")]),
    "a label on a new transaction": ([purchase("txn.1", device_id="dev.1")], [label("lab.1", "txn.1")]),
    "a label on a changed transaction": (
        [purchase("txn.0", 3, account_id="acc.0", amount_minor=7, device_id="dev.2")],
        [label("lab.1", "txn.0")],
    ),
    "a label on a deleted transaction": ([delete("transaction", "txn.0", 5)], [label("lab.1", "txn.0")]),
    "a label that is corrected": ([label_on_account(1)], [label_on_account(2, verdict="legit")]),
    "an older version of a label": ([label_on_account(2)], [label_on_account(1, verdict="legit")]),
    "a label that was deleted": (
        [label_on_account(1), delete("label", "lab.1", 2)],
        [label_on_account(3, verdict="legit")],
    ),
    "a verdict told twice": (
        [case(1, verdict="fraud", verdict_at=wire(NOON))],
        [case(2, verdict="fraud", verdict_at=wire(NOON), note_count=1)],
    ),
    "a login by the customer of a new account": ([account("acc.1")], [login("log.1")]),
    "a login by the customer whom an account left": (
        [account("acc.0", 2, customer_id="cus.1")],
        [login("log.1", customer_id="cus.0"), login("log.2", customer_id="cus.1")],
    ),
    "a login by the customer whose account is gone": (
        [delete("account", "acc.0", 2)],
        [login("log.1", customer_id="cus.0")],
    ),
    "somebody named first": ([purchase("txn.1", device_id="dev.1")], [purchase("txn.2", device_id="dev.2")]),
    "the next purchase of the account": (
        [purchase("txn.1", account_id="acc.0")],
        [purchase("txn.2", account_id="acc.0", at=NOON + SECOND), account("acc.0", 2)],
    ),
}


def mirrored(path: Path, pages: list[Told], *, ahead: bool) -> Ingest:
    ingest, core = Ingest(path, PACK), Core()
    for changes in pages:
        ingest.begin(core.page(*changes))
        if not ahead:
            ingest.finish()
    return ingest


@pytest.mark.parametrize("pair", PAIRS)
def test_a_page_knows_what_the_one_before_it_said(pair: str, tmp_path: Path) -> None:
    one, other = PAIRS[pair]
    paths = {ahead: tmp_path / f"{ahead}.db" for ahead in (False, True)}
    for ahead, path in paths.items():
        mirrored(path, [FIRST, one, other], ahead=ahead).close()
    assert differences(paths[False], paths[True]) == []


def test_nothing_of_a_page_that_only_began_is_stored(tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.db" for name in ("stopped", "never begun")}
    told = [FIRST, [account("acc.0", 2), purchase("txn.1", account_id="acc.0", device_id="dev.1")]]
    mirrored(
        paths["stopped"], [*told, [purchase("txn.2", account_id="acc.0", device_id="dev.2")]], ahead=True
    ).abandon()
    mirrored(paths["never begun"], told, ahead=False).abandon()
    assert differences(paths["stopped"], paths["never begun"]) == []


def test_a_page_that_can_not_be_written_takes_the_next_one_with_it(tmp_path: Path) -> None:
    core = Core()
    ingest = mirrored(tmp_path / "mirror.db", [], ahead=True)
    ingest.page(core.page(*FIRST))
    ingest.mirror.database.execute("CREATE TRIGGER full BEFORE INSERT ON txn BEGIN SELECT raise(ABORT, 'full'); END")
    ingest.begin(core.page(purchase("txn.1")))
    with pytest.raises(Exception, match="full"):
        ingest.begin(core.page(purchase("txn.2")))
    assert ingest.torn
    with pytest.raises(Exception, match="full"):
        ingest.begin(core.page(purchase("txn.3")))
    ingest.abandon()
    again = Ingest(ingest.path, PACK)
    assert again.position is not None and again.position.seq == len(FIRST)
    again.close()
