"""Every check that is made of meetings, by a client and by the server, and the lie it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocol.errors import ErrorCode

SCOPE: Final = (
    "client.meetings.verification",
    "client.meetings.admission_control",
    "client.meetings.epoch_exchange",
    "client.meetings.session",
    "client.meetings.epochs",
    "client.meetings.presence",
    "client.meetings.event_reader",
    "protocol.meetings.epochs",
    "protocol.meetings.chair",
)
SERVER_SCOPE: Final = ("server_stub.meetings.meetings", "server_stub.meetings.rooms")

_AUTHOR = "client.meetings.verification:author"
_STAY = "client.meetings.verification:stay_of"
_ADMISSION = "client.meetings.admission_control"
_EXCHANGE = "client.meetings.epoch_exchange:EpochExchange"
_SESSION = "client.meetings.session:MeetingSession"
_KEYS = "client.meetings.epochs:EpochKeys"
_READING = "client.meetings.event_reader"
_EPOCH = "protocol.meetings.epochs:check_epoch"
_CHAIR = "protocol.meetings.chair"
_SERVER = "server_stub.meetings.meetings:Meetings"
_ROOM = "server_stub.meetings.rooms:Room"

BITES: Final[Mapping[str, str]] = {
    f"{_AUTHOR}:check_seen:0": "who_comes_saw_another_directory",
    f"{_AUTHOR}:raise CERTIFICATE_UNKNOWN:0": "an_outsider_comes_in_the_name_of_a_member",
    f"{_AUTHOR}:verify:0": "somebody_comes_whom_only_the_server_signed",
    f"{_AUTHOR}:raise CERTIFICATE_REVOKED:0": "a_chair_acts_after_his_device_was_revoked",
    f"{_STAY}:raise MEETINGS_UNKNOWN:0": "who_comes_to_another_meeting_is_shown_in_this_one",
    f"{_STAY}:raise MEETINGS_NOT_ADMITTED:0": "a_device_of_the_cas_making_comes",
    f"{_STAY}:raise CLOCK_SKEW:0": "who_came_the_day_before_yesterday_comes_now",
    f"{_ADMISSION}:check_admitted:refusal MEETINGS_NOT_ADMITTED:0": "an_outsider_comes_in_his_own_name",
    f"{_ADMISSION}:check_admitted:refusal MEETINGS_REMOVED:0": "who_was_removed_comes",
    f"{_ADMISSION}:check_admitted:refusal MEETINGS_LOCKED:0": "a_member_comes_into_a_locked_meeting",
    f"{_ADMISSION}:AdmissionControl.admit:check_admitted:0": "an_outsider_comes_in_his_own_name",
    "client.meetings.presence:Presence.came:raise MEETINGS_NOT_ADMITTED:0": "who_has_gone_is_there_again",
    f"{_SESSION}._epoch_came:raise MEETINGS_EPOCH_REFUSED:0": "an_epoch_is_of_another_meeting",
    f"{_KEYS}.take:check_epoch:0": "an_epoch_leaves_out_a_number",
    f"{_EPOCH}:raise refused:1": "an_epoch_leaves_out_a_number",
    f"{_EPOCH}:raise refused:2": "a_ratchet_brings_nobody",
    f"{_EPOCH}:raise refused:3": "an_epoch_follows_from_a_secret_there_never_was",
    f"{_KEYS}._give:raise MEETINGS_EPOCH_REFUSED:0": "the_secret_is_not_the_one_that_was_promised",
    f"{_EXCHANGE}.secret:raise CERTIFICATE_UNKNOWN:0": "a_packet_is_of_another_than_the_announcer",
    f"{_EXCHANGE}.secret:verify:0": "a_packet_was_changed_on_its_way",
    f"{_EXCHANGE}.secret:raise MEETINGS_EPOCH_REFUSED:0": "a_packet_is_for_another_meeting",
    f"{_EXCHANGE}.secret:raise MEETINGS_EPOCH_REFUSED:1": "a_packet_says_inside_that_it_is_of_another_epoch",
    f"{_READING}:MeetingEvents.prepare:author:0": "the_server_calls_a_meeting",
    f"{_READING}:MeetingEvents.prepare:raise SYNC_ID_REUSED:0": "another_meeting_comes_under_the_id_of_one_there_is",
    f"{_READING}:MeetingEvents.prepare:raise MEETINGS_NOT_ADMITTED:0": "an_outsider_calls_a_meeting",
    f"{_READING}:ChairEvents.prepare:author:0": "the_server_acts_as_chair",
    f"{_READING}:_check_in_turn:check:0": "a_member_acts_who_is_no_chair",
    f"{_READING}:_check_follows:_check_in_turn:0": "an_act_before_is_left_out",
    f"{_READING}:_check_follows:raise SYNC_ID_REUSED:0": "another_act_comes_in_a_place_that_is_taken",
    f"{_READING}:_check_follows:raise MEETINGS_UNKNOWN:0": "an_act_is_of_a_meeting_there_is_not",
    f"{_READING}:_check_follows:raise MEETINGS_ACT_REFUSED:0": "an_outsider_is_made_chair",
    f"{_CHAIR}:check:raise refused:0": "a_member_acts_who_is_no_chair",
    f"{_CHAIR}:check:raise MEETINGS_ENDED:0": "an_act_follows_the_end",
    f"{_CHAIR}:check:raise MEETINGS_ACT_OUTDATED:0": "an_act_before_is_left_out",
    f"{_CHAIR}:check:raise refused:1": "a_chair_is_put_out",
}

# Without the check something behind it still refuses the lie, under this name; without any other the lie is believed.
DOUBLED: Final[Mapping[str, ErrorCode]] = {
    # The announcer's key does not fit the other's signature.
    f"{_EXCHANGE}.secret:raise CERTIFICATE_UNKNOWN:0": ErrorCode.SIGNATURE_INVALID,
    # It does not follow either.
    f"{_READING}:_check_follows:raise SYNC_ID_REUSED:0": ErrorCode.MEETINGS_ACT_REFUSED,
    # There is no state for it to follow.
    f"{_READING}:_check_follows:raise MEETINGS_UNKNOWN:0": ErrorCode.CLIENT_INTERNAL,
}

# What no lie bites on, and why there is none.
ELSEWHERE: Final[Mapping[str, str]] = {
    f"{_KEYS}.take:raise MEETINGS_EPOCH_REFUSED:0": "two epochs with the same 32 bits of their ids: test_epochs.py makes them up",
    f"{_EPOCH}:raise refused:0": "who is not in it is not found to have announced it: test_epochs.py asks the rule itself",
    f"{_KEYS}.sender:raise FRAMES_UNKNOWN_KEY:0": "no check: nobody to name",
    f"{_ADMISSION}:AdmissionControl.admits:check_admitted:0": "asked, not told: test_attending_meetings.py",
    f"{_CHAIR}:follow:check:0": "what is folded was checked when it came",
}

SERVER_BITES: Final[Mapping[str, str]] = {
    f"{_SERVER}.call:raise MEETINGS_NOT_ADMITTED:0": "an_outsider_calls",
    f"{_SERVER}.call:raise MEETINGS_ACT_REFUSED:0": "an_outsider_is_named_as_chair",
    f"{_SERVER}.act:check:0": "a_member_locks",
    f"{_SERVER}.act:_check_members:0": "an_outsider_is_handed_the_chair",
    f"{_SERVER}._check_members:raise MEETINGS_ACT_REFUSED:0": "an_outsider_is_handed_the_chair",
    f"{_SERVER}.join:raise MEETINGS_UNKNOWN:0": "a_join_is_brought_to_another_meeting",
    f"{_SERVER}.announce:raise MEETINGS_EPOCH_REFUSED:0": "an_epoch_is_brought_to_another_meeting",
    f"{_SERVER}._admit:refusal MEETINGS_NOT_ADMITTED:0": "an_outsider_joins",
    f"{_SERVER}._admit:refusal MEETINGS_ENDED:0": "somebody_joins_after_the_end",
    f"{_SERVER}._admit:refusal MEETINGS_REMOVED:0": "the_removed_joins",
    f"{_SERVER}._admit:refusal MEETINGS_LOCKED:0": "somebody_joins_a_locked_meeting",
    f"{_SERVER}._room:raise MEETINGS_NOT_PRESENT:0": "an_outsider_asks_who_is_there",
    f"{_SERVER}._signed:raise CERTIFICATE_UNKNOWN:0": "a_packet_is_of_another_device",
    f"{_SERVER}._signed:verify:0": "a_packet_was_tampered_with",
    f"{_SERVER}._own:raise CERTIFICATE_UNKNOWN:0": "a_join_is_in_anothers_name",
    f"{_SERVER}._check_seen:raise CLOCK_SKEW:0": "a_join_is_of_yesterday",
    f"{_SERVER}._check_seen:raise DIRECTORY_SPLIT_VIEW:0": "a_join_saw_another_directory",
    f"{_ROOM}.announce:raise MEETINGS_ACT_OUTDATED:0": "an_epoch_leaves_out_one",
    f"{_ROOM}.announce:raise MEETINGS_EPOCH_REFUSED:0": "an_epoch_is_without_its_announcer",
    f"{_ROOM}.announce:raise MEETINGS_EPOCH_REFUSED:1": "a_packet_is_of_another_epoch",
}
SERVER_DOUBLED: Final[Mapping[str, ErrorCode]] = {
    # Who calls is a chair, and chairs are members.
    f"{_SERVER}.call:raise MEETINGS_NOT_ADMITTED:0": ErrorCode.MEETINGS_ACT_REFUSED,
}
SERVER_ELSEWHERE: Final[Mapping[str, str]] = {
    f"{_SERVER}._admit:raise CERTIFICATE_REVOKED:0": "between two awaits: test_who_is_put_out_while_his_transport_is_made_ready_stays_out",
    f"{_ROOM}.announce:raise MEETINGS_NOT_PRESENT:0": "asked before by Meetings._room: test_rooms.py",
}
