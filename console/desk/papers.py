"""Applications and limit requests as the mirror tells them: documents, who stands behind, and the case they make."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from msgspec.json import Decoder
from msgspec.structs import replace

from console.core import instants
from console.core.instants import DAY, Instant
from console.core.messages import (
    Account,
    Application,
    Customer,
    Device,
    LimitRequest,
    Message,
    decoder,
    encode,
)
from console.desk import stored
from console.risk.credit.case import Case, Check, Peer, Tie
from console.risk.credit.limits import Ability, Willingness
from console.risk.credit.review import WINDOW
from console.risk.credit.scorecard import Value
from store import papers
from store.papers import Known, Paper, Tied
from store.reader import Reader

DECODERS: dict[str, Decoder[Any]] = {"application": decoder(Application), "limit_request": decoder(LimitRequest)}
_DEVICE = decoder(Device)

WORDS = ("channel", "employment_status", "device_trust", "income_proof")
NUMBERS = (
    *("score", "bureau_score", "open_lines", "delinquencies_24m", "inquiries_6m", "employment_months", "months_asked"),
    *("trust_score", "verified_contacts", "tenure_months", "utilisation", "days_past_due", "months_on_book"),
)
"""What a scorecard may ask of a paper: in words, and in numbers."""
OPEN = {"application": ("submitted", "in_review"), "limit_request": ("pending",)}
"""The states in which somebody may decide."""
BINDING = ("device", "phone", "email", "address", "national_id")
"""What binds applicants to each other; colleagues and neighbours on one network share the rest with strangers."""
ASKED_WITHIN = 30 * DAY
MONTH = 30 * DAY
LARGEST = 10**9
"""Counts and days beyond this are taken for this: the core's own are far below."""


@dataclass(frozen=True)
class Dossier:
    """A paper with everything it is judged on. `account` is None for an applicant whose account is not mirrored.

    `known` are the accounts of others that are linked with this person or applied with the same things, by how.
    `at` is the stream's time (µs) when this was looked at.
    """

    paper: Paper
    resource: Application | LimitRequest
    customer: Customer | None
    account: Account | None
    tied: tuple[Tied, ...]
    known: tuple[tuple[str, Known], ...]
    case: Case
    at: int

    @property
    def type(self) -> str:
        return self.paper.type

    @property
    def asked_at(self) -> int:
        """When it was submitted, µs of stream time."""
        return asked_at(self.resource)

    @property
    def is_open(self) -> bool:
        """Whether it can still be decided."""
        return self.resource.status in OPEN[self.type]

    def basis(self) -> str:
        """Everything it was judged on as JSON: the documents as they came, what is shared, and the case."""
        documents = {
            self.type: json.loads(self.paper.doc),
            "customer": _plain(self.customer),
            "account": _plain(self.account),
        }
        shared = [one._asdict() for one in self.tied]
        known = [{"link": link, **one._asdict()} for link, one in self.known]
        told = {"version": self.paper.version, "at": instants.wire(self.at), "documents": documents, "shared": shared}
        return json.dumps(told | {"known": known, "case": json.loads(self.case.to_json())}, ensure_ascii=False)


def waiting(mirror: Reader) -> list[tuple[Paper, Application | LimitRequest]]:
    """The papers that wait for a decision, the oldest first; what can't be read is left out."""
    found = [(paper, resource) for paper in papers.waiting(mirror) if (resource := read(paper)) is not None]
    still = [(paper, resource) for paper, resource in found if resource.status in OPEN[paper.type]]
    return sorted(still, key=lambda pair: (asked_at(pair[1]), pair[0].id))


def read(paper: Paper) -> Application | LimitRequest | None:
    """A paper's resource, None when it can't be read."""
    resource: Application | LimitRequest | None = stored.read(DECODERS[paper.type], paper.doc)
    return resource


