"""One member's key that is none silences nobody else (C46): refused where it is published, left out where it was accepted once."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from protocol.crypto.keys import XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import ChannelKey, Prekey
from protocol.wire.messaging import PrekeysReply, PrekeysRequest
from tests.security.ring import Ring, Talker, ring
from tests.support.small_city import b64

pytestmark = pytest.mark.expects_logs("left out", "has no prekeys")

LOW_ORDER = bytes(32)
NO_KEM = b"\xff" * 1184  # coefficients beyond the modulus


def identity(talker: Talker) -> bytes:
    own = talker.core.directory.state.device_by_id(talker.device)
    assert own is not None
    return own.curve25519


async def channel_key(talker: Talker, public: bytes) -> bytes:
    at = talker.core.clock.now_ms()
    value = ChannelKey(talker.device, identity(talker), public, at).value()
    return await talker.signs(SignedType.CHANNEL_KEY, value)


async def prekey(talker: Talker, key: bytes, *, fallback: bool = False) -> bytes:
    at = talker.core.clock.now_ms()
    value = Prekey(talker.device, identity(talker), key, fallback, at).value()
    return await talker.signs(SignedType.PREKEY, value)


async def publishes(talker: Talker, prekeys: list[bytes], key: bytes | None = None) -> None:
    request = PrekeysRequest(prekeys=prekeys, channel_key=key)
    await talker.core.api.post("/conversations/prekeys", request, PrekeysReply)


async def gets_a_bad_prekey(first: Talker, of: Talker) -> Callable[[], None]:
    """A server of before took it, and hands it out until told to stop: it is validly signed by its device."""
    bad = b64(await prekey(of, LOW_ORDER))
    stopped = Event()

    def lie(honest: dict[str, Any]) -> dict[str, Any]:
        devices = [Prekey.parse(Signed.parse(b64decode(each)).value()).device for each in honest["prekeys"]]
        given = zip(devices, honest["prekeys"], strict=True)
        spoilt = "" if stopped.is_set() else of.device
        return {"prekeys": [bad if device == spoilt else each for device, each in given]}

    first.face.lie("/conversations/prekeys/claim$", lie)
    return stopped.set


async def three(made: Ring) -> list[Talker]:
    city = made.world.city
    talkers = [await made.joined(person) for person in (city.clerk, city.leader, city.second_clerk)]
    await made.ready(*talkers)
    return talkers


async def test_the_server_takes_no_channel_key_and_no_prekey_that_is_none() -> None:
    async with ring() as made:
        talker = await made.joined(made.world.city.clerk)
        await made.ready(talker)
        good = bytes(XWingPrivateKey.generate().public)
        for public in (NO_KEM + good[1184:], good[:1184] + LOW_ORDER):
            with pytest.raises(JinshuError) as caught:
                await publishes(talker, [], await channel_key(talker, public))
            assert caught.value.code is ErrorCode.KEYS_UNUSABLE
        for fallback in (False, True):
            with pytest.raises(JinshuError) as caught:
                await publishes(talker, [await prekey(talker, LOW_ORDER, fallback=fallback)])
            assert caught.value.code is ErrorCode.KEYS_UNUSABLE


async def test_a_bad_channel_key_of_one_keeps_the_message_from_nobody() -> None:
    async with ring() as made:
        first, second, third = await three(made)
        bad = b64(await channel_key(third, NO_KEM + LOW_ORDER))
        first.face.lie("/conversations/channel-keys$", lambda _: {"keys": [bad]})
        talk = await first.conversations.start((second.person, third.person), "工作组")
        await first.core.outbox.drained()
        await first.says(talk, "照常送达")
        for talker in (second, third):
            await talker.follows()
            # The third's bundle key still serves.
            assert (await talker.texts(talk))[1:] == ["照常送达"]
        assert first.core.channel.left_out == frozenset()


async def test_a_bad_prekey_leaves_its_device_out_and_the_sender_is_told() -> None:
    async with ring() as made:
        first, second, third = await three(made)
        stop = await gets_a_bad_prekey(first, third)
        talk = await first.conversations.start((second.person, third.person), "工作组")
        await first.core.outbox.drained()
        await first.says(talk, "照常送达")
        await first.says(talk, "第二条")
        await second.follows()
        assert (await second.texts(talk))[1:] == ["照常送达", "第二条"]
        rows = (await first.conversations.newest(talk, 500)).rows
        assert [row.refusal for row in rows] == [None] * 3
        assert first.core.channel.left_out == {third.device}
        assert first.notices.count(ErrorCode.MESSAGING_DEVICE_LEFT_OUT) == 1
        # Once its keys are good again it gets what is written from then on.
        stop()
        await first.says(talk, "第三条")
        await third.follows()
        assert (await third.texts(talk))[-1] == "第三条"


async def test_a_bad_reply_of_the_server_leaves_nobody_out() -> None:
    async with ring() as made:
        first, second, third = await three(made)
        forged = b64(await prekey(second, LOW_ORDER))
        swapped = [True]

        def lie(honest: dict[str, Any]) -> dict[str, Any]:
            return {"prekeys": [forged[:-8] + "AAAAAAA=", *honest["prekeys"]]} if swapped else honest

        first.face.lie("/conversations/prekeys/claim$", lie)
        devices = [first.core.directory.state.active_devices(each.person)[0] for each in (second, third)]
        with pytest.raises(JinshuError):
            await first.core.channel.seal("mtg_" + "a" * 26, devices, {"kind": "epoch"})
        assert first.core.channel.left_out == frozenset()
        swapped.clear()
        sealed = await first.core.channel.seal("mtg_" + "a" * 26, devices, {"kind": "epoch"})
        assert sealed.keys() == {second.device, third.device}


async def test_an_epoch_goes_to_everybody_but_the_device_whose_keys_are_bad() -> None:
    async with ring() as made:
        first, second, third = await three(made)
        await gets_a_bad_prekey(first, third)
        devices = [first.core.directory.state.active_devices(each.person)[0] for each in (second, third)]
        sealed = await first.core.channel.seal("mtg_" + "a" * 26, devices, {"kind": "epoch"})
        assert sealed.keys() == {second.device}
        assert first.core.channel.left_out == {third.device}
