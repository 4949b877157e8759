"""The policy screen: the stance in force and why, the indicators and how far they are from moving it, what is proposed,
and every version; applying, rolling back, trying on the past."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from console.desk import ailments
from console.desk import policy as desk
from console.language import term, tr
from console.risk.policy import Switch
from console.risk.policy_text import read_policy
from console.ui import formats
from console.ui.actions import bindings
from console.ui.models import sparkline
from console.ui.policies import Books, Effect, Indicator, NotTried, books, tried
from console.ui.screens.base import DeskScreen
from console.ui.text import clean, fit
from console.ui.themes import Palette, palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.prompt import nothing
from console.ui.widgets.rows import Cell, RowList
from store.journal import Journal, JournalError
from store.policies import InForce, Policies

SPARK, ROOMY = 12, 100
NAME, VALUE = 22, 9
COLUMNS = (("from", 16, False), ("stamp", 24, False), ("kind", 11, False), ("actor", 10, False))


class VersionList(RowList):
    """What was in force, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.moves: Sequence[InForce] = ()

    def tell(self, moves: Sequence[InForce]) -> None:
        if moves == self.moves:
            return
        under = self.moves[self.cursor].position if self.cursor is not None else None
        self.moves = moves
        place = next((at for at, one in enumerate(moves) if one.position == under), 0 if moves else None)
        self.place(place, show=False)
        self.resize_to_rows()
        self.refresh()

    def total(self) -> int:
        return len(self.moves)

    def key_at(self, index: int) -> int:
        return index

    def index_of(self, key: int) -> int | None:
        return key if key < len(self.moves) else None

    def name_at(self, index: int) -> str:
        return self.moves[index].stamp

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        move, colours = self.moves[index], self.palette
        values = [
            (since(move), colours.plain),
            (f"{move.version} {clean(move.stance, 32)}", colours.good if index == 0 else colours.strong),
            (term("policy.kind", move.kind), colours.plain),
            (clean(move.actor, 40), colours.faint),
        ]
        cells: list[Cell] = [
            (text, size, right, style) for (text, style), (_, size, right) in zip(values, COLUMNS, strict=True)
        ]
        rest = width - sum(size for _, size, _ in COLUMNS) - len(COLUMNS) - 1
        return [*cells, (clean(move.reason, 200), max(1, rest), False, colours.faint)]


