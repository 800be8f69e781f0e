"""Whose datagram it is on the shared port (C25)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from server_stub.meetings.sfu.demux import Bindings, Kind, kind_of


def test_kinds_by_the_first_byte() -> None:
    kinds = {kind: {first for first in range(256) if kind_of(first) is kind} for kind in Kind}
    assert kinds[Kind.STUN] == set(range(4))
    assert kinds[Kind.DTLS] == set(range(20, 64))
    assert kinds[Kind.MEDIA] == set(range(128, 192))


def test_an_address_belongs_to_whoever_proved_it_first_until_he_goes() -> None:
    bindings: Bindings[str] = Bindings()
    bindings.add("ufragA", "anna")
    bindings.add("ufragB", "boris")
    here, there = ("127.0.0.1", 1), ("127.0.0.1", 2)
    assert bindings.by_address(here) is None
    assert bindings.bind("ufragA", here)
    assert bindings.bind("ufragA", here)
    assert not bindings.bind("ufragB", here)
    assert not bindings.bind("nobody", there)
    assert (bindings.by_address(here), bindings.by_address(there)) == ("anna", None)
    bindings.remove("ufragA")
    assert bindings.by_address(here) is None
    assert bindings.bind("ufragB", here)
    bindings.remove("nobody")
    assert len(bindings) == 1


def test_a_user_name_is_ours_before_its_colon() -> None:
    bindings: Bindings[str] = Bindings()
    bindings.add("ufragA", "anna")
    assert bindings.by_username("ufragA:theirs") == "anna"
    assert bindings.by_username("ufragA") == "anna"
    assert bindings.by_username("theirs:ufragA") is None
    assert bindings.by_username("") is None


def test_who_moves_a_lot_keeps_few_addresses_and_the_first() -> None:
    bindings: Bindings[str] = Bindings()
    bindings.add("ufragA", "anna")
    addresses = [("127.0.0.1", port) for port in range(1, 101)]
    for address in addresses:
        assert bindings.bind("ufragA", address)
    bound = [address for address in addresses if bindings.by_address(address)]
    assert bound == [addresses[0], *addresses[-7:]]
    bindings.remove("ufragA")
    assert not any(bindings.by_address(address) for address in addresses)


steps = some.lists(
    some.tuples(some.sampled_from(["add", "bind", "remove"]), some.sampled_from("ABC"), some.integers(0, 12))
)


@given(steps)
def test_no_address_ever_changes_hands_while_its_owner_is_there(moves: list[tuple[str, str, int]]) -> None:
    bindings: Bindings[str] = Bindings()
    there: set[str] = set()
    for move, who, port in moves:
        before = bindings.by_address(("h", port))
        if move == "add" and who not in there:
            bindings.add(who, who)
            there.add(who)
        elif move == "remove":
            bindings.remove(who)
            there.discard(who)
        elif move == "bind":
            assert bindings.bind(who, ("h", port)) == (who in there and before in (None, who))
        after = [bindings.by_address(("h", each)) for each in range(13)]
        assert {owner for owner in after if owner} <= there
        if before in there and move == "bind":
            assert bindings.by_address(("h", port)) == before
