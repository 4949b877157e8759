"""What each command does: given the present state, the resources that follow or the refusal. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from msgspec.structs import replace

from console.core.instants import Instant
from console.core.messages import (
    Account,
    Application,
    Case,
    Hold,
    Label,
    LimitRequest,
    Limits,
    Message,
    Ref,
    Transaction,
)
from console.sandbox import requests as wanted
from console.sandbox.bank import accounts, cases
from console.sandbox.bank.register import Register
from console.sandbox.people import Person
from console.sandbox.problems import Refusal, invalid

RELEASABLE = ("operator", "supervisor")
"""Holds that a command can release; the others are the core's own."""
DECIDABLE = ("submitted", "in_review")


@dataclass(frozen=True, slots=True)
class Act:
    """One command about to take effect. `now` is wall time, `at` the stream time of its record."""

    command_id: str
    request: wanted.Request
    person: Person
    now: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class Outcome:
    """`changes` are published in order; `subject` is the resource whose version the command reports."""

    subject: Message
    changes: tuple[tuple[str, Message], ...] = ()

    @property
    def effect(self) -> str:
        return "applied" if self.changes else "already_in_state"


def of(act: Act, target: Message, register: Register) -> Outcome:
    """The command's outcome on its target as it stands. Raises Refusal (400, 403, 409)."""
    return _EFFECTS[type(act.request)](act, target, register)


def _freeze(act: Act, account: Account, register: Register) -> Outcome:
    request = cast(wanted.Freeze, act.request)
    if account.status == "closed":
        raise _illegal(account)
    if request.params.expires_at is not None and request.params.expires_at <= act.now:
        raise invalid("/params/expires_at", "lies in the past")
    hold = Hold(
        hold_id=act.command_id,
        scope=request.params.scope,
        reason_code=request.reason_code,
        source="operator",
        placed_at=act.now,
        placed_by=act.person.subject,
        releasable_by=act.person.role,
        expires_at=request.params.expires_at,
        case_ref=request.case_ref,
    )
    return _changed("account", accounts.with_holds(account, [*account.holds, hold], act.at, request.reason_code))


def _unfreeze(act: Act, account: Account, register: Register) -> Outcome:
    request = cast(wanted.Unfreeze, act.request)
    if account.status == "closed":
        raise _illegal(account)
    named = [hold for hold in account.holds if hold.hold_id in request.params.hold_ids]
    if any(hold.releasable_by not in RELEASABLE for hold in named):
        raise Refusal("forbidden", "a hold belongs to compliance or to the core itself", current=account)
    if not named:
        return Outcome(account)
    left = [hold for hold in account.holds if hold not in named]
    return _changed("account", accounts.with_holds(account, left, act.at, request.reason_code))


def _set_limit(act: Act, account: Account, register: Register) -> Outcome:
    params = cast(wanted.SetLimit, act.request).params
    if params.currency != account.limits.currency:
        raise invalid("/params/currency", f"the account is kept in {account.limits.currency}")
    _limits_may_change(account)
    if accounts.present_limit(account, params.limit) == params.value_minor:
        return Outcome(account)
    return _changed("account", accounts.with_limit(account, params.limit, params.value_minor))


def _close(act: Act, account: Account, register: Register) -> Outcome:
    if account.status in ("closing", "closed"):
        return Outcome(account)
    return _changed("account", accounts.closed(account, act.at, act.request.reason_code))


def _decide_application(act: Act, application: Application, register: Register) -> Outcome:
    request = cast(wanted.DecideApplication, act.request)
    if application.status not in DECIDABLE:
        raise _illegal(application)
    decided = replace(application, decided_at=act.at, decision_reason=request.reason_code)
    if request.params.decision == "decline":
        return _changed("application", replace(decided, status="declined"))
    limit = request.params.limit_minor
    limit = application.requested_limit_minor if limit is None else limit
    if limit is None:
        raise invalid("/params/limit_minor", "the application asks for no limit, so one must be given")
    account = _booked(application, limit, act, register)
    booked = replace(decided, status="booked", approved_limit_minor=limit, account_id=account.id)
    return Outcome(booked, (("account", account), ("application", booked)))


def _booked(application: Application, limit: int, act: Act, register: Register) -> Account:
    """The account an approved application leads to: the pending one it names, else a new one."""
    pending = register.find_account(application.account_id) if application.account_id else None
    if pending is not None and pending.status != "pending":
        raise _illegal(application)
    account = pending or Account(
        id=application.account_id or f"acc.{application.id}"[:72],
        version=1,
        customer_id=application.customer_id,
        product=application.product,
        status="pending",
        credit_state="current",
        limits=Limits(
            currency=application.currency, credit_limit_minor=0, available_minor=0, balance_minor=0, pending_minor=0
        ),
        holds=[],
        opened_at=act.at,
        updated_at=act.at,
    )
    active = replace(account, status="active", status_reason=act.request.reason_code, status_changed_at=act.at)
    return accounts.with_holds(accounts.with_limit(active, "credit", limit), account.holds, act.at, None)


