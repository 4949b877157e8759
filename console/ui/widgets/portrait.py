"""One account in words: limits, holds, why it is suspect, its case and our commands, as lines of text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.text import Text

from console.core.messages import Account, Command, Customer, Hold
from console.desk import stored
from console.language import term, tr
from console.risk.hits import Hit
from console.risk.model import RULES_ONLY
from console.ui import formats, reason_codes, rules
from console.ui.claims import holder
from console.ui.evidence import Reason, bounds, cause_factor, cause_value, feature, hits, reading, reasons
from console.ui.normal import Normal, against, hours, rhythm, usual
from console.ui.reasons import rule_ids
from console.ui.situation import Situation, end_words
from console.ui.text import clean
from console.ui.themes import Palette
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style, level_text
from console.ui.widgets.lines import Pair
from store.journal import Entry
from store.reader import AccountDetail

LABEL_WIDTH = 10
BAR_WIDTH = 12
MAX_COMMANDS = 4
MAX_RULES = 3
"""Rules told in full, the weightiest; the others by their ids."""


def heading(detail: AccountDetail, colours: Palette) -> Text:
    """Who and what: id, name, status, level and score."""
    row = detail.row
    line = Text(clean(row.account_id, 72), colours.strong)
    line.append(f"  {clean(row.customer_name, 40) or formats.NOTHING}")
    line.append(f"  {term('ui.status', clean(row.status, 16)) or formats.NOTHING}", colours.accent)
    line.append(f"  {level_text(row.level)}", colours.level(row.level))
    if row.level or row.score:
        line.append(f" {formats.score(row.score)}", colours.level(row.level))
    if row.deleted:
        line.append(f"  {tr('ui.deleted')}", colours.bad)
    return line


def body(
    detail: AccountDetail,
    situation: Situation,
    commands: Sequence[Entry],
    found: Normal | None,
    notes: Sequence[Command],
    colours: Palette,
) -> list[Pair]:
    """What stands below the heading, labels on the left: first what is short, so that limits and normal are in view."""
    account = stored.account(detail.doc)
    return [
        *_commands(commands, situation, colours),
        *_ends(situation, detail.row.account_id, colours),
        *holds_lines(account, colours),
        *_case(detail, situation, colours),
        *_notes(notes, situation, colours),
        *limits_lines(detail, account, situation.exponents, colours),
        *_normal(detail, found, situation.exponents, colours),
        *why_lines(detail, situation.exponents, colours),
        *_person(stored.customer(detail.customer), account, situation.exponents, colours),
    ]


def why_lines(detail: AccountDetail, exponents: Mapping[str, int], colours: Palette) -> list[Pair]:
    alert, currency = detail.alert, detail.row.currency
    if alert is None:
        return [_labelled("ui.portrait.why", tr("ui.watch.no_alert"), colours)]
    told = hits(alert.evidence)
    lines = []
    names = rule_ids(alert.rule_ids)
    for place, reason in enumerate(reasons(told, names[:MAX_RULES])):
        line = _labelled("ui.portrait.why" if not place else "", "", colours)
        line[1].append(f"{reason.rule_id} ", colours.level(alert.level))
        line[1].append(rules.title(reason.rule_id) or rules.typology(reason.rule_id), colours.strong)
        lines.append(line)
        if reason.readings:
            lines.append((Text(), _read_out(reason, currency, exponents, colours)))
    if len(names) > MAX_RULES:
        more = tr("ui.portrait.more_rules", rules=", ".join(names[MAX_RULES:]))
        lines.append((Text(), Text(more, colours.faint)))
    lines += _score(told, currency, exponents, colours)
    state = tr("ui.portrait.alert", state=term("ui.alert", clean(alert.state, 16)), hits=alert.hits)
    if alert.muted:
        state += tr("ui.portrait.muted", count=alert.muted)
    if alert.verdict:
        state += " · " + term("ui.verdict", clean(alert.verdict, 16))
    if alert.muted_until:
        state += " · " + tr("ui.portrait.snoozed", until=formats.day_and_time(alert.muted_until))
    lines.append(_labelled("ui.portrait.alerted", f"{formats.day_and_time(alert.opened_at)}  {state}", colours))
    return lines


def _score(told: Sequence[Hit], currency: str | None, exponents: Mapping[str, int], colours: Palette) -> list[Pair]:
    """What the latest hit's score is made of, and what moved the model where one judged it."""
    if not told:
        return []
    hit = told[-1]
    parts = tr("ui.portrait.by_rules", count=len(hit.reasons))
    by_model = hit.model and hit.model != RULES_ONLY
    parts += tr("ui.portrait.and_model", model=clean(hit.model, 40)) if by_model else tr("ui.portrait.no_model")
    lines = [_labelled("ui.portrait.score", f"{formats.score(hit.score)} {parts}", colours)]
    if hit.causes:
        line = _labelled("ui.portrait.model", "", colours)
        for cause in hit.causes:
            line[1].append(" · " if line[1].plain else "").append(f"{feature(cause.feature)} ", colours.plain)
            line[1].append(f"{cause_value(cause, currency, exponents)} ", colours.strong)
            style = colours.warning if cause.log_odds > 0 else colours.good
            line[1].append(cause_factor(cause), style)
        lines.append(line)
    return lines


