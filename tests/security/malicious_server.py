"""A server that lies: it stands between a real client and the real, honest server, with every power a server has.

It ends the client's TLS with the server's own key and signs with the log's key, so nothing of it looks wrong from outside; it
rewrites, drops, reorders, replays and invents replies as a test tells it. It has no key of the CA and of no device.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn

from protocol.crypto import merkle
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import Leaf, LogHead
from protocol.errors import ErrorCode, recovery_of
from server_stub.directory.trust import ServerTrust
from server_stub.serving import tls_context
from tests.support.small_city import SmallCity, b64

Json = dict[str, Any]
Lie = Callable[[Json], Json]
Params = Mapping[str, str]
_HEAD = re.compile(r"/directory/head$")


class MaliciousServer:
    """One face of the lying server; a split view is two of them before one honest state."""

    def __init__(self, city: SmallCity, tls: Path | None = None) -> None:
        self._city = city
        self._tls = tls or city.server.config.tls
        self.trust = ServerTrust.load(city.server.config.tls)
        self.log: OtherLog | None = None
        self._lies: list[tuple[re.Pattern[str], Lie]] = []
        self._answers: list[tuple[re.Pattern[str], int, Json]] = []
        self.heard: list[tuple[str, str, bytes]] = []  # method, path and body of every request
        self.said: list[tuple[str, Json]] = []  # path and reply
        self._upstream: httpx.AsyncClient | None = None
        ready = threading.Event()
        self._server = _Announcing(self._settings(), ready)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        assert ready.wait()
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]

    def _settings(self) -> uvicorn.Config:
        tls = self._tls
        return uvicorn.Config(
            self._application,
            interface="asgi3",
            port=0,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=str(tls / "chain.pem"),
            ssl_keyfile=str(tls / "server.key"),
            ssl_context_factory=lambda _config, _default: tls_context(tls),
        )

    def end(self) -> None:
        """Begin to stop; `join` waits for it."""
        self._server.should_exit = True

    def join(self) -> None:
        self._thread.join()

    # What a test tells it to do

    def lie(self, path: str, lie: Lie) -> None:
        """Change the JSON of every honest reply to paths that match."""
        self._lies.append((re.compile(path), lie))

    def answer(self, path: str, value: Json, status: int = 200) -> None:
        """Do not ask the honest server at all."""
        self._answers.append((re.compile(path), status, value))

    def refuse(self, path: str, code: ErrorCode, status: int = 400) -> None:
        """Say that it cannot be done."""
        value: Json = {"code": code.value, "params": {}, "recovery": recovery_of(code).value}
        self.answer(path, value, status)

    def fork(self, size: int | None = None) -> OtherLog:
        """Show from now on a log of its own that begins as the honest one, or as much of it as `size`."""
        self.log = OtherLog(self.trust.log_key, self.trust.log_certificate, self.leaves(size), self._city)
        return self.log

    def leaves(self, size: int | None = None) -> list[bytes]:
        """The leaves of the honest log."""
        reply = self._city.operator.get("/directory/entries", params={"after": 0, "limit": 500}).json()
        return [base64.b64decode(leaf) for leaf in reply["leaves"]][:size]

    def signed_by_log(self, kind: SignedType, value: Json) -> bytes:
        """Anything at all, signed with the one key it has, under its own certificate."""
        cert_hash = certificate_hash(self.trust.log_certificate)
        return sign(self.trust.log_key, cert_hash, kind, value).to_bytes()

    # How it serves

    async def _application(self, scope: Json, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})  # it withholds the push channel; the client polls
        else:
            status, content = await self._reply(scope, await _body(receive))
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                verify = self._city.server.context
                base = self._city.server.url.removesuffix("/v1")
                self._upstream = httpx.AsyncClient(
                    base_url=base, verify=verify, trust_env=False, timeout=None
                )
                await send({"type": "lifespan.startup.complete"})
            else:
                assert self._upstream is not None
                await self._upstream.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _reply(self, scope: Json, body: bytes) -> tuple[int, bytes]:
        path, method = scope["path"], scope["method"]
        self.heard.append((method, path, body))
        for pattern, status, value in self._answers:
            if pattern.search(path):
                return status, json.dumps(value).encode()
        params = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        own = self.log.reply(method, path, params, body) if self.log is not None else None
        if own is not None:
            return 200, json.dumps(self._told(path, own)).encode()
        assert self._upstream is not None
        headers = {k.decode(): v.decode() for k, v in scope["headers"] if k not in _HOP}
        honest = await self._upstream.request(method, path, params=params, content=body, headers=headers)
        told = honest.headers.get("content-type", "").startswith("application/json")
        if honest.status_code >= 400 or not honest.content or not told:
            return honest.status_code, honest.content
        return honest.status_code, json.dumps(self._told(path, honest.json())).encode()

    def _told(self, path: str, value: Json) -> Json:
        for pattern, lie in self._lies:
            if pattern.search(path):
                value = lie(value)
        self.said.append((path, value))
        return value


class OtherLog:
    """A log only this face shows: any leaves, with heads and proofs that are right for them."""

    def __init__(self, key: SigningKey, certificate: bytes, leaves: list[bytes], city: SmallCity) -> None:
        self.leaves = leaves
        self.snapshots: dict[int, list[bytes]] = {}
        self._key, self._certificate, self._city = key, certificate, city

    def add(self, leaf: Leaf) -> None:
        self.leaves.append(leaf.to_bytes())

    def tree(self) -> merkle.Tree:
        return merkle.Tree([merkle.leaf_hash(leaf) for leaf in self.leaves])

    def head(self, size: int | None = None, root: bytes | None = None) -> bytes:
        tree = self.tree()
        size = len(tree) if size is None else size
        value = LogHead(size, root or tree.root(min(size, len(tree))), self._city.clock.now, []).value()
        return sign(self._key, certificate_hash(self._certificate), SignedType.LOG_HEAD, value).to_bytes()

    def reply(self, method: str, path: str, params: Params, body: bytes) -> Json | None:
        """What it says of its log; None for all other questions."""
        if _HEAD.search(path):
            first, tree = int(params["first"]), self.tree()
            proof = tree.consistency_proof(first) if first <= len(tree) else []
            return {"head": b64(self.head()), "consistency": [b64(node) for node in proof]}
        if path.endswith("/directory/entries"):
            if method == "POST":
                self.leaves.append(base64.b64decode(json.loads(body)["leaf"]))
                return {"index": len(self.leaves) - 1, "head": b64(self.head())}
            after, limit = int(params["after"]), int(params["limit"])
            page = [b64(leaf) for leaf in self.leaves[after : after + limit]]
            return {"leaves": page, "size": len(self.leaves)}
        number = path.rpartition("/")[2]
        if "/directory/organisation/" in path and int(number) in self.snapshots:
            return {"entries": [b64(entry) for entry in self.snapshots[int(number)]]}
        return None


Message = Json
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_HOP = (b"host", b"content-length", b"connection", b"accept-encoding")


async def _body(receive: Receive) -> bytes:
    content = b""
    while True:
        message = await receive()
        content += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return content


class _Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._ready.set()
