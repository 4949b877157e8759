"""Labels and the desk's cases: what is known of the truth, and when it became known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np

from console.core import instants
from console.core.messages import Case, Label, Ref, Transaction, decoder
from console.risk.columns import Array, Fact, Judgement
from console.watch.facts import JUDGEMENT, LABEL_KIND, NAN, codes, facts, network_of
from console.watch.numbering import Who
from console.watch.sheets.resources import Others, resource_rows
from console.watch.taken import Taken
from store.batch import Batch

_TRANSACTION = decoder(Transaction)
_LABEL = decoder(Label)
_CASE = decoder(Case)


class _Said(NamedTuple):
    """A label as it stands, its times in µs."""

    label: Any
    occurred_at: int
    recorded_at: int


class _Judged(NamedTuple):
    """What a label's change tells the engine."""

    seq: int
    said: _Said
    judgement: Judgement


class _Step(NamedTuple):
    """A transaction from a place of the page on; None once it is deleted."""

    seq: int
    fresh: bool
    transaction: Any


class Labels(Others):
    """Ground truth; a label that is withdrawn or corrected takes back what it said."""

    def __init__(self, taken: Taken, who: Who, transactions: Taken | None) -> None:
        super().__init__(taken, who)
        self._transactions = transactions

    def facts(self) -> list[Array]:
        judged = list(self._judgements())
        if not judged:
            return []
        seqs = np.array([one.seq for one in judged])
        targets = self._targets(judged)
        txns = [txn for txn, _ in targets]
        entities = self._who.mirror.entities
        ids = [_account(one.said.label, txn) for one, txn in zip(judged, txns, strict=True)]
        accounts = self._who.accounts.known(seqs, ids)

        def party(kind: str, name: Callable[[Any], str | None]) -> list[int]:
            return [entities[kind].get((txn and name(txn)) or "", -1) for txn in txns]

        return [
            facts(
                Fact.LABEL,
                seqs,
                [one.said.recorded_at for one in judged],
                code=[int(one.judgement) for one in judged],
                status=codes(LABEL_KIND, [one.said.label.kind for one in judged]),
                account=accounts,
                customer=self._who.owner(seqs, accounts),
                merchant=party("merchant", lambda txn: txn.merchant and txn.merchant.id),
                device=party("device", lambda txn: txn.device_id),
                ip=party("ip", lambda txn: txn.ip),
                subnet=party("subnet", lambda txn: txn.ip and network_of(txn.ip)),
                amount=[float(txn.amount_minor) if txn else NAN for txn in txns],
                opened_at=[one.said.occurred_at for one in judged],
                judged=[seq for _, seq in targets],
            )
        ]

    def _judgements(self) -> list[_Judged]:
        """What the labels' changes mean, in the order of the feed."""
        taken, latest = self._taken, dict[str, _Said | None]()
        occurred, recorded = (taken.times[name].tolist() for name in ("occurred_at", "recorded_at"))
        steps: list[tuple[int, str, bool, _Said | None]] = [
            (seq, label.id, fresh, _Said(label, at, learned))
            for seq, label, fresh, at, learned in zip(
                taken.seqs.tolist(), taken.resources, taken.fresh.tolist(), occurred, recorded, strict=True
            )
        ]
        steps += [(d.change.seq, d.change.id, d.unseen, None) for d in taken.deletes]
        judged: list[_Judged] = []
        for seq, id_, fresh, said in sorted(steps, key=lambda step: step[0]):
            before = None if fresh else latest[id_] if id_ in latest else self._stored(id_)
            latest[id_] = said
            word, old = (one.label.verdict if one else None for one in (said, before))
            if before is not None and old == "fraud" and word != "fraud":
                judged.append(_Judged(seq, before, Judgement.WITHDRAWN))
            if said is not None and word in JUDGEMENT and word != old:
                judged.append(_Judged(seq, said, JUDGEMENT[word]))
        return judged

    def _stored(self, id_: str) -> _Said | None:
        doc = self._who.mirror.document("label", id_)
        if doc is None:
            return None
        label: Label = _LABEL.decode(doc)
        return _Said(label, label.occurred_at, label.recorded_at)

    def _targets(self, judged: Sequence[_Judged]) -> list[tuple[Any, int]]:
        """The transactions that are judged, as they stood at the label's place, and the seqs at which they came first.

        (None, 0) where a label judges something else, or a transaction that is not there.
        """
        on_page = self._on_page({one.said.label.target.id for one in judged})
        return [self._target(one.seq, one.said.label.target, on_page) for one in judged]

    def _target(self, seq: int, target: Ref, on_page: dict[str, list[_Step]]) -> tuple[Any, int]:
        if target.type != "transaction":
            return None, 0
        mirror, earlier = self._who.mirror, [step for step in on_page.get(target.id, ()) if step.seq < seq]
        if earlier:
            txn = earlier[-1].transaction
        else:
            doc = mirror.document("transaction", target.id)
            txn = _TRANSACTION.decode(doc) if doc else None
        first = [step.seq for step in earlier if step.fresh]
        return txn, 0 if txn is None else first[0] if first else mirror.seq_of(target.id)

    def _on_page(self, ids: set[str]) -> dict[str, list[_Step]]:
        """What the page itself says of those transactions, in the order of the feed."""
        found: dict[str, list[_Step]] = {}
        txns = self._transactions
        if txns is None:
            return found
        names = txns.column("id")
        columns = (names, txns.seqs.tolist(), txns.fresh.tolist(), txns.resources)
        judged = compress(zip(*columns, strict=True), map(ids.__contains__, names))
        steps = [(id_, _Step(seq, fresh, txn)) for id_, seq, fresh, txn in judged]
        steps += [(d.change.id, _Step(d.change.seq, False, None)) for d in txns.deletes if d.change.id in ids]
        for id_, step in sorted(steps, key=lambda pair: pair[1].seq):
            found.setdefault(id_, []).append(step)
        return found


