"""The record of a case proves every step under the root alone, and each of its checks bites."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import pytest_asyncio

from client.verify.record import MAGIC, ProvedPart, Record, RecordedStep
from client.verify.record_check import verify_record
from client.verify.record_sentences import proved_record
from client.verify.sentences import Language
from protocol.crypto import cbor
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.directory.log import Leaf, LeafKind, LogHead
from protocol.directory.organisation import Holding, ProcedureEntry, Site, parse_entry
from protocol.errors import ErrorCode, JinshuError
from tests.fuzz.mutations import mutations
from tests.support.recorded_case import ROUNDS, RecordedCase, with_steps
from tests.unit.core.log_double import LI, WANG

pytestmark = pytest.mark.asyncio
_FUZZED = 400


@pytest_asyncio.fixture
async def recorded() -> RecordedCase:
    return await RecordedCase.of()


def refusal(record: Record | bytes, root: bytes) -> tuple[ErrorCode, object, object]:
    """The code, the part of the check, and the step."""
    with pytest.raises(JinshuError) as caught:
        verify_record(record.to_bytes() if isinstance(record, Record) else record, root)
    return caught.value.code, caught.value.params.get("reason"), caught.value.params.get("step")


def without_leaves(record: Record, *kinds: LeafKind) -> Record:
    kept = [each for each in record.leaves if Leaf.parse(each.leaf).kind not in kinds]
    return replace(record, leaves=kept)


def without_entries(record: Record, kind: type) -> Record:
    """Its snapshots without what is of a kind."""

    def left(part: ProvedPart) -> ProvedPart:
        pairs = [
            pair
            for pair in zip(part.entries, part.proofs, strict=True)
            if not isinstance(parse_entry(pair[0]), kind)
        ]
        return ProvedPart(part.org_seq, [data for data, _ in pairs], [proof for _, proof in pairs])

    return replace(record, snapshots=[left(each) for each in record.snapshots])


async def test_a_genuine_record_proves_every_step(recorded: RecordedCase) -> None:
    record = await recorded.record()
    verdict = verify_record(record.to_bytes(), recorded.city.trust.root)
    assert [each.step for each in verdict.steps] == ["ask", "put", "put", "say", "say", "grant", "note"]
    assert (verdict.phase, verdict.whole, verdict.procedure) == ("granted", True, "rounds/1")
    assert verdict.procedure_hash == ROUNDS.hash
    assert verdict.listed_in == recorded.city.state.organisation.org_seq
    assert {each.person for each in verdict.steps} == {"人员0", "人员1"}
    assert not verdict.overdue


async def test_the_same_case_at_the_same_head_makes_the_same_file(recorded: RecordedCase) -> None:
    record = await recorded.record()
    assert record.to_bytes() == (await recorded.record()).to_bytes()
    assert Record.parse(record.to_bytes()) == record


async def test_nothing_hidden_is_in_the_file(recorded: RecordedCase) -> None:
    assert "已取走".encode() not in (await recorded.record()).to_bytes()


async def test_it_says_each_step_in_both_languages(recorded: RecordedCase) -> None:
    verdict = verify_record((await recorded.record()).to_bytes(), recorded.city.trust.root)
    chinese, english = (proved_record(verdict, each) for each in (Language.ZH, Language.EN))
    assert chinese[0] == "验证通过：“征询事项”的办理证明，共7个步骤，逐个成立"
    assert chinese[3].startswith("1. 征询：市发展和改革委员会 文书 人员0，签于 ")
    assert "最后状态：已同意" in chinese
    assert len(chinese) == len(english)
    assert any(line.startswith("1. 征询: 市发展和改革委员会, 文书, 人员0, signed ") for line in english)


async def test_another_city_s_root_is_refused(recorded: RecordedCase) -> None:
    other = await RecordedCase.of()
    record = await recorded.record()
    assert refusal(record, other.city.trust.root)[0] is ErrorCode.VERIFY_FOREIGN_ROOT


async def test_a_dropped_entry_is_missed(recorded: RecordedCase) -> None:
    record, root = await recorded.record(), recorded.city.trust.root
    # The last of all is the one nobody can miss: the record says of when it is.
    for place in range(len(record.steps) - 1):
        dropped = with_steps(record, lambda steps, place=place: steps[:place] + steps[place + 1 :])  # type: ignore[misc]
        code, reason, _ = refusal(dropped, root)
        assert code in (ErrorCode.VERIFY_RECEIPT_INVALID, ErrorCode.VERIFY_STEP_INVALID), place
        assert reason in ("receipt_chain", "order"), place


async def test_a_branch_left_out_whole_is_missed_where_the_line_joins_it(recorded: RecordedCase) -> None:
    record = await recorded.record()
    branch = Signed.parse(record.steps[1].entry).value()["object"]
    kept = with_steps(
        record, lambda steps: [each for each in steps if Signed.parse(each.entry).value()["object"] != branch]
    )
    assert refusal(kept, recorded.city.trust.root) == (ErrorCode.VERIFY_STEP_INVALID, "order", 4)


async def test_steps_that_change_places_are_refused(recorded: RecordedCase) -> None:
    record, root = await recorded.record(), recorded.city.trust.root
    turned = with_steps(record, lambda steps: [*steps[:-2], steps[-1], steps[-2]])
    assert refusal(turned, root) == (ErrorCode.VERIFY_RECEIPT_INVALID, "receipt_chain", 6)


async def test_a_changed_byte_of_an_entry_is_another_entry(recorded: RecordedCase) -> None:
    record, root = await recorded.record(), recorded.city.trust.root

    def changed(steps: list[RecordedStep]) -> list[RecordedStep]:
        value = Signed.parse(steps[3].entry).value() | {"head": {"says": "no"}}
        signed = Signed.parse(steps[3].entry)
        steps[3] = replace(steps[3], entry=replace(signed, payload=cbor.encode(value)).to_bytes())
        return steps

    assert refusal(with_steps(record, changed), root) == (
        ErrorCode.VERIFY_RECEIPT_INVALID,
        "receipt_of_another",
        4,
    )


async def test_a_stranger_s_signature_is_refused(recorded: RecordedCase) -> None:
    record, root = await recorded.record(), recorded.city.trust.root
    last = Signed.parse(record.steps[-1].entry)
    # Under the certificate of the one he imitates: the entry keeps its id, so receipt and place fit.
    forged = sign(SigningKey.generate(), last.cert_hash, SignedType.DOCUMENT_ENTRY, last.value())
    same = replace(record.steps[-1], entry=forged.to_bytes())
    assert refusal(with_steps(record, lambda steps: [*steps[:-1], same]), root) == (
        ErrorCode.VERIFY_STEP_INVALID,
        "signature",
        7,
    )
    # Under one of his own that no log holds.
    stranger = sign(SigningKey.generate(), bytes(32), SignedType.DOCUMENT_ENTRY, last.value())
    other = replace(record.steps[-1], entry=stranger.to_bytes())
    other = replace(other, receipt=recorded.receipt(other))
    assert refusal(with_steps(record, lambda steps: [*steps[:-1], other]), root) == (
        ErrorCode.VERIFY_STEP_INVALID,
        "certificate",
        7,
    )


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"actor": LI}, ErrorCode.VERIFY_STEP_INVALID, "person"),
        ({"wraps": [bytes(32)]}, ErrorCode.VERIFY_STEP_INVALID, "wraps"),
        ({"parents": [bytes(32)]}, ErrorCode.VERIFY_STEP_INVALID, "order"),
        ({"step": "grant", "hidden": {}}, ErrorCode.VERIFY_STEP_INVALID, "order"),
        ({"step": "invented"}, ErrorCode.VERIFY_STEP_INVALID, "entry"),
        ({"org_seq": 99}, ErrorCode.VERIFY_STEP_NOT_AUTHORISED, "duty"),
        ({"log_root": bytes(32)}, ErrorCode.VERIFY_LOG_UNPROVED, "size"),
    ],
)
async def test_a_false_step_is_refused_though_its_author_and_the_server_collude(
    recorded: RecordedCase, changes: dict[str, object], code: ErrorCode, reason: str
) -> None:
    record = await recorded.record()
    assert Signed.parse(record.steps[-1].entry).value()["actor"] == WANG
    forged = await recorded.forged(record.steps[-1], **changes)
    false = with_steps(record, lambda steps: [*steps[:-1], forged])
    assert refusal(false, recorded.city.trust.root) == (code, reason, 7)


async def test_a_step_of_another_procedure_names_rules_of_its_own(recorded: RecordedCase) -> None:
    record = await recorded.record()
    own = {"id": "rounds", "version": 2, "hash": bytes(32)}
    forged = await recorded.forged(record.steps[-1], procedure=own)
    false = with_steps(record, lambda steps: [*steps[:-1], forged])
    assert refusal(false, recorded.city.trust.root)[:2] == (
        ErrorCode.VERIFY_PROCEDURE_UNPROVED,
        "not_listed",
    )


async def test_a_wrong_definition_is_not_in_the_signed_snapshot(recorded: RecordedCase) -> None:
    record, root = await recorded.record(), recorded.city.trust.root
    assert refusal(without_entries(record, ProcedureEntry), root) == (
        ErrorCode.VERIFY_PROCEDURE_UNPROVED,
        "not_listed",
        1,
    )

    def loosened(part: ProvedPart) -> ProvedPart:
        """The same procedure without its join."""
        entries = []
        for data in part.entries:
            found = parse_entry(data)
            if isinstance(found, ProcedureEntry):
                rows = tuple(replace(row, joins=None) if row.step == "grant" else row for row in ROUNDS.rows)
                other = replace(ROUNDS, rows=rows)
                data = replace(found, hash=other.hash, definition=cbor.encode(other.value())).to_bytes()
            entries.append(data)
        return ProvedPart(part.org_seq, entries, part.proofs)

    false = replace(record, snapshots=[loosened(each) for each in record.snapshots])
    assert refusal(false, root)[:2] == (ErrorCode.VERIFY_ORGANISATION_UNPROVED, "entry")


async def test_authority_is_proved_and_not_taken_for_granted(recorded: RecordedCase) -> None:
    record, root = await recorded.record(), recorded.city.trust.root
    assert refusal(without_entries(record, Holding), root) == (
        ErrorCode.VERIFY_STEP_NOT_AUTHORISED,
        "duty",
        1,
    )
    assert refusal(without_entries(record, Site), root)[0] is ErrorCode.VERIFY_ORGANISATION_UNPROVED
    none = replace(record, snapshots=[])
    assert refusal(none, root)[0] is ErrorCode.VERIFY_PROCEDURE_UNPROVED


async def test_a_snapshot_in_between_cannot_be_left_out(recorded: RecordedCase) -> None:
    for _ in range(2):
        recorded.city.publish_organisation([WANG, LI])
    await recorded.official.device.step()
    record, root = await recorded.record(), recorded.city.trust.root
    verify_record(record.to_bytes(), root)
    roots = [each.index for each in record.leaves if Leaf.parse(each.leaf).kind is LeafKind.ORGANISATION]
    assert len(roots) == 3
    kept = [each for each in record.leaves if each.index != roots[1]]
    assert refusal(replace(record, leaves=kept), root)[:2] == (
        ErrorCode.VERIFY_ORGANISATION_UNPROVED,
        "gap",
    )


async def test_who_lost_his_post_before_has_no_authority(
    recorded: RecordedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.city.publish_organisation([LI])
    await _receives_the_last_again(recorded)
    record = await recorded.dishonest(monkeypatch)
    assert refusal(record, recorded.city.trust.root) == (ErrorCode.VERIFY_STEP_NOT_AUTHORISED, "duty", 7)


async def test_a_device_that_was_revoked_before_signs_nothing(
    recorded: RecordedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.city.revoke(recorded.official.device.id)
    await _receives_the_last_again(recorded)
    record = await recorded.dishonest(monkeypatch)
    assert refusal(record, recorded.city.trust.root) == (ErrorCode.VERIFY_STEP_INVALID, "revoked", 7)


async def test_a_device_revoked_since_is_named_and_its_steps_stand(recorded: RecordedCase) -> None:
    recorded.city.publish_organisation([WANG, LI])
    recorded.city.revoke(recorded.official.device.id)
    recorded.city.revoke(recorded.official.device.id)
    await recorded.official.device.directory.catch_up()
    record, root = await recorded.record(), recorded.city.trust.root
    verdict = verify_record(record.to_bytes(), root)
    assert [each.revoked_since for each in verdict.steps] == [
        each.person == "人员0" for each in verdict.steps
    ]
    assert "所用证书此后已被吊销" in "".join(proved_record(verdict, Language.ZH))
    # Without the list that named it first nothing tells when that was.
    lists = [each.index for each in record.leaves if Leaf.parse(each.leaf).kind is LeafKind.REVOCATIONS]
    kept = [each for each in record.leaves if each.index not in lists[:-1]]
    assert refusal(replace(record, leaves=kept), root)[:2] == (
        ErrorCode.VERIFY_REVOCATIONS_INVALID,
        "first_named",
    )


async def test_receipts_are_the_log_key_s(recorded: RecordedCase) -> None:
    record, root = await recorded.record(), recorded.city.trust.root
    last = record.steps[-1]
    other = replace(last, receipt=recorded.receipt(last, SigningKey.generate()))
    assert refusal(with_steps(record, lambda steps: [*steps[:-1], other]), root) == (
        ErrorCode.VERIFY_RECEIPT_INVALID,
        "receipt",
        7,
    )


@pytest.mark.parametrize(
    ("kind", "code", "reason"),
    [
        (LeafKind.ORGANISATION, ErrorCode.VERIFY_ORGANISATION_UNPROVED, "missing"),
        (LeafKind.REVOCATIONS, ErrorCode.VERIFY_REVOCATIONS_INVALID, "missing"),
        (LeafKind.DEVICE, ErrorCode.VERIFY_STEP_INVALID, "certificate"),
        (LeafKind.GENERATION, ErrorCode.VERIFY_STEP_INVALID, "wraps"),
    ],
)
async def test_leaves_that_are_left_out_are_missed(
    recorded: RecordedCase, kind: LeafKind, code: ErrorCode, reason: str
) -> None:
    record = without_leaves(await recorded.record(), kind)
    assert refusal(record, recorded.city.trust.root)[:2] == (code, reason)


async def test_leaves_and_sizes_are_of_the_one_log_that_is_signed(recorded: RecordedCase) -> None:
    record, root = await recorded.record(), recorded.city.trust.root
    moved = [replace(record.leaves[0], leaf=record.leaves[1].leaf), *record.leaves[1:]]
    assert refusal(replace(record, leaves=moved), root)[:2] == (ErrorCode.VERIFY_LOG_UNPROVED, "leaf")
    head = LogHead.parse(Signed.parse(record.log_head).value())
    log = certificate_hash(record.log_certificate)
    false = sign(SigningKey.generate(), log, SignedType.LOG_HEAD, head.value()).to_bytes()
    assert refusal(replace(record, log_head=false), root)[:2] == (ErrorCode.VERIFY_LOG_UNPROVED, "head")


async def test_what_a_later_version_wrote_is_neither_proved_nor_refused(recorded: RecordedCase) -> None:
    value = cbor.decode((await recorded.record()).to_bytes().removeprefix(MAGIC))
    for later in (value | {"v": 2}, value | {"more": 1}):
        data = MAGIC + cbor.encode(later)
        assert refusal(data, recorded.city.trust.root)[0] is ErrorCode.VERIFY_NEWER_NEEDED


async def test_a_bit_flipped_anywhere_is_refused(recorded: RecordedCase) -> None:
    whole, chance = (await recorded.record()).to_bytes(), random.Random(9704)
    for place in chance.sample(range(8 * len(MAGIC), 8 * len(whole)), 300):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        code = refusal(bytes(flipped), recorded.city.trust.root)[0]
        assert code.value.startswith("verify."), (place, code)


async def test_damaged_records_are_refused_by_name(recorded: RecordedCase) -> None:
    whole, root = (await recorded.record()).to_bytes(), recorded.city.trust.root
    for number, data in enumerate(mutations((whole,), _FUZZED, 20_261_202, longest=1 << 20)):
        if data != whole:
            code = refusal(data, root)[0]
            assert code.value.startswith("verify."), (number, code)


async def _receives_the_last_again(recorded: RecordedCase) -> None:
    """A server that colludes dates the last entry anew, over the log as it has become."""
    await recorded.official.device.directory.catch_up()
    directory = recorded.official.device.directory
    kept = max(recorded.case.kept.values(), key=lambda each: (each.received_at or 0, each.n or 0))
    step = RecordedStep(kept.signed, kept.receipt or b"")
    receipt = recorded.receipt(step, log_size=directory.size, log_root=directory.root)
    recorded.case.kept[kept.id] = replace(kept, receipt=receipt)
