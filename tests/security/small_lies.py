"""Lies so small that no server is needed to tell them: bytes handed straight to the function that must refuse them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from protocol.crypto import cbor, merkle, padding
from protocol.crypto.content import check_key_commitment, key_commitment
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, open_envelope, seal
from protocol.crypto.keys import SecretKey, SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType, sign, verify
from protocol.directory.log import Leaf, LeafKind
from protocol.errors import ErrorCode
from protocol.features import CONTENTS_2, MESSAGES_2, check_switched_on
from protocol.identifiers import IdKind
from tests.support.small_city import fresh


@dataclass(frozen=True)
class SmallLie:
    """What is done, and the code it must raise."""

    code: ErrorCode
    run: Callable[[], None]

    @property
    def name(self) -> str:
        return self.run.__name__


SMALL: list[SmallLie] = []


def lie(code: ErrorCode) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def enter(run: Callable[[], None]) -> Callable[[], None]:
        SMALL.append(SmallLie(code, run))
        return run

    return enter


KEY = SigningKey.generate()
XWING = XWingPrivateKey.generate()
INFO = EnvelopeInfo(Purpose.OBJECT_KEY, fresh(IdKind.CASE), fresh(IdKind.DEVICE), fresh(IdKind.BODY), 1)


# Signatures (C14)


def signed() -> Signed:
    return sign(KEY, bytes(32), SignedType.DEVICE_BUNDLE, {"v": 1})


@lie(ErrorCode.SIGNATURE_WRONG_TYPE)
def a_signature_is_read_as_another_type() -> None:
    Signed.parse(signed().to_bytes(), SignedType.LOG_HEAD)


@lie(ErrorCode.WIRE_UNKNOWN_TYPE)
def a_signature_is_of_a_type_nobody_knows() -> None:
    honest = signed().to_bytes()
    Signed.parse(honest[:1] + b"\xfa" + honest[2:], SignedType.LOG_HEAD)


@lie(ErrorCode.SIGNATURE_WRONG_TYPE)
def a_signature_is_verified_as_another_type() -> None:
    verify(signed(), KEY.public_spki, SignedType.LOG_HEAD)


@lie(ErrorCode.SIGNATURE_INVALID)
def the_type_in_a_signature_is_changed() -> None:
    verify(replace(signed(), type=SignedType.LOG_HEAD), KEY.public_spki, SignedType.LOG_HEAD)


@lie(ErrorCode.WIRE_TOO_LARGE)
def a_signature_is_larger_than_anything_signed() -> None:
    Signed.parse(signed().to_bytes() + bytes(1 << 20))


@lie(ErrorCode.WIRE_MALFORMED)
def a_signature_without_payload() -> None:
    Signed.parse(signed().to_bytes()[:98])


@lie(ErrorCode.WIRE_MALFORMED)
def a_payload_that_is_no_map() -> None:
    replace(signed(), payload=cbor.encode([1])).value()


# Proofs (C4)

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(7)]
TREE = merkle.Tree(LEAVES)


@lie(ErrorCode.DIRECTORY_PROOF_INVALID)
def a_leaf_is_said_to_be_beyond_the_tree() -> None:
    merkle.verify_inclusion(LEAVES[0], 5, 1, [], LEAVES[0])


@lie(ErrorCode.DIRECTORY_PROOF_INVALID)
def a_path_is_too_long() -> None:
    node = merkle.node_hash(LEAVES[1], LEAVES[0])
    merkle.verify_inclusion(LEAVES[0], 0, 1, [LEAVES[1]], node)


@lie(ErrorCode.DIRECTORY_PROOF_INVALID)
def a_leaf_is_another() -> None:
    merkle.verify_inclusion(LEAVES[1], 0, 7, TREE.inclusion_proof(0), TREE.root())


@lie(ErrorCode.DIRECTORY_PROOF_INVALID)
def a_larger_tree_is_said_to_be_the_smaller() -> None:
    merkle.verify_consistency(4, 3, [], TREE.root(4), TREE.root(4))


@lie(ErrorCode.DIRECTORY_PROOF_INVALID)
def a_consistency_proof_ends_too_early() -> None:
    merkle.verify_consistency(1, 2, [], TREE.root(1), TREE.root(1))


@lie(ErrorCode.DIRECTORY_PROOF_INVALID)
def the_same_size_has_another_root() -> None:
    merkle.verify_consistency(7, 7, [], TREE.root(), bytes(32))


@lie(ErrorCode.DIRECTORY_PROOF_INVALID)
def the_smaller_tree_is_no_prefix() -> None:
    merkle.verify_consistency(3, 7, TREE.consistency_proof(3), bytes(32), TREE.root())


@lie(ErrorCode.DIRECTORY_PROOF_INVALID)
def a_consistency_proof_is_empty() -> None:
    merkle.verify_consistency(3, 7, [], TREE.root(3), TREE.root())


# Envelopes and keys (C7, C15)


@lie(ErrorCode.WIRE_MALFORMED)
def an_envelope_is_empty() -> None:
    open_envelope(XWING, INFO, b"")


@lie(ErrorCode.WIRE_MALFORMED)
def a_wrap_record_has_no_version() -> None:
    WrapRecord.parse(cbor.encode({"object": "x"}))


@lie(ErrorCode.KEYS_COMMITMENT_MISMATCH)
def a_key_is_not_the_one_that_was_committed() -> None:
    case = INFO.object
    check_key_commitment(case, SecretKey.generate(), key_commitment(case, SecretKey.generate()))


@lie(ErrorCode.WIRE_UNKNOWN_TYPE)
def an_envelope_of_a_suite_nobody_knows() -> None:
    sealed = seal(XWING.public, INFO, bytes(32))
    open_envelope(XWING, INFO, b"\x09" + sealed[1:])


# Leaves (C4)


@lie(ErrorCode.WIRE_MALFORMED)
def a_leaf_of_no_kind() -> None:
    Leaf.parse(cbor.encode({"k": "gift", "s": b"", "c": None}))


@lie(ErrorCode.SIGNATURE_WRONG_TYPE)
def a_leaf_holds_another_types_bytes() -> None:
    Leaf(LeafKind.GENERATION, signed().to_bytes()).parsed()


# Padding, and forms that are not switched on (C44, C41)

MOST = 1 << 16


@lie(ErrorCode.CONTENT_PADDING_WRONG)
def a_pad_is_longer_than_it_must_be() -> None:
    padding.unpad(padding.pad(b"said", MOST) + bytes(512), MOST)


@lie(ErrorCode.CONTENT_PADDING_WRONG)
def a_pad_has_something_in_it() -> None:
    padding.unpad(padding.pad(b"said", MOST)[:-1] + b"\x01", MOST)


@lie(ErrorCode.CONTENT_PADDING_WRONG)
def a_files_pad_is_cut_short() -> None:
    list(padding.unpad_file([bytes(512), bytes(64)], 1000, MOST))


@lie(ErrorCode.CONTENT_PADDING_WRONG)
def a_files_pad_has_something_in_it() -> None:
    list(padding.unpad_file([bytes(1000) + b"\x01" + bytes(23)], 1000, MOST))


@lie(ErrorCode.FEATURES_NOT_SWITCHED_ON)
def a_form_is_written_that_nobody_switched_on() -> None:
    check_switched_on(MESSAGES_2, [CONTENTS_2.name])
