"""Every check of what a sealed file shows, carries and does (C9), and the trick that goes through when it is taken out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SCOPE: Final = (
    "client.sealing.update",
    "client.sealing.plain",
    "client.verify.compare",
    "client.verify.check",
    "client.documents.page_proof",
)

_UPDATE = "client.sealing.update"
_PLAIN = "client.sealing.plain:check_plain"
_COMPARE = "client.verify.compare:compare_pages:require"
_CHECK = "client.verify.check:verify_document:require"
_PROOF = "client.documents.page_proof"
_EDITED = "raise VERIFY_PAGES_EDITED"

BITES: Final[Mapping[str, str]] = {
    f"{_UPDATE}:base_of:{_EDITED}:0": "a_page_is_changed_between_setting_and_sealing",
    f"{_UPDATE}:_check_trailer:{_EDITED}:0": "the_file_gets_another_title",
    f"{_UPDATE}:_check_kept:{_EDITED}:0": "a_font_is_written_again",
    f"{_UPDATE}:_check_kept:{_EDITED}:1": "a_program_is_started_on_opening",
    f"{_UPDATE}:_check_form:{_EDITED}:0": "a_form_of_xml_lies_over_the_page",
    f"{_UPDATE}:_check_form:{_EDITED}:1": "a_file_is_attached_to_the_page",
    f"{_UPDATE}:_check_field:{_EDITED}:0": "a_script_waits_behind_the_seal",
    f"{_UPDATE}:_check_field:{_EDITED}:1": "the_seal_says_where_it_was_given",
    f"{_UPDATE}:_check_nothing_else:{_EDITED}:0": "an_object_waits_to_be_referred_to",
    f"{_UPDATE}:_check_nothing_else:{_EDITED}:1": "bytes_lie_between_the_objects",
    f"{_PLAIN}:{_EDITED}:0": "the_file_is_encrypted",
    f"{_PLAIN}:{_EDITED}:1": "a_record_has_a_path_for_a_name",
    f"{_PLAIN}:{_EDITED}:2": "a_script_runs_on_opening",
    f"client.sealing.plain:_dictionaries:{_EDITED}:0": "dictionaries_are_nested_without_end",
    f"{_COMPARE}:2": "another_font_is_in_the_file",
    f"{_COMPARE}:3": "other_words_are_printed_with_what_nobody_has",
    f"{_COMPARE}:4": "what_cannot_be_set_is_claimed_of_what_does_not_count",
    f"{_CHECK}:0": "a_record_is_missing",
    f"{_CHECK}:1": "the_seal_was_given_for_another_document",
    f"{_PROOF}:check_setting:raise DOCUMENTS_SETTING_UNLISTED:0": "a_page_is_sealed_that_does_not_count",
    f"{_PROOF}:check_receivable:raise DOCUMENTS_SETTING_REFUSED:0": "a_page_is_received_that_does_not_count",
}

# What no trick of these bites on, and why there is none.
ELSEWHERE: Final[Mapping[str, str]] = {
    f"{_COMPARE}:1": "doubled: what cannot be set again is not what was sealed",
    f"{_COMPARE}:0": "doubled: the sealing update draws nothing (client.sealing.update), and pictures show that it did not",
}