def dossier(mirror: Reader, paper: Paper, now: int | None = None) -> Dossier | None:
    """Everything about a paper; None when its document can't be read. `now` is a stream instant, by default its end."""
    resource = read(paper)
    if resource is None:
        return None
    at = max(mirror.watermark(), asked_at(resource)) if now is None else now
    detail = mirror.account(resource.account_id) if resource.account_id else None
    account = stored.account(detail.doc if detail else None)
    if isinstance(resource, Application):
        customer_id: str | None = resource.customer_id
        case = _of_application(resource, at)
        device: Device | None = stored.read(_DEVICE, papers.resource(mirror, "device", resource.device_id or ""))
        values = {"device_trust": device.trust if device else None}
        case = replace(case, values={**case.values, **values}, blocked=device is not None and device.trust == "blocked")
    else:
        customer_id = detail.row.customer_id if detail else None
        case = _of_request(resource, account, at)
        if detail is not None:
            alert = detail.alert.level if detail.alert and detail.alert.state == "open" else 0
            case = replace(case, alert=alert, asked=_asked(mirror, detail.row.account, at))
    customer = stored.customer(mirror.customer(customer_id) if customer_id else None)
    tied = _tied(mirror, customer_id or "", resource, at)
    known = _known(mirror, customer_id, tied)
    peers = [Peer(one.account_id, link, one.level, one.fraud) for link, one in known]
    case = replace(_with_customer(case, customer), ties=_ties(tied), peers=peers)
    return Dossier(paper, resource, customer, account, tuple(tied), tuple(known), case, at)


def applicant(asked: Application | None, customer: Customer | None, currency: str) -> dict[str, Value]:
    """What a scorecard may ask of somebody, by what they claimed and what is on file; without an application less."""
    claimed = _of_application(asked, asked_at(asked)) if asked else _unasked(currency)
    return dict(_with_customer(claimed, customer).values)


def things(resource: Application | LimitRequest) -> dict[str, str]:
    """What an application names that others may name too, by kind (see `store.papers`)."""
    if not isinstance(resource, Application):
        return {}
    tokens = resource.tokens
    named = {"device": resource.device_id, "ip": resource.ip}
    named |= {kind: getattr(tokens, kind) for kind in ("email", "phone", "address", "national_id")} if tokens else {}
    named["employer"] = resource.facts.employer if resource.facts else None
    return {kind: value for kind, value in named.items() if value}


# ---------------------------------------------------------------- the case


def _of_application(asked: Application, at: int) -> Case:
    claimed = asked.facts
    stated = claimed.monthly_income_minor if claimed else None
    work = claimed.employment if claimed else None
    return Case(
        type="application",
        currency=asked.currency,
        requested_minor=asked.requested_limit_minor,
        age=max(0, at - asked_at(asked)),
        ability=Ability(_amount(stated), "unknown" if stated is None else "stated"),
        willingness=Willingness(),
        values={
            "score": _number(asked.score),
            "channel": asked.channel,
            "employment_status": work.status if work else None,
            "employment_months": _number(work.months if work else None),
        },
        stated_minor=_amount(stated),
        checks=[Check(check.name, check.outcome, check.detail) for check in asked.checks],
    )


def _unasked(currency: str) -> Case:
    """The case of somebody whose application is not known."""
    return Case("application", currency, None, 0, Ability(None), Willingness(), {})


def of_account(account: Account, customer: Customer | None, alert: int, at: int) -> Case:
    """The case of an account that nobody asked anything for; `alert` is the level of its open alert, 0 without one."""
    limits = account.limits
    asked = LimitRequest(
        id=account.id,
        version=account.version,
        account_id=account.id,
        status="pending",
        requested_by="system",
        current_limit_minor=limits.credit_limit_minor,
        requested_limit_minor=limits.credit_limit_minor,
        currency=limits.currency,
        requested_at=Instant(at),
    )
    return replace(_with_customer(_of_request(asked, account, at), customer), alert=alert)


def _of_request(asked: LimitRequest, account: Account | None, at: int) -> Case:
    limits, late = account.limits if account else None, account.days_past_due if account else None
    limit = limits.credit_limit_minor if limits else asked.current_limit_minor
    used = limits.balance_minor + limits.pending_minor if limits else 0
    utilisation = max(0.0, used / limit) if limits and limit > 0 else None
    months = max(0, at - account.opened_at) // MONTH if account else 0
    return Case(
        type="limit_request",
        currency=asked.currency,
        requested_minor=asked.requested_limit_minor,
        age=max(0, at - asked_at(asked)),
        ability=Ability(None, utilisation=utilisation),
        willingness=Willingness(int(months), _count(late) or 0),
        values={
            "utilisation": utilisation,
            "days_past_due": _number(late),
            "months_on_book": float(months) if account else None,
        },
        present_minor=max(0, limit),
        status=account.status if account else None,
        days_late=_count(late),
        owed_minor=max(0, used),
    )


