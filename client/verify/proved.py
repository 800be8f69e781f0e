"""The part of the organisation that a document proves: a few entries with their places in the tree under the CA's root (C3)."""

from __future__ import annotations

from collections.abc import Sequence

from client.verify.extract import Extract
from client.verify.judged import judged
from protocol.crypto import merkle
from protocol.crypto.certificates import public_key_of, verify_issuing
from protocol.crypto.signature import Signed, SignedType, certificate_hash, verify
from protocol.directory.log import OrganisationRoot
from protocol.directory.organisation import (
    Body,
    Delegation,
    Duty,
    Holding,
    PageSettings,
    Person,
    Post,
    Seal,
    parse_entry,
)
from protocol.errors import ErrorCode, JinshuError


class ProvedOrganisation:
    """Entries that are in a signed snapshot; what is not here is not proved, and nothing follows from its absence."""

    def __init__(self, root: OrganisationRoot, entries: tuple[bytes, ...]) -> None:
        # The CA signed them: what a later version has added to an entry takes nothing from what it says.
        parsed = [parse_entry(entry, tolerant=True) for entry in entries]
        self.root = root
        self.bodies = {e.id: e for e in parsed if isinstance(e, Body)}
        self.posts = {e.id: e for e in parsed if isinstance(e, Post)}
        self.people = {e.id: e for e in parsed if isinstance(e, Person)}
        self.seals = {e.id: e for e in parsed if isinstance(e, Seal)}
        self._delegations = {e.id: e for e in parsed if isinstance(e, Delegation)}
        lists = [e.listed for e in parsed if isinstance(e, PageSettings)]
        # The list is one entry and whole: unlike everything else here, what is not in it is proved not to be.
        self.page_settings = lists[0] if lists else None
        self._held = {(e.person, e.post) for e in parsed if isinstance(e, Holding)}

    def acting(self, person: str, post: str, duty: Duty, *, delegation: str | None, at_ms: int) -> bool:
        """As `Organisation.acting`, from what is proved."""
        held = self.posts.get(post)
        if held is None or duty not in held.duties:
            return False
        if delegation is None:
            return (person, post) in self._held
        entry = self._delegations.get(delegation)
        return (
            entry is not None
            and (entry.from_post, entry.to_person) == (post, person)
            and duty in entry.duties
            and at_ms <= entry.until
        )

    def may(self, person: str, post: str, duty: Duty, *, at_ms: int) -> bool:
        """Whether he may use the duty of that post, by himself or under any delegation."""
        return any(
            self.acting(person, post, duty, delegation=delegation, at_ms=at_ms)
            for delegation in (None, *self._delegations)
        )

    def may_in(self, person: str, body: str, duty: Duty, *, at_ms: int) -> bool:
        """Whether he may use the duty in some post of the body."""
        posts = [post.id for post in self.posts.values() if post.body == body]
        return any(self.may(person, post, duty, at_ms=at_ms) for post in posts)


def prove_organisation(extract: Extract, root: bytes) -> ProvedOrganisation:
    """The entries of the extract, each found under the organisation root that the issuing CA signed.

    Raises:
        JinshuError: `verify.organisation_unproved`.
    """
    with judged(ErrorCode.VERIFY_ORGANISATION_UNPROVED, "root"):
        signed = Signed.parse(extract.organisation_root, SignedType.ORGANISATION_ROOT)
        wanted = OrganisationRoot.parse(signed.value())
        verify_by_ca(signed, SignedType.ORGANISATION_ROOT, extract.issuing, root, wanted.issued_at)
    with judged(ErrorCode.VERIFY_ORGANISATION_UNPROVED, "entry"):
        prove_entries(wanted, extract.organisation_entries, extract.organisation_proofs)
        return ProvedOrganisation(wanted, extract.organisation_entries)


def prove_entries(
    wanted: OrganisationRoot, entries: Sequence[bytes], proofs: Sequence[tuple[int, Sequence[bytes]]]
) -> None:
    """Return if each entry stands at its place under a snapshot's root.

    Raises:
        JinshuError: `directory.proof_invalid`.
    """
    for entry, (index, path) in zip(entries, proofs, strict=True):
        merkle.verify_inclusion(merkle.leaf_hash(entry), index, wanted.count, path, wanted.root)


def verify_by_ca(signed: Signed, kind: SignedType, issuing: bytes, root: bytes, at_ms: int) -> None:
    """Return if the issuing CA, good under the root at that time, signed this.

    Raises:
        JinshuError: why not.
    """
    verify_issuing(issuing, root, at_ms=at_ms)
    if signed.cert_hash != certificate_hash(issuing):
        raise JinshuError(ErrorCode.CERTIFICATE_UNTRUSTED)
    verify(signed, public_key_of(issuing), kind)
