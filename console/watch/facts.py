"""The engine's facts, one builder per kind: rows of `console.risk.columns.FACTS` in its order of fields."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from console.core.messages import (
    Account,
    Application,
    Customer,
    Device,
    Label,
    LimitRequest,
    Link,
    Location,
    Login,
    Tokens,
    Transaction,
)
from console.risk.columns import (
    ACCOUNT_STATUSES,
    APPLICATION_STATUSES,
    CHANNELS,
    DEVICE_TRUSTS,
    FACTS,
    LABEL_KINDS,
    LINK_KINDS,
    LOGIN_METHODS,
    LOGIN_OUTCOMES,
    NO_DELINQUENCIES,
    REQUEST_STATUSES,
    TOKEN_KINDS,
    TXN_KINDS,
    TXN_STATUSES,
    Fact,
    Judgement,
    blank,
    country_code,
)
from console.watch.declines import cause_of
from store.mirror import Numbers

FactRow = tuple[Any, ...]
Entities = dict[str, Numbers]
NAN = math.nan
NOWHERE = (NAN, NAN)
TRANSACTION, LOGIN, ACCOUNT = int(Fact.TRANSACTION), int(Fact.LOGIN), int(Fact.ACCOUNT)
"""The kinds of fact that come by the million, as plain numbers: numpy reads those faster."""

LARGEST_SMALL, LARGEST_SYSTEM = 32_767, 2**32 - 1


def _codes(words: Iterable[str]) -> dict[str | None, int]:
    """Codes of an enum's words, from 1; a word this version does not know is 0."""
    return {word: code for code, word in enumerate(words, 1)}


_KIND = _codes(TXN_KINDS)
_STATUS = _codes(TXN_STATUSES)
_CHANNEL = _codes(CHANNELS)
_LABEL_KIND = _codes(LABEL_KINDS)
_OUTCOME = _codes(LOGIN_OUTCOMES)
_METHOD = _codes(LOGIN_METHODS)
_ACCOUNT_STATUS = _codes(ACCOUNT_STATUSES)
_APPLICATION_STATUS = _codes(APPLICATION_STATUSES)
_REQUEST_STATUS = _codes(REQUEST_STATUSES)
_TRUST = _codes(DEVICE_TRUSTS)
_LINK = _codes(LINK_KINDS)
_TOKEN = _codes(TOKEN_KINDS)

JUDGEMENT: dict[str | None, Judgement] = {
    "fraud": Judgement.FRAUD,
    "legit": Judgement.LEGIT,
    "inconclusive": Judgement.INCONCLUSIVE,
}


def transaction_fact(
    seq: int, txn: Transaction, fresh: bool, account: int, customer: int, peer: int, entities: Entities
) -> FactRow:
    """A transaction; only a fresh one counts. New merchants, devices, IPs and parties get their numbers here."""
    merchant, party, place, risk = txn.merchant, txn.counterparty, txn.location, txn.network_risk_score
    mcc = merchant.mcc if merchant else None
    lat, lon = coordinates(place) if place else NOWHERE
    return (
        seq,
        txn.occurred_at,
        txn.recorded_at,
        0,
        0,
        txn.amount_minor,
        NAN,
        NAN,
        NAN,
        NAN,
        account,
        customer,
        entities["merchant"][merchant.id] if merchant else -1,
        entities["device"][txn.device_id] if txn.device_id else -1,
        entities["ip"][txn.ip] if txn.ip else -1,
        _subnet(txn.ip, entities) if txn.ip else -1,
        entities["party"][party.id] if party and party.type != "merchant" else -1,
        peer,
        -1,
        0,
        lat,
        lon,
        int(mcc) if mcc is not None and len(mcc) == 4 and mcc.isascii() and mcc.isdigit() else -1,
        _country(place, merchant.country if merchant else None),
        -1,
        -1 if risk is None else risk,
        -1,
        -1,
        -1,
        -1,
        TRANSACTION,
        _KIND.get(txn.kind, 0),
        _STATUS.get(txn.status, 0),
        _CHANNEL.get(txn.channel, 0),
        0,
        cause_of(txn.decline_code) if txn.decline_code else 0,
        NO_DELINQUENCIES,
        fresh,
    )


