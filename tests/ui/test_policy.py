"""The policy screen: what is in force and how far from moving; deciding needs an armed desk and a reason."""

from __future__ import annotations

import pytest

from console.paths import Home
from console.ui.policies import NotTried
from console.ui.screens import policy as screen
from store.journal import Journal
from store.policies import Policies, in_force
from tests.ui.conftest import Desk
from tests.ui.policy_builder import EFFECT, build_policies, spring
from tests.ui.screens import ready, shown


async def test_before_the_first_policy_the_shipped_one_is_shown(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("P")
        await shown(app, "not in force yet")
        await shown(app, "[normal]")


async def test_a_proposal_is_applied_with_a_reason_and_rolled_back(desk: Desk, home: Home) -> None:
    build_policies(home)
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        await pilot.press("P")
        await shown(app, "Proposal 1: guarded, because unemployment_rate 5.9 ≥ 5.8")
        await shown(app, "alerts a day 2.9→4.5")
        await shown(app, "tight ≥ 7 (1.1)")
        await pilot.press("a")
        await shown(app, "read-only; :write arms the desk")
        app.perform("write", "10")
        await pilot.press("a")
        await shown(app, ": enact guarded")
        await pilot.press(*"agreed", "enter")
        await shown(app, f"{spring().version}/guarded is in force from")
        await shown(app, "[guarded]")
        await pilot.press("Z")
        await shown(app, ": revoke before")
        await pilot.press(*"no", "enter")
        await shown(app, f"{spring().version}/normal is in force again")
    journal = Journal(home.journal)
    found = in_force(journal)
    assert found is not None
    assert (found.stance, found.kind, found.reason) == ("normal", "rolled_back", "no")
    assert [one.state for one in Policies(journal).proposals()] == ["applied"]
    assert journal.verify_audit() is None
    journal.close()


async def test_a_proposal_can_be_dismissed_and_a_wrong_name_changes_nothing(desk: Desk, home: Home) -> None:
    build_policies(home)
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.perform("policy")
        await shown(app, "Proposal 1")
        app.perform("write", "10")
        app.command("enact gaurded because")
        await shown(app, "is no file and no stance")
        app.command("dismiss not yet")
        await shown(app, "The proposal is dismissed.")
        app.command("dismiss again")
        await shown(app, "Nothing is proposed.")
    journal = Journal(home.journal)
    assert [(one.state, one.settled_for) for one in Policies(journal).proposals()] == [("dismissed", "not yet")]
    journal.close()


async def test_a_stance_is_tried_on_the_past(desk: Desk, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    build_policies(home)
    asked = []

    async def tried(_: Home, stance: str) -> dict:
        asked.append(stance)
        if stance == "loose":
            raise NotTried("no mirror\x1b[2J")
        return {**EFFECT, "to": f"a/{stance}"}

    monkeypatch.setattr(screen, "tried", tried)
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        app.perform("policy")
        await shown(app, "Proposal 1")
        await pilot.press("b")
        await shown(app, "guarded: alerts a day 2.9→4.5")
        app.command("try_out loose")
        await shown(app, "no mirror")
        app.command("try_out nothing")
        await shown(app, "Name a stance: tight, guarded, normal, loose")
    assert asked == ["guarded", "loose"]


async def test_what_a_version_changes_is_shown(desk: Desk, home: Home) -> None:
    build_policies(home)
    app = desk()
    async with app.run_test(size=(100, 40)) as pilot:
        await ready(app)
        app.perform("policy")
        await shown(app, "Proposal 1")
        await pilot.press("=")
        await shown(app, "the text in force")
        await pilot.press("escape", "G", "=")
        await shown(app, f"against {spring().version}, which is in force")
        await shown(app, "+leave = 5.4")
