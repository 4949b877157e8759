"""The command line. Each command imports what it runs only when it runs, so that --help answers at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from console import __version__, entries, settings
from console.exits import Exit
from console.governing import add_policy
from console.judging import add_scorecard
from console.language import tr
from console.manual import Front, Manual
from console.measuring import add_bench, add_conformance
from console.numbers import count as _count
from console.numbers import page as _page
from console.numbers import positive as _positive
from console.parsing import Commands
from console.parsing import at_home as _home
from console.parsing import command as _command
from console.parsing import of_core as _core
from console.parsing import tied as _tied
from console.paths import home

FREEZE_SCOPES = ("full", "debit_only", "credit_only", "cash_advance", "login")
LIMITS = ("credit", "cash", "daily")
LEVELS = ("low", "medium", "high", "critical")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (see `console.exits`)."""
    loaded = settings_at(arguments)
    options = parser().parse_args(arguments)
    options.loaded = loaded
    if getattr(options, "tied", False):
        from console.children import end_with_parent

        end_with_parent()
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except (ValueError, OSError) as error:
        print(tr("cli.error", error=error), file=sys.stderr)
        return Exit.USAGE
    except Exception as error:  # noqa: BLE001 - told on the terminal, and in full in the home's log
        from console import crash
        from console.desk import ailments

        if said := ailments.words(error, home(getattr(options, "home", None)).folder):
            print(tr("cli.error", error=said), file=sys.stderr)
            return Exit.FAILED

        return crash.tell(error, home(getattr(options, "home", None)))


def settings_at(arguments: Sequence[str] | None) -> settings.Loaded:
    """The settings of the home that the arguments name; what variables can say is in the environment from then on."""
    named = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    _home(named)
    try:
        found, _ = named.parse_known_args(arguments)
    except argparse.ArgumentError:
        found = argparse.Namespace()  # the whole parser says what is wrong
    file, before = home(getattr(found, "home", None)).settings, dict(os.environ)
    loaded = settings.load(file, before)
    loaded.export(os.environ)
    return settings.load(file, before) if loaded.mistakes else loaded  # its words in the language it asks for


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = Front(prog="riskdesk", description=tr("cli.about"))
    top.add_argument("--version", action="version", version=f"riskdesk {__version__}", help=tr("cli.version"))
    _home(top)
    _core(top)
    top.add_argument("--no-watcher", action="store_true", help=tr("cli.no_watcher"))
    top.set_defaults(run=entries.console)
    commands = top.add_subparsers(title=tr("cli.commands"), metavar="COMMAND", parser_class=Manual)
    _add_demo(commands)
    _add_watch(commands)
    _add_sandbox(commands)
    _add_act(commands)
    _add_approvals(commands)
    _add_plan(commands)
    _add_review(commands)
    _add_automatic(commands)
    _add_portfolio(commands)
    _add_backtest(commands)
    add_scorecard(commands)
    add_policy(commands)
    add_bench(commands)
    _add_audit(commands)
    _add_journal(commands)
    _add_export(commands)
    _add_lists(commands)
    _add_handover(commands)
    _add_model(commands)
    add_conformance(commands)
    _home(_command(commands, "doctor", entries.doctor, core=True))
    _home(_command(commands, "paths", entries.paths))
    _add_settings(commands)
    completion = _command(commands, "completion", lambda options: entries.completion(options, parser()))
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help=tr("cli.shell"))
    return top


# ---------------------------------------------------------------- what there is to type


def _add_demo(commands: Commands) -> None:
    demo = _command(commands, "demo", entries.demo)
    demo.add_argument("--speed", type=_positive, default=60.0, metavar="X", help=tr("cli.speed"))
    demo.add_argument("--seed", type=int, default=1, help=tr("cli.seed"))
    demo.add_argument("--world", default="demo", metavar="NAME", help=tr("cli.world"))
    _home(demo)


