"""Help like a man page: every command in its group, true examples, lines that fit; and what a shell completes."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import language
from console.cli import parser
from console.desk import completion
from console.exits import Exit
from console.manual import EXAMPLES, FILES, GROUPS, VARIABLES, cells, wrapped
from console.settings import KEYS


@pytest.fixture(params=language.LANGUAGES)
def spoken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("COLUMNS", "80")
    language.use(request.param)
    yield str(request.param)
    language.use("en")


def commands() -> list[str]:
    top = parser()
    return [action.dest for action in top._commands()]


def test_every_command_is_in_one_group() -> None:
    grouped = [member for members in GROUPS.values() for member in members]
    assert len(grouped) == len(set(grouped))
    assert sorted(set(commands()) - set(grouped)) == []


def test_the_help_has_all_sections_and_fits_the_terminal(spoken: str) -> None:
    told = parser().format_help()
    for name in (*commands(), *VARIABLES, *FILES, *(key.variable for key in KEYS.values() if key.variable)):
        assert f"\n  {name}" in told
    for code in Exit:
        assert f"\n  {int(code)} " in told
    assert all(cells(line) <= 80 for line in told.splitlines())
    assert "cli." not in told.replace("console.cli", "")
    if spoken == "zh":
        assert "usage" not in told
        assert "show " not in told


@pytest.mark.parametrize(("command", "line"), [(name, line) for name, lines in EXAMPLES.items() for line in lines])
def test_the_examples_are_commands(command: str, line: str) -> None:
    words = shlex.split(line.split(" > ")[0])
    assert words[0] == "riskdesk"
    assert line.startswith(f"riskdesk{command}")
    assert parser().parse_args(words[1:]).run


@given(st.text(alphabet=st.sampled_from("ab ,（）。核心é-"), max_size=200), st.integers(8, 60))
def test_broken_lines_hold_the_text_and_their_width(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    longest = max((cells(word) for word in text.split()), default=0)
    assert all(cells(line) <= max(width, longest) for line in lines)


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_a_shell_learns_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert completion.show(parser(), shell) == Exit.OK
    script = capsys.readouterr().out
    assert all(name in script for name in commands())
    assert "until-caught-up" in script


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("riskdesk sett", {"settings"}),
        ("riskdesk act fr", {"freeze"}),
        ("riskdesk act freeze --sc", {"--scope"}),
        ("riskdesk completion ", {"bash", "zsh", "fish"}),
        ("riskdesk list add bl", {"block"}),
    ],
)
def test_bash_completes(typed: str, wanted: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    completion.show(parser(), "bash")
    script = tmp_path / "riskdesk.bash"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    words = typed.split(" ")
    ask = (
        f"source {script}; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; COMP_LINE={typed!r};"
        ' $(complete -p riskdesk | sed "s/.*-F \\([^ ]*\\).*/\\1/") riskdesk; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert wanted <= {line.strip() for line in done.stdout.splitlines()}
