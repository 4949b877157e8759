"""The contract's messages as types.

Unknown fields are ignored and unknown enum values pass as text, so every enum of the contract is a `str` here; the
values this version knows stand in `console.core.vocabulary`. Numbers are bounded as the contract bounds them, and a
timestamp is parsed once, into an `Instant`. Absent and null mean the same.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from console.core import instants
from console.core.instants import Instant

MAX_INTEGER = 2**53 - 1

Id = Annotated[str, Meta(min_length=1, max_length=72)]
Version = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
Seq = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
ChangeSeq = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
Money = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Word = Annotated[str, Meta(max_length=64)]
Name = Annotated[str, Meta(max_length=128)]
Note = Annotated[str, Meta(max_length=2000)]
Currency = Annotated[str, Meta(min_length=3, max_length=3)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]

NOTHING = Raw()
"""An absent resource: undecoded JSON of no length. A null one reads `null`; `present` tells either from a real one."""


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of everything that travels. Immutable; defaults (absent fields) are left out on the wire."""


class Ref(Message, frozen=True):
    type: Word
    id: Id


# ---------------------------------------------------------------- parts of resources


class Limits(Message, frozen=True):
    """`balance_minor` is what the customer owes; `pending_minor` is authorised and not yet posted."""

    currency: Currency
    credit_limit_minor: Money
    available_minor: Money
    balance_minor: Money
    pending_minor: Money
    cash_limit_minor: Money | None = None
    daily_limit_minor: Money | None = None


class Hold(Message, frozen=True):
    hold_id: Id
    scope: Word
    reason_code: Word
    source: Word
    placed_at: Instant
    placed_by: Name
    releasable_by: Word
    expires_at: Instant | None = None
    case_ref: Name | None = None


class Location(Message, frozen=True):
    lat: Latitude | None = None
    lon: Longitude | None = None
    accuracy_km: Annotated[float, Meta(ge=0)] | None = None
    city: Name | None = None
    country: Annotated[str, Meta(max_length=2)] | None = None


class Tokens(Message, frozen=True):
    """Keyed HMACs of personal data: equal token means equal value."""

    email: Name | None = None
    phone: Name | None = None
    address: Name | None = None
    national_id: Name | None = None


class Bureau(Message, frozen=True):
    as_of: Instant
    score: int | None = None
    open_lines: Count | None = None
    delinquencies_24m: Count | None = None
    inquiries_6m: Count | None = None


class Income(Message, frozen=True):
    monthly_minor: Money
    currency: Currency
    as_of: Instant
    verified: bool | None = None
    source: Word | None = None


class Employment(Message, frozen=True):
    status: Word | None = None
    months: Count | None = None


class Social(Message, frozen=True):
    trust_score: Annotated[int, Meta(ge=0, le=1000)] | None = None
    verified_contacts: Count | None = None
    tenure_months: Count | None = None


class Merchant(Message, frozen=True):
    id: Id
    name: Annotated[str, Meta(max_length=256)] | None = None
    mcc: Annotated[str, Meta(max_length=4)] | None = None
    country: Annotated[str, Meta(max_length=2)] | None = None
    city: Name | None = None


class Check(Message, frozen=True):
    name: Word
    outcome: Word
    detail: Annotated[str, Meta(max_length=256)] | None = None


class Facts(Message, frozen=True):
    """What an applicant claims: submitted and unverified."""

    monthly_income_minor: Money | None = None
    employer: Name | None = None
    purpose: Name | None = None
    employment: Employment | None = None


# ---------------------------------------------------------------- resources


class Account(Message, frozen=True):
    id: Id
    version: Version
    customer_id: Id
    status: Word
    credit_state: Word
    limits: Limits
    holds: list[Hold]
    opened_at: Instant
    updated_at: Instant
    external_ref: Name | None = None
    product: Word | None = None
    status_reason: Word | None = None
    status_changed_at: Instant | None = None
    days_past_due: Count | None = None
    closed_at: Instant | None = None
    allowed_commands: list[Word] | None = None


class Customer(Message, frozen=True):
    id: Id
    version: Version
    registered_at: Instant
    updated_at: Instant
    segment: Word | None = None
    home: Location | None = None
    name_masked: Name | None = None
    phone_masked: Word | None = None
    tokens: Tokens | None = None
    bureau: Bureau | None = None
    income: Income | None = None
    employment: Employment | None = None
    social: Social | None = None


class Transaction(Message, frozen=True):
    """A positive amount increases what the customer owes; a negative one reduces it."""

    id: Id
    version: Version
    account_id: Id
    kind: Word
    status: Word
    amount_minor: Money
    currency: Currency
    occurred_at: Instant
    recorded_at: Instant
    merchant: Merchant | None = None
    counterparty: Ref | None = None
    merchant_amount_minor: Money | None = None
    merchant_currency: Currency | None = None
    channel: Word | None = None
    device_id: Id | None = None
    ip: Word | None = None
    location: Location | None = None
    decline_code: Word | None = None
    network_risk_score: Annotated[int, Meta(ge=0, le=999)] | None = None
    parent_id: Id | None = None
    posted_at: Instant | None = None


