"""The kit on the honest sandbox, over HTTP: it passes, changes nothing that stays, and says what it left out."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from msgspec.structs import replace

from console.bench import conformance
from console.bench.conformance.examine import Asked, Tokens, all_checks, examine
from console.core.instants import MINUTE, SECOND, wire
from console.core.messages import Hold
from console.exits import Exit
from console.language import catalogue
from console.sandbox.rate import RateLimit
from console.sandbox.run import Sandbox, SandboxOptions, opened
from tests.bench.conformance_core import (
    ACCOUNTS,
    QUICK,
    TOKENS,
    examined,
    examined_inside,
    examined_inside_as,
    failing,
    populate,
)

QUICK_WRITING = ("stale_if_match", "self_approval", "hold_is_the_command")


@pytest.fixture(scope="module")
def honest() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox() as sandbox:
        yield sandbox, populate(sandbox.bank)


def changes_since(sandbox: Sandbox, seq: int) -> list[dict]:
    params = {"after": sandbox.bank.log.cursor(seq), "limit": 10_000}
    return httpx.get(f"{sandbox.origin}/core/v1/changes", params=params).json()["changes"]


def test_the_sandbox_passes_every_check(honest):
    sandbox, old = honest
    result = examined(sandbox.origin, old)
    assert failing(result) == {}
    assert [verdict.check for verdict in result.verdicts] == all_checks()
    assert {verdict.outcome for verdict in result.verdicts} == {"pass"}
    assert result.left == []


def test_everything_is_as_before_when_it_is_over(honest):
    sandbox, old = honest
    before = [sandbox.bank.account(id_) for id_ in ACCOUNTS]
    head = sandbox.bank.log.head
    examined(sandbox.origin, old, QUICK_WRITING)
    after = [sandbox.bank.account(id_) for id_ in ACCOUNTS]
    assert [(account.holds, account.limits, account.status) for account in after] == [
        (account.holds, account.limits, account.status) for account in before
    ]
    waiting = [
        command["id"]
        for command in httpx.get(f"{sandbox.origin}/core/v1/snapshot/command").json()["items"]
        if command["status"] == "pending_approval"
    ]
    assert not waiting
    assert sandbox.bank.log.head > head


def test_its_holds_end_by_themselves_and_let_the_customer_pay(honest):
    sandbox, old = honest
    head = sandbox.bank.log.head
    examined(sandbox.origin, old, QUICK_WRITING)
    placed = [
        hold
        for change in changes_since(sandbox, head)
        if change["type"] == "account"
        for hold in change["data"]["holds"]
    ]
    assert placed
    latest = wire(sandbox.bank.clock() + 10 * MINUTE + SECOND)
    for hold in placed:
        assert hold["scope"] == "cash_advance"
        assert hold["expires_at"] <= latest


def test_without_write_no_command_is_sent(honest):
    sandbox, old = honest
    head = sandbox.bank.log.head
    names = [check.name for check in all_checks() if check.name != "long_poll"]
    result = examined(sandbox.origin, old, names, write=False)
    assert sandbox.bank.log.head == head
    assert {v.outcome for v in result.verdicts if v.check.writes} == {"skipped"}
    assert {v.outcome for v in result.verdicts if not v.check.writes} == {"pass"}


def test_only_the_accounts_named_are_commanded(honest):
    sandbox, _ = honest
    head = sandbox.bank.log.head
    asked = Asked(write=True, accounts=["acc_2"], only=QUICK_WRITING, pace=QUICK)
    result = asyncio.run(examine(sandbox.origin, TOKENS, asked))
    assert failing(result) == {}
    touched = {change["id"] for change in changes_since(sandbox, head) if change["type"] == "account"}
    assert touched == {"acc_2"}


def test_accounts_with_holds_are_not_chosen():
    with Sandbox() as sandbox:
        old = populate(sandbox.bank)
        now = sandbox.bank.clock()
        hold = Hold(
            hold_id="theirs",
            scope="login",
            reason_code="other",
            source="customer",
            placed_at=now,
            placed_by="somebody",
            releasable_by="operator",
        )
        sandbox.bank.put("account", replace(sandbox.bank.account("acc_1"), holds=[hold]), now)
        head = sandbox.bank.log.head
        assert failing(examined(sandbox.origin, old, QUICK_WRITING)) == {}
        touched = {change["id"] for change in changes_since(sandbox, head) if change["type"] == "account"}
        assert touched
        assert "acc_1" not in touched


def test_a_named_account_keeps_the_holds_it_had():
    with Sandbox() as sandbox:
        old = populate(sandbox.bank)
        before = sandbox.bank.clock()
        sent = httpx.post(
            f"{sandbox.origin}/core/v1/commands",
            headers={"Idempotency-Key": "01890000-0000-7000-8000-000000000001"},
            json={
                "type": "account.freeze",
                "target": {"type": "account", "id": "acc_1"},
                "params": {"scope": "login"},
                "reason_code": "mule",
                "not_after": wire(before + MINUTE),
            },
        )
        assert sent.status_code == 200
        asked = Asked(write=True, accounts=["acc_1"], only=QUICK_WRITING, old_cursor=old, pace=QUICK)
        assert failing(asyncio.run(examine(sandbox.origin, TOKENS, asked))) == {}
        assert [hold.hold_id for hold in sandbox.bank.account("acc_1").holds] == [sent.json()["id"]]


def test_what_one_person_alone_can_not_show_is_skipped_with_its_reason(honest):
    sandbox, _ = honest
    asked = Asked(write=True, only=["old_cursor", "second_person", "viewer_reads_only", "self_approval"], pace=QUICK)
    result = asyncio.run(examine(sandbox.origin, Tokens("sandbox-operator"), asked))
    why = {verdict.check.name: verdict.why for verdict in result.verdicts}
    assert {verdict.outcome for verdict in result.verdicts} == {"skipped"}
    assert "--old-cursor" in why["old_cursor"]
    assert "RISKDESK_SECOND_TOKEN" in why["second_person"]
    assert "RISKDESK_READ_TOKEN" in why["viewer_reads_only"]
    assert "RISKDESK_SECOND_TOKEN" in why["self_approval"]


def test_a_viewer_alone_sends_nothing(honest):
    sandbox, _ = honest
    head = sandbox.bank.log.head
    asked = Asked(write=True, only=["replay", "bounds"])
    result = asyncio.run(examine(sandbox.origin, Tokens("sandbox-viewer"), asked))
    assert [(v.check.name, v.outcome) for v in result.verdicts] == [("bounds", "pass"), ("replay", "skipped")]
    assert sandbox.bank.log.head == head


def test_an_empty_core_passes_what_it_can_show():
    with Sandbox() as sandbox:
        names = [check.name for check in all_checks() if check.name != "long_poll"]
        result = examined(sandbox.origin, None, names)
    assert failing(result) == {}
    assert result.count("pass") and result.count("skipped")


def test_the_report_names_every_check_and_ends_well(honest, capsys):
    sandbox, old = honest
    code = conformance.run(sandbox.origin, TOKENS, Asked(only=["page_chain", "replay"], old_cursor=old), as_json=False)
    out = capsys.readouterr().out
    assert code == Exit.OK
    assert re.search(r"^ok\s+page_chain\s+4\.1-4\.2\s+Each page", out, re.M)
    assert re.search(r"^skip\s+replay\s+7\.1\s+", out, re.M)
    assert "1 passed, 0 failed, 1 skipped" in out


def test_the_report_for_programs_says_what_was_expected_and_seen(honest, capsys, monkeypatch):
    from tests.bench.conformance_breaks_reading import cursors_of_a_day

    sandbox, _ = honest
    cursors_of_a_day(monkeypatch)
    code = conformance.run(sandbox.origin, TOKENS, Asked(only=["retention"]), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert code == Exit.FAILED
    assert (told["passed"], told["failed"], told["left_behind"]) == (0, 1, [])
    assert told["checks"][0]["verdict"] == "fail"
    assert told["checks"][0]["expected"] == "retention.feed_s of 604800 or more"
    assert told["checks"][0]["seen"] == "86400"


@pytest.mark.parametrize(
    ("origin", "only", "code"),
    [
        ("http://127.0.0.1:9", [], Exit.UNREACHABLE),
        ("ftp://core.example", [], Exit.USAGE),
        ("http://core.example", [], Exit.USAGE),
        ("http://127.0.0.1:9", ["no_such_check"], Exit.USAGE),
    ],
)
def test_what_can_not_be_examined_has_its_exit_code(origin, only, code, capsys):
    assert conformance.run(origin, Tokens(None), Asked(only=only), as_json=False) == code
    assert "riskdesk:" in capsys.readouterr().err


def test_a_refused_token_is_no_examination(honest, capsys):
    sandbox, _ = honest
    assert conformance.run(sandbox.origin, Tokens("no-such-token"), Asked(), as_json=False) == Exit.FAILED
    err = capsys.readouterr().err
    assert "401" in err
    assert "no-such-token" not in err


def test_an_account_that_can_not_be_used_is_named(honest, capsys):
    sandbox, _ = honest
    asked = Asked(write=True, accounts=["no_such"], only=["replay"])
    assert conformance.run(sandbox.origin, TOKENS, asked, as_json=False) == Exit.FAILED
    assert "no_such" in capsys.readouterr().err


def test_a_core_that_limits_the_rate_is_given_time():
    with opened(SandboxOptions()) as core:
        old = populate(core.bank)
        core.rate = RateLimit(per_s=1000, burst=6)
        result = asyncio.run(examined_inside(core, old, ["bounds", "problems", "headers"], write=False))
    assert failing(result) == {}


@pytest.mark.parametrize(
    "tokens",
    [
        Tokens("sandbox-supervisor"),
        Tokens("sandbox-supervisor", second="sandbox-operator"),
        Tokens("sandbox-operator", second="sandbox-operator-2"),
    ],
    ids=lambda tokens: f"{tokens.own}, {tokens.second}",
)
def test_whoever_the_two_people_are_the_sandbox_passes_and_is_left_as_it_was(tokens):
    names = [check.name for check in all_checks() if check.writes and check.name not in ("late_visibility",)]
    with opened(SandboxOptions()) as core:
        populate(core.bank)
        before = [core.bank.account(id_) for id_ in ACCOUNTS]
        asked = Asked(write=True, only=names, pace=QUICK)
        result = asyncio.run(examined_inside_as(core, tokens, asked))
        after = [core.bank.account(id_) for id_ in ACCOUNTS]
    assert failing(result) == {}
    assert result.left == []
    assert [account.holds for account in after] == [account.holds for account in before]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_check_and_every_reason_has_its_words(language):
    words = catalogue(language)
    assert {f"conformance.{check.name}" for check in all_checks()} <= words.keys()
