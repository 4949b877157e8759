"""Who is tied to whom, built anew from all facts at every question."""

from __future__ import annotations

from collections import defaultdict

from console.risk.columns import Fact
from tests.risk.oracle.known import known_of
from tests.risk.oracle.past import LACKS, NONE, SPANS, Answers, Given, Past

AT_MOST = 24
TOKENS = ("phone", "email", "address", "national_id")


class Web:
    """What customers hold, and who holds it."""

    def __init__(self, past: Past) -> None:
        self.holders: dict[tuple[str, int], list[int]] = defaultdict(list)
        self.held: dict[int, list[tuple[str, int]]] = defaultdict(list)
        self.tokens: dict[tuple[int, int], int] = {}
        self._prints: dict[int, int] = {}
        self._links = 0
        for fact in past.facts:
            self._take(fact)

    def _take(self, fact: Given) -> None:
        customer, device, token, peer = (fact[name] for name in ("customer", "device", "token", "peer"))
        if fact["fact"] == Fact.TOKEN and token >= 0 and customer >= 0:
            self.tokens[customer, fact["code"]] = token
            self._tie(customer, ("token", token))
        elif fact["fact"] == Fact.TOKEN and token >= 0 and device >= 0:
            self._prints[device] = token
            for holder in list(self.holders["device", device]):
                self._tie(holder, ("print", token))
        elif fact["fact"] == Fact.LINK and customer >= 0 and peer >= 0:
            links = [self.holders[thing] for thing in self.held[customer] if thing[0] == "link"]
            if customer != peer and not any(peer in holders for holders in links):
                self._links += 1
                self._tie(customer, ("link", self._links))
                self._tie(peer, ("link", self._links))
        elif (fact["fact"] == Fact.LINK or fact["uses"]) and customer >= 0 and device >= 0:
            self._tie(customer, ("device", device))
            if device in self._prints:
                self._tie(customer, ("print", self._prints[device]))

    def _tie(self, customer: int, thing: tuple[str, int]) -> None:
        held, holders = self.held[customer], self.holders[thing]
        if thing not in held and len(held) < AT_MOST and len(holders) < AT_MOST:
            held.append(thing)
            holders.append(customer)

    def near(self, customer: int) -> set[int]:
        return {other for thing in self.held[customer] for other in self.holders[thing]} - {customer}


def answers(past: Past, now: Given) -> Answers:
    web, customer = Web(past), now["customer"]
    names = ["linked_customers", "fraud_hops", "frauds_one_hop", "frauds_two_hops"]
    if customer < 0:
        return dict.fromkeys([*names, *(f"customers_on_{name}" for name in TOKENS)], LACKS)
    one = web.near(customer)
    two = {beyond for other in one for beyond in web.near(other)} - one - {customer}
    frauds = [sum(_bad(past, other, now) for other in group) for group in ({customer}, one, two)]
    hops = next((distance for distance, count in enumerate(frauds) if count), NONE)
    seen: Answers = dict(zip(names, (len(one), hops, frauds[1], frauds[2]), strict=True))
    for code, name in enumerate(TOKENS, 1):
        token = web.tokens.get((customer, code))
        seen[f"customers_on_{name}"] = NONE if token is None else max(len(web.holders["token", token]), 1)
    return seen


def _bad(past: Past, customer: int, now: Given) -> bool:
    """Whether the customer's latest known fraud happened in the last 90 days."""
    latest = max((at for at, _ in known_of(past, "customer", customer).kept), default=None)
    return latest is not None and 0 <= now["occurred_at"] - latest < SPANS["90d"]
