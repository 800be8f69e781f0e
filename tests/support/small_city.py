"""A small city inside the test: a CA made of the protocol's own functions, a real server over real TLS, devices that speak raw HTTP."""

from __future__ import annotations

import atexit
import base64
import functools
import os
import shutil
import ssl
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi.dependencies import models

from protocol.crypto import certificates
from protocol.crypto.envelope import EnvelopeInfo, Purpose, wrap
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.directory.log import (
    DeviceBundle,
    KeyGeneration,
    Leaf,
    LeafKind,
    LogHead,
    OrganisationRoot,
    RevocationList,
)
from protocol.directory.organisation import (
    LOG_POLICY_ID,
    SITE_ID,
    Body,
    Duty,
    Entry,
    Holding,
    LogPolicy,
    Organisation,
    Person,
    Post,
    Seal,
    Site,
)
from protocol.features import LOG_AGE
from protocol.identifiers import IdKind, new_id
from protocol.release import PROTOCOL_VERSION
from server_stub import config as configuration
from server_stub.app import MakeBackend, create_app
from server_stub.config import Config
from server_stub.database import schema
from server_stub.database.database import DurablePoints
from server_stub.serving import listening, write_chain
from tests.support.waiting import until_seen

START_MS = 1_790_000_000_000
HOUR_MS = 3600 * 1000


class SetClock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = START_MS

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    def advance(self, ms: int) -> None:
        self.now += ms


def fresh(kind: IdKind) -> str:
    return new_id(kind, os.urandom(16))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class SmallCa:
    """Root, issuing CA, snapshots and revocations, all in memory."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self.root_key, self.issuing_key = SigningKey.generate(), SigningKey.generate()
        self.root = certificates.make_root(self.root_key, "测试市根证书", at_ms=clock.now)
        self.issuing = certificates.make_issuing(
            self.root_key, self.root, self.issuing_key.public_spki, "测试市签发证书", at_ms=clock.now
        )
        self.entries: dict[str, Entry] = {}
        self.org_seq = 0
        self.previous: bytes | None = None
        self.revoked: list[dict[str, Any]] = []
        self.revocation_number = 0
        self.life_ms = 30 * 24 * HOUR_MS  # of a snapshot; of a list a quarter of it
        self.seen: dict[str, Any] = {}  # what statements say of the log, once the site dates them

    def switch_on(
        self,
        *,
        lowest_client: int = LOG_AGE.protocol,
        grace_days: int = 30,
        witnesses: Sequence[str] = (),
        needed: int = 0,
    ) -> None:
        """The next snapshot says that the log's age counts (C45)."""
        self.entries[SITE_ID] = Site(SITE_ID, (LOG_AGE.name,), lowest_client)
        listed = tuple(sorted(witnesses))
        self.entries[LOG_POLICY_ID] = LogPolicy(LOG_POLICY_ID, grace_days, listed, needed, witness_hours=24)

    def body(self, name: str, parent: str | None = None) -> str:
        made = Body(fresh(IdKind.BODY), name, name, name, parent, len(self.entries), name[:2], "bureau", None)
        self.entries[made.id] = made
        return made.id

    def post(self, body: str, name: str, *duties: Duty) -> str:
        made = Post(fresh(IdKind.POST), body, name, tuple(sorted(duties)), len(self.entries))
        self.entries[made.id] = made
        return made.id

    def person(self, name: str, *posts: str) -> str:
        made = Person(fresh(IdKind.PERSON), name, len(self.entries))
        self.entries[made.id] = made
        for post in posts:
            holding = Holding(fresh(IdKind.HOLDING), made.id, post, self.clock.now)
            self.entries[holding.id] = holding
        return made.id

    def dismiss(self, person: str) -> None:
        for key in [k for k, e in self.entries.items() if isinstance(e, Holding) and e.person == person]:
            del self.entries[key]

    def seal(self, body: str, *keepers: str) -> str:
        made = Seal(fresh(IdKind.SEAL), body, "印章", tuple(sorted(keepers)))
        self.entries[made.id] = made
        return made.id

    def switch(self, *features: str) -> None:
        """What the next snapshot says is switched on, and nothing else."""
        self.entries[SITE_ID] = Site(SITE_ID, tuple(sorted(features)), 0)

    def snapshot(self) -> tuple[Leaf, Organisation]:
        """The next snapshot of what is entered."""
        self.org_seq += 1
        organisation = Organisation(self.org_seq, [self.entries[key] for key in sorted(self.entries)])
        root = OrganisationRoot(
            org_seq=self.org_seq,
            root=organisation.root,
            count=len(organisation.entries),
            previous=self.previous,
            issued_at=self.clock.now,
            next_update=self.clock.now + self.life_ms,
            **self.seen,
        )
        signed = self.signed(SignedType.ORGANISATION_ROOT, root.value())
        self.previous = signed.entry_id
        return Leaf(LeafKind.ORGANISATION, signed.to_bytes()), organisation

    def revoke(self, device: Device) -> Leaf:
        self.revocation_number += 1
        self.revoked.append(
            {"cert": device.cert_hash, "device": device.id, "reason": "lost", "at": self.clock.now}
        )
        value = RevocationList(
            self.revocation_number,
            list(self.revoked),
            self.clock.now,
            self.clock.now + self.life_ms * 7 // 30,
            **self.seen,
        )
        return Leaf(LeafKind.REVOCATIONS, self.signed(SignedType.REVOCATION_LIST, value.value()).to_bytes())

    def signed(self, kind: SignedType | int, value: dict[str, Any]) -> Signed:
        return sign(self.issuing_key, certificate_hash(self.issuing), kind, value)

    def device(self, person: str) -> Device:
        """A certified device; its bundle is not in the log yet."""
        key, name = SigningKey.generate(), fresh(IdKind.DEVICE)
        der = certificates.make_device(
            self.issuing_key, self.issuing, key.public_spki, person=person, device=name, at_ms=self.clock.now
        )
        return Device(name, person, key, der, XWingPrivateKey.generate(), self.clock)


