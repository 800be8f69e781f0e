"""The two officers of a records office try their halves and replace them, as commands of the CA."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from server_stub.ca.__main__ import main
from tests.end_to_end.city import ORGANISATION

CODE = "fgw"


@pytest.fixture
def ca(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JINSHU_CA_PASSPHRASE", "a rehearsal passphrase")
    folder = tmp_path / "ca"
    arguments = [
        "init",
        str(folder),
        "--root-dir",
        str(tmp_path / "root"),
        "--organisation",
        str(ORGANISATION),
    ]
    assert main(arguments) == 0
    # The officers take their halves away.
    shutil.move(folder / "records-shares", tmp_path / "officers")
    return folder


def halves(folder: Path, code: str = CODE) -> list[str]:
    return [str(folder / f"officer-{number}" / f"{code}.json") for number in (1, 2)]


def journalled(ca: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert main(["--json", "journal", str(ca)]) == 0
    return [json.loads(line)["signed"] for line in capsys.readouterr().out.splitlines()]


def test_both_halves_give_the_published_key_and_that_is_journalled(
    ca: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["records", "check", str(ca), *halves(ca.parent / "officers")]) == 0
    assert "完好" in capsys.readouterr().out
    assert journalled(ca, capsys)[-1] == "records_checked"


def test_after_a_renewal_the_new_halves_are_good_and_do_not_go_with_the_old_ones(ca: Path) -> None:
    old, new = ca.parent / "officers", ca.parent / "new"
    assert main(["records", "renew", str(ca), *halves(old), "--out", str(new)]) == 0
    assert main(["records", "check", str(ca), *halves(new)]) == 0
    assert main(["records", "check", str(ca), halves(old)[0], halves(new)[1]]) == 1
    for half in halves(new):
        assert Path(half).stat().st_mode & 0o777 == 0o600


def test_a_renewal_overwrites_no_half(ca: Path) -> None:
    officers = halves(ca.parent / "officers")
    before = [Path(half).read_bytes() for half in officers]
    assert main(["records", "renew", str(ca), *officers, "--out", str(ca.parent / "officers")]) == 1
    assert [Path(half).read_bytes() for half in officers] == before


def test_one_officer_alone_a_foreign_half_and_a_damaged_one_are_refused(
    ca: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = halves(ca.parent / "officers")
    other = halves(ca.parent / "officers", "czj")[1]
    assert main(["records", "check", str(ca), first, first]) == 1
    assert main(["records", "check", str(ca), first, other]) == 1
    damaged = json.loads(Path(second).read_text(encoding="utf-8"))
    share = bytearray(base64.b64decode(damaged["share"]))
    share[0] ^= 1
    Path(second).write_text(
        json.dumps({**damaged, "share": base64.b64encode(share).decode()}), encoding="utf-8"
    )
    assert main(["records", "check", str(ca), first, second]) == 1
    assert "至少有一份已损坏" in capsys.readouterr().err
    assert "records_checked" not in journalled(ca, capsys)