def login_fact(seq: int, login: Login, fresh: bool, account: int, customer: int, entities: Entities) -> FactRow:
    """A sign-in or credential event."""
    lat, lon = coordinates(login.location)
    return (
        seq,
        login.occurred_at,
        login.recorded_at,
        0,
        0,
        NAN,
        NAN,
        NAN,
        NAN,
        NAN,
        account,
        customer,
        -1,
        entities["device"][login.device_id] if login.device_id else -1,
        entities["ip"][login.ip] if login.ip else -1,
        _subnet(login.ip, entities) if login.ip else -1,
        -1,
        -1,
        -1,
        min(login.asn or 0, LARGEST_SYSTEM),
        lat,
        lon,
        -1,
        _country(login.location, login.ip_country),
        country_code(login.ip_country),
        -1,
        -1,
        -1,
        -1,
        -1,
        LOGIN,
        _OUTCOME.get(login.outcome, 0),
        0,
        0,
        _METHOD.get(login.method, 0),
        0,
        NO_DELINQUENCIES,
        fresh,
    )


def standing_fact(seq: int, account: Account, number: int, customer: int) -> FactRow:
    """Where an account stands now."""
    limits, overdue = account.limits, account.days_past_due
    return (
        seq,
        account.updated_at,
        account.updated_at,
        account.opened_at,
        0,
        NAN,
        limits.credit_limit_minor,
        limits.available_minor,
        limits.balance_minor,
        NAN,
        number,
        customer,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        0,
        NAN,
        NAN,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1 if overdue is None else min(overdue, LARGEST_SMALL),
        ACCOUNT,
        _ACCOUNT_STATUS.get(account.status, 0),
        0,
        0,
        0,
        0,
        NO_DELINQUENCIES,
        False,
    )


_BLANK: dict[str, Any] = dict(zip(FACTS.names or (), blank(1)[0].item(), strict=True))


def _row(seq: int, fact: Fact, at: int, **fields: float) -> FactRow:
    """A fact of a rarer kind: what is not given is missing."""
    unknown = fields.keys() - _BLANK.keys()
    if unknown:
        raise TypeError(f"facts have no field {sorted(unknown)}")
    known = {"seq": seq, "fact": int(fact), "occurred_at": at, "recorded_at": at, **fields}
    return tuple(known.get(name, missing) for name, missing in _BLANK.items())


def customer_fact(seq: int, customer: Customer, number: int) -> FactRow:
    """Who a customer is: home, income, what the bureau and the social network say. What is missing stays as before."""
    bureau, social, home = customer.bureau, customer.social, customer.home
    lat, lon = coordinates(home)
    delinquencies = bureau.delinquencies_24m if bureau else None
    return _row(
        seq,
        Fact.CUSTOMER,
        customer.updated_at,
        customer=number,
        opened_at=customer.registered_at,
        income=float(customer.income.monthly_minor) if customer.income else NAN,
        lat=lat,
        lon=lon,
        country=_country(home, None),
        bureau=_small(bureau.score if bureau else None),
        trust=_small(social.trust_score if social else None),
        tenure=_small(social.tenure_months if social else None),
        delinquencies=NO_DELINQUENCIES if delinquencies is None else min(delinquencies, NO_DELINQUENCIES - 1),
    )


def token_facts(seq: int, at: int, tokens: Tokens | None, customer: int, entities: Entities) -> list[FactRow]:
    """By what a customer is known: equal tokens mean equal values."""
    if tokens is None or customer < 0:
        return []
    held = {kind: getattr(tokens, kind) for kind in TOKEN_KINDS if getattr(tokens, kind, None)}
    return [
        _row(
            seq,
            Fact.TOKEN,
            at,
            code=_TOKEN[kind],
            customer=customer,
            token=entities["token"][f"{kind}:{value}"],
        )
        for kind, value in held.items()
    ]


def device_facts(seq: int, device: Device, entities: Entities) -> list[FactRow]:
    """How far the core trusts a device, and the fingerprint it is known by."""
    number = entities["device"][device.id]
    trust = _TRUST.get(device.trust, 0)
    told = _row(seq, Fact.DEVICE, device.last_seen_at, device=number, code=trust, opened_at=device.first_seen_at)
    if not device.fingerprint_token:
        return [told]
    token = entities["token"][f"fingerprint:{device.fingerprint_token}"]
    return [
        told,
        _row(seq, Fact.TOKEN, device.last_seen_at, code=_TOKEN["fingerprint"], device=number, token=token),
    ]