def _add_watch(commands: Commands) -> None:
    watch = _command(commands, "watch", entries.watch, core=True)
    _home(watch)
    _tied(watch)
    watch.add_argument("--until-caught-up", action="store_true", help=tr("cli.until_caught_up"))
    watch.add_argument("--json", action="store_true", help=tr("cli.json"))
    watch.add_argument("--page", type=_page, default=10_000, metavar="N", help=tr("cli.page"))
    watch.add_argument("--retention-days", type=_count, default=180, metavar="N", help=tr("cli.retention"))
    watch.add_argument("--packs", type=Path, metavar="DIR", help=tr("cli.packs"))
    watch.add_argument("--rules-only", action="store_true", help=tr("cli.rules_only"))
    watch.add_argument("--refits-beside", action="store_true", help=tr("cli.refits_beside"))
    watch.add_argument("--automatic", action="store_true", help=tr("cli.automatic"))


def _add_sandbox(commands: Commands) -> None:
    sandbox = _command(commands, "sandbox", entries.sandbox)
    _tied(sandbox)
    life = sandbox.add_mutually_exclusive_group()
    life.add_argument("--world", metavar="NAME", help=tr("cli.world"))
    life.add_argument("--replay", type=Path, metavar="FILE", help=tr("cli.replay"))
    life.add_argument("--truth", action="store_true", help=tr("cli.truth"))
    sandbox.add_argument("--map", type=Path, metavar="FILE", help=tr("cli.map"))
    sandbox.add_argument("--speed", type=_positive, metavar="X", help=tr("cli.speed"))
    sandbox.add_argument("--seed", type=int, default=1, help=tr("cli.seed"))
    sandbox.add_argument("--port", type=int, default=8900, help=tr("cli.port"))
    sandbox.add_argument("--data", type=Path, metavar="DIR", help=tr("cli.data"))
    sandbox.add_argument("--population", type=_count, metavar="N", help=tr("cli.population"))
    sandbox.add_argument("--limit", type=_count, metavar="N", help=tr("cli.limit"))
    sandbox.add_argument("--days", type=_positive, metavar="N", help=tr("cli.days"))
    sandbox.add_argument("--lockstep", type=_positive, metavar="MINUTES", help=tr("cli.lockstep"))
    sandbox.add_argument("--label-delay-days", type=float, default=7.0, metavar="N", help=tr("cli.label_delay"))


def _add_act(commands: Commands) -> None:
    act = _command(commands, "act")
    what = act.add_subparsers(title=tr("cli.commands"), metavar="ACTION", required=True)
    for name in ("freeze", "unfreeze", "set-limit", "close", "undo"):
        action = _command(what, name, entries.act, core=True)
        action.set_defaults(action=name)
        _home(action)
        if name == "undo":
            action.add_argument("command", metavar="COMMAND", help=tr("cli.undone"))
        else:
            action.add_argument("account", metavar="ACCOUNT", help=tr("cli.account"))
        action.add_argument("--preview", action="store_true", help=tr("cli.preview"))
        _decision(action, name, 30.0)
        if name in ("unfreeze", "undo"):
            action.add_argument("--check", action="append", default=[], metavar="ID=ANSWER", help=tr("cli.check"))
        if name == "unfreeze":
            action.add_argument("--hold", action="append", metavar="ID", help=tr("cli.hold"))
        elif name == "set-limit":
            value = action.add_mutually_exclusive_group(required=True)
            value.add_argument("--value-minor", type=_count, metavar="N", help=tr("cli.value_minor"))
            value.add_argument("--share", metavar="P%", help=tr("cli.share"))
            action.add_argument("--of", choices=("limit", "balance"), default="limit", help=tr("cli.share_of"))

    withdraw = _command(what, "withdraw", entries.withdraw, core=True, text=tr("approvals.help_withdraw"))
    _home(withdraw)
    withdraw.add_argument("command_id", metavar="COMMAND_ID", help=tr("approvals.help_id"))
    withdraw.set_defaults(note=None)
    _waiting(withdraw)


def _waiting(to: argparse.ArgumentParser, timeout_s: float = 30.0) -> None:
    to.add_argument("--wait", action="store_true", help=tr("cli.wait"))
    to.add_argument("--timeout", type=_positive, default=timeout_s, metavar="S", help=tr("cli.timeout"))