@dataclass
class Device:
    """The keys of one device, and what it can sign."""

    id: str
    person: str
    key: SigningKey
    certificate: bytes
    xwing: XWingPrivateKey
    clock: SetClock
    seeds: dict[tuple[str, int], XWingPrivateKey] = field(default_factory=dict)

    @property
    def cert_hash(self) -> bytes:
        return certificate_hash(self.certificate)

    def signed(self, kind: SignedType | int, value: dict[str, Any]) -> Signed:
        return sign(self.key, self.cert_hash, kind, value)

    def bundle(self) -> Leaf:
        value = DeviceBundle(
            self.id, self.person, self.cert_hash, bytes(self.xwing.public), self.clock.now, "办公电脑"
        )
        signed = self.signed(SignedType.DEVICE_BUNDLE, value.value())
        return Leaf(LeafKind.DEVICE, signed.to_bytes(), self.certificate)

    def generation(
        self,
        principal: str,
        number: int,
        previous: bytes | None,
        recipients: Mapping[str, XWingPrivateKey],
        org_seq: int,
        *,
        restart: bool = False,
    ) -> tuple[Leaf, list[bytes]]:
        """A new generation wrapped to devices by id."""
        seed = XWingPrivateKey.generate()
        self.seeds[principal, number] = seed
        records = []
        for to, private in recipients.items():
            info = EnvelopeInfo(Purpose.PRINCIPAL_SEED, principal, self.id, to, number)
            records.append(wrap(private.public, info, seed.seed))
        value = KeyGeneration(
            principal=principal,
            generation=number,
            public=bytes(seed.public),
            previous=previous,
            recipients=[{"to": record.principal, "wrap": record.hash} for record in records],
            org_seq=org_seq,
            restart=restart,
            recovery=None,
            at=self.clock.now,
        )
        signed = self.signed(SignedType.KEY_GENERATION, value.value())
        return Leaf(LeafKind.GENERATION, signed.to_bytes()), [record.to_bytes() for record in records]