class Login(Message, frozen=True):
    id: Id
    version: Version
    customer_id: Id
    outcome: Word
    occurred_at: Instant
    recorded_at: Instant
    account_id: Id | None = None
    method: Word | None = None
    ip: Word | None = None
    ip_country: Annotated[str, Meta(max_length=2)] | None = None
    asn: Count | None = None
    device_id: Id | None = None
    location: Location | None = None


class Application(Message, frozen=True):
    id: Id
    version: Version
    kind: Word
    customer_id: Id
    status: Word
    currency: Currency
    checks: list[Check]
    submitted_at: Instant
    updated_at: Instant
    account_id: Id | None = None
    product: Word | None = None
    requested_limit_minor: Money | None = None
    approved_limit_minor: Money | None = None
    score: int | None = None
    facts: Facts | None = None
    tokens: Tokens | None = None
    channel: Word | None = None
    device_id: Id | None = None
    ip: Word | None = None
    location: Location | None = None
    decided_at: Instant | None = None
    decision_reason: Word | None = None


class LimitRequest(Message, frozen=True):
    """A wish to change the credit limit; its direction is requested against current."""

    id: Id
    version: Version
    account_id: Id
    status: Word
    requested_by: Word
    current_limit_minor: Money
    requested_limit_minor: Money
    currency: Currency
    requested_at: Instant
    reason_code: Word | None = None
    decided_at: Instant | None = None


class Device(Message, frozen=True):
    id: Id
    version: Version
    kind: Word
    first_seen_at: Instant
    last_seen_at: Instant
    os: Word | None = None
    fingerprint_token: Name | None = None
    trust: Word | None = None


class Link(Message, frozen=True, rename={"from_": "from"}):
    id: Id
    version: Version
    from_: Ref
    to: Ref
    kind: Word
    first_seen_at: Instant
    last_seen_at: Instant
    strength: Annotated[float, Meta(ge=0, le=1)] | None = None


class Label(Message, frozen=True):
    """Ground truth. `occurred_at` is the business time of what is judged, `recorded_at` when the core learned it."""

    id: Id
    version: Version
    target: Ref
    verdict: Word
    kind: Word
    occurred_at: Instant
    recorded_at: Instant
    account_id: Id | None = None


class Indicator(Message, frozen=True):
    id: Id
    version: Version
    value: float
    unit: Word
    scope: Word
    as_of: Instant
    recorded_at: Instant


class Case(Message, frozen=True):
    id: Id
    version: Version
    account_id: Id
    status: Word
    note_count: Count
    updated_at: Instant
    claimed_by: Name | None = None
    claim_expires_at: Instant | None = None
    verdict: Word | None = None
    verdict_by: Name | None = None
    verdict_at: Instant | None = None


# ---------------------------------------------------------------- problems and commands


class FieldError(Message, frozen=True):
    pointer: Annotated[str, Meta(max_length=256)]
    detail: Annotated[str, Meta(max_length=512)]


class Problem(Message, frozen=True):
    """An error of the core (application/problem+json). `effect` says whether this request may have changed anything."""

    type: str
    title: Annotated[str, Meta(max_length=256)]
    status: Annotated[int, Meta(ge=400, le=599)]
    code: Word
    effect: Word
    retryable: bool
    detail: Annotated[str, Meta(max_length=1024)] | None = None
    instance: Annotated[str, Meta(max_length=256)] | None = None
    request_id: Name | None = None
    server_time: Instant | None = None
    errors: list[FieldError] | None = None
    current: Raw = NOTHING
    earliest_cursor: Annotated[str, Meta(max_length=256)] | None = None


class Approval(Message, frozen=True):
    required: bool
    policy: Word | None = None
    expires_at: Instant | None = None
    decision: Word | None = None
    decided_by: Name | None = None
    decided_at: Instant | None = None
    note: Note | None = None


class Command(Message, frozen=True):
    id: Id
    version: Version
    type: Word
    target: Ref
    params: dict[str, Any]
    status: Word
    created_at: Instant
    created_by: Name
    not_after: Instant
    reason_code: Word | None = None
    effect: Word | None = None
    note: Note | None = None
    case_ref: Name | None = None
    if_match: Version | None = None
    approval: Approval | None = None
    resulting_version: Version | None = None
    effect_seq: Seq | None = None
    completed_at: Instant | None = None
    problem: Problem | None = None
    dry_run: bool | None = None
    preview: Raw = NOTHING


class DecidedOn(Message, frozen=True):
    """What the operator had on screen when deciding; kept by the core for audit."""

    model: Name | None = None
    score: float | None = None
    rule_ids: list[Word] | None = None
    seen_seq: Seq | None = None


class CommandRequest(Message, frozen=True):
    """The body of POST /commands. `params` follows the closed schema of `type`."""

    type: Word
    target: Ref
    params: dict[str, Any]
    not_after: Instant
    reason_code: Word | None = None
    note: Note | None = None
    case_ref: Name | None = None
    dry_run: bool | None = None
    decided_on: DecidedOn | None = None


class Decision(Message, frozen=True):
    decision: Word
    note: Note | None = None