def _with_customer(case: Case, customer: Customer | None) -> Case:
    """The case with what the customer's file says; what is on file counts before what an applicant claims."""
    if customer is None:
        return _with_share(case)
    bureau, income, social, work = customer.bureau, customer.income, customer.social, customer.employment
    ability, willingness = case.ability, case.willingness
    if income is not None and income.currency == case.currency:
        proof = "verified" if income.verified else "stated"
        ability = dataclasses.replace(ability, income_minor=_amount(income.monthly_minor), proof=proof)
    if bureau is not None:
        ability = dataclasses.replace(ability, open_lines=_count(bureau.open_lines))
        willingness = dataclasses.replace(willingness, delinquencies_24m=_count(bureau.delinquencies_24m))
    values: dict[str, Value] = {
        "bureau_score": _number(bureau.score if bureau else None),
        "open_lines": _number(bureau.open_lines if bureau else None),
        "delinquencies_24m": _number(bureau.delinquencies_24m if bureau else None),
        "inquiries_6m": _number(bureau.inquiries_6m if bureau else None),
        "trust_score": _number(social.trust_score if social else None),
        "verified_contacts": _number(social.verified_contacts if social else None),
        "tenure_months": _number(social.tenure_months if social else None),
    }
    if work is not None and case.values.get("employment_status") is None:
        values |= {"employment_status": work.status, "employment_months": _number(work.months)}
    return _with_share(replace(case, ability=ability, willingness=willingness, values=case.values | values))


def _with_share(case: Case) -> Case:
    """The proof of the income, and how many months of it are asked for."""
    ability, asked = case.ability, case.requested_minor
    months = asked / ability.income_minor if asked is not None and ability.income_minor else None
    proof = None if ability.proof == "unknown" else ability.proof
    return replace(case, values=case.values | {"income_proof": proof, "months_asked": months})


def _tied(mirror: Reader, customer_id: str, resource: Application | LimitRequest, at: int) -> list[Tied]:
    """The applications that name the same things, and those of people who have the same things by the core's links."""
    if not isinstance(resource, Application):
        return []
    found = papers.tied(mirror, customer_id, things(resource), at - WINDOW, at)
    return list(dict.fromkeys((*found, *papers.tied_by_links(mirror, customer_id, at - WINDOW, at))))


def _ties(tied: Iterable[Tied]) -> list[Tie]:
    """How many other people share each kind of thing."""
    others: dict[str, set[str]] = {}
    for one in tied:
        others.setdefault(one.kind, set()).add(one.customer_id)
    return [Tie(kind, len(people)) for kind, people in others.items()]


def _known(mirror: Reader, customer_id: str | None, tied: Iterable[Tied]) -> list[tuple[str, Known]]:
    """The accounts of others who are linked with a customer or applied with the same things, and by what."""
    how = dict(papers.linked(mirror, customer_id)) if customer_id else {}
    for one in tied:
        if one.kind in BINDING:
            how.setdefault(one.customer_id, f"shared_{one.kind}")
    return [(how[one.customer_id], one) for one in papers.accounts_of(mirror, how)]


def _asked(mirror: Reader, account: int, at: int) -> int:
    """The customer's own wishes for a higher limit of late."""
    found = [stored.read(DECODERS["limit_request"], doc) for doc in papers.requests_of(mirror, account)]
    return sum(
        one is not None
        and one.requested_by == "customer"
        and one.requested_limit_minor > one.current_limit_minor
        and at - ASKED_WITHIN < asked_at(one) <= at
        for one in found
    )


def asked_at(resource: Application | LimitRequest) -> int:
    """When it was submitted, µs of stream time."""
    return resource.submitted_at if isinstance(resource, Application) else resource.requested_at


def _count(value: int | None) -> int | None:
    return None if value is None else max(0, min(value, LARGEST))


def _amount(value: int | None) -> int | None:
    """Money that a person has: what is negative is nothing."""
    return None if value is None else max(0, value)


def _number(value: int | None) -> float | None:
    return None if value is None else float(max(-LARGEST, min(value, LARGEST)))


def _plain(resource: Message | None) -> Any:  # noqa: ANN401 - JSON
    return None if resource is None else json.loads(encode(resource))
