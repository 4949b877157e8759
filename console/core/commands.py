"""Commands: what an operator may wish, the checks before it is sent, sending it, and reading what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from console.core import vocabulary
from console.core.client import Answer, CoreClient
from console.core.identifiers import new_id
from console.core.instants import HOUR, MINUTE, SECOND, Instant
from console.core.messages import (
    MAX_INTEGER,
    UNREADABLE,
    Account,
    Application,
    Command,
    CommandRequest,
    CoreMeta,
    DecidedOn,
    LimitRequest,
    ReasonCode,
    Ref,
    decoder,
)
from console.core.problems import CoreProblem, CoreUnreachable

_COMMAND = decoder(Command)
_REQUEST = decoder(CommandRequest)

NOTE_LENGTH = 2000
CLAIM_MINUTES = (1, 480)
HOLD_IDS = 50
VERDICT_TRANSACTIONS = 100
"""Bounds of the contract's parameter schemas."""

DEADLINE = 2 * MINUTE
APPROVAL_DEADLINE = 2 * HOUR
"""How long the core may begin to execute a command (microseconds), when it runs at once and when a person approves."""
Expected = Literal["no", "perhaps", "yes"]
"""Whether a second person will be asked."""
NOT_FOUND = "not_found"
"""The code of the 404 that can prove that a command had no effect (contract, section 8)."""
SKEW = 2 * SECOND
"""What our idea of the core's clock may be off by: a deadline stays so far inside the core's own limit."""


class InvalidWish(ValueError):
    """A wish that the core would refuse. `key` names the reason, `values` fill the words for it."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"{key}: {values}" if values else key)
        self.key = key
        self.values = values


@dataclass(frozen=True)
class Wish:
    """What an operator decided, before it gets its id and deadline. Values are absolute.

    `target` is what it is about where that is not the account itself.
    """

    type: str
    account_id: str
    params: dict[str, Any] = field(default_factory=dict)
    reason_code: str | None = None
    note: str | None = None
    target: Ref | None = None


def freeze(
    account_id: str,
    reason_code: str,
    note: str | None = None,
    *,
    scope: str = "full",
    expires_at: Instant | None = None,
) -> Wish:
    """Add a hold; without `expires_at` it stays until it is released."""
    params: dict[str, Any] = {"scope": scope} | ({"expires_at": expires_at} if expires_at else {})
    return Wish("account.freeze", account_id, params, reason_code, note)


def unfreeze(account_id: str, hold_ids: Sequence[str], reason_code: str, note: str | None = None) -> Wish:
    """Release the named holds and only those."""
    return Wish("account.unfreeze", account_id, {"hold_ids": list(hold_ids)}, reason_code, note)


def set_limit(
    account_id: str,
    value_minor: int,
    currency: str,
    reason_code: str,
    note: str | None = None,
    *,
    limit: str = "credit",
) -> Wish:
    """Set one limit (credit, cash, daily) to a value in minor units."""
    params = {"limit": limit, "value_minor": value_minor, "currency": currency}
    return Wish("account.set_limit", account_id, params, reason_code, note)


def close(account_id: str, reason_code: str, note: str | None = None) -> Wish:
    """Close the account; with a balance it is closing until that is repaid."""
    return Wish("account.close", account_id, {}, reason_code, note)


def decide_paper(
    paper: Application | LimitRequest, decision: str, limit_minor: int | None, reason_code: str, note: str | None = None
) -> Wish:
    """Approve (with a limit in minor units, by default the requested one) or decline an application or limit request.

    An application that has no account yet stands for it.
    """
    type_ = "application" if isinstance(paper, Application) else "limit_request"
    params = {"decision": decision} | ({} if limit_minor is None else {"limit_minor": limit_minor})
    target = Ref(type=type_, id=paper.id)
    return Wish(f"{type_}.decide", paper.account_id or paper.id, params, reason_code, note, target)


def claim(account_id: str, minutes: int) -> Wish:
    """Take the account's case, or keep it, for 1 to 480 minutes."""
    return Wish("case.claim", account_id, {"minutes": minutes})


def release(account_id: str) -> Wish:
    """Give the case back."""
    return Wish("case.release", account_id)


def verdict(
    account_id: str,
    verdict: str,
    transaction_ids: Sequence[str] = (),
    reason_code: str | None = None,
    note: str | None = None,
) -> Wish:
    """Judge the case: fraud, legit or inconclusive, on the listed transactions or on the account."""
    params = {"verdict": verdict} | ({"transaction_ids": list(transaction_ids)} if transaction_ids else {})
    return Wish("case.verdict", account_id, params, reason_code, note)


def note(account_id: str, text: str) -> Wish:
    """Add a note to the case."""
    return Wish("case.note", account_id, {"text": text})


# ---------------------------------------------------------------- checks


def reasons_for(type_: str, meta: CoreMeta) -> list[ReasonCode]:
    """The reason codes that the core lists for a type of command."""
    return [reason for reason in meta.reason_codes if type_ in reason.commands]


