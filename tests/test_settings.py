"""The settings file: typed, each mistake with its line and what was probably meant, variables above it, no secrets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import cli, language, settings
from console.desk import settings as command
from console.exits import Exit
from console.settings import EVENTS, FIRST_SCREENS, KEYS, THEMES, Settings, SettingsError, lines_of, load, nearest
from console.ui import screens, themes

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def english() -> None:
    language.use("en")


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def told(folder: Path, text: str) -> list[str]:
    return [line.removeprefix(f"{folder}/") for line in load(written(folder, text), {}).told()]


def test_without_a_file_the_defaults_count(tmp_path: Path) -> None:
    assert load(tmp_path / "settings.toml", {}).checked() == Settings()


def test_a_file_sets_every_kind(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        f"""
[core]
url = "https://core.example:8443"
ca = "/etc/ca.pem"
[console]
theme = "{THEMES[-1]}"
time_zone = "Asia/Shanghai"
armed_minutes = 5
bell = false
[watcher]
packs = "{tmp_path}"
[notify]
webhooks = ["https://hooks.example/a", "http://127.0.0.1:9/b"]
events = ["review"]
[keys]
freeze = ["F2", "f"]
snooze = []
""",
    )
    loaded = load(file, {})
    told = loaded.checked()
    assert (told.core.url, told.core.ca) == ("https://core.example:8443", Path("/etc/ca.pem"))
    assert (told.console.time_zone, told.console.armed_minutes, told.console.bell) == ("Asia/Shanghai", 5, False)
    assert told.watcher.packs == tmp_path
    assert told.notify.events == ("review",)
    assert told.keys == {"freeze": ("F2", "f"), "snooze": ()}
    assert loaded.origins["core.url"] == "settings.toml"
    assert "heartbeat.url" not in loaded.origins


def test_a_variable_counts_before_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, '[core]\nurl = "https://a.example"\ntoken_command = "pass show a"\n')
    environment = {"RISKDESK_CORE": "https://b.example"}
    loaded = load(file, environment)
    assert loaded.checked().core.url == "https://b.example"
    assert loaded.origins["core.url"] == "RISKDESK_CORE"
    loaded.export(environment)
    assert environment == {"RISKDESK_CORE": "https://b.example", "RISKDESK_TOKEN_COMMAND": "pass show a"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('theme = "dusk"', "settings.toml:1: there is no key 'theme'; did you mean console.theme?"),
        ("\n\n[consle]\nbell = true", "settings.toml:4: there is no key 'consle.bell'; did you mean console.bell?"),
        ("[consle]", "settings.toml:1: there is no key 'consle'; did you mean console?"),
        ("[console]\nqqq = 1", "settings.toml:2: there is no key 'console.qqq'; riskdesk settings lists them all"),
        ("[console]\nbell = 1", "settings.toml:2: console.bell: give true or false"),
        ("[console]\narmed_minutes = 61", "settings.toml:2: console.armed_minutes: give a whole number from 1 to 60"),
        ("[console]\narmed_minutes = true", "settings.toml:2: console.armed_minutes: give a whole number"),
        ('[console]\ntime_zone = "Mars"', "settings.toml:2: console.time_zone: 'Mars' is no time zone"),
        ('[console]\ntime_zone = "../etc/passwd"', "settings.toml:2: console.time_zone: '../etc/passwd' is no time"),
        ('[console]\ntheme = "\\u001b[2J"', "settings.toml:2: console.theme: '\\x1b[2J' is none of"),
        ('[core]\nurl = "ftp://x"', "settings.toml:2: core.url: give an address like"),
        ('[heartbeat]\nurl = "http://x.example/a"', "settings.toml:2: heartbeat.url: use https"),
        (
            '[notify]\nwebhooks = [\n"https://u:p@x.example",\n]',
            "settings.toml:2: notify.webhooks: no user or password",
        ),
        ('[watcher]\npacks = "/no/such"', "settings.toml:2: watcher.packs: /no/such is no folder"),
        ('console = "x"', "settings.toml:1: console must be a table"),
        ("[keys]\nfreeze = 3", "settings.toml:2: keys.freeze: give a list"),
        ('[keys]\nfreeze = ""', "settings.toml:2: keys.freeze: give a key"),
        ("[core]\nurl = ", "settings.toml:2: not TOML"),
        ("[core]\n[core]", "settings.toml:2: not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    (line,) = told(tmp_path, text)
    assert line.startswith(words)


@pytest.mark.parametrize("name", ["token", "read_token", "api_secret", "password", "credentials"])
def test_a_secret_has_no_place_in_it(tmp_path: Path, name: str) -> None:
    (line,) = told(tmp_path, f'[core]\n{name} = "s3cret-value"')
    assert "no secrets here" in line
    assert "s3cret-value" not in line


def test_all_mistakes_are_told_at_once_and_nothing_of_them_counts(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, '[console]\nbell = 1\ntheme = "pink"\narmed_minutes = 5\n'), {})
    assert [mistake.line for mistake in loaded.mistakes] == [2, 3]
    assert loaded.settings.console == settings.Console(armed_minutes=5)
    with pytest.raises(SettingsError, match=r":2: .*\n.*:3: "):
        loaded.checked()


def test_a_mistake_in_a_variable_names_it(tmp_path: Path) -> None:
    assert load(tmp_path / "no", {"RISKDESK_CORE": "ftp://x"}).told() == [
        "$RISKDESK_CORE: give an address like https://host/path"
    ]


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\x00", b"#" * 70_000, b"a" * 5_000 + b"= [["])
def test_what_is_no_text_is_told(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(raw)
    assert len(load(file, {}).told()) == 1


@given(st.lists(st.sampled_from(["", "# note", "a = 1", 'b = """\nx = 2\n"""', "[t]", "c = [\n1,\n# y\n]", "d.e = 1"])))
def test_a_key_is_found_on_its_line(parts: list[str]) -> None:
    text = "\n".join(f"{part}{number}" if part.startswith("#") else part for number, part in enumerate(parts))
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    rows = text.split("\n")
    for name, line in lines_of(text).items():
        assert rows[line - 1].lstrip("[").startswith(name.split(".")[-1][0]) or "." in name


@given(st.text(max_size=300))
def test_any_text_is_read_or_told(text: str) -> None:
    assert isinstance(lines_of(text), dict)
    assert nearest(text, KEYS) is None or nearest(text, KEYS) in KEYS


def test_the_words_the_settings_know_are_the_ones_there_are() -> None:
    assert {theme.name for theme in themes.THEMES} == set(THEMES)
    assert set(FIRST_SCREENS) <= {"watch", *screens.BY_NAME}
    assert len(EVENTS) == 4


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_every_key_has_a_meaning(code: str) -> None:
    language.use(code)
    assert all(language.tr(f"settings.key.{name}") != f"settings.key.{name}" for name in KEYS)


def test_a_new_file_says_what_the_defaults_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "settings.toml"
    assert command.new(file) == Exit.OK
    assert file.stat().st_mode & 0o777 == 0o600
    lines = file.read_text(encoding="utf-8").splitlines()
    set_ = "\n".join(line.removeprefix("# ") for line in lines if re.match(r"(# )?(\w+ = |\[\w+\]$)", line))
    loaded = load(written(tmp_path, set_), {})
    assert loaded.told() == []
    assert loaded.settings == Settings(keys={"freeze": ("f", "F2")})
    with pytest.raises(FileExistsError):
        command.new(file)


def test_the_command_shows_every_key_its_value_and_its_origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, '# mine\n[console]\ntheme = "dawn"\n')
    assert command.show(load(file, {"RISKDESK_CORE": "https://c.example"})) == Exit.OK
    out = capsys.readouterr().out
    assert 'console.theme = "dawn"  (settings.toml:3)' in out
    assert 'core.url = "https://c.example"  ($RISKDESK_CORE)' in out
    assert 'core.ca = ""  (default)  [$RISKDESK_CA]' in out
    assert all(f"\n{name} = " in f"\n{out}" for name in KEYS)


def test_settings_that_are_wrong_stop_a_command_and_check_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {"RISKDESK_HOME": str(tmp_path), "PATH": os.environ["PATH"]})
    tmp_path.chmod(0o700)
    written(tmp_path, '[console]\ntheme = "pink"\n[keys]\nfreze = "f"\n')
    assert cli.main(["watch", "--until-caught-up"]) == Exit.USAGE
    assert "settings.toml:2: console.theme" in capsys.readouterr().err
    assert cli.main(["settings", "check"]) == Exit.USAGE
    assert "settings.toml:4: keys.freze: there is no action 'freze'; did you mean freeze?" in capsys.readouterr().err
    assert cli.main(["paths"]) == Exit.OK
    written(tmp_path, "")
    assert cli.main(["settings", "check"]) == Exit.OK


def test_the_language_of_the_file_is_that_of_the_command_line(tmp_path: Path) -> None:
    written(tmp_path, '[console]\nlanguage = "zh"\n')
    done = subprocess.run(
        [sys.executable, "-m", "console", "--home", str(tmp_path), "settings"],
        env={"PATH": os.environ["PATH"]}, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "核心的地址" in done.stdout
    assert 'console.language = "zh"  (settings.toml:2)' in done.stdout