def _read_out(reason: Reason, currency: str | None, exponents: Mapping[str, int], colours: Palette) -> Text:
    """What a rule read, each value beside the bound that it passed or missed."""
    compared = bounds(rules.condition(reason.rule_id), reason.params)
    line = Text()
    for name, value in reason.readings.items():
        line.append(" · " if line.plain else "").append(f"{feature(name)} ", colours.plain)
        line.append(reading(name, value, currency, exponents), colours.strong)
        if name in compared:
            sign, bound = compared[name]
            line.append(f" ({sign} {reading(name, bound, currency, exponents)})", colours.faint)
    return line


def _normal(detail: AccountDetail, found: Normal | None, exponents: Mapping[str, int], colours: Palette) -> list[Pair]:
    """The account's own normal, and what of its latest spend stands out."""
    if found is None:
        return [_labelled("ui.portrait.normal", tr("ui.normal.unknown"), colours)]
    lines = [_labelled("ui.portrait.normal", usual(found, detail.row.currency, exponents), colours)]
    clock = _labelled("", "", colours)
    clock[1].append("0h ", colours.faint).append(hours(found), colours.accent).append(" 24h", colours.faint)
    clock[1].append(f"  {rhythm(found)}", colours.plain)
    lines.append(clock)
    odd = against(found)
    if odd:
        lines.append((Text(tr("ui.portrait.latest"), colours.faint), Text(" · ".join(odd), colours.warning)))
    return lines


def limits_lines(
    detail: AccountDetail, account: Account | None, exponents: Mapping[str, int], colours: Palette
) -> list[Pair]:
    row = detail.row

    def amount(minor: int | None) -> str:
        return formats.money(minor, row.currency, exponents)

    limit, available = row.credit_limit_minor, row.available_minor
    used = None if limit is None or available is None else limit - available
    share = formats.percent(used, limit)
    line = _labelled("ui.portrait.used", "", colours)
    if share is not None:
        style = colours.warning if share >= 90 else colours.accent
        line[1].append(f"{formats.bar(share / 100, BAR_WIDTH)} {share}% ", style)
    currency = formats.currency(row.currency)
    line[1].append(tr("ui.portrait.of", used=amount(used), limit=amount(limit), currency=currency))
    owed = tr("ui.portrait.owed", balance=amount(row.balance_minor), available=amount(available))
    lines = [line, _labelled("ui.portrait.balance", owed, colours)]
    if account is not None:
        more = [
            tr(f"ui.portrait.{name}", amount=amount(value))
            for name, value in (
                ("pending", account.limits.pending_minor or None),
                ("cash", account.limits.cash_limit_minor),
                ("daily", account.limits.daily_limit_minor),
            )
            if value is not None
        ]
        if more:
            lines.append(_labelled("", " · ".join(more), colours))
    return lines


def hold_words(hold: Hold) -> str:
    """A hold in one line: scope, reason, who placed it when, until when, who may release it."""
    words = [
        term("ui.scope", clean(hold.scope, 16)),
        reason_codes.words(hold.reason_code),
        f"{clean(hold.placed_by, 24)} {formats.day_and_time(hold.placed_at)}",
    ]
    if hold.expires_at is not None:
        words.append(tr("ui.portrait.until", time=formats.day_and_time(hold.expires_at)))
    if hold.releasable_by != "operator":
        words.append(tr("ui.portrait.releasable", role=clean(hold.releasable_by, 16)))
    return " · ".join(words)


