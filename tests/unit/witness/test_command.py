"""`jinshu-witness` as its keeper runs it: what it prints, and with what it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.directory.cosignatures import Witness
from server_stub.witness.__main__ import main


@pytest.fixture
def root(tmp_path: Path) -> Path:
    der = certificates.make_root(SigningKey.generate(), "root", at_ms=1_790_000_000_000)
    path = tmp_path / "root.pem"
    path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return path


def init(folder: Path, root: Path, server: str = "https://127.0.0.1:1") -> int:
    names = ("--name", "audit.city", "--server", server, "--root", str(root))
    return main(["--json", "init", str(folder), *names])


def test_a_new_witness_shows_the_line_for_the_ca(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "witness", root) == 0
    verifier = json.loads(capsys.readouterr().out)["verifier"]
    assert Witness.parse(verifier).name == "audit.city"
    assert main(["--json", "key", str(tmp_path / "witness")]) == 0
    assert json.loads(capsys.readouterr().out)["verifier"] == verifier


def test_a_server_that_cannot_be_reached_is_said(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path / "witness", root)
    assert main(["--lang", "en", "follow", str(tmp_path / "witness"), "--once"]) == 1
    assert capsys.readouterr().err.startswith("jinshu-witness: the server cannot be reached")


@pytest.mark.parametrize("server", ["http://127.0.0.1", "127.0.0.1"])
def test_a_server_without_tls_is_refused(tmp_path: Path, root: Path, server: str) -> None:
    assert init(tmp_path / "witness", root, server) == 1
    assert not (tmp_path / "witness").exists()


def test_a_folder_without_witness_is_said(tmp_path: Path) -> None:
    assert main(["key", str(tmp_path)]) == 1
