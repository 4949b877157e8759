"""The table of outcomes covers the contract, every status and problem code of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.messages import Command, Problem, decoder
from console.core.problems import read_problem
from console.core.vocabulary import COMMAND_STATUSES, PROBLEM_CODES
from console.watch.outcomes import PROBLEMS, RECORDED, UNHEARD_OF, Next, of_problem, of_record, rule_for
from store.journal import Entry
from store.life import MOVES, State
from tests.contract import CONTRACT, FOLDER

SCHEMAS = CONTRACT["components"]["schemas"]
EXAMPLES = FOLDER / "examples"


def problem(status: int, code: str, effect: str = "none") -> Problem:
    return Problem(type="about:blank", title="x", status=status, code=code, effect=effect, retryable=False)


def entry(doubtful: bool = False, state: State = State.SENDING) -> Entry:
    return Entry(
        command_id="c",
        type="account.freeze",
        target_type="account",
        target_id="a",
        account_id="a",
        body=b"{}",
        if_match=None,
        not_after=0,
        created_by="m",
        position=1,
        state=state,
        created_at=0,
        attempts=1,
        doubtful=doubtful,
        waits_for=None,
        settles_as=None,
        core_status=None,
        acked_at=None,
        confirmed_at=None,
        settled_at=None,
        why=None,
        problem=None,
        effect=None,
        resulting_version=None,
        effect_seq=None,
    )


def test_every_problem_code_of_the_contract_has_its_row_and_no_other() -> None:
    codes = {code for _, code in PROBLEMS}
    assert codes == set(SCHEMAS["Problem"]["properties"]["code"]["enum"]) == set(PROBLEM_CODES)


def test_every_status_that_a_command_can_be_answered_with_is_mapped() -> None:
    answers = {int(status) for status in CONTRACT["paths"]["/commands"]["post"]["responses"]}
    assert {status for status in answers if status >= 400} <= {status for status, _ in PROBLEMS}


def test_every_status_of_a_recorded_command_is_mapped() -> None:
    statuses = SCHEMAS["Command"]["properties"]["status"]
    named = statuses.get("enum") or SCHEMAS[statuses["$ref"].rsplit("/", 1)[1]]["enum"]
    assert set(RECORDED) == set(named) == set(COMMAND_STATUSES)


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (400, "validation", State.REJECTED),
        (401, "unauthenticated", State.QUEUED),
        (403, "self_approval", State.REJECTED),
        (404, "not_found", State.REJECTED),
        (409, "in_progress", State.UNKNOWN),
        (409, "already_claimed", State.REJECTED),
        (412, "version_mismatch", State.REVIEW),
        (422, "command_expired", State.EXPIRED),
        (422, "idempotency_key_reused", State.UNKNOWN),
        (429, "rate_limited", State.QUEUED),
        (500, "internal", State.QUEUED),
        (503, "overloaded", State.QUEUED),
        (418, "from_a_later_version", State.REJECTED),
        (409, "from_a_later_version", State.UNKNOWN),
    ],
)
def test_what_a_problem_without_effect_leads_to(status: int, code: str, state: State) -> None:
    assert of_problem(entry(), problem(status, code))[0].to is state


@given(st.integers(400, 599), st.sampled_from([*PROBLEM_CODES, "other"]), st.sampled_from(["unknown", "odd"]))
def test_an_effect_that_is_not_none_is_always_asked_for(status: int, code: str, effect: str) -> None:
    move, did, following = of_problem(entry(), problem(status, code, effect))
    assert (move.to, did, following) == (State.UNKNOWN, "unknown", Next.READ_OUTCOME)


@given(st.integers(400, 599), st.binary(max_size=40))
def test_a_body_that_is_no_problem_is_judged_by_its_status(status: int, body: bytes) -> None:
    to = rule_for(read_problem(status, body)).to
    if status in (408, 409, 422) or status >= 500:
        assert to is State.UNKNOWN
    elif status in (401, 425, 429):
        assert to is State.QUEUED
    else:
        assert to is (State.REVIEW if status == 412 else State.REJECTED)


@given(st.sampled_from(sorted(PROBLEMS)), st.sampled_from(["none", "unknown"]), st.booleans())
def test_every_outcome_is_a_move_the_journal_allows(key: tuple[int, str], effect: str, doubtful: bool) -> None:
    move, did, _ = of_problem(entry(doubtful), problem(*key, effect))
    assert move.to in MOVES[State.SENDING]
    assert not (doubtful and move.to in (State.QUEUED, State.REJECTED))
    assert did != "recorded"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("command.*.response.json")), ids=lambda path: path.name)
def test_the_contracts_recorded_commands_are_followed(path: Path) -> None:
    command: Command = decoder(Command).decode(path.read_bytes())
    move, following = of_record(command)
    assert move.to in (State.ACKED, State.AWAITING_APPROVAL)
    assert following in (Next.READ_BACK, Next.READ_OUTCOME)
    assert (move.resulting_version, move.effect_seq) == (command.resulting_version, command.effect_seq)


def test_an_approved_command_that_met_a_newer_version_goes_back_to_a_person() -> None:
    command: Command = decoder(Command).decode((EXAMPLES / "command.close.response.json").read_bytes())
    rejected = Command(
        **{name: getattr(command, name) for name in command.__struct_fields__}
        | {"status": "rejected", "problem": problem(412, "version_mismatch")}
    )
    assert of_record(rejected)[0].to is State.REVIEW


def test_a_status_of_a_later_contract_is_followed() -> None:
    command: Command = decoder(Command).decode((EXAMPLES / "command.close.response.json").read_bytes())
    later = Command(**{n: getattr(command, n) for n in command.__struct_fields__} | {"status": "parked"})
    assert of_record(later)[0].to is UNHEARD_OF.to