def _add_approvals(commands: Commands) -> None:
    approvals = _command(commands, "approvals", entries.approvals, text=tr("approvals.help"))
    _home(approvals)
    approvals.add_argument("--json", action="store_true", help=tr("cli.json"))
    what = approvals.add_subparsers(title=tr("cli.commands"), metavar="WHAT")
    for name, choice, text in (
        ("approve", "approve", tr("approvals.help_approve")),
        ("decline", "reject", tr("approvals.help_decline")),
    ):
        part = _command(what, name, entries.approvals_decide, core=True, text=text)
        part.set_defaults(choice=choice)
        _home(part)
        part.add_argument("command_id", metavar="ID", help=tr("approvals.help_id"))
        part.add_argument("--note", required=choice == "reject", metavar="TEXT", help=tr("cli.note"))
        _waiting(part)


def _decision(action: argparse.ArgumentParser, name: str, timeout_s: float) -> None:
    """What a decision says, on one account or on many."""
    action.add_argument("--reason", required=True, metavar="CODE", help=tr("cli.reason"))
    action.add_argument("--note", metavar="TEXT", help=tr("cli.note"))
    _waiting(action, timeout_s)
    if name == "freeze":
        action.add_argument("--scope", choices=FREEZE_SCOPES, default="full", help=tr("cli.scope"))
        action.add_argument("--expires-at", metavar="TIME", help=tr("cli.expires_at"))
    elif name == "set-limit":
        action.add_argument("--limit", choices=LIMITS, default="credit", help=tr("cli.which_limit"))


def _add_plan(commands: Commands) -> None:
    plan = _command(commands, "plan", text=tr("plans.help"))
    what = plan.add_subparsers(title=tr("cli.commands"), metavar="ACTION", required=True)
    for name in ("freeze", "unfreeze", "set-limit", "close"):
        action = _command(what, name, entries.plan_make, core=True, text=tr(f"plans.help_{name.replace('-', '_')}"))
        action.add_argument("--from", dest="source", required=True, metavar="FILE", help=tr("plans.help_from"))
        _decision(action, name, 3600.0)
        if name == "set-limit":
            value = action.add_mutually_exclusive_group(required=True)
            value.add_argument("--value-minor", type=_count, metavar="N", help=tr("cli.value_minor"))
            value.add_argument("--share", metavar="P%", help=tr("plans.help_share"))
            action.add_argument("--currency", metavar="CODE", help=tr("plans.help_currency"))
        action.set_defaults(action=name)
        _home(action)
    show = _command(what, "show", entries.plan_show, text=tr("plans.help_show"))
    show.add_argument("number", type=_count, nargs="?", metavar="NUMBER", help=tr("plans.help_number"))
    show.add_argument("--json", action="store_true", help=tr("cli.json"))
    _home(show)
    for name in ("stop", "resume"):
        turn = _command(what, name, entries.plan_turn, core=True, text=tr(f"plans.help_{name}"))
        turn.add_argument("number", type=_count, metavar="NUMBER", help=tr("plans.help_number"))
        turn.set_defaults(action=name)
        _home(turn)


def _add_review(commands: Commands) -> None:
    review = _command(commands, "review", text=tr("review.help"))
    what = review.add_subparsers(title=tr("cli.commands"), metavar="ACTION", required=True)
    waiting = _command(what, "list", entries.review_list, text=tr("review.help_list"))
    show = _command(what, "show", entries.review_show, text=tr("review.help_show"))
    again = _command(what, "reconstruct", entries.review_reconstruct, text=tr("review.help_reconstruct"))
    again.add_argument("command_id", metavar="COMMAND_ID", help=tr("review.help_command"))
    show.add_argument("paper", metavar="ID", help=tr("review.help_paper"))
    for part in (waiting, show, again):
        part.add_argument("--json", action="store_true", help=tr("cli.json"))
        _home(part)
    book = _command(what, "book", entries.review_book, core=True, text=tr("review.help_book"))
    book.add_argument("--dry-run", action="store_true", help=tr("review.help_dry_run"))
    book.add_argument("--json", action="store_true", help=tr("cli.json"))
    _home(book)
    for choice in ("approve", "decline", "refer"):
        part = _command(what, choice, entries.review_decide, core=True, text=tr(f"review.help_{choice}"))
        part.set_defaults(choice=choice, limit=None, reason=None)
        _home(part)
        part.add_argument("paper", metavar="ID", help=tr("review.help_paper"))
        part.add_argument("--note", required=choice == "refer", metavar="TEXT", help=tr("cli.note"))
        if choice != "refer":
            part.add_argument("--reason", required=True, metavar="CODE", help=tr("cli.reason"))
        if choice == "approve":
            part.add_argument("--limit", type=_count, metavar="N", help=tr("review.help_limit"))
        _waiting(part)


