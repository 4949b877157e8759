"""A command that waits for a second person: what it asks, who and why, what they knew, and the account now."""

from __future__ import annotations

from rich.text import Text

from console.core.messages import Command
from console.core.second_person import is_own
from console.desk import stored
from console.desk.waiting import decided_on
from console.language import term, tr
from console.ui import formats, reason_codes
from console.ui.asked import asks
from console.ui.reasons import rule_ids
from console.ui.situation import Situation
from console.ui.text import clean
from console.ui.themes import Palette
from console.ui.widgets.columns import level_text
from console.ui.widgets.lines import Pair
from console.ui.widgets.portrait import command_words, holds_lines, limits_lines, why_lines
from store.journal import Entry
from store.reader import AccountDetail


def request(
    command: Command, detail: AccountDetail | None, ballot: Entry | None, situation: Situation, colours: Palette
) -> list[Pair]:
    """Lines with labels on the left, the deciding ones first. `ballot` is our own decision about it, if any."""
    account = stored.account(detail.doc if detail else None)
    what = asks(command, account, situation.exponents)
    lines = [_line("approvals.what", what, colours, strong=True), _by(command, situation, colours)]
    if ballot is not None:
        lines.append((_label("approvals.ours", colours), command_words(ballot, situation.now, colours)))
    why = reason_codes.words(command.reason_code) or formats.NOTHING
    note = clean(command.note)
    lines.append(_line("approvals.why", f"{why} · {note}" if note else why, colours))
    lines.append(_line("approvals.then", _then(command), colours))
    if detail is None:
        return [*lines, _line("approvals.now", tr("approvals.no_account"), colours)]
    return [
        *lines,
        (_label("approvals.now", colours), _now(command, detail, colours)),
        *holds_lines(account, colours),
        *limits_lines(detail, account, situation.exponents, colours),
        *why_lines(detail, situation.exponents, colours),
    ]


def _by(command: Command, situation: Situation, colours: Palette) -> Pair:
    own = situation.meta is not None and is_own(command, situation.meta)
    words = tr(
        "approvals.asked",
        who=tr("approvals.own") if own else clean(command.created_by, 24),
        ago=formats.age(situation.core_now - command.created_at),
        left=formats.age(command.not_after - situation.core_now),
    )
    policy = clean(command.approval.policy, 40) if command.approval else ""
    if policy:
        words += f" · {term('approvals.policy', policy)}"
    return _line("approvals.by", words, colours)


def _then(command: Command) -> str:
    """What the creator decided on, as far as the core tells it."""
    told = decided_on(command)
    words = []
    if told is not None and told.score is not None:
        words.append(tr("approvals.score", score=formats.score(told.score)))
    if told is not None and told.rule_ids:
        words.append(" ".join(clean(name, 24) for name in told.rule_ids[:8]))
    if command.if_match is not None:
        words.append(tr("approvals.version", version=command.if_match))
    return " · ".join(words) or tr("approvals.not_told")


def _now(command: Command, detail: AccountDetail, colours: Palette) -> Text:
    """The account as it is, and whether it has moved since the creator looked."""
    row = detail.row
    line = Text(term("ui.status", clean(row.status, 16)) or formats.NOTHING, colours.accent)
    line.append(f" · {level_text(row.level)} {formats.score(row.score)}", colours.level(row.level))
    line.append(f" · {' '.join(rule_ids(row.rule_ids)[:8])}" if row.rule_ids else "", colours.plain)
    line.append(f" · {tr('approvals.version', version=row.version)}", colours.plain)
    if command.target.type == "account" and command.if_match is not None and row.version > command.if_match:
        line.append(f" · {tr('approvals.moved')}", colours.warning)
    return line


def _label(key: str, colours: Palette) -> Text:
    return Text(tr(key), colours.faint)


def _line(key: str, words: str, colours: Palette, *, strong: bool = False) -> Pair:
    return _label(key, colours), Text(words, colours.strong if strong else colours.plain)
