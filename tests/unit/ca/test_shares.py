"""A records office's seed needs both officers."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_stub.ca.faults import CaError
from server_stub.ca.shares import OfficerShare, join_seed, split_seed

SEED = bytes(range(96))


def test_two_shares_give_the_seed_again(tmp_path: Path) -> None:
    for number, share in enumerate(split_seed("bdy_a", "财政局", SEED, b"public")):
        share.write(tmp_path / f"{number}.json")
    first, second = (OfficerShare.read(tmp_path / f"{number}.json") for number in range(2))
    assert join_seed(second, first) == SEED


def test_one_share_alone_is_not_the_seed() -> None:
    first, second = split_seed("bdy_a", "财政局", SEED, b"public")
    assert SEED not in (first.share, second.share)
    with pytest.raises(CaError, match="both officers"):
        join_seed(first, first)


def test_shares_of_different_bodies_do_not_mix() -> None:
    first, _ = split_seed("bdy_a", "财政局", SEED, b"public")
    _, other = split_seed("bdy_b", "教育局", SEED, b"other public")
    with pytest.raises(CaError, match="different bodies"):
        join_seed(first, other)


def test_a_share_hides_from_repr() -> None:
    first, _ = split_seed("bdy_a", "财政局", SEED, b"public")
    assert repr(first.share) not in repr(first)


def test_a_damaged_share_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "share.json"
    path.write_text('{"version": 1}')
    with pytest.raises(CaError, match="cannot be read"):
        OfficerShare.read(path)
