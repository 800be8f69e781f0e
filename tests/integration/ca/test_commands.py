"""`jinshu-ca` as its operator runs it: processes, files, and a server's operator API over TLS."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from protocol.crypto import cbor
from protocol.crypto.certificates import make_csr
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.enrolment import BundleFields, EnrolmentCode, reply_mac, request_mac
from protocol.identifiers import IdKind, new_id
from protocol.invitation import Invitation, server_address
from tests.integration.ca.admin_double import AdminDouble
from tests.support.forked_commands import ForkedCommands
from tests.support.prepared_city import seal_cheaply

REPOSITORY = Path(__file__).parents[3]
SAMPLE = REPOSITORY / "resources" / "organisation" / "sample-city.toml"
Fact = dict[str, Any]
PASSPHRASE = "a rehearsal passphrase"


def _environment() -> dict[str, str]:
    return {**os.environ, "JINSHU_CA_PASSPHRASE": PASSPHRASE}


@dataclass
class Desk:
    """The operator's machine: every command is a process."""

    folder: Path
    server: AdminDouble
    url: str = ""

    @property
    def ca(self) -> str:
        return str(self.folder / "ca")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A program of its own, as its operator starts it."""
        return subprocess.Popen(
            [sys.executable, "-m", "server_stub.ca", "--json", *arguments],
            cwd=REPOSITORY,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> list[Fact]:
        """To its end: a process that is forked with everything imported, 2 s for each program's start left out."""
        done = ForkedCommands().outcome("server_stub.ca", "--json", *arguments, env=_environment())
        assert done.code == code, (arguments, done.out, done.err)
        assert "Traceback" not in done.err
        return [json.loads(line) for line in done.out.splitlines()]

    def ask(self, code: EnrolmentCode, *, secret: bytes | None = None) -> tuple[str, SigningKey]:
        """What a new device would send; returns its id and key."""
        key, device = SigningKey.generate(), new_id(IdKind.DEVICE, os.urandom(16))
        csr = make_csr(key, "device")
        fields = BundleFields(device, bytes(XWingPrivateKey.generate().public), "办公室电脑").to_bytes()
        mac = request_mac(secret or code.secret, csr, fields)
        parts = {"csr": csr, "bundle_fields": fields, "mac": mac}
        row: Fact = {name: base64.b64encode(value).decode() for name, value in parts.items()}
        self.server.enrolments.append({**row, "lookup_hash": code.lookup_hash, "received_at": 1})
        return device, key


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    desk = Desk(folder, AdminDouble(folder / "server"))
    desk.run("init", desk.ca, "--root-dir", str(folder / "root"), "--organisation", str(SAMPLE))
    desk.server.write_requests()
    desk.run("sign-server", desk.ca, str(folder / "server"), "--name", "127.0.0.1", "localhost")
    desk.run("operator", desk.ca)
    seal_cheaply(PASSPHRASE, folder / "ca", folder / "root")
    desk.url = desk.server.start()
    desk.run("publish", desk.ca, "--server", desk.url)
    yield desk
    desk.server.stop()


_names = iter(range(1000))


def _person(desk: Desk, *posts: str) -> tuple[str, str]:
    name = f"文书{next(_names)}"
    facts = desk.run("person", "add", desk.ca, name, *(part for post in posts for part in ("--post", post)))
    return name, str(facts[0]["person"])


def _code(desk: Desk, name: str) -> EnrolmentCode:
    return EnrolmentCode.parse(desk.run("enrol", desk.ca, name)[0]["code"])


def test_publishing_brings_entries_and_a_signed_root(desk: Desk) -> None:
    _person(desk, "jyj.clerk")
    number = desk.run("publish", desk.ca)[-1]["organisation"]
    # A list that names the log may follow it, once the snapshot before let every client in that reads such a list.
    leaf = [each for each in map(cbor.decode, desk.server.leaves) if each["k"] == "organisation"][-1]
    root = Signed.parse(leaf["s"], SignedType.ORGANISATION_ROOT).value()
    assert (root["org_seq"], root["count"]) == (number, len(desk.server.snapshots[str(number)]))
    assert desk.run("publish", desk.ca) == [{"act": "publish"}]