# ---------------------------------------------------------------- the feed, snapshots, digests


class Correction(Message, frozen=True):
    reason: Word
    of_version: Version


class Cause(Message, frozen=True):
    kind: Word
    command_id: Id | None = None
    actor: Name | None = None


class Change(Message, frozen=True):
    """One entry of the feed. `data` stays undecoded: a bad resource spoils its own change, not the page.

    The times stay text: the resource carries its own, and `instants.parse` reads these where they are wanted.
    """

    seq: ChangeSeq
    type: Word
    op: Word
    id: Id
    version: Version
    occurred_at: Word
    recorded_at: Word
    data: Raw = NOTHING
    correction: Correction | None = None
    caused_by: Cause | None = None


class ChangePage(Message, frozen=True):
    epoch: Word
    from_seq: Seq
    scanned_to_seq: Seq
    head_seq: Seq
    watermark: Instant
    has_more: bool
    next_cursor: Annotated[str, Meta(max_length=256)]
    changes: list[Raw]


class SnapshotPage(Message, frozen=True):
    epoch: Word
    type: Word
    items: list[Raw]
    tail_cursor: Annotated[str, Meta(max_length=256)]
    tail_seq: Seq
    has_more: bool
    next: Annotated[str, Meta(max_length=512)] | None = None


class DigestBucket(Message, frozen=True):
    bucket: Annotated[int, Meta(ge=0, le=16383)]
    count: Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
    sum: Annotated[str, Meta(min_length=16, max_length=16)]


class Digest(Message, frozen=True):
    epoch: Word
    type: Word
    at_seq: Seq
    algorithm: Word
    bucket_count: Annotated[int, Meta(ge=1, le=16384)]
    buckets: list[DigestBucket]


class TransactionPage(Message, frozen=True):
    items: list[Transaction]
    has_more: bool
    next: Annotated[str, Meta(max_length=512)] | None = None


class LoginPage(Message, frozen=True):
    items: list[Login]
    has_more: bool
    next: Annotated[str, Meta(max_length=512)] | None = None


# ---------------------------------------------------------------- meta


class FeedBounds(Message, frozen=True):
    epoch: Word
    earliest_cursor: Annotated[str, Meta(max_length=256)]
    head_seq: Seq
    watermark: Instant


class ReasonCode(Message, frozen=True):
    code: Word
    title: Name
    commands: list[Word]
    requires_note: bool | None = None
    requires_approval: bool | None = None
    adverse_action: bool | None = None


class CurrencyInfo(Message, frozen=True):
    code: Currency
    exponent: Annotated[int, Meta(ge=0, le=4)]


class CoreLimits(Message, frozen=True):
    max_page: Count
    max_wait_s: Count
    not_after_max_s: Count
    approval_max_s: Count
    bulk_accounts: Count
    bulk_window_s: Count


class Retention(Message, frozen=True):
    feed_s: Count
    idempotency_s: Count


class LabelPolicy(Message, frozen=True):
    """A transaction older than `maturity_s` (seconds) without a label may be taken as legit when training."""

    maturity_s: Count


class You(Message, frozen=True):
    subject: Name
    roles: list[Word]
    scopes: list[Word]


class CoreMeta(Message, frozen=True):
    """GET /meta."""

    api_version: Annotated[str, Meta(max_length=16)]
    institution: Name
    server_time: Instant
    feed: FeedBounds
    capabilities: list[Word]
    types: list[Word]
    reason_codes: list[ReasonCode]
    currencies: list[CurrencyInfo]
    limits: CoreLimits
    retention: Retention
    you: You
    labels: LabelPolicy | None = None


RESOURCES: dict[str, type[Message]] = {
    "account": Account,
    "customer": Customer,
    "transaction": Transaction,
    "login": Login,
    "application": Application,
    "limit_request": LimitRequest,
    "device": Device,
    "link": Link,
    "label": Label,
    "indicator": Indicator,
    "case": Case,
    "command": Command,
}
"""The type of each resource the contract knows, by its name in the feed."""


def _read_instant(kind: type, value: Any) -> Instant:  # noqa: ANN401 - msgspec's hook signature
    if type(value) is not str:
        raise ValueError(f"expected a timestamp, got {type(value).__name__}")
    return instants.parse(value)


def _write_instant(value: Any) -> str:  # noqa: ANN401 - msgspec's hook signature
    if isinstance(value, Instant):
        return instants.wire(value)
    raise TypeError(f"{type(value).__name__} does not travel")


def decoder(kind: type) -> msgspec.json.Decoder[Any]:
    """A reusable JSON decoder of a message type. Its `decode` raises msgspec.MsgspecError on anything else."""
    return msgspec.json.Decoder(kind, dec_hook=_read_instant)


ENCODER = msgspec.json.Encoder(enc_hook=_write_instant)


def present(raw: Raw) -> bool:
    """Whether an undecoded resource is there, neither absent nor null."""
    return len(memoryview(raw)) > 0 and bytes(raw) != b"null"


def encode(message: Message) -> bytes:
    """The message as UTF-8 JSON, in the contract's forms."""
    return ENCODER.encode(message)
