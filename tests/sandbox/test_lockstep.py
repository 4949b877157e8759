"""A replay in lockstep: nothing beyond the step, everything in the end, and no control unless asked for."""

from __future__ import annotations

import httpx
import pytest

from console.core import instants
from console.core.instants import HOUR
from console.sandbox.lockstep import PATH
from console.sandbox.run import Sandbox, SandboxOptions
from tests.sandbox.test_replay import drain, stream

MINUTES = 24 * 60.0


@pytest.fixture
def recorded(tmp_path):
    return stream(tmp_path / "stream.parquet")


def test_a_step_publishes_its_stretch_and_no_more(recorded):
    with Sandbox(SandboxOptions(replay=recorded, lockstep_minutes=MINUTES)) as sandbox:
        url = f"{sandbox.origin}/core/v1/changes"
        step = httpx.post(sandbox.origin + PATH).json()
        page = httpx.get(url, params={"limit": 1000}).json()
        bought = [change for change in page["changes"] if change["type"] == "transaction"]
        assert page["head_seq"] == step["head_seq"]
        assert len(bought) == 4
        assert all(instants.parse(change["recorded_at"]) < step["reached"] for change in bought)
        assert page["has_more"]
        second = httpx.post(sandbox.origin + PATH).json()
        assert second["head_seq"] > step["head_seq"]
        assert second["reached"] - step["reached"] == pytest.approx(24 * HOUR, abs=6 * HOUR)


def test_all_steps_together_are_the_stream(recorded):
    with Sandbox(SandboxOptions(replay=recorded)) as whole:
        expected = [change for page in drain(whole.origin, 1000) for change in page["changes"]]
    with Sandbox(SandboxOptions(replay=recorded, lockstep_minutes=MINUTES)) as sandbox:
        steps = 0
        while not httpx.post(sandbox.origin + PATH).json()["over"]:
            steps += 1
        found = [change for page in drain(sandbox.origin, 1000) for change in page["changes"]]
    assert found == expected
    assert steps > 10


def test_a_reader_at_the_head_is_held_until_something_is_published(recorded):
    with Sandbox(SandboxOptions(replay=recorded, lockstep_minutes=MINUTES)) as sandbox:
        url = f"{sandbox.origin}/core/v1/changes"
        page = httpx.get(url).json()
        assert (page["changes"], page["has_more"]) == ([], True)
        httpx.post(sandbox.origin + PATH)
        assert httpx.get(url).json()["changes"]


def test_there_is_no_control_unless_asked_for(recorded):
    with Sandbox(SandboxOptions(replay=recorded)) as sandbox:
        assert httpx.post(sandbox.origin + PATH).status_code == 404
