"""Every failure has one stable code (C18); the sentences live in the translations.

`LocalProtocolError` is our own bug, `RemoteProtocolError` the other side's: a server logs the one and drops the peer for the other.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Recovery(StrEnum):
    """What can be done about it."""

    RETRY = "retry"
    REAUTHENTICATE = "reauthenticate"
    USER = "user"
    BUG = "bug"


class ErrorCode(StrEnum):
    """`area.reason`; add at the end of an area, and a Chinese and an English sentence in the translations."""

    WIRE_MALFORMED = "wire.malformed"
    WIRE_TOO_LARGE = "wire.too_large"
    WIRE_UNKNOWN_TYPE = "wire.unknown_type"

    TEXT_EMPTY = "text.empty"
    TEXT_TOO_LONG = "text.too_long"
    TEXT_UNKNOWN_CHARACTER = "text.unknown_character"
    TEXT_MARKS = "text.marks"

    SIGNATURE_INVALID = "signature.invalid"
    SIGNATURE_WRONG_TYPE = "signature.wrong_type"

    CERTIFICATE_EXPIRED = "certificate.expired"
    CERTIFICATE_REVOKED = "certificate.revoked"
    CERTIFICATE_UNKNOWN = "certificate.unknown"
    CERTIFICATE_UNTRUSTED = "certificate.untrusted"
    CERTIFICATE_WRONG_PROFILE = "certificate.wrong_profile"

    SESSION_EXPIRED = "session.expired"
    SESSION_UNAUTHORISED = "session.unauthorised"
    SESSION_UPGRADE_REQUIRED = "session.upgrade_required"
    SESSION_NONCE_USED = "session.nonce_used"
    SESSION_SERVER_OUTDATED = "session.server_outdated"
    CLOCK_SKEW = "clock.skew"

    AUTH_ENROLMENT_CODE_MALFORMED = "auth.enrolment_code_malformed"
    AUTH_ENROLMENT_CODE_CHECKSUM = "auth.enrolment_code_checksum"
    AUTH_ENROLMENT_REFUSED = "auth.enrolment_refused"
    AUTH_INVITATION_MALFORMED = "auth.invitation_malformed"
    AUTH_INVITATION_LATER = "auth.invitation_later"
    AUTH_INVITATION_IDLE = "auth.invitation_idle"
    AUTH_INVITATION_UNREADABLE = "auth.invitation_unreadable"
    ENROLMENT_WRONG_CODE = "enrolment.wrong_code"
    ENROLMENT_EXPIRED = "enrolment.expired"
    ENROLMENT_USED = "enrolment.used"
    ENROLMENT_MAC_INVALID = "enrolment.mac_invalid"
    ENROLMENT_RATE_LIMITED = "enrolment.rate_limited"
    ENROLMENT_REFUSED = "enrolment.refused"
    ENROLMENT_WAITING = "enrolment.waiting"

    DIRECTORY_SPLIT_VIEW = "directory.split_view"
    DIRECTORY_ROLLBACK = "directory.rollback"
    DIRECTORY_PROOF_INVALID = "directory.proof_invalid"
    DIRECTORY_ENTRY_REFUSED = "directory.entry_refused"
    DIRECTORY_NOT_AUTHORISED = "directory.not_authorised"
    DIRECTORY_SNAPSHOT_INVALID = "directory.snapshot_invalid"
    DIRECTORY_SNAPSHOT_MISSING = "directory.snapshot_missing"
    DIRECTORY_OVERDUE = "directory.overdue"
    DIRECTORY_UNKNOWN = "directory.unknown"
    DIRECTORY_UNKNOWN_KIND = "directory.unknown_kind"
    DIRECTORY_STOPPED = "directory.stopped"
    DIRECTORY_CLOCK_DIFFERS = "directory.clock_differs"
    DIRECTORY_COSIGNATURE_INVALID = "directory.cosignature_invalid"
    TRUST_ROOT_MISMATCH = "trust.root_mismatch"

    KEYS_GENERATION_STALE = "keys.generation_stale"
    KEYS_GENERATION_CONFLICT = "keys.generation_conflict"
    KEYS_NO_GENERATION = "keys.no_generation"
    KEYS_NOT_A_MEMBER = "keys.not_a_member"
    KEYS_COMMITMENT_MISMATCH = "keys.commitment_mismatch"
    KEYS_WRAP_UNSIGNED = "keys.wrap_unsigned"
    KEYS_SEED_MISMATCH = "keys.seed_mismatch"
    KEYS_NO_KEY = "keys.no_key"
    KEYS_UNKNOWN_DEVICE = "keys.unknown_device"
    KEYS_KEYRING_UNAVAILABLE = "keys.keyring_unavailable"
    KEYS_LAST_SLOT = "keys.last_slot"
    KEYS_PASSPHRASE_TOO_SHORT = "keys.passphrase_too_short"
    KEYS_SLOTS_DAMAGED = "keys.slots_damaged"
    KEYS_SLOT_MISSING = "keys.slot_missing"
    KEYS_WRONG_ENROLMENT_CODE = "keys.wrong_enrolment_code"
    KEYS_WRONG_PASSPHRASE = "keys.wrong_passphrase"
    KEYS_WRONG_RECOVERY_CODE = "keys.wrong_recovery_code"
    KEYS_WRAP_WITHHELD = "keys.wrap_withheld"
    KEYS_UNUSABLE = "keys.unusable"
    KEYS_TOKEN_ABSENT = "keys.token_absent"
    KEYS_TOKEN_OTHER = "keys.token_other"
    KEYS_TOKEN_WRONG_PIN = "keys.token_wrong_pin"
    KEYS_TOKEN_LAST_TRY = "keys.token_last_try"
    KEYS_TOKEN_PIN_LOCKED = "keys.token_pin_locked"
    KEYS_TOKEN_PIN_UNSET = "keys.token_pin_unset"
    KEYS_TOKEN_KEY_MISSING = "keys.token_key_missing"
    KEYS_TOKEN_UNSUITABLE = "keys.token_unsuitable"
    KEYS_TOKEN_FAILED = "keys.token_failed"
    KEYS_TOKEN_DRIVER_MISSING = "keys.token_driver_missing"
    KEYS_TOKEN_DRIVER_UNSAFE = "keys.token_driver_unsafe"
    KEYS_TOKEN_DRIVER_FAILED = "keys.token_driver_failed"
    KEYS_TOKEN_PIN_WANTED = "keys.token_pin_wanted"
    KEYS_TOKEN_NO_SEAL_KEY = "keys.token_no_seal_key"
    KEYS_TOKEN_CANNOT_SIGN = "keys.token_cannot_sign"
    KEYS_TOKEN_FOREIGN_SIGNATURE = "keys.token_foreign_signature"
    KEYS_SEAL_KEY_DAMAGED = "keys.seal_key_damaged"

    ENVELOPE_CANNOT_OPEN = "envelope.cannot_open"
    CONTENT_COMMITMENT_MISMATCH = "content.commitment_mismatch"
    CONTENT_HEADER_MISMATCH = "content.header_mismatch"
    CONTENT_PADDING_WRONG = "content.padding_wrong"

    CASES_UNKNOWN_STEP = "cases.unknown_step"
    CASES_UNKNOWN_PROCEDURE = "cases.unknown_procedure"
    CASES_PROCEDURE_NOT_IN_FORCE = "cases.procedure_not_in_force"
    CASES_OTHER_PROCEDURE = "cases.other_procedure"
    CASES_DEFINITION_INVALID = "cases.definition_invalid"

    FEATURES_NOT_SWITCHED_ON = "features.not_switched_on"

    DOCUMENTS_STALE_HEAD = "documents.stale_head"
    DOCUMENTS_NOT_ALLOWED = "documents.not_allowed"
    DOCUMENTS_NOT_AUTHORISED = "documents.not_authorised"
    DOCUMENTS_WRONG_PARENTS = "documents.wrong_parents"
    DOCUMENTS_SNAPSHOT_OUTDATED = "documents.snapshot_outdated"
    DOCUMENTS_RECIPIENTS_MISMATCH = "documents.recipients_mismatch"
    DOCUMENTS_ELEMENT_HASH_MISMATCH = "documents.element_hash_mismatch"
    DOCUMENTS_CLASSIFIED = "documents.classified"
    DOCUMENTS_HEAD_FIELD = "documents.head_field"
    DOCUMENTS_CASE_HEAD_STALE = "documents.case_head_stale"
    DOCUMENTS_RECEIPT_CHAIN = "documents.receipt_chain"
    DOCUMENTS_RULE_BROKEN = "documents.rule_broken"
    DOCUMENTS_UNKNOWN = "documents.unknown"
    DOCUMENTS_UNPRINTABLE = "documents.unprintable"
    DOCUMENTS_UNPRINTABLE_NAME = "documents.unprintable_name"
    DOCUMENTS_DEAD_END = "documents.dead_end"
    DOCUMENTS_INK_IN_IMPRINT = "documents.ink_in_imprint"
    DOCUMENTS_INK_IN_SIGNATURE = "documents.ink_in_signature"
    DOCUMENTS_INK_IN_ATTACHMENT = "documents.ink_in_attachment"
    DOCUMENTS_INK_IN_BODY = "documents.ink_in_body"
    DOCUMENTS_INK_ELSEWHERE = "documents.ink_elsewhere"
    DOCUMENTS_SETTING_UNLISTED = "documents.setting_unlisted"
    DOCUMENTS_SETTING_REFUSED = "documents.setting_refused"

    NUMBERS_CONFLICT = "numbers.conflict"
    NUMBERS_EXPIRED = "numbers.expired"

    MESSAGING_NOT_A_MEMBER = "messaging.not_a_member"
    MESSAGING_ROSTER_OUTDATED = "messaging.roster_outdated"
    MESSAGING_ROSTER_REFUSED = "messaging.roster_refused"
    MESSAGING_UNKNOWN = "messaging.unknown"
    MESSAGING_NO_PREKEY = "messaging.no_prekey"
    MESSAGING_NO_SESSION = "messaging.no_session"
    MESSAGING_REPLAYED = "messaging.replayed"
    MESSAGING_WRONG_SENDER = "messaging.wrong_sender"
    MESSAGING_UNREADABLE = "messaging.unreadable"
    MESSAGING_HIDDEN = "messaging.hidden"
    MESSAGING_UNKNOWN_KIND = "messaging.unknown_kind"
    MESSAGING_DEVICE_LEFT_OUT = "messaging.device_left_out"
    MESSAGING_KEY_NOT_RESTORED = "messaging.key_not_restored"
    MESSAGING_UNKNOWN_PARENT = "messaging.unknown_parent"
    MESSAGING_OWN_DEVICE_LEFT_OUT = "messaging.own_device_left_out"

    FRAMES_UNKNOWN_KEY = "frames.unknown_key"
    FRAMES_DAMAGED = "frames.damaged"
    FRAMES_REPLAYED = "frames.replayed"

    MEETINGS_UNKNOWN = "meetings.unknown"
    MEETINGS_NOT_ADMITTED = "meetings.not_admitted"
    MEETINGS_LOCKED = "meetings.locked"
    MEETINGS_REMOVED = "meetings.removed"
    MEETINGS_ENDED = "meetings.ended"
    MEETINGS_NOT_PRESENT = "meetings.not_present"
    MEETINGS_ACT_REFUSED = "meetings.act_refused"
    MEETINGS_ACT_OUTDATED = "meetings.act_outdated"
    MEETINGS_EPOCH_REFUSED = "meetings.epoch_refused"
    MEETINGS_OFFER_REFUSED = "meetings.offer_refused"
    MEETINGS_UNAVAILABLE = "meetings.unavailable"
    MEETINGS_MUTED = "meetings.muted"
    MEETINGS_DEVICE_FAILED = "meetings.device_failed"
    MEETINGS_UNKNOWN_ACT = "meetings.unknown_act"
    MEETINGS_SOMEBODY_WAITS = "meetings.somebody_waits"

    BLOBS_UNKNOWN = "blobs.unknown"
    BLOBS_HASH_MISMATCH = "blobs.hash_mismatch"
    BLOBS_OFFSET = "blobs.offset"
    BLOBS_TOO_LARGE = "blobs.too_large"
    BLOBS_DAMAGED = "blobs.damaged"
    BLOBS_CANCELLED = "blobs.cancelled"

    SYNC_ID_REUSED = "sync.id_reused"
    SYNC_RESYNC = "sync.resync"
    SYNC_REPLAYED = "sync.replayed"
    SYNC_ACT_NOT_REFUSED = "sync.act_not_refused"
    SYNC_GAP = "sync.gap"
    SYNC_KIND_UNKNOWN = "sync.kind_unknown"
    SYNC_ACT_UNDER_WAY = "sync.act_under_way"
    SYNC_COPIED_BACK = "sync.copied_back"

    STORE_LOCKED = "store.locked"
    STORE_WRONG_KEY = "store.wrong_key"
    STORE_TOO_NEW = "store.too_new"
    STORE_DAMAGED = "store.damaged"
    STORE_EXISTS = "store.exists"
    STORE_MISSING = "store.missing"
    STORE_LIBRARY_TOO_OLD = "store.library_too_old"
    STORE_FULL = "store.full"
    PROFILE_IN_USE = "profile.in_use"
    PROFILE_DAMAGED = "profile.damaged"
    PROFILE_TOO_NEW = "profile.too_new"
    PROFILE_LOCKED = "profile.locked"

    SERVER_BUSY = "server.busy"
    SERVER_READ_ONLY = "server.read_only"
    SERVER_INTERNAL = "server.internal"
    REQUEST_RATE_LIMITED = "request.rate_limited"
    REQUEST_NOT_FOUND = "request.not_found"
    NETWORK_UNREACHABLE = "network.unreachable"
    NETWORK_UNTRUSTED = "network.untrusted"
    NETWORK_ADDRESS_MALFORMED = "network.address_malformed"
    NETWORK_SERVER_FAILED = "network.server_failed"
    NETWORK_UNKNOWN_REFUSAL = "network.unknown_refusal"
    CLIENT_INTERNAL = "client.internal"
    CLIENT_OUTDATED = "client.outdated"

    UPDATES_MISSING = "updates.missing"
    UPDATES_UNTRUSTED = "updates.untrusted"
    UPDATES_EXPIRED = "updates.expired"
    UPDATES_PACKAGE_MISMATCH = "updates.package_mismatch"
    UPDATES_NO_INSTALLER = "updates.no_installer"
    UPDATES_DECLINED = "updates.declined"
    UPDATES_INSTALL_FAILED = "updates.install_failed"
    UPDATES_NO_SPACE = "updates.no_space"
    UPDATES_WENT_BACK = "updates.went_back"

    VERIFY_NOT_JINSHU = "verify.not_jinshu"
    VERIFY_NO_SEAL = "verify.no_seal"
    VERIFY_SEAL_BROKEN = "verify.seal_broken"
    VERIFY_FOREIGN_ROOT = "verify.foreign_root"
    VERIFY_SEAL_REVOKED = "verify.seal_revoked"
    VERIFY_EXTRACT_MALFORMED = "verify.extract_malformed"
    VERIFY_EXTRACT_SWAPPED = "verify.extract_swapped"
    VERIFY_PAGES_EDITED = "verify.pages_edited"
    VERIFY_SIGNER_NOT_AUTHORISED = "verify.signer_not_authorised"
    VERIFY_SIGN_OFF_INVALID = "verify.sign_off_invalid"
    VERIFY_ORGANISATION_UNPROVED = "verify.organisation_unproved"
    VERIFY_NUMBER_INVALID = "verify.number_invalid"
    VERIFY_DATE_MISMATCH = "verify.date_mismatch"
    VERIFY_RECEIPT_INVALID = "verify.receipt_invalid"
    VERIFY_REVOCATIONS_INVALID = "verify.revocations_invalid"
    VERIFY_NEWER_NEEDED = "verify.newer_needed"
    VERIFY_TOO_HEAVY = "verify.too_heavy"
    VERIFY_RECORD_MALFORMED = "verify.record_malformed"
    VERIFY_LOG_UNPROVED = "verify.log_unproved"
    VERIFY_PROCEDURE_UNPROVED = "verify.procedure_unproved"
    VERIFY_STEP_INVALID = "verify.step_invalid"
    VERIFY_STEP_NOT_AUTHORISED = "verify.step_not_authorised"


_RETRY: Final = frozenset(
    {
        ErrorCode.SERVER_BUSY,
        ErrorCode.SERVER_READ_ONLY,
        ErrorCode.SERVER_INTERNAL,
        ErrorCode.REQUEST_RATE_LIMITED,
        ErrorCode.ENROLMENT_RATE_LIMITED,
        ErrorCode.ENROLMENT_WAITING,
        ErrorCode.NETWORK_UNREACHABLE,
        ErrorCode.NETWORK_SERVER_FAILED,
        ErrorCode.KEYS_GENERATION_STALE,
        ErrorCode.KEYS_GENERATION_CONFLICT,
        ErrorCode.NUMBERS_CONFLICT,
        ErrorCode.BLOBS_OFFSET,
        ErrorCode.MESSAGING_ROSTER_OUTDATED,
        ErrorCode.MESSAGING_NO_PREKEY,
        ErrorCode.MESSAGING_UNKNOWN_PARENT,
        ErrorCode.SYNC_GAP,
        ErrorCode.MEETINGS_ACT_OUTDATED,
        ErrorCode.MEETINGS_UNAVAILABLE,
    }
)
_REAUTHENTICATE: Final = frozenset(
    {ErrorCode.SESSION_EXPIRED, ErrorCode.SESSION_UNAUTHORISED, ErrorCode.SESSION_NONCE_USED}
)
_BUG: Final = frozenset(
    {
        ErrorCode.WIRE_MALFORMED,
        ErrorCode.WIRE_UNKNOWN_TYPE,
        ErrorCode.SIGNATURE_WRONG_TYPE,
        ErrorCode.DOCUMENTS_HEAD_FIELD,
        ErrorCode.CLIENT_INTERNAL,
        ErrorCode.SYNC_KIND_UNKNOWN,
    }
)


def recovery_of(code: ErrorCode) -> Recovery:
    """What can be done about a code: one table for both ends."""
    if code in _RETRY:
        return Recovery.RETRY
    if code in _REAUTHENTICATE:
        return Recovery.REAUTHENTICATE
    return Recovery.BUG if code in _BUG else Recovery.USER


class JinshuError(Exception):
    """A failure with a stable code. `params` are short, visible facts (ids, counts, names of fields), never content."""

    def __init__(self, code: ErrorCode, **params: str | int) -> None:
        super().__init__(code.value)
        self.code = code
        self.params = params

    @property
    def recovery(self) -> Recovery:
        return recovery_of(self.code)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code.value}({shown})" if shown else self.code.value


class UnknownRefusal(JinshuError):
    """The server refused under a code that only a newer version knows; what can be done about it the server says itself."""

    def __init__(self, word: str, recovery: Recovery) -> None:
        super().__init__(ErrorCode.NETWORK_UNKNOWN_REFUSAL, said=word)
        self._recovery = recovery

    @property
    def recovery(self) -> Recovery:
        return self._recovery


class LocalProtocolError(JinshuError):
    """Our own side broke the protocol: a bug."""


class RemoteProtocolError(JinshuError):
    """The other side broke the protocol."""
