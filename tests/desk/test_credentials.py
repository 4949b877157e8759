"""Tokens: found where they are configured, refused where others could read them, shown nowhere."""

from __future__ import annotations

import logging
import sys

import pytest

from console.desk.credentials import CredentialError, Credentials, Secret
from console.paths import Home
from console.watch.run import Discreet


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def give_file(home: Home, text: str, mode: int = 0o600) -> None:
    home.token.write_text(text)
    home.token.chmod(mode)


def test_without_any_source_there_is_no_token(home: Home) -> None:
    found = Credentials(home, {})
    assert (found.sending(), found.reading()) == (None, None)


def test_the_variable_comes_before_the_command_and_the_file(home: Home) -> None:
    give_file(home, "from-file\n")
    command = f"{sys.executable} -c 'print(\"from-command\")'"
    assert Credentials(home, {}).sending() == "from-file"
    assert Credentials(home, {"RISKDESK_TOKEN_COMMAND": command}).sending() == "from-command"
    assert Credentials(home, {"RISKDESK_TOKEN": "t", "RISKDESK_TOKEN_COMMAND": command}).sending() == "t"


def test_reading_uses_its_own_token_where_there_is_one(home: Home) -> None:
    assert Credentials(home, {"RISKDESK_TOKEN": "own"}).reading() == "own"
    both = Credentials(home, {"RISKDESK_TOKEN": "own", "RISKDESK_READ_TOKEN": "read"})
    assert (both.sending(), both.reading()) == ("own", "read")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(home: Home, mode: int) -> None:
    give_file(home, "t", mode)
    with pytest.raises(CredentialError, match="600"):
        Credentials(home, {})


@pytest.mark.parametrize("text", ["two words", "a\nb", "\x1b[31m", "密", "x" * 9000])
def test_what_can_not_be_a_token_is_refused_without_showing_it(home: Home, text: str) -> None:
    with pytest.raises(CredentialError) as refused:
        Credentials(home, {"RISKDESK_TOKEN": text})
    assert text not in str(refused.value)


@pytest.mark.parametrize("command", ["false", "/no/such/program", "unbalanced '"])
def test_a_failing_token_command_is_named_without_its_output(home: Home, command: str) -> None:
    with pytest.raises(CredentialError, match="RISKDESK_TOKEN_COMMAND"):
        Credentials(home, {"RISKDESK_TOKEN_COMMAND": command})


def test_a_refused_token_is_looked_for_again(home: Home) -> None:
    give_file(home, "old")
    found = Credentials(home, {})
    assert not found.renew()
    give_file(home, "new")
    assert found.renew()
    assert found.sending() == "new"


def test_a_token_that_is_handed_over_is_used(home: Home) -> None:
    found = Credentials(home, {})
    found.receive("handed")
    assert (found.sending(), found.reading()) == ("handed", "handed")
    with pytest.raises(CredentialError):
        found.receive("")


def test_a_secret_shows_nowhere() -> None:
    secret = Secret("hush")
    assert "hush" not in repr(secret) + str(secret) + f"{secret}" + repr([secret])
    assert secret.reveal() == "hush"
    assert secret == Secret("hush") != Secret("loud")


def test_a_log_holds_no_token_whatever_the_error_says(home: Home) -> None:
    token = Credentials(home, {"RISKDESK_TOKEN": "s3cret-t0ken", "RISKDESK_READ_TOKEN": "s3cret-t0ken-read"})
    try:
        raise RuntimeError(f"Bearer {token.sending()} and {token.reading()}")  # noqa: TRY301
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "%s", ("told s3cret-t0ken",), sys.exc_info())
    text = Discreet("%(message)s").format(record)
    assert "Bearer *** and ***\n" in text + "\n"
    assert "told ***" in text
    assert "s3cret" not in text
