"""The hand-over at the end of a shift: what is open, in writing, for whoever comes next."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from console.core.instants import HOUR
from console.core.messages import Command
from console.desk import bulk
from console.desk.holds import Ending
from console.desk.waiting import notes
from console.language import term, tr
from console.risk.queue import Standing, expected_loss
from console.ui import formats, rules
from console.ui.claims import holder
from console.ui.outcomes import because
from console.ui.plans import Followed
from console.ui.reasons import rule_ids
from console.ui.situation import Situation, end_words, notices
from console.ui.text import clean
from store.journal import Entry, Journal
from store.mirror_schema import LEVELS
from store.plans import Plans, PlanState
from store.reader import AccountRow, Reader
from store.shift import Decided, Held, decided_since, held_by, not_settled

HOURS = 8
"""A shift, when nothing is said."""
MOST_HOURS = 14 * 24
RECENT_PLANS = 100
"""Plans, the newest, among which those that are not done are looked for."""
TOP = 10
"""Open alerts that are told one by one, those with the greatest expected loss."""
NOTES = 5
"""Notes of a case that are told, the newest."""


@dataclass(frozen=True)
class Alert:
    """An open alert; `loss_minor` is what is expected to be lost, in minor units of the account's currency."""

    row: AccountRow
    loss_minor: int


@dataclass(frozen=True)
class Case:
    """A case that is held, with its newest notes, the newest first."""

    held: Held
    notes: Sequence[Command]


@dataclass(frozen=True)
class Handover:
    """What is open at an instant, and what was decided since another: `now` by the wall clock, else the core's.

    `commands` are those that are not settled, `endings` the holds that end soon or have ended while a case is open,
    `troubles` what the screens give notice of.
    """

    subject: str
    now: int
    core_now: int
    since: int
    exponents: Mapping[str, int]
    levels: Mapping[str, int]
    alerts: Sequence[Alert]
    cases: Sequence[Case]
    commands: Sequence[Entry]
    plans: Sequence[Followed]
    endings: Sequence[Ending]
    troubles: Sequence[str]
    decided: Sequence[Decided]


def gather(mirror: Reader | None, journal: Journal, situation: Situation, hours: int) -> Handover:
    """Read everything from both files. `situation` says whose shift it is, what time, and what is wrong."""
    subject = situation.meta.you.subject if situation.meta else ""
    since = situation.core_now - hours * HOUR
    return Handover(
        subject,
        situation.now,
        situation.core_now,
        since,
        situation.exponents,
        mirror.alerts_by_level() if mirror else {},
        _alerts(mirror) if mirror else (),
        _cases(mirror, subject, situation.core_now) if mirror and subject else (),
        not_settled(journal),
        _plans(journal, situation.now),
        situation.ends,
        [notice.text for notice in notices(situation) if notice.grade != "info"],
        decided_since(journal, since),
    )


def _alerts(mirror: Reader) -> list[Alert]:
    alerts = Standing.of(mirror.open_alerts())
    loss = expected_loss(alerts.score, alerts.available, alerts.recent, alerts.limit)
    top = (-loss).argsort(kind="stable")[:TOP]
    rows = mirror.page(alerts.account[top].tolist())
    told = ((rows.get(int(alerts.account[place])), round(float(loss[place]))) for place in top)
    return [Alert(row, minor) for row, minor in told if row is not None]


def _cases(mirror: Reader, subject: str, now: int) -> list[Case]:
    return [Case(held, notes(mirror, held.account, NOTES)) for held in held_by(mirror, subject, now)]


def _plans(journal: Journal, now: int) -> list[Followed]:
    plans = Plans(journal)
    open_ = [plan for plan in plans.recent(RECENT_PLANS) if plan.state is not PlanState.DONE]
    return [Followed(plan, bulk.progress(plans, plan, now)) for plan in open_]


# ---------------------------------------------------------------- in words


def markdown(told: Handover) -> str:
    """The summary in the reader's language, as Markdown that reads well as it stands."""
    title = tr("handover.title", who=clean(told.subject, 40) or formats.NOTHING)
    hours = (told.core_now - told.since) // HOUR
    lines = [f"# {title}", "", tr("handover.when", time=formats.moment(told.now), hours=hours)]
    for name, part in _PARTS.items():
        found = list(part(told))
        lines += ["", f"## {tr(f'handover.{name}')}", "", *(found or [tr("handover.nothing")])]
    return "\n".join(lines) + "\n"


