"""Names and dates somebody else signed, and faults nobody foresaw: shown, never obeyed, never a crash."""

from __future__ import annotations

import errno

import pytest

from client.ui.base.errors import present
from client.ui.base.moments import deadline_words, full_time
from protocol.errors import ErrorCode
from protocol.text import file_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("值班表.pdf", "值班表.pdf"),
        ("../../.bashrc", "_.._.bashrc"),
        ("/etc/passwd", "_etc_passwd"),
        ("关于A/B路口\n改造的通知.pdf", "关于A_B路口_改造的通知.pdf"),
        ("...", "_"),
    ],
)
def test_a_suggested_name_stays_in_its_folder(name: str, safe: str) -> None:
    assert file_name(name) == safe


def test_a_long_title_fits_a_disk() -> None:
    found = file_name("长" * 300 + ".pdf")
    assert found.endswith(".pdf")
    assert len(f"{found}.new".encode()) <= 255


@pytest.mark.parametrize("at", [1 << 62, (1 << 63) - 1])
def test_a_deadline_beyond_every_calendar_is_shown(at: int) -> None:
    assert full_time(at).startswith("9999")
    assert deadline_words(at, 0).text


def test_a_full_disk_is_named_as_such() -> None:
    assert present(OSError(errno.ENOSPC, "no space")).code == ErrorCode.STORE_FULL.value
