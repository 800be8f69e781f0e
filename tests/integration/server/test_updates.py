"""The server carries updates: without a session, from any byte on, and nothing but them."""

from __future__ import annotations

from server_stub import __main__ as command
from tests.support.small_city import SmallCity
from tests.support.update_site import UpdateSite


def test_lists_and_packages_are_given_to_whoever_asks(city: SmallCity) -> None:
    site = UpdateSite(city.server.config.root.parent / "site")
    site.found()
    site.add("0.5.0", bytes(range(256)) * 9000)
    carried = site.publish()
    assert command.main(["admin", "updates", str(city.server.config.root), str(carried)]) == 0
    [package] = (carried / "targets").iterdir()
    stranger = city.server.client()
    stamp = stranger.get("/updates/metadata/timestamp.json")
    assert (stamp.status_code, stamp.content) == (200, (carried / "metadata" / "timestamp.json").read_bytes())
    whole = stranger.get(f"/updates/targets/{package.name}")
    assert whole.content == package.read_bytes()
    rest = stranger.get(f"/updates/targets/{package.name}", headers={"Range": "bytes=2000000-"})
    assert (rest.status_code, rest.content) == (206, package.read_bytes()[2_000_000:])
    size = package.stat().st_size
    assert rest.headers["content-range"] == f"bytes 2000000-{size - 1}/{size}"
    end = stranger.get(f"/updates/targets/{package.name}", headers={"Range": f"bytes={size}-"})
    assert (end.status_code, end.content) == (206, b"")
    beyond = stranger.get(f"/updates/targets/{package.name}", headers={"Range": f"bytes={size + 1}-"})
    assert beyond.status_code == 416


def test_nothing_else_of_the_folder_can_be_reached(city: SmallCity) -> None:
    stranger = city.server.client()
    (city.server.config.updates / "metadata").mkdir(parents=True)
    (city.server.config.updates / "metadata" / "link.json").symlink_to(city.server.config.tls / "server.key")
    for path in (
        "/updates/metadata/link.json",
        "/updates/metadata/none.json",
        "/updates/metadata/..%2F..%2Ftls%2Fserver.key",
        "/updates/metadata/%2e%2e",
        "/updates/other/timestamp.json",
        "/updates/targets/a%00b",
    ):
        reply = stranger.get(path)
        assert reply.status_code in (400, 401, 404), path
        assert b"PRIVATE" not in reply.content
    assert stranger.post("/updates/metadata/timestamp.json", content=b"x").status_code in (401, 404, 405)
    assert stranger.get("/updates/metadata/none.json", headers={"Range": "bytes=5-9"}).status_code == 400