def test_a_device_is_enrolled_under_its_code(desk: Desk) -> None:
    name, person = _person(desk, "fgw.clerk")
    code = _code(desk, name)
    assert code.lookup_hash in desk.server.codes
    device, _ = desk.ask(code)
    facts = desk.run("sign", desk.ca, "--all")
    assert (facts[0]["device"], facts[0]["person"]) == (device, person)
    answer = desk.server.answers[code.lookup_hash]
    head = Signed.parse(base64.b64decode(answer["head"]))
    verify(head, desk.server.log_key.public_spki, SignedType.LOG_HEAD)
    certificate, root = base64.b64decode(answer["certificate"]), _root(desk)
    assert base64.b64decode(answer["mac"]) == reply_mac(code.secret, certificate, head.entry_id, root)


def test_an_invitation_comes_as_link_file_and_slip(desk: Desk, tmp_path: Path) -> None:
    name, _ = _person(desk, "fgw.clerk")
    (fact,) = desk.run("enrol", desk.ca, name, "--slip", str(tmp_path / "slips"))
    invitation = Invitation.parse(fact["link"])
    assert invitation.code.text() == fact["code"]
    assert invitation.root_fingerprint == hashlib.sha256(_root(desk)).digest()
    assert (invitation.server, invitation.person) == (server_address(desk.url), name)
    assert invitation.site == "云江市"
    assert invitation.post.endswith("文秘科文书")
    link, page = Path(fact["file"]), Path(fact["slip"])
    assert Invitation.parse(link.read_text("ascii")) == invitation
    # Who reads them is that person.
    assert {path.stat().st_mode & 0o777 for path in (link, page)} == {0o600}
    assert {path.suffix for path in (link, page)} == {".jinshu", ".pdf"}


def test_an_address_no_newcomer_could_use_makes_no_code(desk: Desk) -> None:
    name, _ = _person(desk, "fgw.clerk")
    before = len(desk.run("journal", desk.ca))
    (fact,) = desk.run("enrol", desk.ca, name, "--server", "https://127.0.0.1/path", code=1)
    assert "https://127.0.0.1/path" in fact["message"]
    assert len(desk.run("journal", desk.ca)) == before


def test_a_request_with_a_wrong_secret_is_refused_and_journalled(desk: Desk) -> None:
    name, _ = _person(desk)
    code = _code(desk, name)
    desk.ask(code, secret=bytes(16))
    desk.run("sign", desk.ca, "--all")
    assert desk.server.answers[code.lookup_hash]["verdict"] == "refuse"
    lines = [line for line in desk.run("journal", desk.ca) if line["signed"] == "refused"]
    assert lines[-1]["lookup_hash"] == code.lookup_hash


def test_a_watcher_signs_devices_and_seals_until_sigterm(desk: Desk) -> None:
    name, person = _person(desk, "gxj.clerk", "gxj.seal")
    desk.run("publish", desk.ca)
    code = _code(desk, name)
    with desk.start("sign", desk.ca, "--watch", "--interval", "0.05") as watcher:
        device, _ = desk.ask(code)
        assert desk.server.answer_to(code.lookup_hash)["verdict"] == "sign"
        csr, body = make_csr(SigningKey.generate(), "seal"), _body(desk, "gxj")
        row = {"id": "ab" * 32, "csr": base64.b64encode(csr).decode(), "body": body}
        desk.server.seals.append({**row, "device": device, "person": person, "received_at": 1})
        answer = desk.server.answer_to("ab" * 32)
        watcher.send_signal(signal.SIGTERM)
        _, err = watcher.communicate()
    assert (watcher.returncode, err) == (0, "")
    seal = Signed.parse(
        cbor.decode(base64.b64decode(answer["leaf"]))["s"], SignedType.SEAL_CERTIFICATE
    ).value()
    assert (seal["body"], seal["keeper"], seal["device"]) == (body, person, device)


def test_revoking_a_person_pushes_a_new_list_at_once(desk: Desk) -> None:
    name, _ = _person(desk, "mzj.clerk")
    device, _ = desk.ask(_code(desk, name))
    desk.run("sign", desk.ca, "--all")
    desk.run("revoke", desk.ca, name, "--reason", "电脑丢失")
    listed = Signed.parse(cbor.decode(desk.server.leaves[-1])["s"], SignedType.REVOCATION_LIST).value()
    assert listed["revoked"][-1]["device"] == device
    assert desk.run("revoke", desk.ca, name, "--reason", "again", code=1)[0]["act"] == "error"


