"""TLS towards the one server: version 1.3 and our own root, never the machine's list of authorities."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from protocol.crypto.certificates import is_issued_by

Replaced = Callable[[], Sequence[bytes]]
_REVOKED: Final = 23  # X509_V_ERR_CERT_REVOKED


class _Context(ssl.SSLContext):
    """Asked at the end of each handshake which CAs were replaced: nobody is believed on their word any more."""

    replaced: Replaced = staticmethod(tuple)


class _Connection(ssl.SSLObject):
    def do_handshake(self) -> None:
        """As TLS does it, and then our own question, before anything is sent.

        Raises:
            ssl.SSLError: the handshake is not done yet, failed, or ended at a server that a replaced CA certified.
        """
        super().do_handshake()
        shown, context = self.getpeercert(binary_form=True), self.context
        if shown is None or not isinstance(context, _Context):
            return
        if any(is_issued_by(shown, replaced) for replaced in context.replaced()):
            refusal = ssl.SSLCertVerificationError("the server's certificate is of a CA that was replaced")
            refusal.verify_code, refusal.verify_message = _REVOKED, "of a CA that was replaced"
            raise refusal


def pinned_context(root: bytes, others: Iterable[bytes] = (), replaced: Replaced = tuple) -> ssl.SSLContext:
    """A context that believes `root` (DER) alone; `others` only help to build the chain up to it."""
    context = _context()
    context.replaced = replaced
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


def _context() -> _Context:
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.sslobject_class = _Connection
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