def _decide_limit_request(act: Act, asked: LimitRequest, register: Register) -> Outcome:
    request = cast(wanted.DecideLimitRequest, act.request)
    if asked.status != "pending":
        raise _illegal(asked)
    if request.params.decision == "decline":
        declined = replace(asked, status="declined", decided_at=act.at, reason_code=request.reason_code)
        return _changed("limit_request", declined)
    account = register.account(asked.account_id)
    _limits_may_change(account)
    limit = granted_limit(request, asked)
    present = account.limits.credit_limit_minor
    if not min(present, asked.requested_limit_minor) <= limit <= max(present, asked.requested_limit_minor):
        raise invalid("/params/limit_minor", "must lie between the present and the requested limit")
    applied = replace(asked, status="applied", decided_at=act.at, reason_code=request.reason_code)
    if limit == present:
        return _changed("limit_request", applied)
    return Outcome(applied, (("account", accounts.with_limit(account, "credit", limit)), ("limit_request", applied)))


def granted_limit(request: wanted.DecideLimitRequest, asked: LimitRequest) -> int:
    """The credit limit an approval leads to, minor units."""
    given = request.params.limit_minor
    return asked.requested_limit_minor if given is None else given


def _claim(act: Act, account: Account, register: Register) -> Outcome:
    minutes = cast(wanted.Claim, act.request).params.minutes
    return _changed("case", cases.claim(case_of(account, register, act.at), act.person, minutes, act.now))


def _release(act: Act, account: Account, register: Register) -> Outcome:
    case = case_of(account, register, act.at)
    released = cases.release(case, act.person, act.now)
    return Outcome(case) if released is case else _changed("case", released)


def _verdict(act: Act, account: Account, register: Register) -> Outcome:
    params = cast(wanted.Verdict, act.request).params
    case = cases.judged(case_of(account, register, act.at), act.person, params.verdict, act.now, act.at)
    judged = _judged(account, params, register, act.at)
    labels = (
        [] if params.verdict == "inconclusive" else [_label(ref, when, account, params, act) for ref, when in judged]
    )
    return Outcome(case, (*(("label", label) for label in labels), ("case", case)))


def _judged(
    account: Account, params: wanted.VerdictParams, register: Register, at: Instant
) -> list[tuple[Ref, Instant]]:
    """What the verdict is about, with its business time: the listed transactions, else the account itself."""
    found = []
    for number, id_ in enumerate(params.transaction_ids or []):
        transaction = cast(Transaction | None, register.find("transaction", id_))
        if transaction is None or transaction.account_id != account.id:
            raise invalid(f"/params/transaction_ids/{number}", "no transaction of this account")
        found.append((Ref(type="transaction", id=id_), transaction.occurred_at))
    return found or [(Ref(type="account", id=account.id), at)]


def _label(ref: Ref, when: Instant, account: Account, params: wanted.VerdictParams, act: Act) -> Label:
    return Label(
        id=cases.label_id(ref.type, ref.id),
        version=1,
        target=ref,
        account_id=account.id,
        verdict=params.verdict,
        kind="operator",
        occurred_at=when,
        recorded_at=act.at,
    )


def _note(act: Act, account: Account, register: Register) -> Outcome:
    return _changed("case", cases.noted(case_of(account, register, act.at)))


def case_of(account: Account, register: Register, at: Instant) -> Case:
    """The account's case, opened when nobody has touched it yet."""
    return cast(Case | None, register.find("case", cases.case_id(account.id))) or cases.opened(account.id, at)


def _changed(kind: str, resource: Message) -> Outcome:
    return Outcome(resource, ((kind, resource),))


def _limits_may_change(account: Account) -> None:
    if account.status not in ("active", "frozen"):
        raise _illegal(account)


def _illegal(current: Any) -> Refusal:  # noqa: ANN401 - any resource with a status
    return Refusal("illegal_transition", f"the {type(current).__name__.lower()} is {current.status}", current=current)


_EFFECTS: dict[type[wanted.Request], Callable[[Act, Any, Register], Outcome]] = {
    wanted.Freeze: _freeze,
    wanted.Unfreeze: _unfreeze,
    wanted.SetLimit: _set_limit,
    wanted.Close: _close,
    wanted.DecideApplication: _decide_application,
    wanted.DecideLimitRequest: _decide_limit_request,
    wanted.Claim: _claim,
    wanted.Release: _release,
    wanted.Verdict: _verdict,
    wanted.AddNote: _note,
}
