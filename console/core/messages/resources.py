"""The resources of the core and their parts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from console.core.instants import Instant
from console.core.messages.base import (
    Count,
    Currency,
    Id,
    Latitude,
    Longitude,
    Message,
    Money,
    Name,
    Ref,
    Version,
    Word,
)


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
