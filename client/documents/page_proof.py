"""What the pages of a sealed file count for on this site, before it is sealed and before it is received (C9, C13)."""

from __future__ import annotations

from typing import Any

from protocol.directory.organisation import Organisation
from protocol.directory.page_settings import RELEASED, Setting
from protocol.documents.page_checks import FIELD
from protocol.errors import ErrorCode, JinshuError
from protocol.features import PAGE_CHECKS

Verdict = Any  # client.verify.verdict.Verdict, which is heavy to load


def check_setting(used: Setting, organisation: Organisation) -> None:
    """Return if pages set with this count: a page that nobody could set again is not sealed.

    Raises:
        JinshuError: `documents.setting_unlisted`.
    """
    listed = organisation.page_settings
    if used not in (RELEASED if listed is None else listed):
        raise JinshuError(ErrorCode.DOCUMENTS_SETTING_UNLISTED)


def check_receivable(verdict: Verdict) -> None:
    """Return unless the CA has signed what counts and the file was set with something else: no honest client seals that.

    Raises:
        JinshuError: `documents.setting_refused`.
    """
    if verdict.list_signed and not verdict.setting_listed:
        raise JinshuError(ErrorCode.DOCUMENTS_SETTING_REFUSED)


def receipt_fields(verdict: Verdict, organisation: Organisation) -> dict[str, str]:
    """What a receipt says of the check that was made, where the site has switched that on."""
    return {FIELD: verdict.page_check.value} if organisation.has(PAGE_CHECKS) else {}