class PolicyScreen(DeskScreen):
    """The desk's policies."""

    DEFAULT_CSS = """
    PolicyScreen #state, PolicyScreen #indicators { padding: 0 1; }
    PolicyScreen VersionList { padding: 0 0 0 1; }
    """
    BINDINGS = bindings("policy")
    NAME = "policy"

    def __init__(self) -> None:
        super().__init__()
        self._books = Books()
        self._effect: Effect | None = None
        self._trying: asyncio.Task[None] | None = None

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("state", tall=True)
        yield Lines("indicators", tall=True)
        yield Lines("columns", "heading")
        yield VersionList()

    @property
    def table(self) -> VersionList:
        return self.query_one(VersionList)

    def home_focus(self) -> Widget | None:
        return self.table

    def on_unmount(self) -> None:
        if self._trying is not None:
            self._trying.cancel()

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        if mirror_changed or journal_changed:
            self._books = books(self.sight.journal, self.sight.mirror)
            self.table.tell(self._books.history)
        self._draw()
        super().looked(mirror_changed, journal_changed)

    # ------------------------------------------------------------ drawing

    def _draw(self) -> None:
        colours, width = palette(self.app.theme_variables), self.app.size.width - 2
        self.query_one("#title", Lines).show(Text(tr("ui.policy.title"), colours.strong))
        self.query_one("#state", Lines).show(_joined(self._state(colours, width), width))
        lines = [_indicator(one, width, colours) for one in self._books.indicators]
        self.query_one("#indicators", Lines).show(_joined([_head(colours), *lines], width))
        heads = [fit(tr(f"ui.policy.{name}"), size, right) for name, size, right in COLUMNS]
        self.query_one("#columns", Lines).show(Text(" ".join([*heads, tr("ui.policy.reason")]), colours.heading))

    def _state(self, colours: Palette, width: int) -> list[Text]:
        known = self._books
        lines = [_ladder(known, colours)]
        found = known.in_force
        if found is not None and found.reason:
            lines.append(Text(clean(found.reason, 200), colours.faint))
        if known.trouble:
            lines.append(Text(clean(known.trouble, 200), colours.bad))
        if known.proposal is not None:
            words = {
                "stance": clean(known.proposal.stance, 32),
                "why": clean(desk.because(known.proposal.because), 400),
            }
            lines.append(Text(tr("ui.policy.proposal", number=known.proposal.number, **words), colours.warning))
            if known.proposal.effect:
                lines += _wrapped("", told(json.loads(known.proposal.effect)), width, colours.plain)
            elif known.proposal.because:
                lines.append(Text(tr("ui.policy.not_tried"), colours.faint))
        if self._trying is not None:
            lines.append(Text(tr("ui.policy.trying"), colours.accent))
        elif self._effect is not None:
            to = clean(self._effect["to"].partition("/")[2], 32)
            lines += _wrapped(f"{to}: ", told(self._effect), width, colours.accent)
        return lines

    # ------------------------------------------------------------ deciding

    def do_enact(self, argument: str) -> None:
        """Put a stance in force, `STANCE REASON`; the proposal's policy where its stance is named. Ask for the rest."""
        stance, _, reason = argument.partition(" ")
        proposal, policy = self._books.proposal, self._books.policy
        if not reason.strip() or policy is None:
            self.ask(":", nothing, f"enact {stance or self._suggested()} ")
            return

        def act(journal: Journal) -> InForce:
            text = Policies(journal).text(proposal.version) if proposal and proposal.stance == stance else None
            chosen = read_policy(text.name, text.text) if text else policy
            return desk.apply(journal, chosen, stance, reason, self._by(), self.sight.situation.stream_now)

        self._do(act, "ui.policy.enacted")

    def do_revoke(self, argument: str) -> None:
        """Put back what was before, or the version under the cursor, `VERSION REASON`; ask for the reason."""
        version, _, reason = argument.partition(" ")
        if not reason.strip():
            self.ask(":", nothing, f"revoke {version or self._chosen()} ")
            return
        wanted = None if version == BEFORE else version
        now = self.sight.situation.stream_now
        self._do(lambda journal: desk.roll_back(journal, wanted, reason, self._by(), now), "ui.policy.revoked")

    def do_dismiss(self, argument: str) -> None:
        """Let the open proposal go, with a reason."""
        proposal, journal = self._books.proposal, self.sight.journal
        if proposal is None or journal is None:
            self.desk.say(tr("ui.policy.no_proposal"), "warning")
        elif not argument.strip():
            self.ask(":", nothing, "dismiss ")
        else:
            number = proposal.number
            self._do(lambda journal: desk.dismiss(journal, number, argument, self._by()), "ui.policy.dismissed")

    def do_try_out(self, argument: str) -> None:
        """Try a stance of the policy in force on the past, by default the one that is proposed."""
        policy = self._books.policy
        stance = argument.strip() or self._suggested()
        if policy is None or stance not in policy.stances:
            self.desk.say(tr("ui.policy.no_stance", stances=", ".join(policy.stances if policy else ())), "warning")
        elif self._trying is None:
            self._trying = asyncio.create_task(self._try(stance))
            self._draw()

    def do_compare(self, _: str) -> None:
        """Show what the version under the cursor changes against the one in force, or its text."""
        from console.ui.screens.policy_text import PolicyTextScreen

        index, found = self.table.cursor, self._books.in_force
        if index is not None and found is not None:
            self.app.push_screen(PolicyTextScreen(found, self.table.moves[index]))

    async def _try(self, stance: str) -> None:
        try:
            self._effect = await tried(self.sight.home, stance)
        except (NotTried, OSError, ValueError) as error:
            self.desk.say(clean(error, 300), "bad")
        self._trying = None
        if self.stands:
            self._draw()

    def _do(self, act: Callable[[Journal], InForce | None], said: str) -> None:
        try:
            found = act(self.sight.open_journal())
        except (ValueError, JournalError) as error:
            self.desk.say(tr("ui.policy.unchanged", error=clean(error, 200)), "bad")
            return
        except ailments.UNTAKEN as error:
            self.desk.untaken(error)
            return
        self.desk.wrote()
        self.desk.say(tr(said, stamp=clean(found.stamp, 60) if found else ""))

    def _by(self) -> str:
        return self.sight.situation.subject or "console"

    def _suggested(self) -> str:
        """The proposed stance, else the next tighter one."""
        known = self._books
        if known.proposal is not None:
            return clean(known.proposal.stance, 32)
        order = list(known.policy.stances) if known.policy else []
        found = known.in_force
        place = order.index(found.stance) if found and found.stance in order else len(order)
        return order[max(0, place - 1)] if order else ""

    def _chosen(self) -> str:
        """The version under the cursor where it is another than the one in force, else what was before."""
        index = self.table.cursor
        chosen = self.table.moves[index].version if index else ""
        found = self._books.in_force
        return chosen if found and chosen and chosen != found.version else BEFORE


