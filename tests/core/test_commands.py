"""Commands: what is built is what the contract takes, what it would refuse is refused here, the fence is the core's."""

from __future__ import annotations

import json

import httpx
import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import Absent, InvalidWish, Wish
from console.core.identifiers import new_id
from console.core.instants import HOUR, MINUTE, Instant
from console.core.messages import Account, Command, CommandRequest, CoreMeta, decoder, encode
from console.core.problems import CoreProblem, CoreUnreachable
from tests.contract import CONTRACT, FOLDER

EXAMPLES = FOLDER / "examples"
META: CoreMeta = decoder(CoreMeta).decode((EXAMPLES / "meta.json").read_bytes())
ACCOUNT: Account = decoder(Account).decode((EXAMPLES / "account.json").read_bytes())
NOW = instants.parse("2026-11-20T21:14:09.000000Z")
ID = "0193d0a2-5b1e-7c44-9f0e-2b6f1a7d9c01"

WISHES = [
    commands.freeze("a1", "account_takeover", scope="debit_only", expires_at=Instant(NOW + HOUR)),
    commands.freeze("a1", "other", "客户来电"),
    commands.unfreeze("a1", ["h1", "h2"], "other", "verified"),
    commands.set_limit("a1", 100, "CNY", "credit_risk", limit="daily"),
    commands.close("a1", "credit_risk"),
    commands.claim("a1", 30),
    commands.release("a1"),
    commands.verdict("a1", "fraud", ["t1"]),
    commands.verdict("a1", "inconclusive"),
    commands.note("a1", "called, no answer"),
]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: wish.type)
def test_what_is_built_is_a_valid_request(wish: Wish) -> None:
    commands.check(wish, META, NOW)
    body = encode(commands.request(wish, Instant(NOW + MINUTE)))
    name = CONTRACT["components"]["schemas"]["CommandRequest"]["discriminator"]["mapping"][wish.type].rsplit("/", 1)[1]
    schema = {"$ref": f"#/components/schemas/{name}", "components": CONTRACT["components"]}
    jsonschema_rs.validate(schema, json.loads(body))
    assert decoder(CommandRequest).decode(body).target.id == "a1"


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        (commands.freeze("a1", "credit_risk"), "reason_not_listed"),
        (commands.freeze("a1", "other", "  "), "note_required"),
        (commands.freeze("a1", "other", "x" * 2001), "text_long"),
        (commands.freeze("a1", "other", "\udcff"), "text_unreadable"),
        (commands.freeze("a1", "account_takeover", scope="all"), "word_unknown"),
        (commands.freeze("a1", "account_takeover", expires_at=NOW), "expiry_past"),
        (commands.unfreeze("a1", [], "other", "x"), "holds_count"),
        (commands.unfreeze("a1", ["h", "h"], "other", "x"), "holds_count"),
        (commands.set_limit("a1", -1, "CNY", "credit_risk"), "value_range"),
        (commands.set_limit("a1", 1, "CNY", "credit_risk", limit="weekly"), "word_unknown"),
        (commands.claim("a1", 0), "minutes_range"),
        (commands.claim("a1", 481), "minutes_range"),
        (commands.verdict("a1", "guilty"), "word_unknown"),
        (commands.verdict("a1", "fraud", ["t", "t"]), "transactions_count"),
        (commands.note("a1", " \n"), "text_empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.type,
)
def test_what_the_core_would_refuse_is_refused_with_its_reason(wish: Wish, key: str) -> None:
    with pytest.raises(InvalidWish) as refused:
        commands.check(wish, META, NOW)
    assert refused.value.key == key


def test_a_deadline_is_longer_where_a_person_approves_and_inside_the_cores_limits() -> None:
    lower = commands.set_limit("a1", ACCOUNT.limits.credit_limit_minor - 1, "EUR", "credit_risk")
    raised = commands.set_limit("a1", ACCOUNT.limits.credit_limit_minor + 1, "EUR", "credit_risk")
    assert commands.deadline(lower, META, ACCOUNT, NOW) == NOW + 2 * MINUTE
    assert commands.deadline(raised, META, ACCOUNT, NOW) == NOW + 2 * HOUR
    assert commands.deadline(commands.close("a1", "credit_risk"), META, None, NOW) == NOW + 2 * HOUR
    strict = msgspec.structs.replace(META.limits, not_after_max_s=60, approval_max_s=600)
    hasty = msgspec.structs.replace(META, limits=strict)
    assert NOW < commands.deadline(lower, hasty, ACCOUNT, NOW) < NOW + MINUTE
    assert NOW < commands.deadline(raised, hasty, ACCOUNT, NOW) < NOW + 10 * MINUTE