def check(wish: Wish, meta: CoreMeta, now: Instant) -> None:
    """Raise InvalidWish for what the core would refuse as it stands. `now` is the core's clock."""
    check_text("note", wish.note or "")
    if not wish.type.startswith("case.") or wish.reason_code is not None:
        _check_reason(wish, meta)
    _check_params(wish.type, wish.params, now)


def _check_reason(wish: Wish, meta: CoreMeta) -> None:
    listed = {reason.code: reason for reason in reasons_for(wish.type, meta)}
    if wish.reason_code not in listed:
        raise InvalidWish("reason_not_listed", reason=wish.reason_code or "", listed=", ".join(listed))
    if listed[wish.reason_code].requires_note and not (wish.note or "").strip():
        raise InvalidWish("note_required", reason=wish.reason_code)


def _check_params(type_: str, params: dict[str, Any], now: Instant) -> None:
    match type_, params:
        case "account.freeze", {"scope": scope}:
            _check_word("scope", scope, vocabulary.HOLD_SCOPES)
            if "expires_at" in params and params["expires_at"] <= now:
                raise InvalidWish("expiry_past")
        case "account.unfreeze", {"hold_ids": holds}:
            if not 1 <= len(holds) <= HOLD_IDS or len(set(holds)) != len(holds):
                raise InvalidWish("holds_count", most=HOLD_IDS)
        case "account.set_limit", {"limit": limit, "value_minor": value}:
            _check_word("limit", limit, ("credit", "cash", "daily"))
            if not 0 <= value <= MAX_INTEGER:
                raise InvalidWish("value_range")
        case "application.decide" | "limit_request.decide", {"decision": word}:
            _check_word("decision", word, ("approve", "decline"))
            if not 0 <= params.get("limit_minor", 0) <= MAX_INTEGER:
                raise InvalidWish("value_range")
        case "case.claim", {"minutes": minutes}:
            if not CLAIM_MINUTES[0] <= minutes <= CLAIM_MINUTES[1]:
                raise InvalidWish("minutes_range", least=CLAIM_MINUTES[0], most=CLAIM_MINUTES[1])
        case "case.verdict", {"verdict": word}:
            _check_word("verdict", word, ("fraud", "legit", "inconclusive"))
            judged = params.get("transaction_ids", [])
            if len(judged) > VERDICT_TRANSACTIONS or len(set(judged)) != len(judged):
                raise InvalidWish("transactions_count", most=VERDICT_TRANSACTIONS)
        case "case.note", {"text": text}:
            if not text.strip():
                raise InvalidWish("text_empty")
            check_text("text", text)