def _ends(situation: Situation, account_id: str, colours: Palette) -> list[Pair]:
    """The holds that end, or have ended, while the case is open."""
    lines: list[Pair] = []
    for ending in situation.ends:
        if ending.account_id == account_id:
            scope = term("ui.scope", clean(ending.scope, 16))
            words = tr("ui.portrait.hold_open", scope=scope, words=end_words(ending, situation.core_now))
            style = colours.warning if ending.stage == "day" else colours.bad
            lines.append((Text(tr("ui.portrait.ends") if not lines else "", colours.faint), Text(f"◷ {words}", style)))
    return lines


def holds_lines(account: Account | None, colours: Palette) -> list[Pair]:
    holds = account.holds if account is not None else []
    return [
        _labelled("ui.portrait.holds" if not place else "", hold_words(hold), colours)
        for place, hold in enumerate(holds)
    ]


def _case(detail: AccountDetail, situation: Situation, colours: Palette) -> list[Pair]:
    case = detail.case
    if case is None:
        return []
    who = holder(detail.row, situation.core_now)
    words = [term("ui.case", clean(case.status, 16) if who or case.status != "claimed" else "open")]
    if who:
        left = formats.age((case.claim_expires_at or 0) - situation.core_now)
        words.append(tr("ui.portrait.claimed", who=clean(who, 24), left=left))
    if case.verdict:
        words.append(term("ui.verdict", clean(case.verdict, 16)))
    if case.note_count:
        words.append(tr("ui.portrait.notes", count=case.note_count))
    return [_labelled("ui.portrait.case", " · ".join(words), colours)]


def _notes(notes: Sequence[Command], situation: Situation, colours: Palette) -> list[Pair]:
    """The newest notes on the case, everybody's."""
    lines = []
    for place, note in enumerate(notes):
        line = _labelled("ui.portrait.note" if not place else "", "", colours)
        who = f"{clean(note.created_by, 24)} {formats.age(situation.core_now - note.created_at)}  "
        line[1].append(who, colours.faint).append(clean(note.params.get("text")), colours.plain)
        lines.append(line)
    return lines


def _commands(commands: Sequence[Entry], situation: Situation, colours: Palette) -> list[Pair]:
    lines = []
    for place, entry in enumerate(commands[:MAX_COMMANDS]):
        line = _labelled("ui.portrait.commands" if not place else "", "", colours)
        line[1].append_text(command_words(entry, situation.now, colours))
        lines.append(line)
    return lines


def command_words(entry: Entry, now: int, colours: Palette) -> Text:
    """One of our commands: what, where it stands, since when, and what the core said against it."""
    style = intent_style(entry.state, colours)
    line = Text(f"{INTENT_GLYPHS.get(entry.state, ' ')} {tr(f'ui.command.{entry.type}')} ", style)
    line.append(tr(f"ui.state.{entry.state}"), style)
    if entry.waits_for:
        line.append(f" {term('ui.waits_for', entry.waits_for)}", colours.warning)
    line.append(f"  {formats.age(now - entry.created_at)}", colours.faint)
    problem = problem_words(entry.problem)
    return line.append(f"  {problem}" if problem else "", colours.faint)


def problem_words(problem: str | None) -> str:
    """The core's objection: its code and what it says."""
    try:
        told = json.loads(problem or "null")
    except (ValueError, RecursionError):
        return clean(problem, 80)
    if not isinstance(told, dict):
        return ""
    return " ".join(clean(told.get(name), 120) for name in ("code", "detail") if told.get(name))


def _person(
    customer: Customer | None, account: Account | None, exponents: Mapping[str, int], colours: Palette
) -> list[Pair]:
    words = []
    if account is not None:
        words.append(tr("ui.portrait.opened", day=formats.day(account.opened_at)))
        if account.credit_state != "current":
            words.append(term("ui.credit_state", clean(account.credit_state, 16)))
    if customer is not None:
        if customer.home is not None and customer.home.city:
            words.append(clean(customer.home.city, 32))
        if customer.income is not None:
            income = formats.money(customer.income.monthly_minor, customer.income.currency, exponents)
            words.append(tr("ui.portrait.income", amount=income, currency=formats.currency(customer.income.currency)))
        if customer.social is not None and customer.social.trust_score is not None:
            words.append(tr("ui.portrait.trust", score=customer.social.trust_score))
    return [_labelled("ui.portrait.person", " · ".join(words), colours)] if words else []


def _labelled(label: str, words: str, colours: Palette) -> Pair:
    return Text(tr(label) if label else "", colours.faint), Text(words, colours.plain)
