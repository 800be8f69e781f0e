"""Every check a client makes of documents it is shown (C8–C13), and the trick whose test fails when it is taken out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SCOPE: Final = (
    "client.cases.entry_reader",
    "client.cases.consistency",
    "protocol.documents.number_lines",
    "client.documents.number_ledgers",
    "client.documents.issuance",
)

_READING = "client.cases.entry_reader:EntryReader"
_CONSISTENCY = "client.cases.consistency"
_LINES = "protocol.documents.number_lines"
_LEDGERS = "client.documents.number_ledgers:NumberLedgers"
_ISSUING = "client.documents.issuance:Issuance"

BITES: Final[Mapping[str, str]] = {
    f"{_READING}.prepare:raise CONTENT_HEADER_MISMATCH:0": "the_ciphertext_of_another_entry_stands_under_a_signature",
    f"{_READING}.prepare:check_beside:0": "a_second_line_for_the_same_number_comes_with_an_entry",
    f"{_READING}.prepare:_check_place:1": "a_remark_is_kept_back_and_the_next_one_shown",
    f"{_READING}.prepare:_check:0": "a_colluding_official_writes_in_a_post_that_is_not_his",
    f"{_READING}.prepare:check_sealed:0": "a_colluding_author_seals_to_a_ghost",
    f"{_READING}.prepare:check_repeated:0": "a_known_remark_is_shown_once_more_in_a_new_place",
    f"{_READING}.check_receipt:verify:0": "a_receipt_is_not_of_the_log_key",
    f"{_READING}.check_receipt:check_seen:0": "a_receipt_is_given_over_another_directory",
    f"{_READING}._check_signer:check_seen:0": "an_author_saw_another_directory_than_the_reader",
    f"{_READING}._check_signer:raise CERTIFICATE_UNKNOWN:0": "a_device_writes_in_the_name_of_another_person",
    f"{_READING}._check_signer:verify:0": "a_remark_is_signed_by_the_servers_own_key",
    f"{_READING}._check_signer:raise CERTIFICATE_REVOKED:0": "a_revoked_device_goes_on_writing",
    f"{_READING}._check:check_authority:0": "a_colluding_official_writes_in_a_post_that_is_not_his",
    f"{_READING}._check:check:0": "a_remark_on_something_nobody_has_seen",
    f"{_READING}._keys:raise KEYS_WRAP_UNSIGNED:0": "a_wrap_is_added_to_the_signed_ones",
    "client.cases.entry_reader:_check_place:raise DOCUMENTS_RECEIPT_CHAIN:0": "two_entries_have_a_receipt_for_one_place",
    f"{_LINES}:check_line:raise fault:0": "a_number_is_shown_without_its_line",
    f"{_LINES}:check_line:raise fault:2": "a_second_line_for_the_same_number_comes_with_an_entry",
    f"{_LINES}:check_line:verify:0": "the_line_with_an_entry_is_signed_by_another_key",
    f"{_LINES}:check_line:raise fault:3": "a_colluding_clerk_names_the_line_of_another_case",
    f"{_CONSISTENCY}:check_sealed:raise DOCUMENTS_RECIPIENTS_MISMATCH:0": "a_colluding_author_seals_to_a_ghost",
    f"{_CONSISTENCY}:check_repeated:raise DOCUMENTS_RECEIPT_CHAIN:0": "a_known_remark_is_shown_once_more_in_a_new_place",
    f"{_LEDGERS}.following:_check_known:0": "the_ledger_is_shown_without_its_last_line",
    f"{_LEDGERS}._check_known:raise NUMBERS_CONFLICT:0": "another_line_stands_under_a_number_the_victim_has_read",
    f"{_LEDGERS}._last_line:raise CERTIFICATE_UNKNOWN:0": "the_last_line_is_signed_by_a_device_nobody_knows",
    f"{_LEDGERS}._last_line:verify:0": "the_last_line_is_signed_by_another_key",
    f"{_LEDGERS}._last_line:raise NUMBERS_CONFLICT:0": "the_ledger_goes_on_with_the_line_of_another_body",
    f"{_LEDGERS}._last_line:check_succession:0": "two_lines_change_places",
    f"{_ISSUING}._signed_elements:raise DOCUMENTS_ELEMENT_HASH_MISMATCH:0": "other_words_are_sealed_than_were_signed",
    f"{_ISSUING}._fresh_head:verify:0": "a_case_head_is_not_of_the_log_key",
    f"{_ISSUING}._fresh_head:raise SYNC_REPLAYED:0": "the_head_of_another_case_is_shown",
    f"{_ISSUING}._fresh_head:raise DOCUMENTS_CASE_HEAD_STALE:0": "a_withdrawal_is_hidden_from_who_sends_the_document_out",
}

# What no attack of these tables bites on, and why there is none.
ELSEWHERE: Final[Mapping[str, str]] = {
    f"{_READING}.prepare:_check_place:0": "tests/security/test_inventions_are_survived.py::test_an_invented_step_hides_none_before_it",
    f"{_LINES}:check_line:raise fault:1": "doubled: the line is verified with the key of the entry's certificate",
    f"{_LEDGERS}.begun_at:raise NUMBERS_CONFLICT:0": "no check: another clerk was faster, and where the ledger begins is settled",
    f"{_ISSUING}.dispatch:raise DOCUMENTS_UNKNOWN:0": "no check: there is nothing to send yet",
    f"{_ISSUING}._signed_elements:raise KEYS_NO_KEY:0": "no check: nothing can be opened here",
    f"{_ISSUING}._seal_key:raise KEYS_NO_KEY:0": "no check: there is no seal on this device",
    f"{_ISSUING}.seal:raise KEYS_TOKEN_PIN_WANTED:0": "no check: its keeper is to be asked for the PIN",
}
