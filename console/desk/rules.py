"""`riskdesk rules`: how each rule has done, as a table or JSON. The console reads the same records."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from console.core import instants
from console.desk import stored
from console.exits import Exit
from console.language import language, tr
from console.paths import Home, fixtures
from console.risk.packs import Pack, load_packs
from console.risk.records import RuleRecord, hit_type, judgements, records, together
from store import rule_hits
from store.reader import Reader

DAYS = 30
MOST_BYTES = 64_000_000
"""Of hits that a record looks at, the newest: a million and more."""


def record(reader: Reader, pack: Pack, days: int = DAYS) -> list[RuleRecord]:
    """The records of the rules over the last days of stream time."""
    now = reader.watermark()
    since = now - days * instants.DAY
    pages = [
        (named, np.frombuffer(body, hit_type(len(named)))) for named, body in rule_hits.pages(reader, since, MOST_BYTES)
    ]
    named, hits, fired = together(pages)
    kept = hits["at"] >= since
    hits, fired = hits[kept], fired[:, kept]
    judged = judgements(hits, rule_hits.labels(reader), rule_hits.verdicts(reader))
    return records(pack, named, hits, fired, judged, now - _maturity(reader))


def _maturity(reader: Reader) -> int:
    """After so long (µs) an unlabelled event counts as legitimate, as the core says; never, while it has not said."""
    meta = stored.meta(reader.notes().get("meta"))
    labels = meta.labels if meta is not None else None
    return reader.watermark() if labels is None else labels.maturity_s * instants.SECOND


def run(home: Home, days: int, packs: Path | None, *, as_json: bool) -> int:
    """Print the table. Raises StoreError without a mirror, ValueError for a pack that can't be used."""
    folder = packs or fixtures() / "packs"
    pack = load_packs([(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))])
    reader = Reader(home.mirror)
    now, told = reader.watermark(), record(reader, pack, days)
    reader.close()
    if as_json:
        print(json.dumps([asdict(one) for one in told]))
        return Exit.OK
    rules = {rule.id: rule for rule in pack.rules}
    print(tr("rules.head"))
    for one in told:
        rule = rules.get(one.id)
        expired = rule is not None and rule.expires is not None and rule.expires <= now
        state = tr("rules.expired") if expired else tr(f"rules.{one.state}")
        words = rule.text[language()] if rule else tr("rules.unknown")
        print(_line(one, state, words))
    return Exit.OK


def _line(one: RuleRecord, state: str, words: str) -> str:
    precision = one.precision
    sure = f"{precision.value:4.0%} ({precision.low:.0%}-{precision.high:.0%})" if precision else "-"
    same = next(iter(one.overlap.items()), None)
    beside = f"{same[0]} {same[1]:.0%}" if same else "-"
    counts = f"{one.hits:7} {one.fraud:6} {one.legit:6} {one.inconclusive:6} {one.presumed:8} {one.unknown:7}"
    return f"{one.id:8} {state:7} {counts} {sure:15} {one.alerts:6} {one.minutes:7} {beside:13} {words}"
