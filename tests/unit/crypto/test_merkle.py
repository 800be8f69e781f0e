"""C4: the tree of RFC 9162 §2.1, against the definition, against published vectors, and against lies."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from protocol.errors import ErrorCode, JinshuError

# The inputs and roots of the Certificate Transparency reference implementation, sizes 1 to 8.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = st.lists(st.binary(max_size=4), max_size=40).map(lambda items: [leaf_hash(item) for item in items])
SOME = LEAVES.filter(bool)


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of §2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of §2.1.3.1, word by word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of §2.1.4.1, word by word."""
    n = len(leaves)
    if m == n:
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < n:
        k *= 2
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots(size: int) -> None:
    assert root([leaf_hash(leaf) for leaf in CT_LEAVES[:size]]).hex() == CT_ROOTS[size - 1]


def test_the_empty_tree() -> None:
    assert root([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_a_leaf_is_never_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)


@given(LEAVES)
def test_the_root_is_the_definitions(leaves: list[bytes]) -> None:
    tree = Tree(leaves)
    for size in range(len(leaves) + 1):
        assert tree.root(size) == naive_root(leaves[:size])


@given(SOME, st.data())
def test_inclusion_is_the_definitions_and_holds(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    path = Tree(leaves).inclusion_proof(index, size)
    assert path == naive_path(index, leaves[:size]) == inclusion_proof(leaves[:size], index)
    verify_inclusion(leaves[index], index, size, path, naive_root(leaves[:size]))


@given(SOME, st.data())
def test_consistency_is_the_definitions_and_holds(leaves: list[bytes], data: st.DataObject) -> None:
    second = data.draw(st.integers(1, len(leaves)))
    first = data.draw(st.integers(0, second))
    path = Tree(leaves).consistency_proof(first, second)
    if first:
        assert (
            path == naive_subproof(first, leaves[:second], True) == consistency_proof(leaves[:second], first)
        )
    verify_consistency(first, second, path, naive_root(leaves[:first]), naive_root(leaves[:second]))


def refuse_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], top: bytes) -> None:
    with pytest.raises(JinshuError) as raised:
        verify_inclusion(leaf, index, size, path, top)
    assert raised.value.code is ErrorCode.DIRECTORY_PROOF_INVALID


def refuse_consistency(first: int, second: int, path: list[bytes], older: bytes, newer: bytes) -> None:
    with pytest.raises(JinshuError) as raised:
        verify_consistency(first, second, path, older, newer)
    assert raised.value.code is ErrorCode.DIRECTORY_PROOF_INVALID


@given(SOME, st.data())
def test_a_false_inclusion_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    path, top, leaf = inclusion_proof(leaves, index), naive_root(leaves), leaves[index]
    stray = leaf_hash(b"a leaf that is not there")
    refuse_inclusion(stray, index, size, path, top)
    refuse_inclusion(leaf, index, size, path, stray)
    refuse_inclusion(leaf, index, size, [*path, stray], top)
    refuse_inclusion(leaf, size, size, path, top)
    refuse_inclusion(leaf, -1, size, path, top)
    for place in range(len(path)):
        refuse_inclusion(leaf, index, size, path[:place] + path[place + 1 :], top)
        refuse_inclusion(leaf, index, size, [*path[:place], stray, *path[place + 1 :]], top)


@given(SOME, st.data())
def test_a_rewritten_history_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    second = len(leaves)
    first = data.draw(st.integers(1, second))
    changed = data.draw(st.integers(0, first - 1))
    forged = [*leaves[:changed], leaf_hash(b"rewritten"), *leaves[changed + 1 :]]
    older, newer = naive_root(leaves[:first]), naive_root(forged)
    refuse_consistency(first, second, consistency_proof(forged, first), older, newer)
    refuse_consistency(first, second, consistency_proof(leaves, first), older, newer)


@given(SOME, st.data())
def test_a_false_consistency_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    second = len(leaves)
    first = data.draw(st.integers(1, second))
    path = consistency_proof(leaves, first)
    older, newer, stray = naive_root(leaves[:first]), naive_root(leaves), leaf_hash(b"stray")
    refuse_consistency(first, second, path, stray, newer)
    refuse_consistency(first, second, path, older, stray)
    refuse_consistency(first, second, [*path, stray], older, newer)
    refuse_consistency(second + 1, second, path, older, newer)
    for place in range(len(path)):
        refuse_consistency(first, second, path[:place] + path[place + 1 :], older, newer)
        refuse_consistency(first, second, [*path[:place], stray, *path[place + 1 :]], older, newer)


def test_a_tree_that_shrinks_is_refused() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(5)]
    refuse_consistency(5, 3, [], naive_root(leaves), naive_root(leaves[:3]))


def test_the_empty_tree_is_a_prefix_of_any_but_of_no_other_root() -> None:
    verify_consistency(0, 1, [], EMPTY_ROOT, leaf_hash(b"a"))
    refuse_consistency(0, 1, [], leaf_hash(b"b"), leaf_hash(b"a"))
    refuse_consistency(0, 1, [leaf_hash(b"b")], EMPTY_ROOT, leaf_hash(b"a"))


@pytest.mark.parametrize(("index", "size"), [(3, 3), (-1, 3), (0, 4), (0, 0)])
def test_no_proof_is_made_of_what_is_not_there(index: int, size: int) -> None:
    tree = Tree([leaf_hash(bytes([number])) for number in range(3)])
    with pytest.raises(IndexError):
        tree.inclusion_proof(index, size)
    with pytest.raises(IndexError):
        tree.consistency_proof(size + 1, size)