def _add_portfolio(commands: Commands) -> None:
    portfolio = _command(commands, "portfolio", entries.portfolio, text=tr("portfolio.help"))
    portfolio.add_argument("--by", choices=("status", "level", "limit", "age"), help=tr("portfolio.help_by"))
    portfolio.add_argument("--history", action="store_true", help=tr("portfolio.help_history"))
    form = portfolio.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=tr("cli.json"))
    form.add_argument("--csv", action="store_true", help=tr("portfolio.help_csv"))
    _home(portfolio)


def _add_automatic(commands: Commands) -> None:
    automatic = _command(commands, "automatic", text=tr("automatic.help"))
    what = automatic.add_subparsers(title=tr("cli.commands"), metavar="WHAT", required=True)
    status = _command(what, "status", entries.automatic_status, text=tr("automatic.help_status"))
    status.add_argument("--json", action="store_true", help=tr("cli.json"))
    stop = _command(what, "stop", entries.automatic_turn, text=tr("automatic.help_stop"))
    stop.add_argument("--reason", metavar="TEXT", help=tr("lists.help_reason"))
    resume = _command(what, "resume", entries.automatic_turn, text=tr("automatic.help_resume"))
    resume.add_argument("--reason", required=True, metavar="TEXT", help=tr("lists.help_reason"))
    for part in (stop, resume):
        part.set_defaults(action=part.prog.rsplit(" ", 1)[-1])
    for part in (status, stop, resume):
        _home(part)


def _add_backtest(commands: Commands) -> None:
    backtest = _command(commands, "backtest", entries.backtest)
    _home(backtest)
    _tied(backtest)
    backtest.add_argument("--pack", type=Path, required=True, metavar="FILE", help=tr("cli.backtest_pack"))
    backtest.add_argument("--against", choices=("live",), default="live", help=tr("cli.against"))
    backtest.add_argument("--packs", type=Path, metavar="DIR", help=tr("cli.packs"))
    backtest.add_argument("--days", type=_positive, metavar="N", help=tr("cli.backtest_days"))
    backtest.add_argument("--accounts", type=Path, metavar="FILE", help=tr("cli.behind"))
    backtest.add_argument("--progress", action="store_true", help=tr("cli.progress"))
    backtest.add_argument("--json", action="store_true", help=tr("cli.json"))


def _add_audit(commands: Commands) -> None:
    audit = _command(commands, "audit")
    what = audit.add_subparsers(title=tr("cli.commands"), metavar="WHAT", required=True)
    verify = _command(what, "verify", entries.audit_verify)
    verify.add_argument("--checkpoint", type=Path, metavar="FILE", help=tr("cli.known"))
    checkpoint = _command(what, "checkpoint", entries.audit_checkpoint)
    export = _command(what, "export", entries.audit_export)
    for part in (checkpoint, export):
        part.add_argument("--to", type=Path, metavar="FILE", help=tr("cli.to"))
    for part in (verify, checkpoint, export):
        _home(part)


def _add_export(commands: Commands) -> None:
    export = _command(commands, "export", entries.export, text=tr("export.help"))
    export.epilog = tr("export.form")
    _home(export)
    export.add_argument("view", metavar="VIEW", help=tr("export.view"))
    export.add_argument("--to", type=Path, required=True, metavar="FILE", help=tr("export.to"))
    export.add_argument("--overwrite", action="store_true", help=tr("export.overwrite"))