def test_who_need_not_wait_is_not_given_the_hours_of_those_who_wait() -> None:
    """A core refuses a deadline that far ahead (contract, 7.1) where nobody is to approve."""
    asking = [msgspec.structs.replace(reason, requires_approval=True) for reason in META.reason_codes]
    meta = msgspec.structs.replace(META, reason_codes=asking)
    freeze = commands.freeze(ACCOUNT.id, "account_takeover")
    unlimited = msgspec.structs.replace(ACCOUNT, limits=msgspec.structs.replace(ACCOUNT.limits, daily_limit_minor=None))
    first = commands.set_limit(ACCOUNT.id, 100, ACCOUNT.limits.currency, "credit_risk", limit="daily")
    assert not commands.needs_approval(freeze, meta, ACCOUNT)
    assert commands.deadline(freeze, meta, ACCOUNT, NOW) - NOW <= META.limits.not_after_max_s * 1_000_000
    assert not commands.needs_approval(first, META, unlimited)


@given(st.integers(0, 2**47 * 1000))
def test_ids_are_lower_case_uuids_in_order_of_time(at: int) -> None:
    first, later = new_id(Instant(at)), new_id(Instant(at + 1000))
    pattern = CONTRACT["components"]["schemas"]["CommandId"]
    jsonschema_rs.validate(pattern, first)
    assert first < later
    assert (first[14], first[19] in "89ab") == ("7", True)


def test_the_effect_is_seen_on_the_account_itself() -> None:
    frozen: Account = decoder(Account).decode(
        json.dumps(json.loads((EXAMPLES / "problem.version_mismatch.json").read_text())["current"])
    )
    freeze = encode(commands.request(commands.freeze(frozen.id, "other"), NOW))
    unfreeze = encode(commands.request(commands.unfreeze(frozen.id, [ID], "other"), NOW))
    limit = encode(commands.request(commands.set_limit(frozen.id, 250000, "EUR", "credit_risk"), NOW))
    close = encode(commands.request(commands.close(frozen.id, "other"), NOW))
    assert commands.shows_effect(ID, freeze, frozen)
    assert not commands.shows_effect("another", freeze, frozen)
    assert not commands.shows_effect("x", unfreeze, frozen)
    assert commands.shows_effect("x", unfreeze, ACCOUNT)
    assert commands.shows_effect("x", limit, frozen)
    assert not commands.shows_effect("x", close, frozen)


def test_a_record_is_ours_only_when_it_says_what_we_stored() -> None:
    body = (EXAMPLES / "command.set_limit_decrease.request.json").read_bytes()
    record: Command = decoder(Command).decode((EXAMPLES / "command.set_limit_decrease.response.json").read_bytes())
    other: Command = decoder(Command).decode((EXAMPLES / "command.freeze.response.json").read_bytes())
    assert commands.is_same_request(body, 43, record)
    assert not commands.is_same_request(body, 44, record)
    assert not commands.is_same_request(body, 43, other)


@given(st.integers(-5_000_000, 5_000_000))
def test_the_fence_needs_the_cores_clock_to_be_past_the_deadline(offset: int) -> None:
    assert Absent(Instant(NOW + offset)).proves_no_effect(NOW) is (offset > 0)
    assert not Absent(None).proves_no_effect(NOW)


def client_of(answer: httpx.Response) -> CoreClient:
    return CoreClient("http://127.0.0.1:1", lambda: None, httpx.MockTransport(lambda _: answer))


async def test_a_missing_record_carries_the_clock_of_the_answer() -> None:
    fence = (EXAMPLES / "problem.not_found_fence.json").read_bytes()
    body = json.loads(fence)
    del body["server_time"]
    date = {"Date": "Fri, 20 Nov 2026 21:16:12 GMT"}
    told = await commands.outcome(client_of(httpx.Response(404, content=fence)), ID)
    dated = await commands.outcome(client_of(httpx.Response(404, json=body, headers=date)), ID)
    silent = await commands.outcome(client_of(httpx.Response(404, json=body)), ID)
    assert told == Absent(instants.parse("2026-11-20T21:16:12.000000Z"))
    assert dated == Absent(instants.parse("2026-11-20T21:16:11.000000Z"))
    assert silent == Absent(None)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": "x"}'])
async def test_a_success_that_cannot_be_read_is_unknown(body: bytes) -> None:
    answer = httpx.Response(200, content=body, headers={"Content-Type": "application/json"})
    with pytest.raises(CoreUnreachable):
        await commands.submit(client_of(answer), ID, b"{}", None)


async def test_a_record_of_another_command_is_no_answer() -> None:
    other = (EXAMPLES / "command.freeze.response.json").read_bytes()
    answer = httpx.Response(200, content=other, headers={"Content-Type": "application/json"})
    with pytest.raises(CoreUnreachable):
        await commands.submit(client_of(answer), "another-id", b"{}", None)


async def test_other_problems_of_a_read_are_told() -> None:
    with pytest.raises(CoreProblem):
        await commands.outcome(client_of(httpx.Response(403, json={})), ID)