BEFORE = "before"
"""Stands for whatever was in force before."""


def since(move: InForce) -> str:
    """From when on it counted, by the stream's time."""
    return formats.clocked(move.since, "%Y-%m-%d %H:%M") if move.since else tr("policy.beginning")


def told(effect: Effect) -> list[str]:
    """What a policy would have changed, figure by figure: before → after."""
    live, draft = effect["alerts"]["live"], effect["alerts"]["draft"]
    papers, limits = effect["applications"], effect["limits"]
    pairs = [
        (tr("policy.alerts_per_day"), f"{live['alerts_per_day']:.1f}", f"{draft['alerts_per_day']:.1f}"),
        (tr("ui.policy.minutes"), f"{live['minutes_per_day']:.0f}", f"{draft['minutes_per_day']:.0f}"),
        (tr("policy.precision"), _percent(live["precision"]), _percent(draft["precision"])),
        (tr("ui.policy.approved"), papers["live"]["approve"], papers["draft"]["approve"]),
        (tr("ui.policy.declined"), papers["live"]["decline"], papers["draft"]["decline"]),
        (tr("ui.policy.cut"), limits["live"]["accounts"], limits["draft"]["accounts"]),
    ]
    return [f"{name} {before}→{after}" for name, before, after in pairs]


def _wrapped(begin: str, words: Iterable[str], width: int, style: Style) -> list[Text]:
    """Words in as many lines as they need."""
    lines = [begin]
    for word in words:
        joined = f"{lines[-1]} · {word}" if lines[-1] not in ("", begin) else f"{lines[-1]}{word}"
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return [Text(line, style) for line in lines]


def _percent(share: dict[str, float] | None) -> str:
    return formats.NOTHING if share is None else f"{100 * share['value']:.0f}%"


def _ladder(known: Books, colours: Palette) -> Text:
    """The stances from tight to loose with the one in force marked, its version and since when."""
    line = Text()
    found = known.in_force
    stance = found.stance if found else known.policy.drive.stance if known.policy else ""
    for name in known.policy.stances if known.policy else (stance,):
        here = name == stance
        line.append(f"[{clean(name, 32)}]" if here else f" {clean(name, 32)} ", colours.good if here else colours.faint)
    if found is None:
        return line.append(f"  {tr('ui.policy.none')}", colours.warning)
    line.append(f"  {clean(found.name, 24)} {found.version}", colours.plain)
    words = {"since": since(found), "by": clean(found.actor, 40)}
    return line.append(f" · {tr('ui.policy.since', **words)}", colours.faint)


def _head(colours: Palette) -> Text:
    words = [fit(tr("ui.policy.indicator"), NAME), fit(tr("ui.policy.value"), VALUE, right=True)]
    return Text(" ".join([*words, fit("", SPARK), tr("ui.policy.thresholds")]), colours.heading)


def _indicator(one: Indicator, width: int, colours: Palette) -> Text:
    """Its newest value, its past, and of each rule the threshold that comes next and how far away that is."""
    on = any(switch.on for switch in one.switches)
    line = Text(fit(term("ui.indicator", clean(one.name, 40)), NAME), colours.plain)
    value = f"{one.values[-1]:.4g}" if one.values else formats.NOTHING
    line.append(f" {fit(value, VALUE, right=True)} ", colours.warning if on else colours.strong)
    line.append(fit(sparkline(one.values, SPARK), SPARK), colours.accent)
    for switch in one.switches:
        line.append("  ").append(_distance(switch, one), colours.warning if switch.on else colours.faint)
    return line


def _distance(switch: Switch, one: Indicator) -> str:
    rule = switch.rule
    next_ = rule.leave if switch.on else rule.enter
    sign = "≥" if rule.rising != switch.on else "≤"
    away = f" ({abs(next_ - one.values[-1]):.2g})" if one.values else ""
    stance = clean(rule.stance, 32)
    return (
        f"{stance} {sign} {next_:g}{away}"
        if not switch.on
        else tr("ui.policy.until", stance=stance, sign=sign, value=f"{next_:g}", away=away)
    )


def _joined(lines: Sequence[Text], width: int) -> Text:
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)