def _check_word(name: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise InvalidWish("word_unknown", name=name, word=word, known=", ".join(known))


def check_text(name: str, text: str) -> None:
    if len(text) > NOTE_LENGTH:
        raise InvalidWish("text_long", name=name, most=NOTE_LENGTH)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InvalidWish("text_unreadable", name=name)


def needs_approval(wish: Wish, meta: CoreMeta, account: Account | None) -> bool:
    """Whether a second person will be asked (contract, 7.5), the bulk rule apart. `account` as the operator saw it.

    A freeze waits for nothing but the bulk rule, whatever its reason. No limit at all counts as the highest.
    """
    if wish.type == "account.freeze":
        return False
    reason = next((reason for reason in meta.reason_codes if reason.code == wish.reason_code), None)
    if wish.type == "account.close" or (reason is not None and reason.requires_approval):
        return True
    if account is None:
        return False
    if wish.type == "account.set_limit":
        present = limit_of(account, wish.params["limit"])
        return present is not None and int(wish.params["value_minor"]) > present
    if wish.type == "limit_request.decide" and wish.params["decision"] == "approve":
        return int(wish.params.get("limit_minor", MAX_INTEGER)) > account.limits.credit_limit_minor
    if wish.type == "account.unfreeze" and "supervisor" not in meta.you.roles:
        released = set(wish.params["hold_ids"])
        return any(hold.hold_id in released and hold.releasable_by == "supervisor" for hold in account.holds)
    return False


def deadline(
    wish: Wish, meta: CoreMeta, account: Account | None, now: Instant, *, second_person: Expected = "no"
) -> Instant:
    """The `not_after` of a wish decided now, by the core's clock, inside the core's limits.

    `second_person`: whether the bulk rule asks for one. Where that is not known, it is the longest time that the core
    takes either way: a longer one would be refused if nobody is asked, a short one leaves nobody the time to answer.
    """
    if second_person == "yes" or needs_approval(wish, meta, account):
        return Instant(now + min(APPROVAL_DEADLINE, meta.limits.approval_max_s * SECOND - SKEW))
    wished = DEADLINE if second_person == "no" else APPROVAL_DEADLINE
    return Instant(now + min(wished, meta.limits.not_after_max_s * SECOND - SKEW))


def request(wish: Wish, not_after: Instant, decided_on: DecidedOn | None = None) -> CommandRequest:
    """The message that travels."""
    return CommandRequest(
        type=wish.type,
        target=wish.target or Ref(type="account", id=wish.account_id),
        params=wish.params,
        not_after=not_after,
        reason_code=wish.reason_code,
        note=wish.note or None,
        decided_on=decided_on,
    )


# ---------------------------------------------------------------- sending and reading


class NotRehearsed(Exception):
    """The core answered a dry run as if it had carried it out: its word on previews can't be relied on."""


@dataclass(frozen=True)
class Absent:
    """The core does not know the command. `core_clock` is an instant its own clock had reached, None when unsaid.

    It is unsaid, too, when the 404 is not the core's own problem: a page of something on the way proves nothing.
    """

    core_clock: Instant | None

    def proves_no_effect(self, not_after: int) -> bool:
        """The fence (contract, 7.2): past `not_after` by the core's clock, it had no effect and never will."""
        return self.core_clock is not None and self.core_clock > not_after


async def submit(client: CoreClient, command_id: str, body: bytes, if_match: int | None) -> tuple[int, Command]:
    """POST /commands, one attempt with the stored bytes: the HTTP status and what the core recorded.

    Raises CoreProblem for a refusal, CoreUnreachable when it is unknown whether the command was recorded.
    """
    headers = {"Idempotency-Key": command_id} | ({"If-Match": f'"{if_match}"'} if if_match is not None else {})
    answer = await client.send("/commands", body, headers)
    return answer.status, recorded(answer, command_id)


async def rehearse(client: CoreClient, body: bytes, if_match: int | None, now: Instant) -> Command:
    """What the core says a command would do: POST /commands with `dry_run`, which records nothing.

    Raises ValueError for a body that is no dry run, CoreProblem and CoreUnreachable as `submit` does, NotRehearsed.
    """
    try:
        request: CommandRequest = _REQUEST.decode(body)
    except UNREADABLE as error:
        raise ValueError(f"the body of a dry run can't be read: {error}") from error
    if not request.dry_run:
        raise ValueError("only a dry run may be rehearsed")
    _, command = await submit(client, new_id(now), body, if_match)
    if not command.dry_run:
        raise NotRehearsed(f"the core does not say that {command.id} was a dry run")
    return command


async def outcome(client: CoreClient, command_id: str, wait_s: int = 0) -> Command | Absent:
    """GET /commands/{id}: the core's record of it, or that it has none.

    Raises CoreProblem for any problem but 404, CoreUnreachable without a readable answer.
    """
    try:
        params: dict[str, str | int] = {"wait_s": wait_s} if wait_s else {}
        return recorded(await client.read(f"/commands/{command_id}", params, wait_s=wait_s), command_id)
    except CoreProblem as problem:
        if problem.status != 404:
            raise
        return Absent(problem.core_clock if problem.problem.code == NOT_FOUND else None)


def recorded(answer: Answer, command_id: str) -> Command:
    try:
        command: Command = _COMMAND.decode(answer.body)
    except UNREADABLE as error:
        raise CoreUnreachable(f"the answer to command {command_id} can't be read: {error}") from error
    if command.id != command_id or answer.status not in (200, 202):
        raise CoreUnreachable(f"the answer to command {command_id} is about something else")
    return command


def is_same_request(body: bytes, if_match: int | None, command: Command) -> bool:
    """Whether the core's record is of the request that we stored, and not of another one under our id."""
    ours: CommandRequest = _REQUEST.decode(body)
    asked = {name: value for name, value in ours.params.items() if value is not None}
    return (
        (ours.type, ours.target, ours.not_after) == (command.type, command.target, command.not_after)
        and all(command.params.get(name) == value for name, value in asked.items())
        and (if_match is None or command.if_match == if_match)
    )


def shows_answer(body: bytes, paper: Application | LimitRequest) -> bool:
    """Whether an application or a limit request has been decided as the command wants it."""
    wanted: CommandRequest = _REQUEST.decode(body)
    approved = ("approved", "booked", "applied")
    return paper.status in (approved if wanted.params["decision"] == "approve" else ("declined",))


def limit_of(account: Account, limit: str) -> int | None:
    """One of an account's limits (credit, cash, daily) in minor units, None when it has none."""
    limits = account.limits
    return {
        "credit": limits.credit_limit_minor,
        "cash": limits.cash_limit_minor,
        "daily": limits.daily_limit_minor,
    }.get(limit)


def shows_effect(command_id: str, body: bytes, account: Account) -> bool:
    """Whether an account is as the command wants it: for a freeze, it has a hold whose id is the command's."""
    wanted: CommandRequest = _REQUEST.decode(body)
    holds = {hold.hold_id for hold in account.holds}
    match wanted.type:
        case "account.freeze":
            return command_id in holds
        case "account.unfreeze":
            return not holds & set(wanted.params["hold_ids"])
        case "account.set_limit":
            return limit_of(account, wanted.params["limit"]) == int(wanted.params["value_minor"])
        case "account.close":
            return account.status in ("closing", "closed")
    return False
