"""Hard times in a world: hidden, the same fate for the same people, and lost debts are in the books of the core."""

from __future__ import annotations

import pytest

from console.core.instants import DAY
from console.core.messages import RESOURCES, decoder
from console.sandbox.life import PLAYED_FROM
from console.sandbox.lockstep import SteppedWorld
from console.sandbox.run import SandboxOptions, opened, stands
from console.sandbox.world import load
from console.sandbox.world.downturn import Times

A_DAY = 24 * 60.0


def times(seed: int) -> Times:
    return Times(load("downturn").downturn, seed, PLAYED_FROM)


def test_it_begins_on_a_day_of_the_seeds_own_and_deepens_to_its_bottom():
    settings = load("downturn").downturn
    assert settings is not None
    days = {(times(seed).begins - PLAYED_FROM) / DAY for seed in range(20)}
    low, high = settings.begins_on_day
    assert len(days) == 20
    assert low <= min(days)
    assert max(days) <= high
    hard = times(3)
    built = hard.begins + round(settings.builds_days * DAY)
    assert [hard.depth(at) for at in (PLAYED_FROM, hard.begins, built, built + DAY)] == [0, 0, 1, 1]
    assert hard.shift("unemployment_rate", built) == settings.unemployment_rate
    assert hard.shift("unemployment_rate", PLAYED_FROM) == 0
    assert hard.bust_outs(PLAYED_FROM) == 1
    assert hard.bust_outs(built) == settings.bust_outs


def test_without_one_nothing_ever_changes():
    calm = Times(None, 1, PLAYED_FROM)
    assert calm.depth(PLAYED_FROM + 1000 * DAY) == 0
    assert calm.shift("default_rate", PLAYED_FROM + 1000 * DAY) == 0
    assert calm.bust_outs(PLAYED_FROM + 1000 * DAY) == 1


def played(seed: int, days: float, **more) -> tuple[list, list, SteppedWorld]:
    """The feed's accounts and applications after so many days, with nobody at the desk."""
    options = SandboxOptions(world="downturn", seed=seed, days=days, lockstep_minutes=A_DAY, population=60, **more)
    with opened(options) as core:
        life = core.life
        assert isinstance(life, SteppedWorld)
        steps = [life.go_on()]
        while not steps[-1].over:
            steps.append(life.go_on())
        assert len(steps) == days
        assert [step.reached for step in steps] == [PLAYED_FROM + (day + 1) * DAY for day in range(int(days))]
        kinds = [
            [decoder(RESOURCES[kind]).decode(body) for _, body in core.bank.log.scan(kind, "", 5000)]
            for kind in ("account", "application")
        ]
    return kinds[0], kinds[1], life


def test_the_desk_decides_about_all_credit_and_lost_debts_are_charged_off(tmp_path):
    accounts, applications, life = played(5, 170.0, data=tmp_path / "core")
    assert not life.unfinished()
    assert {one.status for one in applications} <= {"in_review", "submitted"}
    assert len(applications) > 20
    lost = [account for account in accounts if account.credit_state == "charged_off"]
    assert lost
    assert all(account.status == "closed" and account.limits.balance_minor > 0 for account in lost)
    kept = stands(tmp_path / "core", "account")
    assert {account.id for account in kept if account.credit_state == "charged_off"} == {account.id for account in lost}
    scores = [one.score for one in applications]
    assert 540 < min(scores) < max(scores) < 700


def test_books_of_nobody_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        stands(tmp_path, "account")
