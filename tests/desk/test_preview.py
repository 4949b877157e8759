"""Previews: what the core would do, asked of a real one, and what is made of its answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import msgspec
import pytest

from console import language
from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import NotRehearsed, rehearse
from console.core.messages import Account, CoreMeta, Problem, encode
from console.desk import foretold, hotline, preview
from console.desk.preview import NoPreview
from console.desk.quota import Quota, quota
from console.paths import Home
from console.sandbox.run import Sandbox, SandboxOptions
from console.watch.rehearsal import Rehearsal
from store.journal import Intent, Journal


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    language.use("en")
    yield


@pytest.fixture(scope="module")
def core() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(world="calm", population=20, speed=60)) as sandbox:
        yield sandbox


async def known(client: CoreClient) -> tuple[CoreMeta, Account]:
    """The core's /meta and its first active account."""
    meta, page = await asyncio.gather(client.meta(), client.snapshot("account", None, 50))
    accounts = [json.loads(bytes(item))["id"] for item in page.items]
    for account_id in accounts:
        account = await client.account(account_id)
        if account.status == "active":
            return meta, account
    raise AssertionError("no active account")


async def asked(client: CoreClient, meta: CoreMeta, account: Account, wish: commands.Wish) -> preview.Preview:
    request = preview.body(wish, meta, account, instants.now())
    answer = await Rehearsal().ask(client, meta, request, account.version)
    if "problem" in answer:
        return preview.refused(
            msgspec.json.decode(answer["problem"], type=Problem, dec_hook=lambda _, v: instants.parse(v))
        )
    return preview.of(commands._COMMAND.decode(answer["command"]))


async def test_the_core_says_what_would_change_and_nothing_does(core: Sandbox) -> None:
    async with CoreClient(core.origin, lambda: None) as client:
        meta, account = await known(client)
        freeze = await asked(client, meta, account, commands.freeze(account.id, "account_takeover"))
        assert freeze.after is not None
        assert (freeze.after.status, freeze.approval, freeze.problem) == ("frozen", False, None)
        raised = account.limits.credit_limit_minor + 100
        currency = account.limits.currency
        limit = await asked(client, meta, account, commands.set_limit(account.id, raised, currency, "ability_verified"))
        assert limit.approval
        _, words = foretold.effect(limit, account, {currency: 2})
        assert "limit" in words
        assert "→" in words
        after = await client.account(account.id)
        assert (after.status, after.holds) == (account.status, account.holds)


async def test_a_refusal_is_foretold_in_the_cores_words(core: Sandbox) -> None:
    async with CoreClient(core.origin, lambda: None) as client:
        meta, account = await known(client)
        stale = msgspec.structs.replace(account, version=account.version + 1000)
        found = await asked(client, meta, stale, commands.close(account.id, "customer_request"))
        assert found.problem is not None
        assert found.problem.code == "version_mismatch"
        grade, words = foretold.effect(found, account, {})
        assert (grade, "version_mismatch" in words) == ("bad", True)


async def test_only_a_dry_run_is_rehearsed_and_only_where_the_core_knows_them(core: Sandbox) -> None:
    async with CoreClient(core.origin, lambda: None) as client:
        meta, account = await known(client)
        wish = commands.freeze(account.id, "account_takeover")
        real = encode(commands.request(wish, instants.Instant(instants.now() + instants.MINUTE)))
        with pytest.raises(ValueError, match="only a dry run"):
            await rehearse(client, real, None, instants.now())
        with pytest.raises(ValueError, match="can't be read"):
            await rehearse(client, b"{", None, instants.now())
        without = msgspec.structs.replace(meta, capabilities=["feed"])
        assert await Rehearsal().ask(client, without, real, None) == {"trouble": "unsupported"}
        assert await Rehearsal().ask(None, meta, real, None) == {"trouble": "credential"}
        assert (await client.account(account.id)).holds == account.holds


async def test_a_core_that_carries_a_dry_run_out_is_not_trusted(core: Sandbox, monkeypatch) -> None:
    async with CoreClient(core.origin, lambda: None) as client:
        meta, account = await known(client)
        answer = await commands.rehearse(
            client, preview.body(commands.claim(account.id, 30), meta, account, instants.now()), None, instants.now()
        )

        async def recorded(*_: object) -> tuple[int, object]:
            return 200, msgspec.structs.replace(answer, dry_run=None)

        monkeypatch.setattr(commands, "submit", recorded)
        request = preview.body(commands.claim(account.id, 30), meta, account, instants.now())
        with pytest.raises(NotRehearsed):
            await rehearse(client, request, None, instants.now())
        rehearsal, not_asked = Rehearsal(), None
        for posting in (recorded, not_asked):
            monkeypatch.setattr(commands, "submit", posting)
            assert await rehearsal.ask(client, meta, request, None) == {"trouble": "not_rehearsed"}


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ({"trouble": "core"}, "core"),
        ({"trouble": "gossip"}, "core"),
        ({"command": "{}"}, "core"),
        ({"problem": 7}, "core"),
        ({}, "core"),
    ],
)
def test_no_answer_is_taken_for_a_preview(answer: dict, trouble: str, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(hotline, "preview", lambda *_: answer)
    with pytest.raises(NoPreview) as missing:
        preview.ask(Home(tmp_path), b"{}", None)
    assert missing.value.trouble == trouble


def test_without_a_watcher_there_is_none(tmp_path) -> None:
    with pytest.raises(NoPreview) as missing:
        preview.ask(Home(tmp_path), b"{}", None)
    assert missing.value.trouble == "watcher"


async def test_the_bulk_quota_counts_what_is_on_its_way(core: Sandbox, tmp_path) -> None:
    async with CoreClient(core.origin, lambda: None) as client:
        meta, _ = await known(client)
    now, journal = instants.now(), Journal(tmp_path / "journal.db")
    for number in range(3):
        journal.intend(
            Intent(
                command_id=f"c{number}", type="account.freeze", target_type="account", target_id=f"a{number}",
                account_id=f"a{number}", body=b"{}", if_match=None, not_after=now, created_by=meta.you.subject,
            ),
            now - number * meta.limits.bulk_window_s * instants.SECOND // 2,
        )  # fmt: skip
    journal.withdraw("c1", now, "maria.k")
    found = quota(meta, journal, None, now)
    journal.close()
    assert found == Quota(frozenset({"a0"}), 20, 600)
    assert (found.left, found.after("a0"), found.after("b"), found.covers("b")) == (19, 19, 18, True)
    full = Quota(frozenset(map(str, range(20))), 20, 600)
    assert (full.covers("5"), full.covers("b")) == (True, False)
    supervisor = msgspec.structs.replace(meta, you=msgspec.structs.replace(meta.you, roles=["operator", "supervisor"]))
    assert quota(supervisor, None, None, now) is None
