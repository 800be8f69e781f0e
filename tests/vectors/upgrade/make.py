"""Makes a server's folder as the server of today leaves it: `python -m tests.vectors.upgrade.make`.

The folder is named by the newest migration, `server-0001`; one is made and kept for every migration that was ever
delivered, before the next one is written. The keys in it were made for it and guard nothing.
"""

from __future__ import annotations

import base64
import os
import shutil
import sys
import tempfile
from pathlib import Path

from sqlcipher3 import dbapi2

from protocol.crypto.certificates import make_csr, make_seal
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.log import Leaf, LeafKind, SealCertificate
from protocol.enrolment import BundleFields, EnrolmentCode, reply_mac, request_mac
from protocol.identifiers import IdKind
from tests.support.small_city import HOUR_MS, SmallCity, append, b64, fresh

HERE = Path(__file__).parent
# What `create_app` reads; the key of TLS belongs to no upgrade.
_KEPT = ("config.toml", "tls/root.pem", "tls/issuing.pem", "tls/log.pem", "tls/log.key")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        city = SmallCity(Path(folder))
        try:
            _live(city)
        finally:
            city.close()
        root = city.server.config.root
        target = HERE / f"server-{_settle(root / 'server.db')}"
        target.mkdir()
        for name in (*_KEPT, "server.db"):
            (target / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(root / name, target / name)
    sys.stdout.write(f"{target.name}\n")
    return 0


def _live(city: SmallCity) -> None:
    """A few days of a city, so that no table is empty."""
    seal = city.ca.seal(city.bureau, city.clerk)
    city.publish()
    clerk, client = city.enrolled(city.clerk)
    lost, _ = city.enrolled(city.leader)
    leaf, wraps = clerk.generation(city.clerk, 1, None, {clerk.id: clerk.xwing}, 2)
    assert append(client, leaf, wraps).status_code == 200
    latest = client.get("/events").json()["latest"]
    assert client.post("/events/ack", json={"n": latest - 1}).status_code == 200
    city.clock.advance(HOUR_MS // 6)
    city.operate(city.ca.revoke(lost))
    _enrol(city, signed=True)
    _enrol(city, signed=False)
    key = SigningKey.generate()
    asked = {"csr": b64(make_csr(key, "seal")), "body": city.bureau, "device": clerk.id}
    request = client.post("/seals/requests", json=asked).json()["id"]
    certificate = make_seal(
        city.ca.issuing_key,
        city.ca.issuing,
        key.public_spki,
        seal=seal,
        body=city.bureau,
        body_name="发改委",
        at_ms=city.clock.now,
    )
    value = SealCertificate(seal, city.bureau, city.clerk, clerk.id, certificate, city.clock.now)
    signed = city.ca.signed(SignedType.SEAL_CERTIFICATE, value.value())
    body = {"leaf": b64(Leaf(LeafKind.SEAL, signed.to_bytes()).to_bytes())}
    reply = city.operator.post(f"/admin/seals/{request}/sign", json=body)
    assert reply.status_code == 200, reply.text


def _enrol(city: SmallCity, *, signed: bool) -> None:
    code = EnrolmentCode.new(city.ca.root, os.urandom)
    known = {"lookup_hash": code.lookup_hash, "expires_at": city.clock.now + HOUR_MS}
    assert city.operator.post("/admin/enrolments", json=known).status_code == 201
    device = city.ca.device(city.second_clerk)
    csr = make_csr(device.key, "device")
    fields = BundleFields(fresh(IdKind.DEVICE), bytes(XWingPrivateKey.generate().public), "电脑").to_bytes()
    wanted = {
        "lookup_id": code.lookup_id,
        "csr": b64(csr),
        "bundle_fields": b64(fields),
        "mac": b64(request_mac(code.secret, csr, fields)),
    }
    assert city.server.client().post("/enrolments", json=wanted).status_code == 202
    if signed:
        head = base64.b64decode(city.operator.get("/directory/head").json()["head"])
        mac = reply_mac(code.secret, device.certificate, Signed.parse(head).entry_id, city.ca.root)
        answer = {"certificate": b64(device.certificate), "head": b64(head), "mac": b64(mac)}
        path = f"/admin/enrolments/{code.lookup_hash}/sign"
        assert city.operator.post(path, json=answer).status_code == 200


def _settle(path: Path) -> str:
    """Bring the database into one small file; returns its migration."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("VACUUM")
    [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    return str(revision)


if __name__ == "__main__":
    raise SystemExit(main())
