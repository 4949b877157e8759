"""Two people on one core, each with a watcher and a home of their own: one asks, the other decides."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import closing

import pytest

from console.core import instants
from console.core.messages import Account, CoreMeta, Customer, Limits, decoder
from console.desk import ballots
from console.exits import Exit
from console.paths import Home
from console.sandbox.run import Sandbox
from store.journal import Journal
from store.life import State
from store.reader import Reader
from tests.processes import Riskdesk, rows, wait_until


@pytest.fixture(scope="module")
def core() -> Iterator[Sandbox]:
    """A core with a few accounts and nobody who lives in it."""
    with Sandbox() as running:
        at = instants.now()
        running.bank.put("customer", Customer(id="c1", version=1, registered_at=at, updated_at=at), at)
        limits = Limits(
            currency="CNY", credit_limit_minor=500_000, available_minor=500_000, balance_minor=0, pending_minor=0
        )
        for number in range(6):
            account = Account(
                id=f"a{number}", version=1, customer_id="c1", status="active", credit_state="current", limits=limits,
                holds=[], opened_at=at, updated_at=at,
            )  # fmt: skip
            running.bank.put("account", account, at)
        yield running


@pytest.fixture(scope="module")
def two(core: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Riskdesk, Riskdesk]]:
    """An operator and a supervisor whose watchers run. The supervisor's reads with a credential of its own."""
    operator, supervisor = (
        Riskdesk(Home(tmp_path_factory.mktemp(name) / "home"), core.origin) for name in ("operator", "supervisor")
    )
    for one, tokens in (
        (operator, {"token": "sandbox-operator"}),
        (supervisor, {"token": "sandbox-supervisor", "read-token": "sandbox-viewer"}),
    ):
        one.home.make()
        for file, token in tokens.items():
            (one.home.folder / file).write_text(token)
            (one.home.folder / file).chmod(0o600)
        one.start("watch", "--rules-only")
    for one in (operator, supervisor):
        wait_until(lambda one=one: rows(one, "SELECT 1 FROM v_account WHERE account_id = 'a5'"), "the accounts")
        wait_until(lambda one=one: rows(one, "SELECT 1 FROM note WHERE key = 'meta'"), "who we are")
    yield operator, supervisor
    for one in (operator, supervisor):
        one.stop()


def ask(one: Riskdesk, *what: str) -> str:
    """Send a command that needs a second person; its id."""
    done = one.run("act", *what, "--wait")
    assert done.returncode == Exit.UNCONFIRMED, done.stdout + done.stderr
    return done.stdout.split("\n")[1].split(":")[0]


def raise_limit(one: Riskdesk, account: str) -> str:
    return ask(one, "set-limit", account, "--value-minor", "900000", "--reason", "customer_request", "--note", "asks")


def status(one: Riskdesk, command_id: str) -> str:
    """A command's status as a desk's mirror knows it."""
    found = rows(one, f"SELECT doc ->> '$.status' FROM resource WHERE type = 'command' AND id = '{command_id}'")
    return found[0][0] if found else ""


def sees(one: Riskdesk, command_id: str) -> dict:
    """What a desk tells of a waiting command, once it has heard of it."""
    wait_until(lambda: status(one, command_id) == "pending_approval", "the command among what waits")
    done = one.run("approvals", "--json")
    assert done.returncode == 0, done.stderr
    return next(told for told in json.loads(done.stdout) if told["id"] == command_id)


def state(one: Riskdesk, command_id: str) -> str:
    with closing(Journal(one.home.journal)) as journal:
        entry = journal.get(command_id)
        return entry.state if entry else ""


def limit(core: Sandbox, account: str) -> int:
    return core.bank.account(account).limits.credit_limit_minor


def test_one_asks_and_the_other_approves_or_declines(two: tuple[Riskdesk, Riskdesk], core: Sandbox) -> None:
    operator, supervisor = two
    close = ask(operator, "close", "a0", "--reason", "customer_request")
    more = raise_limit(operator, "a1")
    told = sees(supervisor, close)
    assert (told["own"], told["may_decide"], told["created_by"]) == (False, True, "maria.k")
    assert told["account"]["status"] == "active"
    assert "credit limit 5,000.00 → 9,000.00 CNY" in supervisor.run("approvals").stdout

    own = operator.run("approvals", "approve", close)
    assert (own.returncode, "another person" in own.stderr) == (Exit.REFUSED, True)

    approved = supervisor.run("approvals", "approve", close, "--note", "Seen.", "--wait")
    assert (approved.returncode, "CONFIRMED" in approved.stdout) == (0, True)
    declined = supervisor.run("approvals", "decline", more, "--note", "No payslip.", "--wait")
    assert declined.returncode == 0, declined.stdout + declined.stderr
    assert (core.bank.account("a0").status, limit(core, "a1")) == ("closed", 500_000)
    wait_until(lambda: state(operator, close) == State.CONFIRMED, "the asker's desk knows of the approval")
    wait_until(lambda: state(operator, more) == State.REJECTED, "the asker's desk knows of the refusal")

    again = supervisor.run("approvals", "approve", more, "--wait")
    assert (again.returncode, "does not wait any more" in again.stderr) == (Exit.REFUSED, True)
    assert supervisor.run("audit", "verify").returncode == 0


def test_the_asker_withdraws_and_a_supervisors_own_needs_another(two: tuple[Riskdesk, Riskdesk], core: Sandbox) -> None:
    operator, supervisor = two
    asked = raise_limit(operator, "a2")
    back = operator.run("act", "withdraw", asked, "--wait")
    assert back.returncode == 0, back.stdout + back.stderr
    wait_until(lambda: state(operator, asked) == State.CANCELLED, "the withdrawn command")
    wait_until(lambda: status(supervisor, asked) == "cancelled", "the other desk knows of it")
    own = raise_limit(supervisor, "a3")
    assert sees(supervisor, own)["own"]
    refused = supervisor.run("approvals", "approve", own)
    assert refused.returncode == Exit.REFUSED
    assert (limit(core, "a2"), limit(core, "a3")) == (500_000, 500_000)


def test_a_watcher_killed_while_it_decides_ends_with_one_decision(
    two: tuple[Riskdesk, Riskdesk], core: Sandbox
) -> None:
    operator, supervisor = two
    asked = raise_limit(operator, "a4")
    command = core.bank.desk.get(asked)
    with (
        core.bank.database.lock,
        closing(Journal(supervisor.home.journal)) as journal,
        closing(Reader(supervisor.home.mirror)) as mirror,
    ):
        meta = decoder(CoreMeta).decode(mirror.notes()["meta"])
        entry = ballots.cast(journal, meta, command, "approve", core_now=instants.now())
        wait_until(lambda: state(supervisor, entry.command_id) == State.SENDING, "the decision on the wire")
        watcher = supervisor.started[0]
        watcher.send_signal(signal.SIGKILL)
        watcher.wait()
    supervisor.start("watch", "--rules-only")
    wait_until(lambda: state(supervisor, entry.command_id) == State.CONFIRMED, "the decision proved")
    assert limit(core, "a4") == 900_000
