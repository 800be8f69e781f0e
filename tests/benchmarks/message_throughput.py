"""How many messages a second the server makes durable and acknowledges: 20 devices that write, each its next after the last answer.

`python -m tests.benchmarks.message_throughput`; the last line printed is one JSON object. Messages are signed beforehand, one
request each over a kept connection, and sent by a process of its own whose processor time is told apart. `listening`: with every
other device's push channel open, so that each message is also delivered.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import ssl
import sys
import tempfile
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlcipher3 import dbapi2

from protocol.crypto.signature import SignedType
from protocol.identifiers import IdKind
from tests.benchmarks._act_city import MeasuredCity
from tests.support.small_city import SmallServer, b64, fresh
from tests.support.speaker import Speaker, speaker

WRITERS, LISTENERS, EACH = 20, 20, 100
# Messages a second of Synapse on SQLite on two such cores, measured for the same question; not run here.
SYNAPSE_PER_S = 36


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        city = MeasuredCity(Path(folder), WRITERS + LISTENERS)
        try:
            result = asyncio.run(measure(city))
        finally:
            city.close()
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    return 0


async def measure(city: MeasuredCity) -> dict[str, Any]:
    people = city.listeners
    writers = [speaker(city, person) for person in people[:WRITERS]]
    city.listeners = people[WRITERS:]
    async with city.listening():
        loads = [load(city, writer, people[WRITERS + n]) for n, writer in enumerate(writers)]
        before = city.cpu()
        seconds, generator, refused = await asyncio.to_thread(generate, city.server, loads)
        server = city.cpu() - before
    count = WRITERS * EACH
    assert not refused, refused
    assert stored(city) == count
    return {
        "benchmark": "message_throughput",
        "writers": WRITERS,
        "messages": count,
        "acknowledged_per_s": round(count / seconds),
        "server_cpu_ms": round(1000 * server / count, 2),
        "generator_cpu_ms": round(1000 * generator / count, 2),
        "server_core_share": round(server / seconds, 2),
        "synapse_per_s": SYNAPSE_PER_S,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def load(city: MeasuredCity, writer: Speaker, other: str) -> tuple[dict[str, str], list[bytes]]:
    """A writer's headers, and its requests' bodies for a conversation with somebody."""
    roster = writer.roster(other)
    assert writer.send_roster(roster).status_code == 200
    pattern = writer.message(roster)
    bodies = []
    for _ in range(EACH):
        message = replace(pattern, id=fresh(IdKind.MESSAGE), ciphertext=os.urandom(len(pattern.ciphertext)))
        bodies.append(json.dumps({"message": b64(writer.sign(SignedType.MESSAGE, message))}).encode())
    headers = {name: writer.client.headers[name] for name in ("Authorization", "Jinshu-Protocol")}
    return headers, bodies


def generate(
    server: SmallServer, loads: list[tuple[dict[str, str], list[bytes]]]
) -> tuple[float, float, list[str]]:
    """(seconds, processor seconds of the generator, answers that were none)."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_generator, args=(theirs, server.url, server.config.tls / "root.pem", loads)
    )
    process.start()
    theirs.close()
    found: tuple[float, float, list[str]] = ours.recv()
    process.join(20)
    return found


def _generator(
    pipe: Connection, url: str, root: Path, loads: list[tuple[dict[str, str], list[bytes]]]
) -> None:
    pipe.send(asyncio.run(_all(url, root, loads)))


async def _all(
    url: str, root: Path, loads: list[tuple[dict[str, str], list[bytes]]]
) -> tuple[float, float, list[str]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(root)
    address = urlsplit(url)
    opened = [await asyncio.open_connection(address.hostname, address.port, ssl=context) for _ in loads]
    begun, spent = time.monotonic(), time.process_time()
    refused = await asyncio.gather(
        *(_write(*streams, headers, bodies) for streams, (headers, bodies) in zip(opened, loads, strict=True))
    )
    seconds, spent = time.monotonic() - begun, time.process_time() - spent
    for _, writer in opened:
        writer.close()
    return seconds, spent, [each for found in refused for each in found]


async def _write(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: dict[str, str], bodies: list[bytes]
) -> list[str]:
    """One request after the other on one connection; returns what was not answered with 200."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    refused = []
    for body in bodies:
        request = (
            f"POST /v1/conversations/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(request.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(line for line in answer.splitlines() if line.startswith("content-length:"))
        said = await reader.readexactly(int(length.split(":")[1]))
        if not answer.startswith("http/1.1 200"):
            refused.append(said.decode())
    return refused


def stored(city: MeasuredCity) -> int:
    """Messages on the server's disk."""
    connection = dbapi2.connect(str(city.server.config.database))
    try:
        query = "SELECT count(*) FROM conversation_events WHERE kind = 'message'"
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


if __name__ == "__main__":
    raise SystemExit(main())