def _open_alerts(told: Handover) -> Iterator[str]:
    counted = [(level, told.levels.get(level, 0)) for level in reversed(LEVELS)]
    words = [f"{term('ui.level', level)} {formats.count(number)}" for level, number in counted if number]
    if words:
        yield " · ".join(words)
    for place, alert in enumerate(told.alerts):
        if not place:
            yield from ("", tr("handover.top"), "")
        yield f"- {_alert(alert, told)}"


def _alert(alert: Alert, told: Handover) -> str:
    row = alert.row
    loss = formats.money(alert.loss_minor, row.currency, told.exponents)
    level = LEVELS[row.alert_level] if row.alert_level is not None and row.alert_level < len(LEVELS) else ""
    parts = [clean(row.account_id, 72), term("ui.level", level), f"{loss} {clean(row.currency, 3)}".rstrip()]
    who = holder(row, told.core_now)
    if who is not None:
        parts.append(f"@{clean(who, 24)}")
    names = rule_ids(row.rule_ids)
    why = rules.title(names[0]) or names[0] if names else formats.NOTHING
    return " · ".join([*parts, why])


def _cases_told(told: Handover) -> Iterator[str]:
    for case in told.cases:
        until = formats.clocked(case.held.until, "%H:%M")
        left = formats.age(case.held.until - told.core_now)
        yield f"- {clean(case.held.account_id, 72)} · {tr('handover.claimed', time=until, left=left)}"
        for note in case.notes:
            text = clean(note.params.get("text"), 400)
            yield f"  - {clean(note.created_by, 24)} {formats.day_and_time(note.created_at)}: {text}"


def _commands_told(told: Handover) -> Iterator[str]:
    for entry in told.commands:
        words = f"{term('ui.command', entry.type)} · {clean(entry.account_id, 72)} · {term('ui.state', entry.state)}"
        why = because(entry, None, told.core_now)
        yield f"- {words} · {formats.day_and_time(entry.created_at)}" + (f" · {why}" if why else "")


def _plans_told(told: Handover) -> Iterator[str]:
    for followed in told.plans:
        plan = followed.plan
        what = tr("handover.plan", number=plan.number, action=term("ui.command", plan.order.type), done=followed.done)
        yield f"- {what} · {term('ui.plan', plan.state)}"


def _holds_told(told: Handover) -> Iterator[str]:
    for ending in told.endings:
        scope = term("ui.scope", clean(ending.scope, 16))
        yield f"- {clean(ending.account_id, 72)} · {scope} · {end_words(ending, told.core_now)}"


def _troubles_told(told: Handover) -> Iterator[str]:
    yield from (f"- {clean(text, 200)}" for text in told.troubles)


def _decided_told(told: Handover) -> Iterator[str]:
    verdicts: Counter[str] = Counter()
    for one in told.decided:
        if one.verdict is not None:
            verdicts[one.verdict] += one.count
    if verdicts:
        words = [f"{term('ui.verdict', clean(word, 16))} {formats.count(n)}" for word, n in verdicts.most_common()]
        yield f"- {tr('handover.verdicts')}: {' · '.join(words)}"
    yield from _by_action(told.decided)


def _by_action(decided: Iterable[Decided]) -> Iterator[str]:
    """Each type of command with how many of it stand where."""
    counted: dict[str, Counter[str]] = {}
    for one in decided:
        counted.setdefault(one.type, Counter())[one.state] += one.count
    for type_, states in counted.items():
        words = [f"{term('ui.state', state)} {formats.count(number)}" for state, number in states.most_common()]
        yield f"- {term('ui.command', type_)} {formats.count(states.total())}: {' · '.join(words)}"


_PARTS: Mapping[str, Callable[[Handover], Iterator[str]]] = {
    "alerts": _open_alerts,
    "cases": _cases_told,
    "commands": _commands_told,
    "plans": _plans_told,
    "holds": _holds_told,
    "troubles": _troubles_told,
    "decided": _decided_told,
}
"""The parts of the summary in their order, each with what says its lines."""


# ---------------------------------------------------------------- kept


def save(text: str, to: Path) -> Path:
    """Write the summary into a new file that only its owner reads. Raises FileExistsError, or OSError."""
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return to


def named(folder: Path, now: int) -> Path:
    """The file in a folder that a hand-over of this moment is kept in."""
    return folder / f"handover-{formats.clocked(now, '%Y%m%d-%H%M%S')}.md"
