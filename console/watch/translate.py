"""From the core's resources to the mirror's rows and the engine's facts.

One `Translation` serves one page. It applies the version rule (a change counts only when its version is higher than
the stored one), gives every account, customer, merchant, device and IP its number, and puts each where it belongs.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from console.core.feed import Fact, Spoiled
from console.core.messages import (
    Account,
    Application,
    Case,
    Customer,
    Device,
    Label,
    LimitRequest,
    Link,
    Login,
    Ref,
    Transaction,
    decoder,
)
from console.risk.columns import FACTS, Judgement
from console.watch.facts import (
    JUDGEMENT,
    FactRow,
    application_fact,
    coordinates,
    customer_fact,
    device_facts,
    label_fact,
    link_fact,
    login_fact,
    request_fact,
    standing_fact,
    token_facts,
    transaction_fact,
    verdict_fact,
)
from store.mirror import Batch, Mirror

_TRANSACTION = decoder(Transaction)
_LABEL = decoder(Label)
_CASE = decoder(Case)


class Translation:
    """What one page means.

    `applied` are the changes that count, `batch` their rows (new events still without their score), `facts` the
    engine's input, `scored_transactions` and `scored_logins` the places in `facts` of the batch's new events, and
    `touched` the accounts whose chain or activity moved.
    """

    def __init__(self, mirror: Mirror, changes: list[Fact], spoiled: list[Spoiled]) -> None:
        self.batch = Batch(quarantined=[(s.seq, s.type, s.id, s.reason, s.body) for s in spoiled])
        self.applied: list[Fact] = []
        self.touched: set[int] = set()
        self.scored_transactions: list[int] = []
        self.scored_logins: list[int] = []
        self._mirror = mirror
        self._facts: list[FactRow] = []
        self._transactions: dict[str, Transaction] = {}
        self._seqs: dict[str, int] = {}
        self._customer_account: dict[str, int] = {}
        self._labels: dict[str, Label | None] = {}
        self._verdicts: dict[str, int | None] = {}
        self._apply(changes)

    @property
    def facts(self) -> NDArray[np.void]:
        """The engine's input, in the order of the feed."""
        return np.array(self._facts, dtype=FACTS)

    def _apply(self, changes: list[Fact]) -> None:
        stored = self._stored_versions(changes)
        handlers = {
            "transaction": self._transaction,
            "login": self._login,
            "account": self._account,
            "customer": self._customer,
            "label": self._label,
            "case": self._case,
            "application": self._application,
            "limit_request": self._limit_request,
            "device": self._device,
            "link": self._link,
        }
        for fact in changes:
            change = fact.change
            versions = stored[change.type]
            before = versions.get(change.id, 0)
            if change.version > before:
                versions[change.id] = change.version
                self.applied.append(fact)
                handlers.get(change.type, self._other)(fact, before == 0 or self._only_tombstone(fact))

    def _stored_versions(self, changes: list[Fact]) -> dict[str, dict[str, int]]:
        ids: dict[str, list[str]] = {}
        for fact in changes:
            ids.setdefault(fact.change.type, []).append(fact.change.id)
        return {type_: self._mirror.versions(type_, wanted) for type_, wanted in ids.items()}

    def _only_tombstone(self, fact: Fact) -> bool:
        """Whether all that is stored of an event is that it was deleted before it was ever seen; no longer, then."""
        change = fact.change
        if fact.resource is None or self._mirror.tombstones.pop((change.type, change.id), None) is None:
            return False
        self._store(fact, -1)
        return True

    def _dropped(self, fact: Fact) -> bool:
        """Whether an event that seems new is a change of one dropped by age: it was counted then, and stays out."""
        if fact.resource.recorded_at >= self._mirror.dropped_before:
            return False
        change = fact.change
        self.batch.quarantined.append((change.seq, change.type, change.id, "changed after it was dropped by age", ""))
        return True

    # ------------------------------------------------------------ events

    def _transaction(self, fact: Fact, fresh: bool) -> None:
        txn: Transaction | None = fact.resource
        if txn is None:
            self._delete_event(fact, unseen=fresh)
            return
        if fresh and self._dropped(fact):
            return
        seq, account = fact.change.seq, self._mirror.account_number(txn.account_id)
        self._transactions[txn.id] = txn
        if fresh:
            self._seqs[txn.id] = seq
            chain = self._mirror.heads.transaction
            self.scored_transactions.append(len(self._facts))
            self.batch.new_transactions.append(
                (
                    seq,
                    txn.id,
                    txn.version,
                    account,
                    chain[account],
                    txn.occurred_at,
                    txn.recorded_at,
                    txn.amount_minor,
                    txn.currency,
                    txn.merchant.id if txn.merchant else None,
                    txn.kind,
                    txn.status,
                    fact.body,
                )
            )
            chain[account] = seq
            self._note_activity(account, txn.occurred_at)
        else:
            self.batch.changed_transactions.append(
                (txn.version, 0, txn.occurred_at, txn.amount_minor, txn.status, fact.body, txn.id)
            )
        mirror = self._mirror
        peer = self._customer_behind(txn.counterparty) if txn.counterparty else -1
        self._facts.append(transaction_fact(seq, txn, fresh, account, mirror.owners[account], peer, mirror.entities))

    def _login(self, fact: Fact, fresh: bool) -> None:
        login: Login | None = fact.resource
        if login is None:
            self._delete_event(fact, unseen=fresh)
            return
        if fresh and self._dropped(fact):
            return
        seq, account = fact.change.seq, self._login_account(login)
        if fresh:
            lat, lon = coordinates(login.location)
            previous, chain = 0, self._mirror.heads.login
            if account >= 0:
                previous, chain[account] = chain[account], seq
                self._note_activity(account, login.occurred_at)
            self.scored_logins.append(len(self._facts))
            self.batch.new_logins.append(
                (
                    seq,
                    login.id,
                    login.version,
                    account,
                    previous,
                    login.customer_id,
                    login.occurred_at,
                    login.recorded_at,
                    login.outcome,
                    login.device_id,
                    login.ip,
                    lat if lat == lat else None,
                    lon if lon == lon else None,
                    fact.body,
                )
            )
        else:
            self.batch.changed_logins.append((login.version, 0, login.outcome, fact.body, login.id))
        customer = self._mirror.entities["customer"][login.customer_id]
        self._facts.append(login_fact(seq, login, fresh, account, customer, self._mirror.entities))

    def _login_account(self, login: Login) -> int:
        """The account a login concerns: the one it names, else its customer's oldest; -1 when none is known."""
        if login.account_id:
            return self._mirror.account_number(login.account_id)
        known = self._customer_account.get(login.customer_id)
        if known is None:
            accounts = self._mirror.customer_accounts(login.customer_id)
            known = self._customer_account[login.customer_id] = accounts[0] if accounts else -1
        return known

    def _note_activity(self, account: int, at: int) -> None:
        activity = self._mirror.heads.activity
        if at > activity[account]:
            activity[account] = at
        self.touched.add(account)

    def _delete_event(self, fact: Fact, *, unseen: bool) -> None:
        """A deleted transaction or login keeps its row as a tombstone; what it taught the engine stands."""
        change = fact.change
        if unseen:
            self._mirror.tombstones[change.type, change.id] = change.version
            self._store(fact, -1)
        elif change.type == "transaction":
            txn = self._judged(change.id)
            if txn is not None:
                self.batch.changed_transactions.append(
                    (change.version, 1, txn.occurred_at, txn.amount_minor, txn.status, "{}", change.id)
                )
        else:
            outcome = json.loads(self._mirror.document("login", change.id) or "{}").get("outcome", "")
            self.batch.changed_logins.append((change.version, 1, outcome, "{}", change.id))

    # ------------------------------------------------------------ accounts and customers

    def _account(self, fact: Fact, fresh: bool) -> None:
        account: Account | None = fact.resource
        number = self._mirror.account_number(fact.change.id)
        if account is None:
            self.batch.accounts.append((number, fact.change.id, fact.change.version, 1, *(None,) * 8))
            return
        limits = account.limits
        self.batch.accounts.append(
            (
                number,
                account.id,
                account.version,
                0,
                account.customer_id,
                account.status,
                limits.currency,
                limits.credit_limit_minor,
                limits.available_minor,
                limits.balance_minor,
                account.opened_at,
                fact.body,
            )
        )
        if fresh:
            self._customer_account.setdefault(account.customer_id, number)
        owner = self._mirror.owners[number] = self._mirror.entities["customer"][account.customer_id]
        self._facts.append(standing_fact(fact.change.seq, account, number, owner))

    def _customer(self, fact: Fact, fresh: bool) -> None:
        customer: Customer | None = fact.resource
        self._store(fact, -1)
        if customer is not None:
            seq, entities = fact.change.seq, self._mirror.entities
            number = entities["customer"][customer.id]
            self._facts.append(customer_fact(seq, customer, number))
            self._facts += token_facts(seq, customer.updated_at, customer.tokens, number, entities)

    # ------------------------------------------------------------ applications, devices, relations

    def _application(self, fact: Fact, fresh: bool) -> None:
        application: Application | None = fact.resource
        self._other(fact, fresh)
        if application is None:
            return
        seq, mirror = fact.change.seq, self._mirror
        account = mirror.accounts.get(application.account_id or "", -1)
        customer = mirror.entities["customer"][application.customer_id]
        if fresh:
            self._facts += token_facts(seq, application.submitted_at, application.tokens, customer, mirror.entities)
        self._facts.append(application_fact(seq, application, fresh, account, customer, mirror.entities))

    def _limit_request(self, fact: Fact, fresh: bool) -> None:
        request: LimitRequest | None = fact.resource
        self._other(fact, fresh)
        if request is not None:
            account = self._mirror.account_number(request.account_id)
            owner = self._mirror.owners[account]
            self._facts.append(request_fact(fact.change.seq, request, fresh, account, owner))

    def _device(self, fact: Fact, fresh: bool) -> None:
        device: Device | None = fact.resource
        self._store(fact, -1)
        if device is not None:
            self._facts += device_facts(fact.change.seq, device, self._mirror.entities)

    def _link(self, fact: Fact, fresh: bool) -> None:
        """A link between two customers or accounts, or one of them and a device; others say nothing to the engine."""
        link: Link | None = fact.resource
        self._store(fact, -1)
        if link is None:
            return
        customers = [self._customer_behind(end) for end in (link.from_, link.to)]
        devices = [self._mirror.entities["device"][end.id] for end in (link.from_, link.to) if end.type == "device"]
        known = [customer for customer in customers if customer >= 0]
        if len(known) + len(devices) == 2 and known:
            peer = known[1] if len(known) > 1 else -1
            self._facts.append(link_fact(fact.change.seq, link, known[0], peer, devices[0] if devices else -1))

    def _customer_behind(self, end: Ref) -> int:
        """The customer that a reference names or whose account it names; -1 for anything else."""
        if end.type == "customer":
            return self._mirror.entities["customer"][end.id]
        account = self._mirror.accounts.get(end.id, -1) if end.type == "account" else -1
        return self._mirror.owners[account] if account >= 0 else -1

    # ------------------------------------------------------------ what is known of the truth

    def _label(self, fact: Fact, fresh: bool) -> None:
        label: Label | None = fact.resource
        before = None if fresh else self._stored_label(fact.change.id)
        self._labels[fact.change.id] = label
        account = self._mirror.accounts.get(label.account_id, -1) if label and label.account_id else -1
        self._store(fact, account)
        if before is not None and before.verdict == "fraud" and (label is None or label.verdict != "fraud"):
            self._judge(fact.change.seq, before, Judgement.WITHDRAWN)
        if label is not None and label.verdict in JUDGEMENT and (before is None or before.verdict != label.verdict):
            self._judge(fact.change.seq, label, JUDGEMENT[label.verdict])

    def _stored_label(self, id_: str) -> Label | None:
        if id_ in self._labels:
            return self._labels[id_]
        doc = self._mirror.document("label", id_)
        label: Label | None = _LABEL.decode(doc) if doc else None
        return label

    def _judge(self, seq: int, label: Label, judgement: Judgement) -> None:
        txn = self._judged(label.target.id) if label.target.type == "transaction" else None
        account_id = txn.account_id if txn else label.account_id
        if account_id is None and label.target.type == "account":
            account_id = label.target.id
        account = self._mirror.accounts.get(account_id, -1) if account_id else -1
        owner = self._mirror.owners[account] if account >= 0 else -1
        judged = self._seqs.get(label.target.id) or self._mirror.seq_of(label.target.id) if txn else 0
        self._facts.append(label_fact(seq, label, judgement, account, owner, txn, judged, self._mirror.entities))

    def _judged(self, transaction_id: str) -> Transaction | None:
        if transaction_id in self._transactions:
            return self._transactions[transaction_id]
        doc = self._mirror.document("transaction", transaction_id)
        txn: Transaction | None = _TRANSACTION.decode(doc) if doc else None
        return txn

    def _case(self, fact: Fact, fresh: bool) -> None:
        case: Case | None = fact.resource
        if case is None:
            self._store(fact, -1)
            return
        account = self._mirror.account_number(case.account_id)
        judgement, at = JUDGEMENT.get(case.verdict), case.verdict_at
        news = at != (None if fresh else self._verdict_before(case.id))
        self._verdicts[case.id] = at
        self._store(fact, account)
        self.batch.cases.append(
            (
                account,
                case.id,
                case.version,
                case.status,
                case.claimed_by,
                case.claim_expires_at,
                case.verdict,
                case.note_count,
                case.updated_at,
            )
        )
        if judgement and at is not None and news:
            self._facts.append(verdict_fact(fact.change.seq, judgement, account, self._mirror.owners[account], at))

    def _verdict_before(self, case_id: str) -> int | None:
        """When the verdict that a stored case holds was given."""
        if case_id not in self._verdicts:
            doc = self._mirror.document("case", case_id)
            self._verdicts[case_id] = _CASE.decode(doc).verdict_at if doc else None
        return self._verdicts[case_id]

    # ------------------------------------------------------------ the rest

    def _other(self, fact: Fact, fresh: bool) -> None:
        account_id = getattr(fact.resource, "account_id", None)
        target = getattr(fact.resource, "target", None)
        if account_id is None and target is not None and target.type == "account":
            account_id = target.id
        self._store(fact, self._mirror.accounts.get(account_id, -1) if account_id else -1)

    def _store(self, fact: Fact, account: int) -> None:
        change = fact.change
        deleted = int(fact.resource is None)
        self.batch.resources.append((change.type, change.id, change.version, deleted, account, change.seq, fact.body))
