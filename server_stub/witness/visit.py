"""One visit of a witness to the log: what it saw last is said again, what came since is checked, kept, and only then co-signed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from protocol.crypto import merkle
from protocol.crypto.certificates import Profile, public_key_of, verify_chain
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.cosignatures import Checkpoint, cosign, origin_of
from protocol.directory.log import LogHead
from protocol.errors import ErrorCode, JinshuError
from server_stub.ca.api import ServerRefused
from server_stub.ca.faults import CaError
from server_stub.witness.folder import WitnessFolder, WitnessState
from server_stub.witness.log_api import LogServer

_FORKED = frozenset({ErrorCode.DIRECTORY_SPLIT_VIEW.value, ErrorCode.DIRECTORY_PROOF_INVALID.value})


class LogForked(CaError):
    """The server's log is not the one this witness has vouched for."""

    def __init__(self, state: WitnessState, code: str) -> None:
        super().__init__(
            f"目录日志与已见证的 {state.size} 条接不上（{code}）：服务器可能改写或丢失了日志。"
            "不再见证；请立即告知证书机构和安全审计员，保存 evidence 文件夹",
            f"the log does not go on from the {state.size} leaves co-signed ({code}): the server rewrote or lost some. Nothing more "
            "is co-signed; tell the CA and the auditor at once, and keep the folder evidence",
        )
        self.code = code


@dataclass(frozen=True, slots=True)
class Visitor:
    """`clock`: ms UTC."""

    folder: WitnessFolder
    server: LogServer
    clock: Callable[[], int]

    def visit(self) -> WitnessState:
        """Co-sign the newest head; returns what is vouched for now.

        Raises:
            LogForked: the log was rewritten, or cut.
            CaError: it could not be asked, or the site does not list this witness yet.
        """
        state = self._knowing_log(self.folder.load())
        head, proof = self._say(state)
        newer = self._checked(state, head, proof)
        if newer.size > state.size:
            # First what one vouches for, then one's word for it: after a crash between the two it is only said late.
            self.folder.save(newer)
            self._say(newer)
        return newer

    def _knowing_log(self, state: WitnessState) -> WitnessState:
        """The log's key, by the root's word; one that changes later is another log."""
        root, now = self.folder.root(), self.clock()
        issuing, certificate = self.server.certificates()
        try:
            verify_chain(certificate, issuing, root, at_ms=now, profile=Profile.LOG)
        except JinshuError as error:
            raise CaError(
                f"服务器的日志证书不可信（{error.code}）",
                f"the log's certificate is not believed ({error.code})",
            ) from error
        key = public_key_of(certificate)
        if state.log_key is None:
            state = state.model_copy(update={"log_key": key})
            self.folder.save(state)
        elif state.log_key != key:
            raise LogForked(state, ErrorCode.CERTIFICATE_UNTRUSTED.value)
        return state

    def _say(self, state: WitnessState) -> tuple[bytes, list[bytes]]:
        assert state.log_key is not None
        checkpoint = Checkpoint(origin_of(state.log_key), state.size, state.root)
        said = cosign(self.folder.key(), state.name, checkpoint, self.clock() // 1000)
        try:
            return self.server.witness(said)
        except ServerRefused as refusal:
            if refusal.code in _FORKED:
                raise LogForked(state, refusal.code) from refusal
            if refusal.code == ErrorCode.DIRECTORY_NOT_AUTHORISED.value:
                verifier = self.folder.witness().verifier
                raise CaError(
                    f"本站还没有列入这个见证。请证书机构运行 jinshu-ca log-policy --witness {verifier}",
                    f"the site does not list this witness yet. The CA runs jinshu-ca log-policy --witness {verifier}",
                ) from refusal
            raise

    def _checked(self, state: WitnessState, raw: bytes, proof: list[bytes]) -> WitnessState:
        assert state.log_key is not None
        try:
            signed = Signed.parse(raw, SignedType.LOG_HEAD)
            verify(signed, state.log_key, SignedType.LOG_HEAD)
            head = LogHead.parse(signed.value())
        except JinshuError as error:
            raise CaError(
                f"服务器的日志头不可信（{error.code}）", f"bad log head from the server ({error.code})"
            ) from error
        try:
            merkle.verify_consistency(state.size, head.size, proof, state.root, head.root)
        except JinshuError as error:
            self.folder.keep_evidence(state, raw, error.code.value, self.clock())
            raise LogForked(state, error.code.value) from error
        return state.model_copy(update={"size": head.size, "root": head.root})


def checkpoint_text(state: WitnessState) -> str:
    """What is vouched for, for people who compare by telephone."""
    return f"{state.size} {base64.b64encode(state.root).decode()}"