def _add_settings(commands: Commands) -> None:
    shown = _command(commands, "settings", entries.settings_show, text=tr("settings.help"))
    what = shown.add_subparsers(title=tr("cli.commands"), metavar="WHAT")
    check = _command(what, "check", entries.settings_check, text=tr("settings.help_check"))
    new = _command(what, "new", entries.settings_new, text=tr("settings.help_new"))
    for part in (shown, check, new):
        _home(part)


def _add_journal(commands: Commands) -> None:
    journal = _command(commands, "journal")
    what = journal.add_subparsers(title=tr("cli.commands"), metavar="WHAT", required=True)
    for name, run in (("backup", entries.journal_backup), ("restore", entries.journal_restore)):
        part = _command(what, name, run)
        part.add_argument("file", type=Path, metavar="FILE", help=tr(f"cli.{name}_file"))
        _home(part)


def _add_lists(commands: Commands) -> None:
    lists = _command(commands, "list", text=tr("lists.help"))
    what = lists.add_subparsers(title=tr("cli.commands"), metavar="WHAT", required=True)
    add = _command(what, "add", entries.list_add, text=tr("lists.help_add"))
    add.add_argument("list", choices=("block", "allow"), help=tr("lists.help_list"))
    add.add_argument("kind", choices=("account", "device", "ip", "merchant", "token"), help=tr("lists.help_kind"))
    add.add_argument("subject", metavar="ID", help=tr("lists.help_subject"))
    add.add_argument("--until", metavar="TIME", help=tr("lists.help_until"))
    add.add_argument("--level", choices=LEVELS, default="high", help=tr("lists.help_level"))
    remove = _command(what, "remove", entries.list_remove, text=tr("lists.help_remove"))
    remove.add_argument("number", type=_count, metavar="NUMBER", help=tr("lists.help_number"))
    show = _command(what, "show", entries.list_show, text=tr("lists.help_show"))
    show.add_argument("--all", action="store_true", help=tr("lists.help_all"))
    show.add_argument("--json", action="store_true", help=tr("cli.json"))
    snooze = _command(commands, "snooze", entries.snooze, text=tr("lists.help_snooze"))
    snooze.add_argument("account", metavar="ACCOUNT", help=tr("cli.account"))
    snooze.add_argument("--until", required=True, metavar="TIME", help=tr("lists.help_until"))
    for part in (add, remove, snooze):
        part.add_argument("--reason", required=True, metavar="TEXT", help=tr("lists.help_reason"))
    rules = _command(commands, "rules", entries.rules, text=tr("rules.help"))
    rules.add_argument("--days", type=_count, default=30, metavar="N", help=tr("rules.help_days"))
    rules.add_argument("--packs", type=Path, metavar="DIR", help=tr("cli.packs"))
    rules.add_argument("--json", action="store_true", help=tr("cli.json"))
    for part in (add, remove, show, snooze, rules):
        _home(part)


def _add_handover(commands: Commands) -> None:
    shift = _command(commands, "handover", entries.handover, text=tr("handover.help"))
    shift.add_argument("--hours", type=_count, default=8, metavar="N", help=tr("handover.help_hours"))
    shift.add_argument("--to", type=Path, metavar="FILE", help=tr("handover.help_to"))
    _home(shift)


def _add_model(commands: Commands) -> None:
    model = _command(commands, "model", entries.model, text=tr("models.help"))
    model.add_argument("--json", action="store_true", help=tr("cli.json"))
    what = model.add_subparsers(title=tr("cli.commands"), metavar="WHAT")
    rollback = _command(what, "rollback", entries.model_rollback, text=tr("models.help_rollback"))
    rollback.add_argument("version", nargs="?", metavar="VERSION", help=tr("models.help_version"))
    rollback.add_argument("--reason", required=True, metavar="TEXT", help=tr("lists.help_reason"))
    explain = _command(what, "explain", entries.model_explain, text=tr("models.help_explain"))
    explain.add_argument("transaction", metavar="TRANSACTION", help=tr("models.help_transaction"))
    for part in (model, rollback, explain):
        _home(part)
