"""The console's application: composition only. Screens, the look on a beat, and actions carried out by name.

Only the first screen is imported at once; the others are when they are first opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rich.segment import Segments
from rich.text import Text
from textual.app import SystemCommand
from textual.events import Event, Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from console.core import instants
from console.desk import ailments
from console.language import tr
from console.paths import Home
from console.settings import Settings
from console.ui import actions, plans, screens
from console.ui.actions import BY_NAME, Facts
from console.ui.backtesting import draft_files, draft_named
from console.ui.bell import Bell
from console.ui.leaving import run_until_left
from console.ui.screens.filtering import Filtering
from console.ui.screens.watch import WatchScreen
from console.ui.sight import Sight
from console.ui.situation import Grade
from console.ui.survey import Question, Survey, Surveyor
from console.ui.text import clean
from console.ui.trail import History, Trail
from store.plans import PlanState
from store.reader import Reader

if TYPE_CHECKING:
    from console.ui.drafts import Draft, Submit
    from console.ui.worklist import Worklist

BEAT_S = 0.25
ATTENDED_WITHIN_S = 0.5
QUIET_ROUNDS = 3
"""Turns of the event loop without a waiting message after which everything typed so far has had its effect."""
RESTART_AFTER = 10 * instants.SECOND
"""The least time between two starts of a watcher, µs."""
MOST_MINUTES = 60


@runtime_checkable
class Following(Protocol):
    """A dialog that wants to see what it is about at every change."""

    def follow(self, mirror: Reader | None) -> None: ...


@runtime_checkable
class Taking(Protocol):
    """A dialog that is handed keys as they come; `take` returns False for one that means nothing to it."""

    def take(self, event: Key) -> bool: ...


class RiskDesk(Trail):
    """The desk's console on one home directory."""

    ENABLE_COMMAND_PALETTE = True

    class Surveyed(Message):
        """The surveyor's thread has news."""

        def __init__(self, news: Survey | Exception) -> None:
            super().__init__()
            self.news = news

    def __init__(
        self,
        home: Home,
        core: str | None = None,
        clock: Callable[[], int] = instants.now,
        *,
        watcher_pid: Callable[[], int | None],
        start_watcher: Callable[[], None] | None = None,
        submit: Submit | None = None,
        settings: Settings | None = None,
    ) -> None:
        """`watcher_pid` tells the process that watches this home, None when nobody does; `start_watcher` starts one."""
        super().__init__(settings or Settings())
        self.title = "riskdesk"
        self.history = History()
        self.sight = Sight(home, core, clock, watcher_pid)
        self._start_watcher, self._started_at = start_watcher, clock()
        self.submit: Submit = submit or self._journal
        self._bell = Bell(self.bell, clock)
        self._surveyor = Surveyor(home.mirror, self._hear)
        self._typed_at = 0.0

    @cached_property
    def worklist(self) -> Worklist:
        from console.ui.worklist import Worklist

        return Worklist(self)

    # ------------------------------------------------------------ beat

    def on_mount(self) -> None:
        self.sight.look()
        self.push_screen(WatchScreen())
        if self.settings.console.first_screen in screens.BY_NAME:
            self.call_after_refresh(self.show, self.settings.console.first_screen)
        self.set_interval(BEAT_S, self.look)

    def on_unmount(self) -> None:
        self._surveyor.stop()
        self.sight.close()

    def look(self) -> None:
        """Look at both files and let the visible screens show what changed."""
        if not self.is_running:
            return
        mirror_changed, journal_changed = self.sight.look()
        self._keep_watched()
        if self.settings.console.bell:
            self._bell.beat()
        if journal_changed:
            self._tell_outcomes()
        front = self._front()
        if front is not None and front.stands:
            front.looked(mirror_changed, journal_changed)
        if mirror_changed and isinstance(self.screen, Following):
            self.screen.follow(self.sight.mirror)

    def _keep_watched(self) -> None:
        """Start a watcher where there is none, now and then at most: one that can't run must not be started all day."""
        now = self.sight.clock()
        if self._start_watcher is None or self.sight.watched or now - self._started_at < RESTART_AFTER:
            return
        self._started_at = now
        try:
            self._start_watcher()
        except OSError as error:
            self.say(tr("ui.watcher_not_started", error=clean(error)), "bad")
        else:
            self.say(tr("ui.watcher_started"), "warning")

    def _tell_outcomes(self) -> None:
        """Say what became of our commands, the newest last; and hand the token over when one waits for it."""
        if self.sight.turned:
            from console.ui import outcomes

            for text, grade in outcomes.told(self.sight):
                self.say(text, grade)
        for followed in self.sight.plans.ended:
            self.say(plans.outcome(followed), "info" if followed.plan.state is PlanState.DONE else "warning")
        if self.sight.wait_for_credential:
            from console.ui.submitting import hand_over

            hand_over(self.sight.home, self.not_nudged)

    def on_risk_desk_surveyed(self, event: Surveyed) -> None:
        watch = self._watch()
        if watch is None or not watch.stands:
            return
        if isinstance(event.news, Survey):
            self._take_survey(event.news, watch)
        else:
            watch.survey_failed(event.news)

    def _take_survey(self, survey: Survey, watch: WatchScreen) -> None:
        """Show the surveyor's news; numbers of another mirror than the one shown are dropped."""
        if self.sight.mirror is None or self.sight.mirror.identity != survey.identity:
            self.look()
        if self.sight.mirror is not None and self.sight.mirror.identity == survey.identity:
            self.sight.count_alerts(survey.alerts)
            watch.surveyed(survey)

    def _hear(self, news: Survey | Exception) -> None:
        """Called in the surveyor's thread."""
        if isinstance(news, Survey):
            self._bell.hear(news.critical, news.identity)
        self.post_message(self.Surveyed(news))

    def begin_survey(self) -> None:
        """The first screen stands: let the surveyor bring the order."""
        if not self._surveyor.is_alive():
            self._surveyor.start()

    def survey(self, question: Question) -> None:
        """Let the list in front show the accounts that this is about."""
        self._surveyor.ask(question)

    # ------------------------------------------------------------ keys

    async def on_event(self, event: Event) -> None:
        """Keys act one after another, however fast they come: what a key opens gets the keys typed after it."""
        if isinstance(event, Key) and not event.is_forwarded:
            self._typed_at = event.time
            await self._attended()
            if isinstance(self.screen, Taking) and self.screen.take(event):
                return
            typing = isinstance(self.focused, Input) and event.key != "enter"
            if not typing and await self._check_bindings(event.key):
                await self._until(lambda: self.screen.is_mounted)
                return
        await super().on_event(event)

    async def _attended(self) -> None:
        """Let what was typed before be attended to, up the tree from where it was typed."""
        for _ in range(QUIET_ROUNDS):
            await self._until(self._quiet)
            await asyncio.sleep(0)

    def _quiet(self) -> bool:
        nodes = (self.focused or self.screen).ancestors_with_self
        return not any(node.message_queue_size for node in nodes if node is not self)

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Wait for a state, for a moment at most: a key is never held back for good."""
        clock = asyncio.get_running_loop().time
        end = clock() + ATTENDED_WITHIN_S
        while not holds() and clock() < end:  # noqa: ASYNC110 - nothing tells when a queue is empty
            await asyncio.sleep(0)

    # ------------------------------------------------------------ actions

    def facts(self) -> Facts:
        return Facts.of(self.sight.situation, self._front(), self._typed_at)

    def action_perform(self, name: str) -> None:
        """Carry out an action by name, as a key asks for it."""
        self.perform(name)

    def perform(self, name: str, argument: str = "") -> None:
        """Carry out an action, or say why it is not possible now."""
        action = BY_NAME[name]
        method = actions.performer(self.focused or self.screen, name)
        if method is None:
            self.say(tr("ui.not_here", action=action.title), "warning")
            return
        why = actions.obstacle(action, self.facts())
        if why is not None:
            self.say(f"{action.title}: {why}", "warning")
            return
        method(argument)

    def command(self, text: str) -> None:
        """Carry out what was typed after `:`."""
        name, _, argument = text.partition(" ")
        if name not in BY_NAME:
            self.say(tr("ui.no_command", name=clean(name, 40)), "bad")
            return
        self.perform(name, argument.strip())

    def say(self, text: str, severity: Grade = "info") -> None:
        """A short message in the line of keys, for some seconds."""
        front = self._front()
        if front is not None and front.stands:
            front.say(text, severity)

    def wrote(self) -> None:
        """This process wrote to the journal: show it at once."""
        self.sight.forget_journal_version()
        self.look()

    def untaken(self, error: BaseException, severity: Grade = "bad") -> None:
        """Say why the journal did not take something, one of `ailments.UNTAKEN`."""
        self.say(clean(ailments.untaken(error, self.sight.home.folder)), severity)

    def _journal(self, draft: Draft) -> str:
        from console.ui.submitting import submitter

        return submitter(self.sight, self.not_nudged)(draft)

    def not_nudged(self, why: str) -> None:
        """Say, from another thread, that nobody was woken."""
        self.call_from_thread(self.say, tr("ui.not_nudged", why=clean(why)), "warning")

    def say_from_thread(self, text: str, severity: Grade) -> None:
        """Say something from another thread; nothing once the console is being left."""
        if self.is_running:
            self.call_from_thread(self.say, text, severity)

    def write_raw(self, sequence: str) -> None:
        """Write to the terminal what is not a part of the screen."""
        if self._driver is not None:
            self._driver.write(sequence)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        facts = self.facts()
        for action in actions.live(self.focused or screen):
            why = actions.obstacle(action, facts)
            yield SystemCommand(action.title, why or action.help, lambda name=action.name: self.perform(name))

    def do_command(self, _: str) -> None:
        front = self._front()
        if front is not None:
            start = front.home_focus() or front
            front.ask(":", lambda text: actions.completions(start, text))

    def do_backtest(self, argument: str) -> None:
        """Backtest a draft, `FILE [DAYS]`; ask for it when none is named."""
        front = self._front()
        if argument:
            from console.ui.screens.backtest import BacktestScreen

            pack, days = draft_named(argument)
            self.push_screen(BacktestScreen(pack, days))
        elif front is not None:
            front.ask(":", lambda text: actions.completions(front, text), "backtest ")

    def words_of_backtest(self, _: str) -> Iterable[str]:
        return map(str, draft_files(self.sight.home))

    def do_tune(self, argument: str) -> None:
        """Search thresholds on the last `DAYS`, all that is kept when none are named."""
        from console.ui.screens.tuning import TuningScreen

        self.push_screen(TuningScreen(argument))

    def do_help(self, _: str) -> None:
        from console.ui.screens.help import HelpScreen

        front = self._front()
        if front is not None and not isinstance(self.screen, HelpScreen):
            fields = front.filter_fields() if isinstance(front, Filtering) else {}
            self.push_screen(HelpScreen(actions.live(self.focused or front), self.facts(), tuple(fields)))

    def do_write(self, argument: str) -> None:
        if argument and not (argument.isascii() and argument.isdigit() and int(argument) <= MOST_MINUTES):
            self.say(tr("ui.write.minutes", most=MOST_MINUTES), "bad")
            return
        minutes = int(argument or self.settings.console.armed_minutes)
        self.sight.arm(minutes)
        self.look()
        self.say(tr("ui.write.armed", minutes=minutes) if minutes else tr("ui.write.disarmed"))

    def do_halt(self, _: str) -> None:
        from console.ui.automatic import halt

        halt(self)

    def do_read(self, _: str) -> None:
        self.do_write("0")

    def do_quit(self, _: str) -> None:
        self.exit(0)

    def _watch(self) -> WatchScreen | None:
        """The topmost list of accounts."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, WatchScreen)), None)

    # ------------------------------------------------------------ failing

    def _fatal_error(self) -> None:
        """Textual's report of a crash, without the values of local variables: a token could be among them."""
        from rich.traceback import Traceback

        report = Traceback(show_locals=False, width=None)
        rendered = self.console.render(report, self.console.options)
        self._exit_renderables.append(Segments([*rendered, *self.console.render(Text(tr("ui.crashed")))]))
        self._close_messages_no_wait()


def run(
    home: Home,
    core: str | None,
    watcher_pid: Callable[[], int | None],
    start_watcher: Callable[[], None] | None = None,
    settings: Settings | None = None,
) -> int:
    """Run the console until it is left, its terminal closes or it is told to end; returns the process's exit code."""
    app = RiskDesk(home, core, watcher_pid=watcher_pid, start_watcher=start_watcher, settings=settings)
    run_until_left(app)
    return app.return_code or 0
