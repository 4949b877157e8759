"""The closed schemas of the ten command types: what POST /commands accepts and nothing else."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from console.core import instants
from console.core.instants import Instant
from console.core.messages import MAX_INTEGER, DecidedOn
from console.core.messages.base import Name, Note
from console.sandbox import policy
from console.sandbox.problems import Refusal, invalid

ID_PATTERN = r"^[A-Za-z0-9_.:-]{1,72}\Z"
KEY_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"
WIRE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)

StrictId = Annotated[str, Meta(pattern=ID_PATTERN)]
Amount = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
Reason = Annotated[str, Meta(min_length=1, max_length=64)]


class Closed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object that accepts no member beyond its own."""


class AccountTarget(Closed, frozen=True, kw_only=True):
    type: Literal["account"]
    id: StrictId


class ApplicationTarget(Closed, frozen=True, kw_only=True):
    type: Literal["application"]
    id: StrictId


class LimitRequestTarget(Closed, frozen=True, kw_only=True):
    type: Literal["limit_request"]
    id: StrictId


class FreezeParams(Closed, frozen=True, kw_only=True):
    scope: Literal["full", "debit_only", "credit_only", "cash_advance", "login"]
    expires_at: Instant | None = None


class UnfreezeParams(Closed, frozen=True, kw_only=True):
    hold_ids: Annotated[list[StrictId], Meta(min_length=1, max_length=50)]


class SetLimitParams(Closed, frozen=True, kw_only=True):
    limit: Literal["credit", "cash", "daily"]
    value_minor: Amount
    currency: CurrencyCode


class DecideParams(Closed, frozen=True, kw_only=True):
    decision: Literal["approve", "decline"]
    limit_minor: Amount | None = None


class ClaimParams(Closed, frozen=True, kw_only=True):
    minutes: Annotated[int, Meta(ge=1, le=480)]


class VerdictParams(Closed, frozen=True, kw_only=True):
    verdict: Literal["fraud", "legit", "inconclusive"]
    transaction_ids: Annotated[list[StrictId], Meta(max_length=100)] | None = None


class NoteParams(Closed, frozen=True, kw_only=True):
    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class NoParams(Closed, frozen=True, kw_only=True):
    pass


class _Request(Closed, frozen=True, kw_only=True, tag_field="type"):
    """What every command has. Times are wall time."""

    not_after: Instant
    note: Note | None = None
    case_ref: Name | None = None
    dry_run: bool | None = None
    decided_on: DecidedOn | None = None

    @property
    def type(self) -> str:
        return str(self.__struct_config__.tag)


class _Reasoned(_Request, frozen=True, kw_only=True):
    reason_code: Reason


class _Triage(_Request, frozen=True, kw_only=True):
    target: AccountTarget
    reason_code: Reason | None = None


class Freeze(_Reasoned, frozen=True, kw_only=True, tag="account.freeze"):
    target: AccountTarget
    params: FreezeParams


class Unfreeze(_Reasoned, frozen=True, kw_only=True, tag="account.unfreeze"):
    target: AccountTarget
    params: UnfreezeParams


class SetLimit(_Reasoned, frozen=True, kw_only=True, tag="account.set_limit"):
    target: AccountTarget
    params: SetLimitParams


class Close(_Reasoned, frozen=True, kw_only=True, tag="account.close"):
    target: AccountTarget
    params: NoParams


class DecideApplication(_Reasoned, frozen=True, kw_only=True, tag="application.decide"):
    target: ApplicationTarget
    params: DecideParams


class DecideLimitRequest(_Reasoned, frozen=True, kw_only=True, tag="limit_request.decide"):
    target: LimitRequestTarget
    params: DecideParams


class Claim(_Triage, frozen=True, kw_only=True, tag="case.claim"):
    params: ClaimParams


class Release(_Triage, frozen=True, kw_only=True, tag="case.release"):
    params: NoParams


class Verdict(_Triage, frozen=True, kw_only=True, tag="case.verdict"):
    params: VerdictParams


class AddNote(_Triage, frozen=True, kw_only=True, tag="case.note"):
    params: NoteParams


Request = (
    Freeze | Unfreeze | SetLimit | Close | DecideApplication | DecideLimitRequest | Claim | Release | Verdict | AddNote
)


class Decision(Closed, frozen=True, kw_only=True):
    """The second person's answer."""

    decision: Literal["approve", "reject"]
    note: Note | None = None


def timestamp(text: str) -> Instant:
    """The contract's only form of a time on the wire. Raises ValueError on any other."""
    if not WIRE_TIME.fullmatch(text):
        raise ValueError("a time is UTC with exactly six fractional digits")
    return instants.parse(text)


def _read(kind: type, value: Any) -> Instant:  # noqa: ANN401 - msgspec's hook signature
    if kind is Instant and isinstance(value, str):
        return timestamp(value)
    raise ValueError("a time is text")


_REQUEST = msgspec.json.Decoder(Request, dec_hook=_read)
_DECISION = msgspec.json.Decoder(Decision, dec_hook=_read)


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:  # noqa: ANN401 - as typed as its decoder
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _complaint(str(error)) from error


def _complaint(text: str) -> Refusal:
    """msgspec says `... - at `$.params.scope``; the contract wants a JSON pointer."""
    detail, _, path = text.partition(" - at `$")
    return invalid("/" + path.rstrip("`").strip(".").replace(".", "/").replace("[...]", "/0"), detail)


def read_request(body: bytes) -> Request:
    """A command request that follows the contract in every field. Raises Refusal (400)."""
    request: Request = _decoded(_REQUEST, body)
    _unique(request)
    _reason(request)
    return request


def read_decision(body: bytes) -> Decision:
    """A second person's decision. Raises Refusal (400)."""
    decision: Decision = _decoded(_DECISION, body)
    return decision


def _unique(request: Request) -> None:
    if isinstance(request, Unfreeze):
        ids, name = request.params.hold_ids, "hold_ids"
    elif isinstance(request, Verdict):
        ids, name = request.params.transaction_ids or [], "transaction_ids"
    else:
        return
    if len(set(ids)) != len(ids):
        raise invalid(f"/params/{name}", "the same id twice")


def _reason(request: Request) -> None:
    if request.reason_code is None:
        return
    reason = policy.REASONS.get(request.reason_code)
    if reason is None or request.type not in reason.commands:
        raise invalid("/reason_code", f"not a reason for {request.type}")
    if reason.requires_note and not (request.note or "").strip():
        raise invalid("/note", f"reason {reason.code} needs a note")


def canonical(body: bytes) -> str:
    """The body's JSON value in one text: two bodies are the same request exactly when these are equal."""
    return msgspec.json.encode(_plain(msgspec.json.decode(body)), order="sorted").decode()


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
