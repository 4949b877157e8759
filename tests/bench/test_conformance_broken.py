"""The kit finds each fault: a sandbox broken in one point fails the check of that point and no other."""

from __future__ import annotations

import asyncio
import logging

import pytest

from console.bench.conformance.examine import all_checks
from console.sandbox.run import Sandbox, SandboxOptions, opened
from tests.bench import conformance_breaks_reading as reading
from tests.bench import conformance_breaks_writing as writing
from tests.bench.conformance_core import ACCOUNTS, examined, examined_inside, failing, populate

WAITING = {"long_poll", "long_poll_wakes", "pending_expires", "late_visibility"}
"""Checks that take their time: made only where one of them is to fail, and then by a real server."""
READING = [check.name for check in all_checks() if not check.writes]
WRITING = [check.name for check in all_checks() if check.writes]


def found_in(only: list[str], expected: set[str], *, write: bool) -> dict[str, str]:
    names = [name for name in only if name not in WAITING or name in expected]
    with Sandbox() if expected & WAITING else opened(SandboxOptions()) as core:
        old = populate(core.bank)
        before = [core.bank.account(id_) for id_ in ACCOUNTS]
        if isinstance(core, Sandbox):
            result = examined(core.origin, old, names, write=write)
        else:
            result = asyncio.run(examined_inside(core, old, names, write=write))
        after = [core.bank.account(id_) for id_ in ACCOUNTS]
    assert not result.left
    assert [(account.holds, account.limits) for account in after] == [(a.holds, a.limits) for a in before]
    return failing(result)


@pytest.mark.parametrize("broken", reading.BREAKS, ids=lambda broken: broken.__name__)
def test_a_broken_read_fails_its_check_and_no_other(broken, monkeypatch):
    broken(monkeypatch)
    expected = {reading.BREAKS[broken]}
    assert found_in(READING, expected, write=False).keys() == expected


@pytest.mark.parametrize("broken", writing.BREAKS, ids=lambda broken: broken.__name__)
def test_a_broken_command_fails_its_checks_and_no_other(broken, monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL)
    broken(monkeypatch)
    expected = writing.BREAKS[broken]
    assert found_in(WRITING, expected, write=True).keys() == expected


def test_every_check_is_shown_to_find_something():
    shown = set(reading.BREAKS.values()) | set().union(*writing.BREAKS.values())
    assert shown == {check.name for check in all_checks()}
