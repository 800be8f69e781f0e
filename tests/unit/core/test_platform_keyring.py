"""The platform's keyring through the real `keyring` library, over backends of its own kinds that stay in memory."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from client.core.keys.keyring_port import PlatformKeyring
from protocol.errors import ErrorCode, JinshuError


class DesktopKeyring(KeyringBackend):
    """As good as a Secret Service."""

    priority = 5.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not there")


class PlainFileKeyring(DesktopKeyring):
    """One of those that write secrets into a plain file."""

    priority = 0.5


@pytest.fixture(autouse=True)
def _own_backend() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_a_desktops_keyring_keeps_gives_and_forgets_a_secret() -> None:
    backend = DesktopKeyring()
    keyring.set_keyring(backend)
    port = PlatformKeyring()
    assert port.available
    port.put("jinshu:one", b"\x00\xff" * 16)
    assert list(backend.kept) == [("jinshu:one", "store")]
    assert port.get("jinshu:one") == b"\x00\xff" * 16
    assert port.get("jinshu:other") is None
    port.remove("jinshu:one")
    assert port.get("jinshu:one") is None


@pytest.mark.expects_logs("the keyring kept its entry")
def test_what_is_gone_already_need_not_be_removed() -> None:
    keyring.set_keyring(DesktopKeyring())
    PlatformKeyring().remove("jinshu:one")


@pytest.mark.expects_logs("the keyring refused")
def test_a_machine_without_a_keyring_says_so_and_refuses() -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    port = PlatformKeyring()
    assert not port.available
    with pytest.raises(JinshuError) as caught:
        port.put("jinshu:one", b"secret")
    assert caught.value.code is ErrorCode.KEYS_KEYRING_UNAVAILABLE


def test_a_plain_file_is_no_keyring() -> None:
    keyring.set_keyring(PlainFileKeyring())
    assert not PlatformKeyring().available


@pytest.mark.expects_logs("the keyring refused")
def test_an_entry_that_is_not_ours_is_refused() -> None:
    backend = DesktopKeyring()
    keyring.set_keyring(backend)
    backend.kept["jinshu:one", "store"] = "what is this?"
    with pytest.raises(JinshuError) as caught:
        PlatformKeyring().get("jinshu:one")
    assert caught.value.code is ErrorCode.KEYS_KEYRING_UNAVAILABLE
