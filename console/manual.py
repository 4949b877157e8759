"""Help that reads like a man page: commands by what they are for, examples, exit codes, variables, files.

Lines are broken by cells, so that Chinese fits the terminal as English does.
"""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from console.exits import Exit
from console.language import tr
from console.settings import KEYS

GROUPS = {
    "work": ("act", "plan", "approvals", "review", "snooze", "list", "handover"),
    "look": ("rules", "portfolio", "backtest", "model", "scorecard", "policy", "audit", "export"),
    "run": ("watch", "automatic", "demo", "sandbox"),
    "keep": ("settings", "paths", "doctor", "journal", "completion"),
    "measure": ("bench", "conformance"),
}
"""Commands by what they are for. One that stands nowhere comes with the last group."""

EXAMPLES = {
    "": ("riskdesk demo", "riskdesk --core https://core.example:8443", "riskdesk watch --until-caught-up --json"),
    " act freeze": ("riskdesk act freeze acc_1 --reason account_takeover --wait",),
    " act set-limit": ("riskdesk act set-limit acc_1 --value-minor 50000 --reason credit_deterioration",),
    " plan freeze": ("riskdesk plan freeze --from accounts.txt --reason account_takeover --wait",),
    " plan set-limit": ("riskdesk plan set-limit --from accounts.txt --share 50% --reason credit_risk",),
    " review book": ("riskdesk review book --dry-run",),
    " review approve": ("riskdesk review approve app_1 --limit 200000 --reason ability_verified --wait",),
    " backtest": ("riskdesk backtest --pack draft.toml --days 30 --accounts behind.jsonl",),
    " scorecard fit": (
        "riskdesk scorecard fit --data loans.csv.gz --target default --seeds 5 --save card.json",
        "riskdesk scorecard fit --data loans.parquet --target status --positive bad --monotone income,age --group sex",
    ),
    " list add": ("riskdesk list add block device dev_1 --reason 'seen in three frauds' --until 30d",),
    " snooze": ("riskdesk snooze acc_1 --until 8h --reason 'called back, travelling'",),
    " model rollback": ("riskdesk model rollback --reason 'flags every hotel'",),
    " policy apply": (
        "riskdesk policy apply tight --reason 'unemployment rose for three months'",
        "riskdesk policy apply draft.toml --reason 'cut-offs of the May review'",
    ),
    " policy tune": ("riskdesk policy tune --days 60 --to draft.toml", "riskdesk policy tune --pick 7 --to draft.toml"),
    " policy backtest": ("riskdesk policy backtest guarded", "riskdesk policy backtest draft.toml --days 60"),
    " audit verify": ("riskdesk audit verify --checkpoint /mnt/far/checkpoints.jsonl",),
    " export": ("riskdesk export transaction --to transactions.csv", "riskdesk export v_alert --to alerts.jsonl"),
    " automatic resume": ("riskdesk automatic resume --reason 'the campaign is over, the rules were right'",),
    " portfolio": ("riskdesk portfolio --by level", "riskdesk portfolio --history --csv > portfolio.csv"),
    " settings": ("riskdesk settings new", "riskdesk settings check"),
    " completion": (
        "riskdesk completion bash > ~/.local/share/bash-completion/completions/riskdesk",
        "riskdesk completion zsh > ~/.zfunc/_riskdesk",
        "riskdesk completion fish > ~/.config/fish/completions/riskdesk.fish",
    ),
    " sandbox": ("riskdesk sandbox --speed 60 --seed 3 --port 8900",),
}
"""What people type, by command."""

VARIABLES = (
    "RISKDESK_HOME",
    "RISKDESK_TOKEN",
    "RISKDESK_READ_TOKEN",
    "RISKDESK_SERVICE_TOKEN",
    "RISKDESK_SECOND_TOKEN",
    "RISKDESK_NOTIFY",
    "NO_COLOR",
)
"""Variables that are no setting of the file."""
FILES = (
    "settings.toml",
    "journal.db",
    "mirror.db",
    "mirror.engine",
    "watcher.log",
    "token",
    "read-token",
    "service-token",
    "notify",
)
"""Files of the home that people have to do with."""