class SmallServer:
    """The real application under uvicorn in a thread, over TLS 1.3, with a database of its own."""

    def __init__(
        self,
        folder: Path,
        ca: SmallCa,
        clock: SetClock,
        points: DurablePoints | None = None,
        media: MakeBackend | None = None,
    ) -> None:
        self.config = make_server_folder(folder, ca)
        self._clients: list[httpx.Client] = []
        write_chain(self.config.tls)
        self.app = create_app(self.config, clock, points, media=media)
        settings = listening(self.app, self.config, 0, loop="asyncio", timeout_graceful_shutdown=1)
        self._ready = threading.Event()
        self._server = _Announcing(settings, self._ready)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        # As long as it takes on a busy machine; a server that could not start is a thread that has ended.
        until_seen(lambda: self._ready.is_set() or not self._thread.is_alive())
        assert self._thread.is_alive()
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(cadata=ca.root)
        self.url = f"https://127.0.0.1:{self.port}/v1"

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {
            "Jinshu-Protocol": str(PROTOCOL_VERSION),
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        made = httpx.Client(
            base_url=self.url, verify=self.context, headers=headers, trust_env=False, timeout=None
        )
        self._clients.append(made)
        return made

    def sign_in(self, key: SigningKey, certificate: bytes, who: dict[str, str]) -> httpx.Client:
        """A client with a session of its own."""
        with self.client() as client:
            nonce = client.post("/session/nonce", json={"device_certificate": b64(certificate)}).json()[
                "nonce"
            ]
            value = {
                "v": 1,
                "nonce": base64.b64decode(nonce),
                "protocol": PROTOCOL_VERSION,
                "server": "127.0.0.1",
                **who,
            }
            proof = sign(key, certificate_hash(certificate), SignedType.SESSION_PROOF, value)
            body = {"proof": b64(proof.to_bytes()), "certificate": b64(certificate)}
            reply = client.post("/session", json=body)
        assert reply.status_code == 200, reply.text
        return self.client(reply.json()["token"])

    def device(self, device: Device) -> httpx.Client:
        return self.sign_in(device.key, device.certificate, {"device": device.id})

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join()
        _forget_endpoints()


def _forget_endpoints() -> None:
    """FastAPI keeps what kind of function each endpoint is, by the endpoint: with it all of its server stayed, of the last 70 servers
    2 MB and 8,000 objects each, for the collector of garbage to look at again and again."""
    for kept in vars(models).values():
        if isinstance(kept, functools._lru_cache_wrapper):
            kept.cache_clear()


class _Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._ready.set()


def make_server_folder(folder: Path, ca: SmallCa) -> Config:
    """A server's folder as `jinshu-server init` and `jinshu-ca sign-server` leave it."""
    config = configuration.write(folder, "127.0.0.1", "127.0.0.1")
    tls_key, log_key = SigningKey.generate(), SigningKey.generate()
    now = ca.clock.now
    made = {
        "server": certificates.make_server(
            ca.issuing_key, ca.issuing, tls_key.public_spki, ["127.0.0.1"], at_ms=_real_now()
        ),
        "log": certificates.make_log(ca.issuing_key, ca.issuing, log_key.public_spki, at_ms=now),
        "issuing": ca.issuing,
        "root": ca.root,
    }
    for name, der in made.items():
        pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        (config.tls / f"{name}.pem").write_bytes(pem)
    for name, key in (("server", tls_key), ("log", log_key)):
        pem = key.native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (config.tls / f"{name}.key").write_bytes(pem)
    shutil.copy(_empty_database(), config.database)
    return config


@functools.cache
def _empty_database() -> Path:
    """What the migrations make of nothing, which is the same each time and took longer than anything else of a small city."""
    folder = Path(tempfile.mkdtemp(prefix="migrated-"))
    atexit.register(shutil.rmtree, folder)
    config = configuration.write(folder / "server", "127.0.0.1", "127.0.0.1")
    schema.upgrade(config)
    return config.database


def _real_now() -> int:
    # TLS itself looks at the machine's clock, not at the test's.
    return time.time_ns() // 1_000_000


class SmallCity:
    """CA, server and operator, with an organisation published."""

    def __init__(
        self, folder: Path, points: DurablePoints | None = None, media: MakeBackend | None = None
    ) -> None:
        self.clock = SetClock()
        self.ca = SmallCa(self.clock)
        self.city = self.ca.body("市政府")
        self.bureau = self.ca.body("发改委", self.city)
        self.clerk_post = self.ca.post(self.bureau, "文书", Duty.DRAFT, Duty.REGISTRY)
        self.leader_post = self.ca.post(self.bureau, "主任", Duty.SIGN)
        self.clerk = self.ca.person("文书", self.clerk_post)
        self.second_clerk = self.ca.person("第二文书", self.clerk_post)
        self.leader = self.ca.person("主任", self.leader_post)
        self.server = SmallServer(folder / "server", self.ca, self.clock, points, media)
        operator = SigningKey.generate()
        certificate = certificates.make_operator(
            self.ca.issuing_key, self.ca.issuing, operator.public_spki, "操作员", at_ms=self.clock.now
        )
        self.operator = self.server.sign_in(operator, certificate, {"operator": "operator"})
        self.publish()

    def publish(self) -> None:
        leaf, organisation = self.ca.snapshot()
        entries = [b64(entry) for entry in organisation.raw]
        path = f"/admin/organisation/{organisation.org_seq}"
        assert self.operator.put(path, json={"entries": entries}).status_code == 200
        self.operate(leaf)

    def look_at_log(self) -> None:
        """The CA sees how far the log has come; its next statements name that."""
        raw = base64.b64decode(self.operator.get("/directory/head").json()["head"])
        head = LogHead.parse(Signed.parse(raw).value())
        self.ca.seen = {"log_size": head.size, "log_root": head.root}

    def switch(self, *features: str) -> None:
        """Switch these on, and all others off."""
        self.ca.switch(*features)
        self.publish()

    def operate(self, leaf: Leaf) -> None:
        reply = self.operator.post("/admin/directory", json={"leaf": b64(leaf.to_bytes())})
        assert reply.status_code == 200, reply.text

    def enrolled(self, person: str) -> tuple[Device, httpx.Client]:
        """A device in the log, and its session."""
        device = self.ca.device(person)
        client = self.server.device(device)
        reply = append(client, device.bundle())
        assert reply.status_code == 200, reply.text
        return device, client

    def close(self) -> None:
        self.server.stop()


def append(client: httpx.Client, leaf: Leaf, wraps: list[bytes] | None = None) -> httpx.Response:
    return client.post(
        "/directory/entries", json={"leaf": b64(leaf.to_bytes()), "wraps": [b64(w) for w in wraps or []]}
    )
