"""Every check a client makes of conversations and of the channel their keys come through, and the lie it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocol.errors import ErrorCode

SCOPE: Final = (
    "client.messaging.incoming_events",
    "client.core.trust.later",
    "client.messaging.left_out",
    "client.core.keys.device_channel",
    "client.core.keys.channel_keys",
    "client.core.keys.ratchets",
    "protocol.messaging.rosters",
    "protocol.messaging.payloads",
    "protocol.messaging.contents",
    "protocol.messaging.commitments",
)

_READING = "client.messaging.incoming_events"
_LEFT_OUT = "client.messaging.left_out:LeftOutEvents"
_CHANNEL = "client.core.keys.device_channel:DeviceChannel"
_CONTENTS = "tests/unit/messaging/test_contents.py"
_RATCHETS = "client.core.keys.ratchets"
_ROSTERS = "protocol.messaging.rosters:check_roster"
_PAYLOADS = "protocol.messaging.payloads"

BITES: Final[Mapping[str, str]] = {
    f"{_READING}:_author:check_seen:0": "a_writer_saw_another_directory",
    f"{_READING}:_author:raise CERTIFICATE_UNKNOWN:0": "a_member_writes_in_the_name_of_another",
    f"{_READING}:_author:verify:0": "the_server_signs_under_a_members_certificate",
    f"{_READING}:_author:raise CERTIFICATE_REVOKED:0": "a_revoked_device_goes_on_talking",
    f"{_READING}:_placed_record:raise WIRE_MALFORMED:0": "a_member_is_taken_out_without_a_place",
    f"{_READING}:RosterEvents.prepare:_check_follows:0": "a_third_is_let_into_a_conversation_of_two",
    f"{_READING}:_check_follows:check_roster:0": "a_third_is_let_into_a_conversation_of_two",
    f"{_READING}:MessageEvents.prepare:raise MESSAGING_WRONG_SENDER:0": "a_device_writes_in_the_name_of_another_of_the_same_person",
    f"{_READING}:MessageEvents.prepare:_check_place:0": "a_removed_member_goes_on_talking",
    f"{_READING}:_check_place:raise MESSAGING_UNKNOWN:0": "a_message_is_for_a_roster_of_another_conversation",
    f"{_READING}:_check_place:raise MESSAGING_NOT_A_MEMBER:0": "a_removed_member_goes_on_talking",
    f"{_READING}:_check_place:raise SYNC_ID_REUSED:0": "a_message_stands_twice",
    f"{_READING}:_check_place:raise MESSAGING_ROSTER_REFUSED:0": "a_message_is_for_the_roster_with_the_member_who_was_removed",
    f"{_READING}:_check_place:raise MESSAGING_HIDDEN:0": "a_place_is_left_out",
    f"{_READING}:_check_place:raise MESSAGING_HIDDEN:1": "what_the_writer_had_seen_is_kept_back",
    f"{_READING}:MessageContents.open:raise MESSAGING_REPLAYED:0": "the_same_words_come_under_another_name",
    f"{_READING}:_content:check:0": "a_message_says_something_else_than_was_signed",
    "protocol.messaging.commitments:Opening.check:raise CONTENT_COMMITMENT_MISMATCH:0": "a_message_says_something_else_than_was_signed",
    "client.core.trust.later:_not_switched_on:check_switched_on:0": "a_message_commits_where_nobody_switched_it_on",
    f"{_ROSTERS}:raise refused:0": "somebody_manages_who_is_no_member",
    f"{_ROSTERS}:raise refused:1": "a_third_is_let_into_a_conversation_of_two",
    f"{_ROSTERS}:raise refused:2": "a_member_who_manages_nothing_takes_another_out",
    f"{_ROSTERS}:raise refused:3": "a_conversation_is_begun_by_one_who_is_not_in_it",
    f"{_ROSTERS}:raise refused:4": "a_conversation_of_two_has_three_in_it",
    f"{_ROSTERS}:raise refused:5": "a_group_is_begun_in_the_hands_of_another",
    f"{_ROSTERS}:raise MESSAGING_ROSTER_OUTDATED:0": "an_older_roster_is_followed_once_more",
    f"{_PAYLOADS}:_in_order:raise WIRE_MALFORMED:0": "a_member_is_listed_twice",
    f"{_PAYLOADS}:Roster.parse:_in_order:0": "a_member_is_listed_twice",
    f"{_PAYLOADS}:MessageEvent.parse:_in_order:0": "what_was_seen_is_named_twice",
    f"{_PAYLOADS}:MessageEvent.parse:raise WIRE_TOO_LARGE:0": "a_message_is_larger_than_any",
    f"{_PAYLOADS}:LeftOut.parse:_in_order:0": "a_device_is_left_out_twice",
    f"{_PAYLOADS}:LeftOut.parse:raise WIRE_MALFORMED:0": "a_statement_names_no_device",
    f"{_LEFT_OUT}.prepare:verify:0": "a_statement_is_signed_by_the_servers_own_key",
    f"{_LEFT_OUT}.prepare:raise MESSAGING_WRONG_SENDER:0": "a_member_states_what_another_left_out",
    "protocol.messaging.contents:unpack:raise WIRE_MALFORMED:0": "a_message_says_nothing_of_any_kind",
    f"{_CHANNEL}.open_packet:verify:0": "a_packet_is_signed_by_the_servers_own_key",
    f"{_CHANNEL}.open_packet:raise MESSAGING_WRONG_SENDER:0": "a_member_hands_on_a_packet_as_it_was",
    f"{_CHANNEL}.take_key:raise MESSAGING_WRONG_SENDER:0": "the_names_inside_a_packet_are_not_those_outside",
    f"{_CHANNEL}.open:raise MESSAGING_WRONG_SENDER:0": "what_was_for_another_device_is_sealed_to_this_one",
    f"{_CHANNEL}._checked:raise MESSAGING_WRONG_SENDER:0": "a_prekey_is_for_another_identity",
    f"{_CHANNEL}._checked:verify:0": "a_prekey_is_the_servers_own",
    "client.core.keys.channel_keys:ChannelKeys._checked:raise MESSAGING_WRONG_SENDER:0": "a_key_of_the_week_is_for_another_identity",
    "client.core.keys.channel_keys:ChannelKeys._checked:verify:0": "a_key_of_the_week_is_the_servers_own",
    f"{_RATCHETS}:olm_decrypt:raise MESSAGING_UNREADABLE:0": "what_one_device_encrypted_comes_from_another",
    f"{_RATCHETS}:keep_inbound:raise MESSAGING_WRONG_SENDER:0": "a_key_comes_under_the_name_of_another_session",
    f"{_RATCHETS}:megolm_decrypt:raise MESSAGING_NO_SESSION:0": "a_member_speaks_with_anothers_session",
    f"{_RATCHETS}:megolm_decrypt:raise MESSAGING_WRONG_SENDER:0": "the_session_of_one_conversation_serves_in_another",
}

# Without the check something behind it still refuses the lie, under this name; without any other the lie is believed.
DOUBLED: Final[Mapping[str, ErrorCode]] = {
    # The store has one row for one place of a ratchet.
    f"{_READING}:MessageContents.open:raise MESSAGING_REPLAYED:0": ErrorCode.CLIENT_INTERNAL,
    # Nobody can have written for it: it was never in force there.
    f"{_READING}:_check_place:raise MESSAGING_UNKNOWN:0": ErrorCode.MESSAGING_ROSTER_REFUSED,
    # What is too large is decrypted in vain, what is of no shape makes the reader stumble.
    f"{_PAYLOADS}:MessageEvent.parse:raise WIRE_TOO_LARGE:0": ErrorCode.MESSAGING_UNREADABLE,
    "protocol.messaging.contents:unpack:raise WIRE_MALFORMED:0": ErrorCode.CLIENT_INTERNAL,
    # Believed: what a statement says is told its owner.
    f"{_PAYLOADS}:LeftOut.parse:_in_order:0": ErrorCode.MESSAGING_OWN_DEVICE_LEFT_OUT,
    f"{_LEFT_OUT}.prepare:verify:0": ErrorCode.MESSAGING_OWN_DEVICE_LEFT_OUT,
    f"{_LEFT_OUT}.prepare:raise MESSAGING_WRONG_SENDER:0": ErrorCode.MESSAGING_OWN_DEVICE_LEFT_OUT,
    # Olm itself knows its two ends.
    f"{_CHANNEL}.open_packet:raise MESSAGING_WRONG_SENDER:0": ErrorCode.MESSAGING_UNREADABLE,
    # Nothing to decrypt with.
    f"{_RATCHETS}:olm_decrypt:raise MESSAGING_UNREADABLE:0": ErrorCode.CLIENT_INTERNAL,
    f"{_RATCHETS}:megolm_decrypt:raise MESSAGING_NO_SESSION:0": ErrorCode.CLIENT_INTERNAL,
}

# What no lie bites on, and why there is none.
ELSEWHERE: Final[Mapping[str, str]] = {
    "client.core.keys.device_channel:DeviceChannel.maintain:raise KEYS_UNUSABLE:0": "no check: it tells the device's own user",
    "client.core.trust.later:read_signed:check_seen:0": "doubled: the author is asked for the same directory; here it keeps the question of what is lacking sound",
    f"{_PAYLOADS}:read_message:raise SIGNATURE_WRONG_TYPE:0": "doubled: who reads a message has asked for its type before; this is for types of a later version",
    "client.messaging.incoming_events:_passed_over:raise fault:0": "tests/security/test_inventions_are_survived.py::test_an_invented_message_hides_none_before_it",
    "protocol.messaging.contents:unpack:raise MESSAGING_UNKNOWN_KIND:0": f"{_CONTENTS}::test_a_field_less_or_more_or_of_another_type_is_refused",
    f"{_RATCHETS}:olm_encrypt:raise MESSAGING_NO_SESSION:0": "no check: nothing to encrypt with",
    "protocol.messaging.contents:pack:raise WIRE_MALFORMED:0": "no check: the writer's own side",
}
