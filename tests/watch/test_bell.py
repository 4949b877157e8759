"""The bell, against a server on this machine: each new thing once, ids only, failures counted, nothing held up."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from console.core import instants
from console.core.client import CoreClient
from console.core.instants import SECOND
from console.desk.credentials import Credentials
from console.paths import Home
from console.settings import Heartbeat, Notify
from console.watch.bell import TOLD_EVERY, Bell, News, plain
from console.watch.health import Health
from console.watch.options import WatchOptions
from console.watch.outside import OutsideError
from console.watch.watcher import Watcher
from store.automatic import Automatic
from store.journal import Intent, Journal
from store.mirror import Mirror
from tests.watch.receiver import receiving

pytestmark = pytest.mark.usefixtures("outside")


@pytest.fixture
def journal(home: Home) -> Iterator[Journal]:
    opened = Journal(home.journal)
    yield opened
    opened.close()


@dataclass
class Desk:
    """A bell with a clock that tests move, on a mirror that tests write."""

    home: Home
    bell: Bell
    feed: Health
    caught_up: asyncio.Event
    now: int

    async def round(self, after: int = 0) -> None:
        self.now += after
        await self.bell.run()

    def alert(self, number: int, level: int = 4, *, resurfaced: int = 0, muted_until: int = 0) -> None:
        with sqlite3.connect(self.home.mirror) as mirror:
            mirror.execute("INSERT OR IGNORE INTO account (account, account_id, version) VALUES (?, ?, 1)",
                           (number, f"acc_{number}"))  # fmt: skip
            mirror.execute(
                "INSERT OR REPLACE INTO alert (alert_id, account, opened_at, updated_at, level, score, rule_ids, state,"
                " hits, resurfaced, rebuilt, evidence, muted_until)"
                " VALUES (?, ?, 0, 0, ?, 0.97, '[\"ATO-1\"]', 'open', 1, ?, 0, '[]', ?)",
                (f"al_{number}", number, level, resurfaced, muted_until),
            )


def desk(home: Home, journal: Journal, settings: Notify) -> Desk:
    Mirror(home.mirror).close()
    feed, caught_up = Health("changes"), asyncio.Event()
    made = Desk(home, None, feed, caught_up, instants.now())  # type: ignore[arg-type]
    made.bell = Bell(home, settings, journal, feed, caught_up, lambda: made.now)
    feed.ok(made.now)
    return made


async def test_each_new_critical_alert_is_told_once_by_its_account(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,)))
        at.alert(1)
        await at.round()
        at.caught_up.set()
        await at.round()
        assert hook.asked == []
        at.alert(2)
        at.alert(3, level=3)
        at.alert(4, muted_until=1)
        await at.round(SECOND)
        await at.round(TOLD_EVERY)
        (letter,) = hook.letters
        assert letter["title"] == "riskdesk: new critical alerts: 1"
        assert letter["message"] == "acc_2"
        assert letter["type"] == "failure"
        assert "0.97" not in json.dumps(letter)
        at.alert(3)
        at.alert(2, resurfaced=1)
        await at.round(SECOND)
        assert sorted(hook.letters[1]["message"].splitlines()) == ["acc_2", "acc_3"]
        assert at.bell.health.state == "2 sent, 0 failed"


async def test_what_comes_close_together_is_told_in_one_letter(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,)))
        at.caught_up.set()
        await at.round()
        for number in range(40):
            at.alert(number)
            await at.round(SECOND)
        await at.round(TOLD_EVERY)
        told = [int(letter["title"].rpartition(" ")[2]) for letter in hook.letters]
    assert sum(told) == 40
    assert len(told) == 3
    assert hook.letters[1]["message"].splitlines()[-1] == "and 20 more"
    assert len(hook.letters[1]["message"].splitlines()) == 11


async def test_nothing_of_the_past_is_told_before_the_feed_was_read_to_its_end(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,)))
        await at.round()
        at.alert(1)
        at.alert(2)
        await at.round(TOLD_EVERY)
        assert hook.asked == []
        at.caught_up.set()
        await at.round(TOLD_EVERY)
        assert hook.letters[0]["title"].endswith(": 2")


@pytest.mark.parametrize(
    ("detail", "alert"), [("counts", "See the console."), ("ids", "acc_1"), ("rules", "acc_1  0.97  ATO-1")]
)
async def test_as_much_is_told_as_the_settings_allow(home: Home, journal: Journal, detail: str, alert: str) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,), detail=detail))
        at.caught_up.set()
        await at.round()
        at.alert(1)
        await at.round(SECOND)
        assert hook.letters[0]["message"] == alert


async def test_a_feed_that_stands_still_is_told_once_and_so_is_its_end(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,), stalled_after_s=60))
        for _ in range(4):
            await at.round(30 * SECOND)
        assert [letter["title"] for letter in hook.letters] == ["riskdesk: the feed stands still for more than 60 s"]
        assert at.bell.still()
        at.feed.ok(at.now)
        await at.round(SECOND)
        assert hook.letters[1]["type"] == "success"


async def test_a_stop_of_everything_automatic_calls_somebody_once(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,)))
        await at.round()
        Automatic(journal).stop(at.now, "watcher", "ceiling")
        await at.round(SECOND)
        await at.round(TOLD_EVERY)
    (letter,) = hook.letters
    assert "automatic is stopped" in letter["title"]
    assert "ceiling" in letter["title"]


async def test_a_command_in_review_is_told_once(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,)))
        await at.round()
        command = review(journal)
        await at.round(SECOND)
        await at.round(TOLD_EVERY)
        assert [letter["message"] for letter in hook.letters] == [f"{command}  account.freeze  acc_9"]


async def test_what_is_not_wanted_is_not_told(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,), events=()))
        at.caught_up.set()
        await at.round()
        at.alert(1)
        review(journal)
        await at.round(900 * SECOND)
    assert hook.asked == []


async def test_a_channel_that_fails_is_counted_shown_and_tried_again(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,)))
        at.caught_up.set()
        await at.round()
        at.alert(1)
        hook.status = 503
        with pytest.raises(OutsideError, match=r"not taken by 127\.0\.0\.1"):
            await at.round(SECOND)
        assert at.bell.health.state == "0 sent, 1 failed"
        hook.status = 200
        with pytest.raises(OutsideError):
            await at.round(SECOND)  # it pauses first
        assert len(hook.asked) == 1
        for channel in at.bell._channels or ():
            channel.due = 0.0
        await at.round(SECOND)
        assert at.bell.health.state == "1 sent, 1 failed"
        assert [letter["message"] for letter in hook.letters] == ["acc_1", "acc_1"]


async def test_no_redirect_is_followed(home: Home, journal: Journal) -> None:
    async with receiving() as hook:
        hook.status = 302
        at = desk(home, journal, Notify(webhooks=(hook.url,)))
        at.caught_up.set()
        await at.round()
        at.alert(1)
        with pytest.raises(OutsideError):
            await at.round(SECOND)
    assert [path for _, path, _ in hook.asked] == ["/hook"]


def review(journal: Journal) -> str:
    """A command that ended in review."""
    journal.intend(
        Intent(
            command_id="id-1", type="account.freeze", target_type="account", target_id="acc_9", account_id="acc_9",
            body=b"{}", if_match=None, not_after=instants.now() + 60 * SECOND, created_by="maria",
        ),
        instants.now(),
    )  # fmt: skip
    with sqlite3.connect(journal_file(journal)) as writer:
        writer.execute("UPDATE command SET state = 'REVIEW'")
    return "id-1"


def journal_file(journal: Journal) -> str:
    return str(journal.rows("PRAGMA database_list")[0][2])


def test_ids_that_are_none_lose_what_makes_them_dangerous() -> None:
    assert plain("acc_1") == "acc_1"
    assert plain("<b>a@b.c \x1b[2J") == "?b?a?b.c???2J"
    assert len(plain("x" * 500)) == 72


def test_news_is_what_was_not_there_at_the_first_look() -> None:
    news = News[str](10)
    news.note([("a", "a")])
    news.note([("a", "a"), ("b", "b")])
    assert news.due(0) == ["b"]
    news.note([("c", "c")])
    assert news.due(9) == []
    assert news.due(10) == ["c"]
    assert news.due(99) == []


async def test_the_watcher_shows_how_its_bell_does_and_goes_on_when_it_fails(home: Home) -> None:
    def nobody(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody")

    async with receiving() as hook, CoreClient("http://127.0.0.1:9", lambda: None, httpx.MockTransport(nobody)) as core:
        options = WatchOptions(
            home, "http://127.0.0.1:9", notify=Notify(webhooks=("http://hooks.example/s3cret",)),
            heartbeat=Heartbeat(url=hook.url),
        )  # fmt: skip
        watcher = Watcher(options, core, Credentials(home, {}))
        try:
            await watcher.ring()
            await watcher.say_well()
            await watcher.write_health()
        finally:
            await watcher.close()
    with sqlite3.connect(home.mirror) as mirror:
        told = dict(mirror.execute("SELECT poller, coalesce(last_error, state) FROM health"))
    assert "not encrypted" in told["notify"]
    assert "s3cret" not in told["notify"]
    assert told["heartbeat"] == "1 sent, 0 failed"


async def test_without_anybody_to_tell_there_is_no_bell(home: Home) -> None:
    async with CoreClient("http://127.0.0.1:9", lambda: None) as core:
        watcher = Watcher(WatchOptions(home, "http://127.0.0.1:9"), core, Credentials(home, {}))
        try:
            assert not {"notify", "heartbeat"} & {health.poller for health in watcher.healths}
        finally:
            await watcher.close()


async def test_what_the_mirror_held_when_the_watcher_began_is_known_and_all_after_it_is_news(
    home: Home, journal: Journal
) -> None:
    async with receiving() as hook:
        at = desk(home, journal, Notify(webhooks=(hook.url,)))
        at.alert(1)
        await at.bell.learn()
        at.alert(2)
        at.caught_up.set()
        await at.round(TOLD_EVERY)
        assert [letter["message"] for letter in hook.letters] == ["acc_2"]