def test_an_air_gapped_ca_writes_files(desk: Desk, tmp_path: Path) -> None:
    name, _ = _person(desk, "dag.archivist")
    desk.run("publish", desk.ca, "--out", str(tmp_path))
    (file,) = tmp_path.glob("organisation-*.json")
    document = json.loads(file.read_text())
    assert (document["version"], document["kind"]) == (1, "organisation")
    desk.run("enrol", desk.ca, name, "--out", str(tmp_path / "enrolment.json"))
    assert json.loads((tmp_path / "enrolment.json").read_text())["kind"] == "enrolment"


def test_the_ca_talks_to_no_server_of_a_foreign_root(desk: Desk, tmp_path: Path) -> None:
    other = str(tmp_path / "ca")
    desk.run("init", other, "--root-dir", str(tmp_path / "root"), "--organisation", str(SAMPLE))
    desk.run("operator", other)
    (fact,) = desk.run("publish", other, "--server", desk.url, code=1)
    assert "CERTIFICATE_VERIFY_FAILED" in fact["message"]


def test_a_wrong_passphrase_opens_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINSHU_ROOT_PASSPHRASE", "quite another passphrase")
    size = ("--last-trusted", "1")
    (fact,) = desk.run("ca-change", str(desk.folder / "root"), desk.ca, *size, code=1)
    assert "口令不对" in fact["message"]


def test_the_root_changes_the_issuing_ca(desk: Desk, tmp_path: Path) -> None:
    own = str(tmp_path / "ca")
    root = tmp_path / "root"
    desk.run("init", own, "--root-dir", str(root), "--organisation", str(SAMPLE))
    desk.run("ca-change", str(root), own, "--last-trusted", "7", "--out", str(tmp_path / "out"))
    (file,) = (tmp_path / "out").iterdir()
    leaf = cbor.decode(base64.b64decode(json.loads(file.read_text())["leaf"]))
    change = Signed.parse(leaf["s"], SignedType.CA_CHANGE).value()
    assert (leaf["k"], change["last_trusted"]) == ("ca_change", 7)


@pytest.mark.parametrize(
    "arguments",
    [
        ("appoint", "无此人", "fgw.clerk"),
        ("person", "add", "某人", "--post", "fgw.none"),
        ("revoke", "dev_x", "--reason", "r"),
    ],
    ids=["nobody", "no post", "no device"],
)
def test_what_does_not_exist_is_said_and_changes_nothing(desk: Desk, arguments: tuple[str, ...]) -> None:
    verbs = 2 if arguments[0] == "person" else 1
    before = (Path(desk.ca) / "state.json").read_bytes()
    (fact,) = desk.run(*arguments[:verbs], desk.ca, *arguments[verbs:], code=1)
    assert fact["act"] == "error"
    assert (Path(desk.ca) / "state.json").read_bytes() == before


def _root(desk: Desk) -> bytes:
    text = (desk.folder / "root" / "root.pem").read_text()
    return base64.b64decode("".join(text.splitlines()[1:-1]))


def _body(desk: Desk, code: str) -> str:
    facts = desk.run("list", desk.ca, "--body", code)
    return str(next(fact["id"] for fact in facts if fact["act"] == "body"))


def test_statements_name_the_log_the_ca_saw_and_a_rewritten_log_is_refused(desk: Desk) -> None:
    """The CA is the first witness: nothing is signed over a log that does not go on from what it saw."""
    name, _ = _person(desk, "gxj.clerk")
    desk.run("publish", desk.ca)
    desk.ask(_code(desk, name))
    desk.run("sign", desk.ca, "--all")
    _person(desk, "gxj.clerk")
    desk.run("publish", desk.ca)
    desk.run("revoke", desk.ca, name, "--reason", "电脑丢失")
    tree = desk.server.tree()
    leaves = [cbor.decode(leaf) for leaf in desk.server.leaves]
    named = {leaf["k"]: Signed.parse(leaf["s"]).value() for leaf in leaves}
    for kind in ("organisation", "revocations"):
        assert named[kind]["log_root"] == tree.root(named[kind]["log_size"])
    honest = desk.server.leaves[0]
    desk.server.leaves[0] = b"another"
    (refusal,) = desk.run("publish", desk.ca, code=1)
    assert "--forget-log" in refusal["message"]
    for leaf in (b"another", honest):
        desk.server.leaves[0] = leaf
        assert desk.run("publish", desk.ca, "--forget-log") == [{"act": "publish"}]
