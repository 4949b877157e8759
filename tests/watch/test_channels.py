"""Channels and addresses: what is not safe is refused, secrets are never told, a full box drops the oldest."""

from __future__ import annotations

import pytest

from console.desk import doctor
from console.desk.credentials import CredentialError
from console.paths import Home
from console.settings import Notify
from console.watch import channels
from console.watch.channels import FIRST_PAUSE_S, WAITING, Address, Channel, ChannelError, Letter

pytestmark = pytest.mark.usefixtures("outside")


class Deaf:
    """A service that takes nothing."""

    def __init__(self) -> None:
        self.tried = 0

    def notify(self, *, title: str, body: str, notify_type: str) -> bool:
        self.tried += 1
        return False


def test_a_full_box_drops_the_oldest_and_counts_it_and_pauses_grow() -> None:
    service = Deaf()
    box = Channel("deaf", service)
    for number in range(WAITING + 7):
        box.post(Letter(str(number), "", "warning"))
    assert (len(box.waiting), box.failed, box.waiting[0].title) == (WAITING, 7, "7")
    now, tried_at = 0.0, []
    while now < 100:
        before = service.tried
        box.deliver(now)
        tried_at += [now] if service.tried > before else []
        now += 1
    assert tried_at == [0, FIRST_PAUSE_S, 15, 35, 75]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", "not an address"),
        ("json://hooks.example/s3cret", "not encrypted"),
        ("http://hooks.example/s3cret", "not encrypted"),
        ("ntfy://s3cret", "not encrypted"),
        ("jsons://hooks.example/s3cret?verify=no", "certificates"),
        ("jsons://hooks.example/s3cret?redirect=yes", "redirects"),
    ],
)
def test_an_address_that_is_not_safe_is_refused_and_never_told(address: str, words: str) -> None:
    with pytest.raises(ChannelError, match=words) as told:
        channels.channels([Address(address, "$RISKDESK_NOTIFY")])
    assert "$RISKDESK_NOTIFY" in str(told.value)
    assert "s3cret" not in str(told.value)
    assert "s3cret" not in repr(Address("s3cret", "x"))


def test_safe_addresses_are_channels_named_without_their_secrets() -> None:
    found = channels.channels(
        [
            Address("https://hooks.example/s3cret?a=s3cret&b=", "notify.webhooks"),
            Address("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#risk", "notify"),
            Address("ntfys://s3cret", "notify"),
            Address("json://localhost:9/x", "notify"),
        ]
    )
    assert [channel.name for channel in found][:2] == ["hooks.example", "Slack"]
    assert not any("s3cret" in channel.name for channel in found)
    assert found[0].service.params == {"a": "s3cret", "b": ""}  # type: ignore[attr-defined]


def test_addresses_come_from_settings_variable_command_and_private_file(home: Home) -> None:
    home.notify.write_text("# mine\n\nslack://a\n")
    home.notify.chmod(0o600)
    settings = Notify(webhooks=("https://a.example/x",), command="printf 'ntfys://b\\nntfys://c\\n'")
    found = channels.addresses(home, settings, {"RISKDESK_NOTIFY": "json://localhost/d  json://localhost/e"})
    assert [(one.source, one.text) for one in found] == [
        ("notify.webhooks", "https://a.example/x"),
        ("$RISKDESK_NOTIFY", "json://localhost/d"), ("$RISKDESK_NOTIFY", "json://localhost/e"),
        ("notify.command", "ntfys://b"), ("notify.command", "ntfys://c"),
        ("notify", "slack://a"),
    ]  # fmt: skip
    home.notify.chmod(0o644)
    with pytest.raises(CredentialError, match="chmod 600"):
        channels.addresses(home, Notify(), {})


def test_the_doctor_checks_the_addresses_and_tells_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKDESK_NOTIFY", "ntfys://s3cret")
    (good,) = doctor._notify(home, "")
    assert (good.good, good.text) == (True, "ntfy")
    monkeypatch.setenv("RISKDESK_NOTIFY", "ntfy://s3cret")
    (bad,) = doctor._notify(home, "")
    assert not bad.good
    assert "s3cret" not in bad.text
