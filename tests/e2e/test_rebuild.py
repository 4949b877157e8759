"""A mirror that can't read the feed from its beginning starts from snapshots, and one that is wrong is built anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from console.core.instants import Instant
from console.core.messages import Transaction
from console.sandbox.run import Sandbox, SandboxOptions
from tests.processes import Riskdesk, Whole, rows


def test_a_feed_that_begins_late_is_preceded_by_snapshots(stream: Path, desk: Callable[..., Riskdesk]) -> None:
    with Sandbox(SandboxOptions(replay=stream, limit=3000)) as sandbox:
        whole = desk(sandbox.origin, "whole")
        whole.catch_up()
        with sandbox.bank.batch():
            sandbox.bank.log.expire(sandbox.bank.log.head - 500)

        late = desk(sandbox.origin, "late")
        assert late.catch_up()["digest_equal"] is True

    assert rows(late, "SELECT count(*), count(score) FROM v_transaction") == [(3000, 0)]
    assert rows(late, "SELECT count(*) FROM txn WHERE seq >= 0") == [(0,)]
    amounts = "SELECT transaction_id, account_id, amount_minor, occurred_at FROM v_transaction ORDER BY 1"
    assert rows(late, amounts) == rows(whole, amounts)
    assert all(rebuilt for (rebuilt,) in rows(late, "SELECT rebuilt FROM alert"))


def test_what_comes_after_the_snapshots_is_scored_on_the_history_they_gave(
    stream: Path, desk: Callable[..., Riskdesk]
) -> None:
    with Sandbox(SandboxOptions(replay=stream, limit=3000)) as sandbox:
        desk(sandbox.origin, "reader").catch_up()
        bank = sandbox.bank
        with bank.batch():
            bank.log.expire(bank.log.head - 10)
        late = desk(sandbox.origin, "late")
        late.catch_up()
        account = rows(late, "SELECT account_id FROM v_account ORDER BY 1 LIMIT 1")[0][0]
        before = rows(late, "SELECT count(*) FROM v_transaction WHERE score IS NOT NULL")
        publish_purchase(sandbox, account)
        assert late.catch_up()["digest_equal"] is True
        after = rows(late, "SELECT count(*) FROM v_transaction WHERE score IS NOT NULL")
        assert (before, after) == ([(0,)], [(1,)])


def publish_purchase(sandbox: Sandbox, account_id: str) -> None:
    """One more purchase of an account, after everything so far."""
    at = Instant(sandbox.bank.log.last_recorded + 1)
    draft = Transaction(
        id="txn.z000000001",
        version=1,
        account_id=account_id,
        kind="purchase",
        status="posted",
        amount_minor=1000,
        currency="EUR",
        occurred_at=at,
        recorded_at=at,
    )
    sandbox.bank.put("transaction", draft, at)


def test_a_mirror_that_differs_from_the_core_is_noticed(whole: Whole, desk: Callable[..., Riskdesk]) -> None:
    one = desk(whole[0].core, like=whole[0])
    with closing(sqlite3.connect(one.home.mirror)) as database:
        database.execute("DELETE FROM txn WHERE seq = (SELECT max(seq) FROM txn)")
        database.commit()
    assert one.catch_up()["digest_equal"] is False


def test_a_damaged_mirror_is_set_aside_and_built_anew(whole: Whole, desk: Callable[..., Riskdesk]) -> None:
    one = desk(whole[0].core, like=whole[0])
    size = one.home.mirror.stat().st_size
    with one.home.mirror.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (size - 16384))
    report = one.catch_up()
    assert report["digest_equal"] is True
    assert (one.home.folder / "mirror.db.damaged").exists()
