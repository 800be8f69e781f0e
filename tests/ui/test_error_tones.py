"""An error is red, a notice is not: of every code that can be shown."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from client.ui.base.errors import code_notice, present, tone_of
from client.ui.base.theme import Tone
from protocol.errors import ErrorCode, JinshuError, Recovery, recovery_of

# What is said here is never to be taken for a passing trouble.
_GRAVE = ("signature.", "certificate.", "trust.", "content.", "envelope.", "verify.", "frames.")


@pytest.mark.parametrize("code", [code for code in ErrorCode if code.value.startswith(_GRAVE)])
def test_what_touches_trust_is_red(code: ErrorCode) -> None:
    assert tone_of(code) is Tone.SEAL


@pytest.mark.parametrize("code", [code for code in ErrorCode if recovery_of(code) is Recovery.BUG])
def test_a_fault_of_ours_is_red(code: ErrorCode) -> None:
    assert tone_of(code) is Tone.SEAL


def test_what_passes_or_waits_for_somebody_is_not_red() -> None:
    for code in (
        ErrorCode.NETWORK_UNREACHABLE,
        ErrorCode.SERVER_BUSY,
        ErrorCode.MEETINGS_LOCKED,
        ErrorCode.DOCUMENTS_STALE_HEAD,
        ErrorCode.SESSION_EXPIRED,
    ):
        assert tone_of(code) is Tone.WAITING


def test_a_fault_of_the_server_is_red_though_it_is_tried_again() -> None:
    assert tone_of(ErrorCode.SERVER_INTERNAL) is Tone.SEAL


def test_news_has_neither_colour_nor_code(qapp: QApplication) -> None:
    notice = code_notice(ErrorCode.MEETINGS_MUTED.value)
    assert (notice.tone, notice.code) == (Tone.NEUTRAL, "")


def test_a_code_of_a_newer_server_is_an_error(qapp: QApplication) -> None:
    assert code_notice("tomorrow.unheard_of").tone is Tone.SEAL


def test_an_exception_is_as_red_as_its_code(qapp: QApplication) -> None:
    assert present(JinshuError(ErrorCode.MEETINGS_LOCKED)).tone is Tone.WAITING
    assert present(JinshuError(ErrorCode.SIGNATURE_INVALID)).tone is Tone.SEAL
