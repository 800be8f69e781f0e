"""A device that takes part in conversations over raw HTTP, with whatever it is told to sign."""

from __future__ import annotations

import os
from base64 import b64decode
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from protocol.crypto.keys import XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.log import Leaf, LeafKind, OlmIdentity
from protocol.identifiers import IdKind
from protocol.messaging.payloads import ChannelKey, KeyPacket, LeftOut, MessageEvent, Prekey, Roster
from tests.support.small_city import Device, SmallCity, append, b64, fresh


@dataclass
class Speaker:
    """A device with its session and its Olm identity in the log."""

    city: SmallCity
    device: Device
    client: httpx.Client
    identity: bytes
    public: bytes = field(default_factory=lambda: bytes(XWingPrivateKey.generate().public))

    def seen(self) -> dict[str, Any]:
        head = self.city.operator.get("/directory/head").json()["head"]
        value = Signed.parse(b64decode(head)).value()
        return {"log_size": value["size"], "log_root": value["root"]}

    def post(self, path: str, name: str, data: bytes) -> httpx.Response:
        return self.client.post(f"/conversations/{path}", json={name: b64(data)})

    def roster(self, *people: str, last: Roster | None = None, **changes: Any) -> Roster:
        made = Roster(
            conversation=fresh(IdKind.CONVERSATION),
            n=1,
            previous=None,
            group=True,
            person=self.device.person,
            members=sorted({self.device.person, *people}),
            admins=[self.device.person],
            org_seq=self.city.ca.org_seq,
            at=self.city.clock.now,
            **self.seen(),
        )
        return replace(made, **changes)

    def after(self, last: Roster, **changes: Any) -> Roster:
        """A roster that follows one of this device's."""
        entry_id = self.device.signed(SignedType.ROSTER, last.value()).entry_id
        return replace(last, n=last.n + 1, previous=entry_id, **changes)

    def sign(self, kind: SignedType, value: Any) -> bytes:
        return self.device.signed(kind, value.value()).to_bytes()

    def send_roster(self, roster: Roster) -> httpx.Response:
        return self.post("rosters", "roster", self.sign(SignedType.ROSTER, roster))

    def message(self, roster: Roster, by: Speaker | None = None, **changes: Any) -> MessageEvent:
        """For a roster that `by` (this device) signed."""
        signer = (by or self).device
        made = MessageEvent(
            conversation=roster.conversation,
            id=fresh(IdKind.MESSAGE),
            person=self.device.person,
            device=self.device.id,
            roster=signer.signed(SignedType.ROSTER, roster.value()).entry_id,
            session="session",
            ciphertext=os.urandom(40),
            parents=[],
            blobs=[],
            sent_at=self.city.clock.now,
            **self.seen(),
        )
        return replace(made, **changes)

    def send(self, message: MessageEvent) -> httpx.Response:
        return self.post("messages", "message", self.sign(SignedType.MESSAGE, message))

    def packet(self, talk: str, to: str, **changes: Any) -> bytes:
        made = KeyPacket(talk, self.device.id, to, "session", os.urandom(60), self.city.clock.now)
        return self.sign(SignedType.KEY_PACKET, replace(made, **changes))

    def send_packets(self, *packets: bytes) -> httpx.Response:
        return self.client.post("/conversations/packets", json={"packets": [b64(each) for each in packets]})

    def prekey(self, **changes: Any) -> bytes:
        made = Prekey(self.device.id, self.identity, os.urandom(32), False, self.city.clock.now)
        return self.sign(SignedType.PREKEY, replace(made, **changes))

    def channel_key(self, **changes: Any) -> bytes:
        made = ChannelKey(self.device.id, self.identity, self.public, self.city.clock.now)
        return self.sign(SignedType.CHANNEL_KEY, replace(made, **changes))

    def left_out(self, object_id: str, *devices: str, **changes: Any) -> bytes:
        made = LeftOut(object_id, self.device.id, list(devices), self.city.clock.now)
        return self.sign(SignedType.LEFT_OUT, replace(made, **changes))

    def send_left_out(self, statement: bytes) -> httpx.Response:
        return self.client.post("/conversations/left-out", json={"left_out": b64(statement)})

    def publish(self, *prekeys: bytes, **more: Any) -> httpx.Response:
        body = {"prekeys": [b64(each) for each in prekeys], **more}
        return self.client.post("/conversations/prekeys", json=body)

    def claim(self, *devices: str) -> list[Prekey]:
        reply = self.client.post("/conversations/prekeys/claim", json={"devices": list(devices)})
        assert reply.status_code == 200
        return [Prekey.parse(Signed.parse(b64decode(each)).value()) for each in reply.json()["prekeys"]]

    def log(self) -> list[tuple[str, int]]:
        """Kinds and places of what this device was given of conversations."""
        events = self.client.get("/events", params={"after": 0, "limit": 200}).json()["events"]
        kinds = ("roster", "message", "packet")
        return [(e["kind"], e["body"]["n"]) for e in events if e["kind"] in kinds]


def speaker(city: SmallCity, person: str) -> Speaker:
    device, client = city.enrolled(person)
    identity = os.urandom(32)
    value = OlmIdentity(device.id, identity, os.urandom(32), city.clock.now)
    leaf = Leaf(LeafKind.OLM, device.signed(SignedType.OLM_IDENTITY, value.value()).to_bytes(), None)
    reply = append(client, replace(leaf, certificate=device.certificate))
    assert reply.status_code == 200, reply.text
    return Speaker(city, device, client, identity)
