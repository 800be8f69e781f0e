"""Every check of C8–C13 that stands in the code, and the attack whose test fails when it is taken out; as `checks.py` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SCOPE: Final = (
    "protocol.documents.entries",
    "protocol.documents.succession",
    "protocol.documents.authority",
    "protocol.documents.recipients",
    "protocol.documents.numbering",
)

_ENTRIES = "protocol.documents.entries"
_SUCCESSION = "protocol.documents.succession"
_AUTHORITY = "protocol.documents.authority"
_RECIPIENTS = "protocol.documents.recipients"

BITES: Final[Mapping[str, str]] = {
    f"{_ENTRIES}:object_kind:raise WIRE_MALFORMED:0": "an_entry_is_written_into_a_person",
    f"{_ENTRIES}:DocumentEntry.parse:_check_order:0": "parents_are_named_twice",
    f"{_ENTRIES}:DocumentEntry.parse:_check_head:0": "a_title_stands_in_the_open",
    f"{_ENTRIES}:DocumentEntry.parse:_check_hidden:0": "an_opinion_hides_no_opinion",
    f"{_ENTRIES}:DocumentEntry._check_order:raise WIRE_MALFORMED:0": "parents_are_named_twice",
    f"{_ENTRIES}:DocumentEntry._check_order:raise WIRE_MALFORMED:1": "a_blob_is_a_path",
    f"{_ENTRIES}:_check_head:raise DOCUMENTS_CLASSIFIED:0": "a_state_secret_is_entered",
    f"{_ENTRIES}:_check_head:raise DOCUMENTS_HEAD_FIELD:0": "a_title_stands_in_the_open",
    f"{_ENTRIES}:_check_head:raise DOCUMENTS_HEAD_FIELD:1": "a_case_is_passed_to_a_person",
    f"{_ENTRIES}:_check_hidden:raise DOCUMENTS_HEAD_FIELD:0": "an_opinion_hides_no_opinion",
    f"{_SUCCESSION}:check:raise not_allowed:0": "an_entry_of_another_case_is_shown_in_this_one",
    f"{_SUCCESSION}:check:_check_object:0": "a_case_begins_twice",
    f"{_SUCCESSION}:check:_check_parents:0": "a_decision_leaves_a_head_out",
    f"{_SUCCESSION}:check:_check_key:0": "an_old_key_is_used_after_it_was_changed",
    f"{_SUCCESSION}:check:raise DOCUMENTS_RECEIPT_CHAIN:0": "an_author_has_seen_a_receipt_this_reader_never_got",
    f"{_SUCCESSION}:check:_check_phase:0": "what_is_out_is_withdrawn",
    f"{_SUCCESSION}:check:binding:0": "a_receipt_is_for_another_pdf",
    f"{_SUCCESSION}:_check_object:raise SYNC_ID_REUSED:0": "a_case_begins_twice",
    f"{_SUCCESSION}:_check_object:raise DOCUMENTS_UNKNOWN:0": "an_entry_goes_into_a_case_that_never_began",
    f"{_SUCCESSION}:_check_object:raise KEYS_COMMITMENT_MISMATCH:0": "a_case_begins_without_a_key",
    f"{_SUCCESSION}:_check_phase:raise not_allowed:0": "what_is_out_is_withdrawn",
    f"{_SUCCESSION}:_check_phase:raise DOCUMENTS_NOT_AUTHORISED:0": "another_body_speaks_in_the_case",
    f"{_SUCCESSION}:_check_phase:raise DOCUMENTS_NOT_AUTHORISED:1": "somebody_goes_on_whose_turn_it_is_not",
    f"{_SUCCESSION}:_check_parents:raise DOCUMENTS_WRONG_PARENTS:0": "an_entry_follows_one_nobody_has_seen",
    f"{_SUCCESSION}:_check_parents:raise DOCUMENTS_STALE_HEAD:0": "a_decision_leaves_a_head_out",
    f"{_SUCCESSION}:_check_key:raise DOCUMENTS_STALE_HEAD:0": "an_old_key_is_used_after_it_was_changed",
    f"{_SUCCESSION}:_returns:raise not_allowed:0": "a_return_leads_elsewhere",
    f"{_SUCCESSION}:_review:raise not_allowed:0": "somebody_consults_himself",
    f"{_SUCCESSION}:_sign_off:_same:0": "another_recipient_is_signed_than_was_drafted",
    f"{_SUCCESSION}:_same_elements:raise DOCUMENTS_ELEMENT_HASH_MISMATCH:0": "another_document_is_sealed_than_was_signed",
    f"{_SUCCESSION}:_register:raise not_allowed:0": "what_was_received_is_registered_by_another_body",
    f"{_SUCCESSION}:_reseal:raise not_allowed:0": "a_key_is_brought_later_to_one_who_has_it",
    f"{_SUCCESSION}:_reseal:raise DOCUMENTS_RECIPIENTS_MISMATCH:0": "a_key_is_brought_later_to_one_it_was_not_sent_to",
    f"{_SUCCESSION}:_consult_open:raise not_allowed:0": "a_branch_is_of_another_case",
    f"{_SUCCESSION}:_consult_open:raise not_allowed:1": "somebody_is_asked_whom_the_review_did_not_name",
    f"{_SUCCESSION}:_consult_open:raise not_allowed:2": "somebody_is_asked_twice",
    f"{_SUCCESSION}:_consult_open:raise DOCUMENTS_NOT_AUTHORISED:0": "another_post_asks_than_reviewed",
    f"{_SUCCESSION}:_consult_open:raise DOCUMENTS_STALE_HEAD:0": "a_branch_of_an_earlier_round_is_shown_in_this_one",
    f"{_SUCCESSION}:_consult_reply:raise DOCUMENTS_NOT_AUTHORISED:0": "somebody_answers_who_was_not_asked",
    f"{_SUCCESSION}:_consult_reply:raise not_allowed:0": "an_answer_is_given_twice",
    f"{_SUCCESSION}:_join:raise not_allowed:0": "the_case_goes_on_before_all_have_answered",
    f"{_SUCCESSION}:_join:raise DOCUMENTS_RULE_BROKEN:0": "the_case_goes_on_against_who_disagrees",
    f"{_SUCCESSION}:_dispatch:raise DOCUMENTS_HEAD_FIELD:0": "a_dispatch_names_another_issue_than_it_makes",
    f"{_SUCCESSION}:_dispatch:raise DOCUMENTS_ELEMENT_HASH_MISMATCH:0": "another_pdf_goes_out_than_was_sealed",
    f"{_SUCCESSION}:_dispatch:_same:0": "it_goes_out_under_another_number",
    f"{_SUCCESSION}:_dispatch:_same:1": "it_goes_out_to_others_than_were_signed",
    f"{_SUCCESSION}:_receipt:raise not_allowed:0": "a_body_receives_twice",
    f"{_SUCCESSION}:_receipt:raise DOCUMENTS_NOT_AUTHORISED:0": "somebody_receives_what_was_not_sent_to_him",
    f"{_SUCCESSION}:_receipt:raise DOCUMENTS_RECIPIENTS_MISMATCH:0": "a_receipt_is_for_another_pdf",
    f"{_SUCCESSION}:_same:raise DOCUMENTS_RECIPIENTS_MISMATCH:0": "it_goes_out_under_another_number",
    f"{_AUTHORITY}:check_authority:raise DOCUMENTS_SNAPSHOT_OUTDATED:0": "an_act_of_today_cites_the_organisation_of_yesterday",
    f"{_AUTHORITY}:check_authority:raise DOCUMENTS_NOT_AUTHORISED:0": "a_stranger_acts_in_a_leaders_post",
    f"{_AUTHORITY}:check_authority:raise DOCUMENTS_NOT_AUTHORISED:1": "an_inner_department_issues",
    f"{_AUTHORITY}:check_authority:_check_targets:0": "a_case_is_passed_out_of_its_body",
    f"{_AUTHORITY}:_check_targets:raise DOCUMENTS_RECIPIENTS_MISMATCH:0": "a_case_is_passed_out_of_its_body",
    f"{_AUTHORITY}:_check_targets:raise DOCUMENTS_RECIPIENTS_MISMATCH:1": "a_body_nobody_knows_is_consulted",
    f"{_AUTHORITY}:_check_targets:raise DOCUMENTS_RECIPIENTS_MISMATCH:2": "a_body_nobody_knows_is_written_to",
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
}

# What no attack of these tables bites on: the test that does, or why there is none.
ELSEWHERE: Final[Mapping[str, str]] = {}
