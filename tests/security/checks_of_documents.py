"""Every check of C8–C13 that stands in the code, and the attack whose test fails when it is taken out; as `checks.py` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SCOPE: Final = (
    "protocol.cases.objects",
    "protocol.cases.bindings",
    "protocol.cases.entries",
    "protocol.cases.succession",
    "protocol.cases.authority",
    "protocol.cases.recipients",
    "protocol.documents.numbering",
    "server_stub.cases.accepting",
    "server_stub.cases.heads",
    "server_stub.documents.numbers",
)

_ENTRIES = "protocol.cases.entries"
_SUCCESSION = "protocol.cases.succession"
_AUTHORITY = "protocol.cases.authority"
_RECIPIENTS = "protocol.cases.recipients"
_ALLOWED = "tests/unit/cases/test_allowed.py"
_LATER = "tests/unit/documents/test_later.py"
_ACCEPTING = "server_stub.cases.accepting:Acceptor"

BITES: Final[Mapping[str, str]] = {
    "protocol.cases.objects:object_kind:raise WIRE_MALFORMED:0": "an_entry_is_written_into_a_person",
    f"{_ENTRIES}:DocumentEntry.parse:raise DOCUMENTS_CLASSIFIED:0": "a_state_secret_is_entered",
    f"{_ENTRIES}:DocumentEntry.parse:raise WIRE_MALFORMED:0": "an_entry_belongs_to_a_branch",
    f"{_ENTRIES}:DocumentEntry.parse:raise fault:0": "an_entry_takes_a_step_nobody_knows",
    f"{_ENTRIES}:DocumentEntry.parse:raise WIRE_MALFORMED:1": "an_entry_is_written_into_a_case_under_the_name_of_another",
    f"{_ENTRIES}:DocumentEntry.parse:_check_order:0": "parents_are_named_twice",
    f"{_ENTRIES}:DocumentEntry._check_order:raise WIRE_MALFORMED:0": "parents_are_named_twice",
    f"{_ENTRIES}:DocumentEntry._check_order:raise WIRE_MALFORMED:1": "a_blob_is_a_path",
    f"{_ENTRIES}:_beyond:raise CASES_UNKNOWN_STEP:0": "an_entry_takes_a_step_nobody_knows",
    f"{_ENTRIES}:_beyond:raise WIRE_MALFORMED:0": "an_entry_is_written_into_what_nobody_knows",
    f"{_ENTRIES}:_beyond:_check_head:0": "a_title_stands_in_the_open",
    f"{_ENTRIES}:_beyond:_check_hidden:0": "an_opinion_hides_no_opinion",
    f"{_ENTRIES}:_check_head:raise DOCUMENTS_HEAD_FIELD:0": "a_title_stands_in_the_open",
    f"{_ENTRIES}:_check_head:raise DOCUMENTS_HEAD_FIELD:1": "a_case_is_passed_to_a_person",
    f"{_ENTRIES}:_check_hidden:raise DOCUMENTS_HEAD_FIELD:0": "an_opinion_hides_no_opinion",
    f"{_SUCCESSION}:check:raise not_allowed:0": "an_entry_of_another_case_is_shown_in_this_one",
    f"{_SUCCESSION}:check:_check_object:0": "a_case_begins_twice",
    f"{_SUCCESSION}:check:_check_parents:0": "a_decision_leaves_a_head_out",
    f"{_SUCCESSION}:check:_check_key:0": "an_old_key_is_used_after_it_was_changed",
    f"{_SUCCESSION}:check:raise DOCUMENTS_RECEIPT_CHAIN:0": "an_author_has_seen_a_receipt_this_reader_never_got",
    f"{_SUCCESSION}:check:_check_phase:0": "what_is_out_is_withdrawn",
    f"{_SUCCESSION}:_check_object:raise SYNC_ID_REUSED:0": "a_case_begins_twice",
    f"{_SUCCESSION}:_check_object:raise DOCUMENTS_UNKNOWN:0": "a_receipt_is_registered_that_nobody_gave",
    f"{_SUCCESSION}:_check_object:raise KEYS_COMMITMENT_MISMATCH:0": "a_case_begins_without_a_key",
    f"{_SUCCESSION}:_check_phase:raise not_allowed:0": "what_is_out_is_withdrawn",
    f"{_SUCCESSION}:_check_phase:raise DOCUMENTS_NOT_AUTHORISED:0": "another_body_speaks_in_the_case",
    f"{_SUCCESSION}:_check_phase:raise DOCUMENTS_NOT_AUTHORISED:1": "somebody_goes_on_whose_turn_it_is_not",
    f"{_SUCCESSION}:_check_parents:raise DOCUMENTS_WRONG_PARENTS:0": "an_entry_follows_one_nobody_has_seen",
    f"{_SUCCESSION}:_check_parents:raise DOCUMENTS_STALE_HEAD:0": "a_decision_leaves_a_head_out",
    f"{_SUCCESSION}:_check_key:raise DOCUMENTS_STALE_HEAD:0": "an_old_key_is_used_after_it_was_changed",
    f"{_SUCCESSION}:check:_check_bound:0": "a_receipt_is_for_another_pdf",
    f"{_SUCCESSION}:_check_bound:check:0": "a_receipt_is_for_another_pdf",
    f"{_SUCCESSION}:_check_bound:_check_beside:0": "a_body_receives_twice",
    f"{_SUCCESSION}:_check_bound:_check_joined:0": "the_case_goes_on_before_all_have_answered",
    f"{_SUCCESSION}:_check_beside:raise not_allowed:0": "an_answer_is_given_twice",
    f"{_SUCCESSION}:_check_beside:raise not_allowed:1": "an_answer_is_given_in_an_earlier_round",
    f"{_SUCCESSION}:_check_beside:raise not_allowed:2": "something_is_received_that_was_never_issued",
    f"{_SUCCESSION}:_check_beside:raise not_allowed:3": "a_body_receives_twice",
    f"{_SUCCESSION}:_check_joined:raise not_allowed:0": "the_case_goes_on_before_all_have_answered",
    f"{_SUCCESSION}:_check_joined:raise DOCUMENTS_RULE_BROKEN:0": "the_case_goes_on_against_who_disagrees",
    "protocol.cases.bindings:check:raise fault:0": "a_receipt_is_for_another_pdf",
    f"{_AUTHORITY}:check_authority:raise DOCUMENTS_SNAPSHOT_OUTDATED:0": "an_act_of_today_cites_the_organisation_of_yesterday",
    f"{_AUTHORITY}:check_authority:raise DOCUMENTS_NOT_AUTHORISED:0": "a_stranger_acts_in_a_leaders_post",
    f"{_AUTHORITY}:check_authority:raise DOCUMENTS_HEAD_FIELD:0": "a_receipt_names_a_check_where_that_is_not_switched_on",
    f"{_AUTHORITY}:check_authority:raise DOCUMENTS_NOT_AUTHORISED:1": "an_inner_department_issues",
    f"{_AUTHORITY}:check_authority:_check_names:0": "a_case_is_passed_out_of_its_body",
    f"{_AUTHORITY}:_check_names:raise DOCUMENTS_RECIPIENTS_MISMATCH:0": "a_case_is_passed_out_of_its_body",
    f"{_RECIPIENTS}:check_fresh:raise KEYS_GENERATION_STALE:0": "something_is_said_while_one_who_left_still_reads",
    f"{_RECIPIENTS}:principals_for:raise KEYS_NO_GENERATION:0": "a_case_is_passed_to_one_who_has_no_key",
    f"{_RECIPIENTS}:check_wraps:raise KEYS_WRAP_UNSIGNED:0": "a_wrap_is_put_in_the_place_of_a_signed_one",
    f"{_RECIPIENTS}:check_wraps:check_fresh:0": "something_is_said_while_one_who_left_still_reads",
    f"{_RECIPIENTS}:check_wraps:raise KEYS_GENERATION_STALE:0": "the_old_key_goes_on_after_a_member_left",
    f"{_RECIPIENTS}:check_wraps:raise KEYS_COMMITMENT_MISMATCH:0": "a_new_key_comes_that_nobody_asked_for",
    f"{_RECIPIENTS}:check_wraps:raise DOCUMENTS_RECIPIENTS_MISMATCH:0": "a_key_goes_to_one_more_than_the_step_names",
    f"{_RECIPIENTS}:check_wraps:raise KEYS_WRAP_UNSIGNED:1": "a_signed_wrap_is_of_another_object",
    f"{_RECIPIENTS}:check_wraps:raise KEYS_GENERATION_STALE:1": "a_key_is_sealed_to_an_older_generation",
    "protocol.documents.numbering:check_succession:raise NUMBERS_CONFLICT:0": "a_number_is_left_out",
    f"{_ACCEPTING}._parse:raise CERTIFICATE_UNKNOWN:0": "an_entry_is_brought_by_another_device_of_the_same_person",
    f"{_ACCEPTING}._parse:verify:0": "an_entry_is_signed_by_another_key",
    f"{_ACCEPTING}._parse:raise DOCUMENTS_NOT_AUTHORISED:0": "a_device_writes_in_another_persons_name",
    f"{_ACCEPTING}._parse:raise CONTENT_HEADER_MISMATCH:0": "a_ciphertext_is_another_than_was_signed",
    f"{_ACCEPTING}._accept:_check:0": "an_author_saw_another_directory",
    f"{_ACCEPTING}._check:raise CLOCK_SKEW:0": "an_online_act_is_of_yesterday",
    f"{_ACCEPTING}._check:raise DIRECTORY_SPLIT_VIEW:0": "an_author_saw_another_directory",
    f"{_ACCEPTING}._check:check_switched_on:0": "a_content_is_padded_where_nobody_switched_it_on",
    f"{_ACCEPTING}._check:check_authority:0": "a_person_writes_in_anothers_post",
    f"{_ACCEPTING}._check:check:0": "an_entry_follows_what_the_server_never_had",
    f"{_ACCEPTING}._check:raise DOCUMENTS_UNKNOWN:0": "somebody_is_consulted_in_a_case_that_is_not_there",
    f"{_ACCEPTING}._check:check_wraps:0": "a_wrap_comes_along_that_nobody_signed",
    f"{_ACCEPTING}._check:raise KEYS_WRAP_UNSIGNED:0": "a_wrap_of_an_earlier_entry_is_signed_again",
    f"{_ACCEPTING}._check:raise BLOBS_UNKNOWN:0": "an_attachment_was_never_sent",
    f"{_ACCEPTING}._check:check_cited:0": "a_seal_is_set_by_a_head_from_before_the_last_remark",
    f"{_ACCEPTING}._check:_check_seal:0": "a_seal_is_set_that_the_device_does_not_keep",
    f"{_ACCEPTING}._check_seal:raise DOCUMENTS_NOT_AUTHORISED:0": "a_seal_is_set_that_the_device_does_not_keep",
    "server_stub.cases.heads:check_cited:raise DOCUMENTS_CASE_HEAD_STALE:0": "a_seal_is_set_by_a_head_the_server_never_gave",
    "server_stub.cases.heads:check_cited:raise DOCUMENTS_CASE_HEAD_STALE:1": "a_seal_is_set_by_a_head_from_before_the_last_remark",
    "server_stub.documents.numbers:NumberReader.__call__:raise DOCUMENTS_HEAD_FIELD:0": "a_number_comes_without_its_line",
    "server_stub.documents.numbers:NumberReader.__call__:verify:0": "a_line_is_signed_by_another_key",
    "server_stub.documents.numbers:parse:raise DOCUMENTS_HEAD_FIELD:0": "a_line_is_of_another_case",
    "server_stub.documents.numbers:parse:raise DOCUMENTS_HEAD_FIELD:1": "an_entry_shows_another_number_than_its_line",
    "server_stub.documents.numbers:take:raise DOCUMENTS_HEAD_FIELD:0": "a_line_is_of_another_year",
    "server_stub.documents.numbers:take:check_succession:0": "a_number_of_the_ledger_is_left_out",
}

# What no attack of these tables bites on: the test that does, or why there is none.
ELSEWHERE: Final[Mapping[str, str]] = {
    f"{_SUCCESSION}:allowed:_check_phase:0": f"{_ALLOWED}::test_what_is_offered_is_taken_and_what_is_not_is_refused",
    f"{_SUCCESSION}:allowed:_check_bound:0": f"{_ALLOWED}::test_what_is_offered_is_taken_and_what_is_not_is_refused",
    f"{_SUCCESSION}:check_readable:raise CLIENT_OUTDATED:0": f"{_LATER}::test_it_has_its_place_and_moves_nothing",
    f"{_SUCCESSION}:_check_placed:raise not_allowed:0": "doubled: the entry is looked up in the file of the case it names",
    f"{_SUCCESSION}:_check_placed:raise KEYS_COMMITMENT_MISMATCH:0": f"{_LATER}::test_an_object_it_begins_has_a_key",
    f"{_SUCCESSION}:_check_placed:raise DOCUMENTS_WRONG_PARENTS:0": f"{_LATER}::test_its_parents_must_be_there",
    f"{_ACCEPTING}._check:check:1": "tests/integration/server/test_log_age.py::test_sealing_and_dispatch_stop_at_the_server_too",
    f"{_ACCEPTING}._check:active_signer:0": "doubled: asked when the entry is read, and again so that nothing comes between",
}
