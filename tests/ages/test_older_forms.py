"""What the release before makes of the forms of this one, by its own code out of its wheel: it can place them, and says that it is too
old for them (C41, C44)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.ages.people import WHEELS
from tests.vectors.make_protocol import PATH

BEFORE = WHEELS / "jinshu-0.2.0-py3-none-any.whl"
PROGRAM = """
import json, sys
from protocol.crypto.content import ContentContext, open_content
from protocol.crypto.files import BlobDecryptor
from protocol.crypto.keys import SecretKey
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.errors import JinshuError
from protocol.messaging.payloads import MessageEvent
from protocol.release import RELEASE

vectors = json.load(open(sys.argv[1], encoding="utf-8"))

def octets(value):
    return bytes.fromhex(value["hex"])

def code(work):
    try:
        return work() and "read"
    except JinshuError as error:
        return error.code.value

message, content, blob = (vectors[n] for n in ("committed_message", "padded_content", "padded_blob"))
signed = Signed.parse(octets(message["bytes"]), SignedType.MESSAGE, tolerant=True)
verify(signed, octets(message["spki"]), signed.type)
core = MessageEvent.parse(signed.value(), tolerant=True)
context = ContentContext("cas_x", "opinion", "prs_x")
key = SecretKey(octets(content["key"]))
print(json.dumps({
    "release": RELEASE,
    "known": signed.known,
    "place": [core.id, core.person, core.conversation],
    "strictly": code(lambda: Signed.parse(octets(message["bytes"]), SignedType.MESSAGE)),
    "content": code(lambda: open_content(key, context, octets(content["ciphertext"]), {})),
    "blob": code(lambda: BlobDecryptor(SecretKey(octets(blob["key"])), octets(blob["blob"])[:8])),
}))
"""


def test_0_2_0_places_what_it_cannot_read(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(PATH)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(BEFORE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    payload = json.loads(PATH.read_text("utf-8"))["committed_message"]["payload"]
    assert json.loads(done.stdout) == {
        "release": "0.2.0",
        "known": False,
        "place": [payload["id"], payload["person"], payload["conversation"]],
        "strictly": "wire.unknown_type",
        # "Something arrived that this version does not know. Update Jinshu and try again."
        "content": "wire.unknown_type",
        "blob": "wire.unknown_type",
    }
