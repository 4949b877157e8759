"""The operator's main job over real processes: watch, intervene, see it confirmed; and what happens when things go."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from subprocess import CompletedProcess

import httpx
import pytest

from console.exits import Exit
from console.paths import Home
from console.sandbox.run import Sandbox, SandboxOptions
from tests.processes import Riskdesk, rows, wait_until


@dataclass
class Shift:
    """A desk whose watcher runs on a core in which a small world lives."""

    one: Riskdesk
    worked: set[str] = field(default_factory=set)

    def victim(self) -> str:
        """The riskiest account with an open alert that was not given before, once there is one."""
        wait_until(self._open, "an alert")
        account = self._open()[0]
        self.worked.add(account)
        return account

    def _open(self) -> list[str]:
        alerts = rows(self.one, "SELECT account_id FROM v_alert WHERE state = 'open' ORDER BY score DESC")
        return [account for (account,) in alerts if account not in self.worked]

    def account(self, account: str) -> dict:
        """What the core tells of it."""
        return httpx.get(f"{self.one.core}/core/v1/accounts/{account}").json()


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shift]:
    with Sandbox(SandboxOptions(world="demo", population=60, speed=60)) as world:
        one = Riskdesk(Home(tmp_path_factory.mktemp("shift") / "home"), world.origin)
        one.start("watch")
        yield Shift(one)
        one.stop()


def test_freeze_and_release_by_command_line(shift: Shift) -> None:
    one, account = shift.one, shift.victim()

    done = one.run("act", "freeze", account, "--reason", "account_takeover", "--wait")
    assert (done.returncode, "CONFIRMED" in done.stdout) == (Exit.OK, True), done.stderr
    assert shift.account(account)["status"] == "frozen"

    done = one.run("act", "unfreeze", account, "--reason", "verified_with_customer", "--wait")
    assert done.returncode == Exit.OK, done.stderr
    assert shift.account(account)["holds"] == []

    assert one.run("audit", "verify").returncode == Exit.OK


def test_a_preview_changes_nothing_and_an_undo_takes_a_limit_and_a_freeze_back(
    world: Sandbox, desk: Callable[..., Riskdesk]
) -> None:
    """On a desk of its own, as the preview tells how much of the quota is used."""
    one = desk(world.origin)
    one.start("watch")
    shift = Shift(one)
    account = shift.victim()

    def now() -> tuple[str, int]:
        told = shift.account(account)
        return told["status"], told["limits"]["credit_limit_minor"]

    before = now()
    lower = ("act", "set-limit", account, "--share", "50%", "--reason", "credit_risk")
    done = one.run(*lower, "--preview")
    assert (done.returncode, now()) == (Exit.OK, before), done.stderr
    assert f"→ {before[1] // 2 / 100:,.2f}" in done.stdout
    assert "The customer is told" in done.stdout
    assert "Bulk quota: 19 of 20" in done.stdout

    lowered = one.run(*lower, "--wait")
    assert (lowered.returncode, now()) == (Exit.OK, (before[0], before[1] // 2)), lowered.stderr
    frozen = one.run("act", "freeze", account, "--reason", "account_takeover", "--expires-at", "8h", "--wait")
    assert (frozen.returncode, now()[0]) == (Exit.OK, "frozen"), frozen.stderr

    def undo(done: CompletedProcess[str], reason: str, *more: str) -> CompletedProcess[str]:
        command_id = done.stdout.splitlines()[0].split()[-1]
        return one.run("act", "undo", command_id, "--reason", reason, "--wait", *more)

    released = undo(frozen, "verified_with_customer", "--check", "identity=yes")
    assert (released.returncode, now()[0]) == (Exit.OK, before[0]), released.stderr
    assert "not asked: reached" in released.stderr
    raised = undo(lowered, "ability_verified")
    assert (raised.returncode, "AWAITING_APPROVAL" in raised.stdout) == (Exit.UNCONFIRMED, True), raised.stderr
    assert undo(frozen, "verified_with_customer").returncode == Exit.REFUSED
    assert one.run("act", "undo", "no-such", "--reason", "other").returncode == Exit.USAGE


def test_a_limit_is_lowered_and_a_close_waits_for_a_second_person(shift: Shift) -> None:
    one, account = shift.one, shift.victim()

    done = one.run("act", "set-limit", account, "--value-minor", "100", "--reason", "credit_risk", "--wait")
    assert done.returncode == Exit.OK, done.stderr
    limits = shift.account(account)["limits"]
    assert limits["credit_limit_minor"] == 100

    done = one.run("act", "close", account, "--reason", "customer_request", "--wait")
    assert (done.returncode, "AWAITING_APPROVAL" in done.stdout) == (Exit.UNCONFIRMED, True), done.stderr


def test_a_wish_that_can_not_be_is_refused_with_the_reason(shift: Shift) -> None:
    one, account = shift.one, shift.victim()
    done = one.run("act", "freeze", account, "--reason", "no_such_reason")
    assert done.returncode == Exit.USAGE
    assert "account_takeover" in done.stderr
    done = one.run("act", "freeze", "acc.nobody", "--reason", "account_takeover")
    assert done.returncode == Exit.REFUSED
    assert "not_found" in done.stderr


def test_a_second_watcher_is_refused_with_the_first_ones_pid(replay: Sandbox, desk: Callable[..., Riskdesk]) -> None:
    one = desk(replay.origin)
    first = one.start("watch")
    wait_until(lambda: rows(one, "SELECT count(*) FROM txn") not in ([], [(0,)]), "a first page")
    second = one.run("watch")
    assert second.returncode == Exit.ALREADY_WATCHED
    assert str(first.pid) in second.stderr


def test_a_core_that_is_gone_is_told_and_found_again_with_a_new_epoch(desk: Callable[..., Riskdesk]) -> None:
    with Sandbox(SandboxOptions(world="calm", population=20, speed=60)) as first:
        one = desk(first.origin)
        watcher = one.start("watch")
        wait_until(lambda: (rows(one, "SELECT count(*) FROM v_account") or [(0,)])[0][0] > 5, "accounts")
        port = int(first.origin.rpartition(":")[2])
        epoch = rows(one, "SELECT epoch FROM v_feed")
    wait_until(lambda: rows(one, "SELECT last_error FROM v_feed")[0][0], "the feed's error")
    before = rows(one, "SELECT last_ok_at FROM v_feed")
    assert before[0][0] is not None

    with Sandbox(SandboxOptions(world="calm", population=20, speed=60, port=port, seed=2)):
        wait_until(lambda: rows(one, "SELECT epoch FROM v_feed") not in ([], epoch), "the new epoch")
        wait_until(lambda: rows(one, "SELECT last_error FROM v_feed") == [(None,)], "a feed without error")
        assert rows(one, "SELECT gaps FROM v_feed")[0][0] >= 1
        assert watcher.poll() is None


def test_a_stopped_watcher_leaves_what_it_knows_and_says_so(world: Sandbox, desk: Callable[..., Riskdesk]) -> None:
    one = desk(world.origin)
    watcher = one.start("watch")
    wait_until(lambda: (rows(one, "SELECT count(*) FROM v_account") or [(0,)])[0][0] > 5, "accounts")
    watcher.send_signal(signal.SIGTERM)
    assert watcher.wait(20) == 0
    assert not list(one.home.folder.glob("*-wal"))
    ((about,),) = rows(one, "SELECT value FROM note WHERE key = 'watcher'")
    assert json.loads(about)["state"] == "stopped"


def test_doctor_finds_a_home_that_others_can_read(world: Sandbox, desk: Callable[..., Riskdesk]) -> None:
    one = desk(world.origin)
    one.home.make()
    assert one.run("doctor").returncode == Exit.OK
    one.home.folder.chmod(0o755)
    done = one.run("doctor")
    assert done.returncode == Exit.FAILED
    assert "chmod" in done.stdout


def test_catching_up_ends_on_a_core_that_moves_on(desk: Callable[..., Riskdesk]) -> None:
    with Sandbox(SandboxOptions(world="calm", population=30, speed=600)) as sandbox:
        report = desk(sandbox.origin).catch_up()
    assert report["digest_equal"] is True
