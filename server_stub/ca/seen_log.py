"""The directory log as the CA has seen it: what its statements name, and what the server may never take back (C45).

The CA is the first witness of its log. Before it signs, it asks for the newest head and for the proof that this goes on from what it
saw last; a server that cannot give one has lost leaves, or has rewritten them.
"""

from __future__ import annotations

from typing import Protocol

from protocol.crypto import merkle
from protocol.crypto.certificates import public_key_of
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.log import LogHead
from protocol.errors import JinshuError
from server_stub.ca.faults import CaError
from server_stub.ca.state import CaState, SeenLog


class LogSource(Protocol):
    """What is asked of the server."""

    def head_from(self, first: int) -> tuple[bytes, list[bytes]]:
        """The newest head, and the proof that it goes on from the tree of size `first`."""
        ...


def follow(state: CaState, api: LogSource) -> None:
    """Bring `state.seen_log` up to the server's newest head; the caller saves the state.

    Raises:
        CaError: the head is not the log's, or does not go on from what was seen.
    """
    if state.log_certificate is None:
        return
    seen = state.seen_log
    raw, proof = api.head_from(seen.size)
    try:
        signed = Signed.parse(raw, SignedType.LOG_HEAD)
        # By its key: a head keeps the certificate under which it was signed when that is renewed.
        verify(signed, public_key_of(state.log_certificate), SignedType.LOG_HEAD)
        head = LogHead.parse(signed.value())
        merkle.verify_consistency(seen.size, head.size, proof, seen.root, head.root)
    except JinshuError as error:
        raise broken(seen, error.code) from error
    state.seen_log = SeenLog(size=head.size, root=head.root)


def broken(seen: SeenLog, code: str) -> CaError:
    """What the operator reads when the server's log is not the one that was seen."""
    return CaError(
        f"服务器的目录日志与上次所见（{seen.size} 条）接不上（{code}）：服务器可能丢失或改写了日志。"
        "查明之前不要签发；确系从备份恢复的，用 publish --forget-log",
        f"the server's log does not go on from what was seen, {seen.size} leaves ({code}): it lost or rewrote some. Sign nothing "
        "before you know why; if it was restored from a backup, use publish --forget-log",
    )
