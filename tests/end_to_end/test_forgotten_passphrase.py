"""The guide's chapter on a forgotten passphrase, walked by real processes."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.forgotten import act
from tests.end_to_end.processes import Client
from tests.support.prepared_city import running_city


def test_who_forgot_both_secrets_is_back_with_the_help_of_ca_and_colleague(tmp_path: Path) -> None:
    def shoot(name: str, client: Client) -> None:
        client.do("screenshot", path=str(tmp_path / f"{name}.png"))

    with running_city(tmp_path / "city") as city:
        act(city, tmp_path / "clients", shoot)
    assert {path.stem for path in tmp_path.glob("*.png")} == {"join", "forgotten", "new_key", "confirm"}
    # What was locked lies beside, whole: nothing was thrown away that a passphrase remembered later would open.
    aside = tmp_path / "clients" / "forgetful" / "set-aside-1"
    assert {"store.db", "slots.json"} <= {path.name for path in aside.iterdir()}
