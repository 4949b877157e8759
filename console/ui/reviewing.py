"""Reviews in words: the flow of checks as a picture, each step's evidence, the points, the offer and its reasoning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.style import Style
from rich.text import Text

from console.core.messages import Application
from console.desk.cards import SHORT
from console.desk.papers import Dossier, things
from console.desk.review import InForce
from console.language import term, tr
from console.risk.credit.review import Outcome, Review, Step, Told
from console.risk.credit.scorecard import Contribution, Scorecard
from console.ui import formats, reason_codes
from console.ui.text import clean
from console.ui.themes import Palette
from console.ui.widgets.columns import level_text
from console.ui.widgets.lines import Pair
from store.reviews import Kept, digest

GLYPHS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.REFER: "!", Outcome.MISSING: "?"}
BAR_WIDTH = 8
KNOWN = 6
"""Linked accounts that are named, the riskiest."""

Exponents = Mapping[str, int]


def style(step: Step, colours: Palette) -> Style:
    if step.outcome is Outcome.PASS:
        return colours.good
    return colours.bad if step.outcome is Outcome.FAIL or step.holds else colours.warning


def choice_style(choice: str, colours: Palette) -> Style:
    return {"approve": colours.good, "less": colours.good, "decline": colours.bad}.get(choice, colours.warning)


def advice(found: Review, currency: str, exponents: Exponents) -> str:
    """What is recommended, with the limit where one is."""
    words = tr(f"review.choice.{found.choice}")
    if found.limit_minor is None:
        return words
    return f"{words} {formats.money(found.limit_minor, currency, exponents)}"


def flow(found: Review, colours: Palette) -> Text:
    """The picture of the flow: each step with its outcome, in order."""
    line = Text()
    for place, step in enumerate(found.steps):
        line.append("─" if place else "", colours.faint)
        line.append(f"{GLYPHS[step.outcome]}{tr(f'review.step.{step.name}')}", style(step, colours))
    return line


def reasons(words: Sequence[str]) -> str:
    """Principal reasons as they may be told to the person concerned."""
    return " · ".join(term("review.reason", clean(word, 40)) for word in words)


def steps(found: Review, currency: str, exponents: Exponents, colours: Palette) -> list[Pair]:
    """A line for each step: its outcome and what it found."""
    lines = []
    for step in found.steps:
        label = Text(f"{GLYPHS[step.outcome]} {tr(f'review.step.{step.name}')}", style(step, colours))
        line = Text(tr(f"review.outcome.{step.outcome}"), style(step, colours))
        for one in step.told:
            line.append(" · ", colours.faint).append(told(one, currency, exponents), colours.plain)
        lines.append((label, line))
    return lines


def told(one: Told, currency: str, exponents: Exponents) -> str:
    """A piece of evidence."""
    return tr(f"review.told.{one.code}", **_figures(one.figures, currency, exponents)).strip()


def _figures(figures: Mapping[str, float | str], currency: str, exponents: Exponents) -> dict[str, str]:
    shown = {}
    for name, value in figures.items():
        if isinstance(value, str):
            shown[name] = term(f"review.{name}", clean(value, 40)) if name in FAMILIES else clean(value, 80)
        elif name.endswith("_minor"):
            shown[name] = formats.money(round(value), currency, exponents)
        elif name == "level":
            shown[name] = level_text(int(value))
        else:
            shown[name] = f"{value * 100:.1f}%" if name in SHARES else f"{value:g}"
    return shown


FAMILIES = frozenset({"check", "outcome", "kind", "link", "status"})
SHARES = frozenset({"pd", "share"})
"""Figures whose words have a name of their own, and figures that are shares of 0..1."""


def points(found: Review, by: InForce, colours: Palette) -> list[Pair]:
    """The points with the bars they are held against, then what each characteristic gave, the greatest loss first."""
    judged, cutoffs = found.assessment, by.rules.cutoffs
    total = tr(
        "review.points",
        points=judged.points,
        pd=f"{judged.pd * 100:.1f}%",
        approve=f"{cutoffs.approve_above:g}",
        decline=f"{cutoffs.decline_below:g}",
    )
    lines = [(Text(tr("review.label.points"), colours.faint), Text(total, colours.strong))]
    for part in sorted(judged.contributions, key=lambda part: -part.lost):
        lines.append((Text(), _contribution(part, colours)))
    return lines


def _contribution(part: Contribution, colours: Palette) -> Text:
    most = part.points + part.lost
    line = Text(f"{part.points:4} ", colours.plain)
    line.append(formats.bar(part.points / most if most else 0.0, BAR_WIDTH), colours.accent)
    line.append(f" {f'−{part.lost}' if part.lost else '':>4} ", colours.warning)
    line.append(f"{term('review.reason', part.name)} ", colours.plain)
    value = f"{part.value:g}" if isinstance(part.value, float | int) else clean(part.value, 40)
    return line.append(value or tr("review.missing"), colours.strong if value else colours.faint)


def offered(found: Review, currency: str, exponents: Exponents, colours: Palette) -> list[Pair]:
    """The limit made for the person, and how it came about."""
    line = Text(formats.money(found.offer.limit_minor, currency, exponents), colours.strong)
    for one in found.offer.reasons:
        words = tr(f"review.offer.{one.code}", **_figures(one.figures, currency, exponents))
        line.append(" · ", colours.faint).append(words, colours.plain)
    return [(Text(tr("review.label.offer"), colours.faint), line)]


def submitted(found: Dossier, exponents: Exponents, colours: Palette) -> list[Pair]:
    """What was asked for, and what the person says of themselves: claims, not facts."""
    resource, case = found.resource, found.case
    currency = formats.currency(case.currency)
    words = [tr("review.asks", amount=formats.money(case.requested_minor, case.currency, exponents), currency=currency)]
    if case.present_minor is not None:
        words.append(tr("review.present", amount=formats.money(case.present_minor, case.currency, exponents)))
    words.append(tr("review.submitted", time=formats.day_and_time(found.asked_at)))
    if isinstance(resource, Application):
        facts = resource.facts
        told_of = [
            resource.product,
            resource.channel,
            facts.purpose if facts else None,
            facts.employer if facts else None,
        ]
        words += [clean(one, 40) for one in told_of if one]
        if case.stated_minor is not None:
            words.append(tr("review.claims", amount=formats.money(case.stated_minor, case.currency, exponents)))
        words += [
            f"{term('review.kind', kind)} {clean(value, 40)}"
            for kind, value in things(resource).items()
            if kind in ("device", "ip")
        ]
    else:
        words.append(term("review.by", clean(resource.requested_by, 16)))
    return [(Text(tr("review.label.submitted"), colours.faint), Text(" · ".join(words), colours.plain))]


def person(found: Dossier, exponents: Exponents, colours: Palette) -> list[Pair]:
    """Who it is, as the core's own file has it."""
    customer = found.customer
    if customer is None:
        return [(Text(tr("review.label.person"), colours.faint), Text(tr("review.no_file"), colours.warning))]
    words = [clean(customer.name_masked, 40), clean(customer.segment, 24)]
    if customer.home is not None:
        words.append(clean(customer.home.city, 32))
    if customer.income is not None:
        amount = formats.money(customer.income.monthly_minor, customer.income.currency, exponents)
        words.append(tr(f"review.income_{found.case.ability.proof}", amount=amount))
    if customer.employment is not None:
        words.append(term("review.work", clean(customer.employment.status, 24)))
    if customer.social is not None and customer.social.trust_score is not None:
        words.append(tr("ui.portrait.trust", score=customer.social.trust_score))
    line = Text(" · ".join(word for word in words if word), colours.plain)
    return [(Text(tr("review.label.person"), colours.faint), line)]


