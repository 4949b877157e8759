"""Applications and limit requests over real processes: by keys alone in both languages, and from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from msgspec.structs import replace

from console import language
from console.bench.review import suspects
from console.core import instants
from console.core.messages import Tokens
from console.desk import papers, review
from console.exits import Exit
from console.risk.credit.review import SETTLES, Choice, Review
from console.risk.credit.review import review as judge
from console.sandbox.run import Sandbox, SandboxOptions
from console.ui.app import RiskDesk
from console.watch.lock import holder
from store import papers as stored
from store import reviews
from store.journal import Journal
from store.life import State
from store.reader import Reader
from tests.applicants import application, customer, pending, wish
from tests.processes import Riskdesk, rows, wait_until
from tests.ui.screens import frame, until


def arrives(sandbox: Sandbox, number: int, *, thin: bool = False, **more: object) -> None:
    """Somebody applies."""
    now = instants.now()
    for kind, resource in (
        ("customer", customer(number, now, thin=thin)),
        ("account", pending(number, now)),
        ("application", application(number, now, **more)),
    ):
        sandbox.bank.put(kind, resource, now)


def mirrored(one: Riskdesk, number: int) -> None:
    query = f"SELECT 1 FROM v_application WHERE application_id = 'app_{number}'"
    wait_until(lambda: rows(one, query), "the application in the mirror")


def status(sandbox: Sandbox, number: int) -> tuple[str, int]:
    told = httpx.get(f"{sandbox.origin}/core/v1/accounts/acc_new_{number}").json()
    return told["status"], told["limits"]["credit_limit_minor"]


@pytest.mark.parametrize("code", language.LANGUAGES)
async def test_an_application_is_worked_from_arrival_to_decision_by_keys_alone(
    desk: Callable[..., Riskdesk], code: str
) -> None:
    before = language.language()
    with Sandbox(SandboxOptions()) as sandbox:
        one = desk(sandbox.origin)
        one.start("watch")
        language.use(code)
        app = RiskDesk(one.home, sandbox.origin, watcher_pid=lambda: holder(one.home.lock))
        try:
            async with app.run_test(size=(80, 24)) as pilot:
                await until(lambda: getattr(app.screen, "stands", False), "the first screen")
                await until(lambda: app.sight.situation.meta is not None, "the core's rules")
                await pilot.press("colon", *"write", "enter", "0")
                await until(lambda: app.screen.NAME == "reviews" and app.screen.stands, "the queue")
                arrives(sandbox, 1)
                await until(lambda: app.screen.table.total() == 1, "the application")
                assert language.tr("review.choice.approve") in frame(app)
                await pilot.press("enter")
                await until(lambda: app.screen.NAME == "review" and app.screen.stands, "the application in full")
                assert f"✓{language.tr('review.step.identity')}" in frame(app)
                await pilot.press("a", "y")
                await until(lambda: bool(app.sight.commands), "the decision")
                await until(lambda: app.sight.commands[0].state is State.CONFIRMED, "the core's effect")
                await until(lambda: language.tr("review.status.booked") in frame(app), "the booked application")
                entry = app.sight.commands[0]
        finally:
            language.use(before)
        assert (entry.type, entry.if_match) == ("application.decide", 1)
        assert status(sandbox, 1) == ("active", 500_000)
        done = one.run("review", "reconstruct", entry.command_id)
        assert done.returncode == Exit.OK, done.stdout + done.stderr


def test_papers_are_decided_by_command_line_and_every_decision_is_told_again(desk: Callable[..., Riskdesk]) -> None:
    with Sandbox(SandboxOptions()) as sandbox:
        one = desk(sandbox.origin)
        one.start("watch")
        arrives(sandbox, 1)
        for number in (2, 3, 4):
            arrives(sandbox, number, thin=True, device_id="dev_ring", tokens=Tokens(phone="h1:ring"))
        mirrored(one, 4)

        listed = {told["id"]: told for told in json.loads(one.run("review", "list", "--json").stdout)}
        assert listed["app_1"]["recommended"] == "approve"
        assert {listed[f"app_{number}"]["recommended"] for number in (2, 3, 4)} == {"refer"}

        less = ("review", "approve", "app_1", "--limit", "300000", "--reason", "ability_verified", "--wait")
        done = one.run(*less)
        assert (done.returncode, status(sandbox, 1)) == (Exit.OK, ("active", 300_000)), done.stderr
        assert one.run(*less).returncode == Exit.USAGE, "it is decided already"
        declined = one.run("review", "decline", "app_2", "--reason", "synthetic_identity", "--wait")
        assert (declined.returncode, status(sandbox, 2)[0]) == (Exit.OK, "pending"), declined.stderr
        assert rows(one, "SELECT status FROM v_application WHERE application_id = 'app_2'") == [("declined",)]
        referred = one.run("review", "refer", "app_3", "--note", "one phone for three people", "--wait")
        assert referred.returncode == Exit.OK, referred.stderr
        assert rows(one, "SELECT status FROM v_application WHERE application_id = 'app_3'") == [("in_review",)]
        assert one.run("review", "approve", "app_9", "--reason", "ability_verified").returncode == Exit.USAGE
        wrong = one.run("review", "approve", "app_4", "--reason", "bust_out")
        assert (wrong.returncode, "ability_verified" in wrong.stderr) == (Exit.USAGE, True)

        sandbox.bank.put("limit_request", wish(1, "acc_new_1", 300_000, 400_000, instants.now()), instants.now())
        wait_until(lambda: rows(one, "SELECT 1 FROM v_limit_request"), "the limit request in the mirror")
        raised = one.run("review", "approve", "lrq_1", "--reason", "ability_verified", "--wait")
        assert (raised.returncode, "AWAITING_APPROVAL" in raised.stdout) == (Exit.UNCONFIRMED, True), raised.stderr
        assert status(sandbox, 1) == ("active", 300_000)

        journal = Journal(one.home.journal)
        for number in range(1, 5):
            kept = reviews.numbered(journal, number)
            assert kept is not None and kept.command_id is not None
            told = one.run("review", "reconstruct", kept.command_id, "--json")
            assert told.returncode == Exit.OK, told.stdout + told.stderr
            assert json.loads(told.stdout)["equal"] is True
        with journal.transaction() as connection:
            connection.execute("UPDATE review SET points = points + 1 WHERE number = 1")
        journal.close()
        assert one.run("review", "reconstruct", "1").returncode == Exit.FAILED
        assert one.run("audit", "verify").returncode == Exit.OK


def test_an_invented_ring_is_referred_and_honest_look_alikes_are_not_suspected(desk: Callable[..., Riskdesk]) -> None:
    """Judged half a day after they applied, without what became known of anybody's account since."""
    with Sandbox(SandboxOptions(world="applicants", population=150, days=40, seed=7)) as sandbox:
        one = desk(sandbox.origin)
        one.catch_up()
        truth: dict[str, str] = {}
        for episode in sandbox.bank.truth():
            for account in episode.accounts:
                truth.setdefault(account, episode.typology)
    mirror, by = Reader(one.home.mirror), review.rules(None)
    told: dict[str, list[Review]] = {}
    for paper in stored.all_of(mirror, "application"):
        resource = papers.read(paper)
        assert resource is not None
        found = papers.dossier(mirror, paper, papers.asked_at(resource) + SETTLES)
        assert found is not None
        advice = judge(replace(found.case, peers=[]), by.rules)
        told.setdefault(truth.get(found.resource.account_id or "", "ordinary"), []).append(advice)
    mirror.close()
    ring = told.pop("synthetic_identity")
    assert len(ring) >= 6
    assert {advice.choice for advice in ring} == {Choice.REFER}
    assert all(suspects(advice) for advice in ring)
    honest = [advice for kind in told.values() for advice in kind]
    assert set(told) >= {"couple_applies", "first_job", "ordinary"}
    assert sum(suspects(advice) for advice in honest) <= len(honest) // 50
    assert sum(advice.choice in (Choice.APPROVE, Choice.LESS) for advice in honest) > len(honest) // 2
