"""A written double of the server's operator API over real TLS 1.3: it remembers what the CA brings it."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from protocol.crypto import merkle
from protocol.crypto.certificates import Profile, make_csr, verify_chain
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign, verify

Json = dict[str, Any]


def _der(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


@dataclass
class AdminDouble:
    """Holds requests for the CA and the CA's answers; `start` after `jinshu-ca sign-server`."""

    folder: Path
    tls_key: SigningKey = field(default_factory=SigningKey.generate)
    log_key: SigningKey = field(default_factory=SigningKey.generate)
    codes: dict[str, int] = field(default_factory=dict)
    enrolments: list[Json] = field(default_factory=list)
    seals: list[Json] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    snapshots: dict[str, list[str]] = field(default_factory=dict)
    answered: threading.Condition = field(default_factory=threading.Condition)
    _server: ThreadingHTTPServer | None = None

    def write_requests(self) -> None:
        tls = self.folder / "tls"
        tls.mkdir(parents=True)
        (tls / "server.csr").write_bytes(make_csr(self.tls_key, "server"))
        (tls / "log.csr").write_bytes(make_csr(self.log_key, "log"))

    def start(self) -> str:
        tls = self.folder / "tls"
        key = self.tls_key.native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = b"".join((tls / name).read_bytes() for name in ("server.pem", "issuing.pem"))
        (tls / "chain.pem").write_bytes(key + chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(tls / "chain.pem")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def answer_to(self, key: str) -> Json:
        """What the CA says to a request, once it has said it."""
        with self.answered:
            self.answered.wait_for(lambda: key in self.answers)
            return self.answers[key]

    def tree(self) -> merkle.Tree:
        """The log as it would be: the CA follows it with proofs."""
        return merkle.Tree([merkle.leaf_hash(leaf) for leaf in self.leaves])

    def _head(self, first: int) -> Json:
        tree = self.tree()
        proof = tree.consistency_proof(first) if first <= len(tree) else []
        return {
            "head": base64.b64encode(self.head()).decode(),
            "consistency": [base64.b64encode(node).decode() for node in proof],
        }

    def head(self) -> bytes:
        tree = self.tree()
        payload = {"v": 1, "size": len(tree), "root": tree.root(), "at": 1, "witnesses": []}
        hashed = certificate_hash(_der(self.folder / "tls" / "log.pem"))
        return sign(self.log_key, hashed, SignedType.LOG_HEAD, payload).to_bytes()

    def handle(self, method: str, path: str, body: Json, token: str) -> tuple[int, Json]:
        if path == "session/nonce":
            return 200, {"nonce": base64.b64encode(b"n" * 32).decode()}
        if path == "session":
            return self._session(body)
        if token != "Bearer operator-token":
            return 401, {"code": "session.expired", "params": {}, "recovery": "reauthenticate"}
        routes: dict[tuple[str, str], Callable[[], Json]] = {
            ("GET", "admin/enrolments"): lambda: {"requests": self.enrolments},
            ("GET", "admin/seals"): lambda: {"requests": self.seals},
            ("POST", "admin/enrolments"): lambda: self._code(body),
            ("POST", "admin/directory"): lambda: self._leaf(body),
        }
        if (method, path) in routes:
            return 200, routes[method, path]()
        name, _, first = path.partition("?first=")
        if (method, name) == ("GET", "directory/head"):
            return 200, self._head(int(first))
        parts = path.split("/")
        if method == "PUT" and parts[:2] == ["admin", "organisation"]:
            self.snapshots[parts[2]] = body["entries"]
            return 200, {}
        if method == "POST" and len(parts) == 4 and parts[3] in ("sign", "refuse"):
            return 200, self._answer(parts[1], parts[2], {"verdict": parts[3], **body})
        return 404, {"code": "request.not_found", "params": {}, "recovery": "user"}

    def _session(self, body: Json) -> tuple[int, Json]:
        tls = self.folder / "tls"
        leaf = base64.b64decode(body["certificate"])
        proof = Signed.parse(base64.b64decode(body["proof"]))
        at = proof_time = int(x509.load_der_x509_certificate(leaf).not_valid_before_utc.timestamp()) * 1000
        facts = verify_chain(
            leaf,
            _der(tls / "issuing.pem"),
            _der(tls / "root.pem"),
            at_ms=max(at, proof_time) + 600_000,
            profile=Profile.OPERATOR,
        )
        verify(proof, facts.public_key, SignedType.SESSION_PROOF)
        if proof.value()["nonce"] != b"n" * 32:
            return 401, {"code": "session.unauthorised", "params": {}, "recovery": "reauthenticate"}
        return 200, {"token": "operator-token", "expires_at": 0, "server_time": 0}

    def _code(self, body: Json) -> Json:
        self.codes[body["lookup_hash"]] = body["expires_at"]
        return {}

    def _leaf(self, body: Json) -> Json:
        self.leaves.append(base64.b64decode(body["leaf"]))
        return {"index": len(self.leaves) - 1}

    def _answer(self, kind: str, key: str, answer: Json) -> Json:
        with self.answered:
            waiting = self.enrolments if kind == "enrolments" else self.seals
            waiting[:] = [row for row in waiting if key not in (row.get("lookup_hash"), row.get("id"))]
            self.answers[key] = answer
            self.answered.notify_all()
        return {}


def _handler(double: AdminDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(size)) if size else {}
            status, reply = double.handle(
                self.command, self.path.removeprefix("/v1/"), body, self.headers.get("Authorization", "")
            )
            data = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _serve  # the names http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """A test prints nothing of its own."""

    return Handler
