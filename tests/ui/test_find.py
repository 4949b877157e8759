"""The search: beginnings at once, everything else as it is found, the accounts behind, and nothing late is shown."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.paths import Home
from console.ui.seeking import Seeker, Wanted, closeness, seek
from store.reader import Reader
from store.search import Found
from tests.processes import wait_until
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import build_ring
from tests.ui.screens import frame, ready, shown, until


@pytest.fixture
def known(home: Home) -> Home:
    """A home whose devices, addresses, merchants and tokens are numbered."""
    build_ring(home.mirror)
    with closing(sqlite3.connect(home.mirror)) as writer, writer:
        rows = [("device", number, f"dev_{number}") for number in range(5)]
        rows += [("ip", 0, "203.0.113.17"), ("token", 0, "phone:h1:5deb65a7b870"), ("merchant", 0, "mer_7")]
        rows += [("customer", number, f"cus_{number}") for number in range(100)]
        writer.executemany("INSERT INTO entity VALUES (?, ?, ?)", rows)
    return home


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (" acc_1 ", Wanted("text", "acc_1")), ("-f a12", Wanted("fuzzy", "a12")), ("-f", Wanted("fuzzy", "")),
        ("/^a.c$/", Wanted("regex", "^a.c$")), ("/a", Wanted("text", "/a")), ("-fa", Wanted("text", "-fa")),
    ],
)  # fmt: skip
def test_what_is_typed_says_how_to_look(typed: str, wanted: Wanted) -> None:
    assert Wanted.read(typed) == wanted


def test_letters_that_stand_closer_together_come_first() -> None:
    wanted = Wanted("fuzzy", "a12")
    ids = ["a0102", "xa12", "a12", "acc_0112", "a1_2"]
    assert sorted(ids, key=lambda id_: closeness(wanted, id_)) == ["a12", "xa12", "a1_2", "a0102", "acc_0112"]


@given(st.text(max_size=12), st.text(max_size=20))
def test_any_id_has_a_place(letters: str, id_: str) -> None:
    assert closeness(Wanted("fuzzy", letters), id_) <= (len(id_) + len(letters) + 21, 20, id_)


def test_a_search_tells_beginnings_first_and_ends_with_who_is_behind(known: Home) -> None:
    reader = Reader(known.mirror)
    sightings = list(seek(reader, Wanted("text", "dev_3")))
    ring = list(seek(reader, Wanted("text", "h1:5deb")))
    reader.close()
    assert sightings[0].found == [Found("device", "dev_3")]
    assert sightings[-1].share == 1
    assert all(number % 5 == 3 for number in sightings[-1].behind[Found("device", "dev_3")])
    assert len(sightings[-1].behind[Found("device", "dev_3")]) == 24
    assert ring[-1].behind[Found("token", "phone:h1:5deb65a7b870")]


def test_a_search_that_is_stopped_says_nothing_more(known: Home) -> None:
    told: list[object] = []
    seeker = Seeker(known.mirror, Wanted("fuzzy", "a1"), told.append)
    seeker.start()
    wait_until(lambda: told, "a first sighting")
    seeker.stop()
    seeker.join()
    count = len(told)
    assert not [one for one in told if isinstance(one, Exception)]
    assert len(told) == count


async def test_typing_finds_and_enter_opens_the_account(known: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("F")
        await until(lambda: app.screen.NAME == "find" and app.screen.stands, "the search")
        await pilot.press(*"acc_00004")
        await shown(app, "acc_000049")
        await pilot.press("2")
        await until(lambda: "acc_000049" not in frame(app) and "acc_000042" in frame(app), "the one account")
        await pilot.press("enter", "enter")
        await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, "the account")
        assert app.screen.account().account_id == "acc_000042"
        await pilot.press("escape")
        await until(lambda: app.screen.NAME == "find", "the search again")


async def test_what_several_share_opens_the_ring_around_the_first(known: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        app.command("find dev_2")
        await until(lambda: app.screen.NAME == "find" and app.screen.stands, "the search")
        await shown(app, "24+  acc_")
        await pilot.press("down", "enter")
        await until(lambda: app.screen.NAME == "links" and app.screen.stands, "the ring")


async def test_a_wrong_expression_and_an_unknown_id_are_told(known: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("F")
        await until(lambda: app.screen.NAME == "find" and app.screen.stands, "the search")
        app.screen.field.value = "/(/"
        await shown(app, "No regular expression")
        app.screen.field.value = "/^dev_[12]$/"
        await until(lambda: app.screen.table.total() == 2, "two devices")
        app.screen.field.value = "-f c99"
        await until(lambda: Found("customer", "cus_99") in app.screen.table.items, "letters in order")
        app.screen.field.value = "nobody"
        await shown(app, "0 found")
