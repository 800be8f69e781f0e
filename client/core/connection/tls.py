"""TLS towards the one server: version 1.3 and our own root, never the machine's list of authorities."""

from __future__ import annotations

import ssl
from collections.abc import Iterable


def pinned_context(root: bytes, others: Iterable[bytes] = ()) -> ssl.SSLContext:
    """A context that believes `root` (DER) alone; `others` only help to build the chain up to it."""
    context = _context()
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
    # Newer Pythons set it in some contexts: with it an issuing CA would be an anchor by itself.
    context.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN
    for certificate in (root, *others):
        context.load_verify_locations(cadata=certificate)
    return context


def unpinned_context() -> ssl.SSLContext:
    """For the single request that fetches the root itself, which is then held against the enrolment code's
    fingerprint."""
    context = _context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