def link_fact(seq: int, link: Link, customer: int, peer: int, device: int) -> FactRow:
    """A relation of a customer with another one, or with a device."""
    return _row(
        seq,
        Fact.LINK,
        link.last_seen_at,
        code=_LINK.get(link.kind, 0),
        customer=customer,
        peer=peer,
        device=device,
        opened_at=link.first_seen_at,
    )


def application_fact(
    seq: int, application: Application, fresh: bool, account: int, customer: int, entities: Entities
) -> FactRow:
    """A request for an account; its first version counts as the moment at which it was made."""
    claimed = application.facts.monthly_income_minor if application.facts else None
    asked = application.requested_limit_minor
    return _row(
        seq,
        Fact.APPLICATION,
        application.submitted_at if fresh else application.updated_at,
        code=_APPLICATION_STATUS.get(application.status, 0),
        status=min(sum(check.outcome == "fail" for check in application.checks), 255),
        fresh=fresh,
        account=account,
        customer=customer,
        device=entities["device"][application.device_id] if application.device_id else -1,
        ip=entities["ip"][application.ip] if application.ip else -1,
        subnet=_subnet(application.ip, entities) if application.ip else -1,
        amount=NAN if asked is None else float(asked),
        income=NAN if claimed is None else float(claimed),
        opened_at=application.submitted_at,
    )


def request_fact(seq: int, request: LimitRequest, fresh: bool, account: int, customer: int) -> FactRow:
    """A wish for another limit."""
    return _row(
        seq,
        Fact.LIMIT_REQUEST,
        request.requested_at if fresh else request.decided_at or request.requested_at,
        code=_REQUEST_STATUS.get(request.status, 0),
        fresh=fresh,
        account=account,
        customer=customer,
        amount=float(request.requested_limit_minor),
        limit=float(request.current_limit_minor),
    )


def label_fact(
    seq: int,
    label: Label,
    judgement: Judgement,
    account: int,
    customer: int,
    txn: Transaction | None,
    judged: int,
    entities: Entities,
) -> FactRow:
    """A label, with the parties of the transaction it judges where it judges one; `judged` is that one's seq, or 0."""
    merchant = txn.merchant if txn else None
    ip = txn.ip if txn else None
    return _row(
        seq,
        Fact.LABEL,
        label.recorded_at,
        code=int(judgement),
        status=_LABEL_KIND.get(label.kind, 0),
        account=account,
        customer=customer,
        merchant=entities["merchant"].get(merchant.id, -1) if merchant else -1,
        device=entities["device"].get(txn.device_id, -1) if txn and txn.device_id else -1,
        ip=entities["ip"].get(ip, -1) if ip else -1,
        subnet=entities["subnet"].get(network_of(ip) or "", -1) if ip else -1,
        amount=float(txn.amount_minor) if txn else NAN,
        opened_at=label.occurred_at,
        judged=judged,
    )


def verdict_fact(seq: int, judgement: Judgement, account: int, customer: int, at: int) -> FactRow:
    """The desk's verdict on an account."""
    return _row(seq, Fact.VERDICT, at, code=int(judgement), account=account, customer=customer)


def coordinates(location: Location | None) -> tuple[float, float]:
    """(lat, lon), NaN where they are not both known."""
    if location is None or location.lat is None or location.lon is None:
        return NOWHERE
    return location.lat, location.lon


def _country(location: Location | None, otherwise: str | None) -> int:
    code = (location.country if location else None) or otherwise
    return country_code(code) if code else -1


def _small(value: int | None) -> int:
    return -1 if value is None else max(-1, min(value, LARGEST_SMALL))


def _subnet(ip: str, entities: Entities) -> int:
    network = network_of(ip)
    return entities["subnet"][network] if network else -1


@lru_cache(maxsize=65_536)
def network_of(ip: str) -> str | None:
    """The network of an address: its first three octets (IPv4) or 48 bits (IPv6); None for what is no address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    spare = 8 if address.version == 4 else 80
    return f"{address.version}:{int(address) >> spare:x}"
