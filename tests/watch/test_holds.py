"""Holds that end while their case is open: none lapses unseen, and none is told of that was released or replaced."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from console.core import commands
from console.core.instants import DAY, HOUR, MINUTE, SECOND, Instant, wire
from console.core.messages import Account, decoder, encode
from console.desk import holds
from console.desk.holds import Ending
from console.watch.holds import look, own_freezes
from store.journal import Intent, Journal, Move
from store.life import State
from tests.ui import mirror_builder
from tests.ui.mirror_builder import NOW


@pytest.fixture
def mirror(tmp_path) -> Path:
    path = tmp_path / "mirror.db"
    mirror_builder.build(path, accounts=30)
    return path


def put(path: Path, account: int, *held: tuple[str, str, int | None]) -> None:
    """Set the holds of an account: id, scope and end each."""
    told = [
        {"hold_id": hold_id, "scope": scope} | ({"expires_at": wire(end)} if end is not None else {})
        for hold_id, scope, end in held
    ]
    with sqlite3.connect(path) as writer:
        writer.execute(
            "UPDATE account SET doc = json_set(doc, '$.holds', json(?)) WHERE account = ?", (json.dumps(told), account)
        )


def seen(path: Path, now: int, own: list[Ending] | None = None) -> list[tuple[str, str]]:
    """What a look finds at an instant, as (hold, stage); it is what the next look remembers."""
    note = look(path, own or [], now)
    with sqlite3.connect(path) as writer:
        writer.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (holds.NOTE, note))
    return [(one.hold_id, one.stage) for one in holds.read(note)]


def test_a_hold_presses_a_day_and_an_hour_before_and_after_its_end(mirror: Path) -> None:
    end = NOW + 30 * HOUR
    put(mirror, 0, ("h", "full", end), ("for_good", "login", None))
    assert seen(mirror, NOW) == [("h", "far")]
    assert seen(mirror, end - DAY) == [("h", "day")]
    assert seen(mirror, end - HOUR - SECOND) == [("h", "day")]
    assert seen(mirror, end - HOUR) == [("h", "hour")]
    put(mirror, 0, ("for_good", "login", None))
    assert seen(mirror, end + SECOND) == [("h", "ended")]
    assert seen(mirror, end + 9 * DAY) == [("h", "ended")]


def test_one_that_lapsed_while_nobody_watched_is_still_told_of(mirror: Path) -> None:
    put(mirror, 0, ("h", "full", NOW + 3 * DAY))
    assert seen(mirror, NOW) == [("h", "far")]
    put(mirror, 0)
    assert seen(mirror, NOW + 5 * DAY) == [("h", "ended")]


def test_one_that_was_released_before_its_end_is_forgotten(mirror: Path) -> None:
    put(mirror, 0, ("h", "full", NOW + HOUR))
    assert seen(mirror, NOW) == [("h", "hour")]
    put(mirror, 0)
    assert seen(mirror, NOW + MINUTE) == []
    assert seen(mirror, NOW + 2 * HOUR) == []


def test_another_hold_of_its_kind_takes_its_place(mirror: Path) -> None:
    put(mirror, 0, ("h", "login", NOW + HOUR))
    seen(mirror, NOW)
    put(mirror, 0, ("other", "cash_advance", None))
    assert seen(mirror, NOW + 2 * HOUR) == [("h", "ended")]
    put(mirror, 0, ("again", "full", None))
    assert seen(mirror, NOW + 2 * HOUR) == []


@pytest.mark.parametrize(
    "resolved",
    ["UPDATE alert SET state = 'closed' WHERE account = 2", "UPDATE alert SET state = 'muted' WHERE account = 2"],
)
def test_it_presses_only_while_the_case_is_open(mirror: Path, resolved: str) -> None:
    put(mirror, 2, ("h", "full", NOW + HOUR))
    put(mirror, 28, ("quiet", "full", NOW + HOUR))
    assert seen(mirror, NOW) == [("h", "hour")]
    with sqlite3.connect(mirror) as writer:
        writer.execute(resolved)
    assert seen(mirror, NOW) == [("h", "hour")], "account 2 is claimed too"
    with sqlite3.connect(mirror) as writer:
        writer.execute("UPDATE desk_case SET verdict = 'fraud', status = 'closed' WHERE account = 2")
    assert seen(mirror, NOW) == []


def test_a_mirror_that_remembers_nothing_goes_by_the_desks_own_freezes(mirror: Path, tmp_path) -> None:
    journal, end = Journal(tmp_path / "journal.db"), Instant(NOW - HOUR)
    for number, (account, until) in enumerate((("acc_000000", end), ("acc_000001", None))):
        wish = commands.freeze(account, "other", "n", expires_at=until)
        body = encode(commands.request(wish, Instant(NOW)))
        journal.intend(
            Intent(
                command_id=f"c{number}", type=wish.type, target_type="account", target_id=account, account_id=account,
                body=body, if_match=None, not_after=NOW, created_by="maria.k",
            ),
            NOW - DAY,
        )  # fmt: skip
        journal.begin_attempt(f"c{number}", NOW - DAY)
        journal.settle(f"c{number}", Move(to=State.CONFIRMED), NOW - DAY)
    own = own_freezes(journal, NOW)
    journal.close()
    assert own == [Ending("acc_000000", "c0", "full", end)]
    assert seen(mirror, NOW, own) == [("c0", "ended")]
    assert seen(mirror, NOW, [*own, Ending("acc_000001", "c9", "full", end)]) == [("c0", "ended")]


def test_an_account_as_the_core_sends_it_is_read(mirror: Path) -> None:
    doc = mirror_builder.account_doc(3, "frozen", "CNY", 100, 50)
    doc["holds"][0]["expires_at"] = wire(NOW + HOUR)
    account: Account = decoder(Account).decode(json.dumps(doc))
    with sqlite3.connect(mirror) as writer:
        writer.execute("UPDATE account SET doc = ? WHERE account = 3", (encode(account).decode(),))
    assert seen(mirror, NOW) == [("hold_3", "hour")]