class Manual(argparse.ArgumentParser):
    """A parser whose help is in the reader's language and ends with examples."""

    def __init__(self, **about: Any) -> None:  # noqa: ANN401 - whatever argparse takes
        about.setdefault("formatter_class", Page)
        super().__init__(add_help=False, **about)
        self.add_argument("-h", "--help", action="help", help=tr("cli.help_option"))
        self._optionals.title, self._positionals.title = tr("cli.options"), tr("cli.arguments")

    def format_help(self) -> str:
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups, tr("cli.usage"))
        formatter.add_text(self.description)
        self.add_sections(formatter)
        formatter.add_text(self.epilog)
        return formatter.format_help() + _examples(self.prog.partition(" ")[1] + self.prog.partition(" ")[2])

    def add_sections(self, formatter: argparse.HelpFormatter) -> None:
        for group in self._action_groups:
            formatter.start_section(group.title)
            formatter.add_text(group.description)
            formatter.add_arguments(group._group_actions)
            formatter.end_section()


class Front(Manual):
    """The parser of `riskdesk` itself."""

    def add_sections(self, formatter: argparse.HelpFormatter) -> None:
        commands = {action.dest: action for action in self._commands()}
        for place, (name, members) in enumerate(GROUPS.items(), 1):
            left = [other for other in commands if place == len(GROUPS) and other not in _GROUPED]
            _section(formatter, tr(f"cli.group.{name}"), [commands[m] for m in (*members, *left) if m in commands])
        _section(formatter, tr("cli.options"), self._optionals._group_actions)
        settings = {key.variable: tr(f"settings.key.{name}") for name, key in KEYS.items() if key.variable}
        variables = {**{name: tr(f"cli.variable.{name}") for name in VARIABLES}, **settings}
        _section(formatter, tr("cli.variables"), _lines(variables.items()))
        _section(formatter, tr("cli.files"), _lines((name, tr(f"cli.file.{_word(name)}")) for name in FILES))
        _section(formatter, tr("cli.exit_codes"), _lines((str(int(one)), tr(f"cli.exit.{one.name}")) for one in Exit))

    def _commands(self) -> Iterable[argparse.Action]:
        parts = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return next((action._get_subactions() for action in parts), ())


_GROUPED = {member for members in GROUPS.values() for member in members}


class Page(argparse.HelpFormatter):
    """Breaks lines by cells."""

    def __init__(self, prog: str, **about: Any) -> None:  # noqa: ANN401 - whatever argparse takes
        about.setdefault("max_help_position", 26)
        super().__init__(prog, **about)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` cells, broken at spaces and between wide characters.

    What has no place to break, such as an address, stands in a line of its own, however long.
    """
    lines = [""]
    for piece in _pieces(text):
        if cells(lines[-1]) + cells(piece.rstrip()) > width and lines[-1].strip():
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]


def cells(text: str) -> int:
    """How many cells a text takes."""
    return sum(2 if _wide(character) else 1 for character in text)


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _pieces(text: str) -> Iterator[str]:
    """What stays together: words with the space after them; wide characters one by one, with their marks."""
    piece = ""
    for character in " ".join(text.split()):
        closing = unicodedata.category(character) in ("Po", "Pe", "Pf")
        opened = piece and unicodedata.category(piece[-1]) in ("Ps", "Pi")
        between_wide = piece and (_wide(character) or _wide(piece[-1]))
        if piece.endswith(" ") or (between_wide and not closing and not opened):
            yield piece
            piece = ""
        piece += character
    yield piece


def _section(formatter: argparse.HelpFormatter, title: str, lines: Iterable[argparse.Action]) -> None:
    formatter.start_section(title)
    formatter.add_arguments(lines)
    formatter.end_section()


def _lines(pairs: Iterable[tuple[str, str]]) -> list[argparse.Action]:
    """Names with their meaning, as argparse prints arguments."""
    return [argparse.Action([], name, metavar=name, help=text.replace("%", "%%")) for name, text in pairs]


def _word(name: str) -> str:
    return name.replace(".", "_").replace("-", "_")


def _examples(command: str) -> str:
    lines = EXAMPLES.get(command, ())
    return "".join(("\n", tr("cli.examples"), ":\n", *(f"  {line}\n" for line in lines))) if lines else ""