def known(found: Dossier, colours: Palette) -> list[Pair]:
    """The accounts that are linked with this person, the riskiest first."""
    linked = sorted(found.known, key=lambda pair: (not pair[1].fraud, -pair[1].level, -pair[1].score))
    lines: list[Pair] = []
    for link, one in linked[:KNOWN]:
        line = Text(f"{clean(one.account_id, 72)} ", colours.plain)
        line.append(f"{term('review.link', clean(link, 24))} ", colours.faint)
        line.append(f"{term('ui.status', clean(one.status, 16))} {level_text(one.level)}", colours.level(one.level))
        line.append(f" {tr('review.fraud')}" if one.fraud else "", colours.bad)
        lines.append((Text(tr("review.label.known") if not lines else "", colours.faint), line))
    if len(linked) > KNOWN:
        lines.append((Text(), Text(tr("review.more", count=len(linked) - KNOWN), colours.faint)))
    return lines


def earlier(kept: Sequence[Kept], now: int, exponents: Exponents, colours: Palette) -> list[Pair]:
    """What this desk decided about it before, the newest first."""
    lines: list[Pair] = []
    for one in kept:
        line = Text(tr(f"review.choice.{one.choice}"), choice_style(one.choice, colours))
        if one.limit_minor is not None:
            line.append(f" {formats.money(one.limit_minor, one.currency, exponents)}", colours.plain)
        line.append(f"  {clean(one.decided_by, 24)} {formats.age(now - one.decided_at)}  ", colours.faint)
        line.append(clean(one.note) or reason_codes.words(one.reason_code), colours.plain)
        lines.append((Text(tr("review.label.ours") if not lines else "", colours.faint), line))
    return lines


def judged_by(by: InForce, colours: Palette) -> list[Pair]:
    """The policy and the scorecard that judged."""
    card = card_words(by.rules.card, digest(by.card), by.card_since)
    words = f"{clean(by.policy_version, 60)} · {card}"
    return [(Text(tr("review.label.policy"), colours.faint), Text(words, colours.faint))]


def card_words(card: Scorecard, version: str, since: int | None) -> str:
    """What a scorecard was made of, the beginning of its text's digest, and since when (µs) it is in force."""
    made = tr("review.expert_card") if not card.made_of else tr("review.fitted_card", rows=formats.count(card.made_of))
    known = {"card": made, "digest": version[:SHORT]}
    if since is None:
        return tr("review.card_always", **known)
    return tr("review.card_since", **known, since=formats.clocked(since, "%Y-%m-%d %H:%M"))
