"""The ring around an account: hops, hubs, what ties and what does not; and the screen that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.paths import Home
from console.ui.ring import HOLDERS, Shared, around
from store.reader import Reader
from store.ring import Thing, Use
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import begin_anew, build_ring
from tests.ui.screens import frame, ready, shown, until


@pytest.fixture
def mirror(home: Home):
    build_ring(home.mirror)
    reader = Reader(home.mirror)
    yield reader
    reader.close()


def test_fraud_is_found_two_hops_away(mirror: Reader) -> None:
    steps = list(around(mirror, 30))
    ring = steps[-1]
    assert ring.done
    assert ring.all_mirrored
    hops = {one.account: one.hops for one in ring.neighbours}
    assert hops[31] == 1
    assert hops[33] == 2
    assert hops[34] is None
    assert (ring.nearest.account, ring.nearest.through) == (33, 31)
    assert [step.share for step in steps] == sorted(step.share for step in steps)


def test_fraud_behind_a_hub_or_an_address_is_not_near(mirror: Reader) -> None:
    ring = list(around(mirror, 34))[-1]
    assert ring.nearest is None
    assert {one.account for one in ring.neighbours if one.hops} <= {35}
    crowd = list(around(mirror, 40))[-1]
    assert Thing("device", "dev_0") in crowd.hubs
    assert crowd.frauds
    assert crowd.nearest is None


def test_a_hub_keeps_the_first_and_ties_nobody() -> None:
    shared, crowd, phone = Shared(), Thing("device", "d"), Thing("token", "t")
    shared.add([Use(number, crowd) for number in range(HOLDERS + 5)] + [Use(0, phone)], but=1)
    found = shared.by_account()
    assert len(found) == HOLDERS
    assert 1 not in found
    assert shared.hubs == {crowd}
    assert found[0] == [phone, crowd]
    assert (shared.ties(phone), shared.ties(crowd)) == (True, False)


async def opened(app) -> None:
    await until(lambda: app.screen.NAME == "links" and app.screen.stands, "the links")
    await until(lambda: app.screen.table.ring is not None and app.screen.table.ring.done, "the search's end")


async def test_the_screen_tells_how_near_fraud_is_and_opens_a_neighbour(home: Home, desk: Desk) -> None:
    build_ring(home.mirror)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.open_account("acc_000030")
        await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, "the account")
        await pilot.press("K")
        await opened(app)
        await shown(app, "Known fraud two hops away: acc_000033, over token h1:5deb65a7b870")
        assert "\x1b" not in frame(app)
        app.screen.table.place(33)
        await shown(app, "through acc_000031")
        assert app.screen.account().account_id == "acc_000033"
        await pilot.press("enter")
        await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, "the neighbour")
        assert app.screen.account().account_id == "acc_000033"


async def test_a_mirror_begun_anew_is_searched_anew(home: Home, desk: Desk) -> None:
    build_ring(home.mirror)
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.command("links acc_000030")
        await opened(app)
        app.screen.table.place(33)
        begin_anew(home.mirror)
        app.look()
        assert app.screen.table.cursor is None
        await opened(app)
        assert app.screen.account().account_id == "acc_000030"


async def test_nobody_in_sight_is_said(desk: Desk, tmp_path: Path) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("K")
        await shown(app, "No account is in sight")
