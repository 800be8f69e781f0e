"""What desktops and hands give the program to open: links, paths and addresses of files."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest

from client.core.invitation_file import invitation_text
from protocol.errors import ErrorCode, JinshuError
from protocol.invitation import MAX_LENGTH

LINK = "jinshu://enrol/1?server=x"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "王建国 的邀请.jinshu"
    path.write_text(LINK + "\n", "utf-8-sig")
    return path


def refused(given: str) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        invitation_text(given)
    return caught.value.code


def test_a_link_is_its_own_text() -> None:
    assert invitation_text(LINK) == LINK


@pytest.mark.parametrize("host", ["", "localhost"])
def test_a_file_is_named_by_path_or_address(file: Path, host: str) -> None:
    assert invitation_text(str(file)) == LINK + "\n"
    assert invitation_text(f"file://{host}{quote(os.fsencode(file))}") == LINK + "\n"


def test_no_other_machine_is_asked(file: Path) -> None:
    assert refused(f"file://server{quote(os.fsencode(file))}") is ErrorCode.AUTH_INVITATION_UNREADABLE


def test_no_more_is_read_than_an_invitation_can_be(file: Path) -> None:
    file.write_bytes(b"a" * (MAX_LENGTH + 1))
    assert refused(str(file)) is ErrorCode.AUTH_INVITATION_MALFORMED


@pytest.mark.parametrize("given", ["", "a\0b", "/nowhere/x.jinshu", "file://", "file:///%00"])
def test_what_is_no_file_is_refused_by_name(given: str) -> None:
    assert refused(given) in (ErrorCode.AUTH_INVITATION_UNREADABLE, ErrorCode.AUTH_INVITATION_MALFORMED)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_without_end_is_no_file() -> None:
    assert refused("/dev/zero") is ErrorCode.AUTH_INVITATION_MALFORMED