def _account(label: Any, txn: Any) -> str | None:  # noqa: ANN401 - a label and a transaction, read here or stored
    if txn is not None:
        return str(txn.account_id)
    account_id: str | None = label.account_id
    if account_id is None and label.target.type == "account":
        account_id = label.target.id
    return account_id or None


class Cases:
    """The desk's triage: whose an account is, and the verdict on it."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._who = who
        self._accounts = who.accounts.give(taken.seqs, taken.column("account_id"))

    def facts(self) -> list[Array]:
        given: dict[str, int | None] = {}
        news: list[tuple[int, int, Judgement, int]] = []
        columns = (
            self._taken.seqs.tolist(),
            self._accounts.tolist(),
            self._taken.fresh.tolist(),
            self._taken.resources,
        )
        for seq, account, fresh, case in zip(*columns, strict=True):
            at, judgement = _instant(case.verdict_at), JUDGEMENT.get(case.verdict)
            before = None if fresh else given[case.id] if case.id in given else self._verdict_before(case.id)
            given[case.id] = at
            if judgement and at is not None and at != before:
                news.append((seq, account, judgement, at))
        if not news:
            return []
        seqs, accounts, verdicts, when = (np.array(column) for column in zip(*news, strict=True))
        owner = self._who.owner(seqs, accounts)
        return [facts(Fact.VERDICT, seqs, when, code=verdicts, account=accounts, customer=owner)]

    def _verdict_before(self, case_id: str) -> int | None:
        """When the verdict that a stored case holds was given."""
        doc = self._who.mirror.document("case", case_id)
        at: int | None = _CASE.decode(doc).verdict_at if doc else None
        return at

    def store(self, batch: Batch) -> None:
        taken = self._taken
        batch.resources += resource_rows(taken, self._accounts)
        updated = taken.times["updated_at"].tolist()
        batch.cases = [
            (
                account,
                case.id,
                case.version,
                case.status,
                case.claimed_by,
                _instant(case.claim_expires_at),
                case.verdict,
                case.note_count,
                at,
            )
            for account, case, at in zip(self._accounts.tolist(), taken.resources, updated, strict=True)
        ]


def _instant(text: str | None) -> int | None:
    return int(instants.parse(text)) if text else None
