"""编号, 用印, 分发: the three steps that need the server's word at the moment, and so are never done offline (C9, C10, C12)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from client.cases.entry_writer import EntryWriter
from client.cases.local_case import LocalCase
from client.core.connection.api import Api
from client.core.identity.keystore import Keystore, SealKey
from client.core.identity.signer import Signer
from client.core.sync.blobs import Blobs
from client.core.tokens.rows import TokenKey, TokenPin
from client.core.tokens.tokens import Tokens
from client.core.trust.directory import Directory
from client.documents import page_proof
from client.documents.extract_maker import make_extract, shanghai_day
from client.documents.files import press
from client.documents.number_ledgers import NumberLedgers
from client.documents.paper import elements_of, paper_of
from client.documents.rows import SealToken
from protocol.cases.receipts import CaseHead
from protocol.crypto.certificates import Profile, public_key_of, verify_chain
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.organisation import Post
from protocol.directory.records import SealRecord
from protocol.documents.model import Elements, element_hash
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.identifiers import IdKind
from protocol.wire.documents import CaseHeadReply, CaseHeadRequest

if TYPE_CHECKING:  # its libraries are loaded at their first use
    from client.sealing.pades import PreparedSeal

_NONCE: Final = 16
_PDF: Final = "application/pdf"


class Issuance:
    """Each method writes its entry with the pen it is given; the caller commits."""

    def __init__(
        self,
        signer: Signer,
        directory: Directory,
        api: Api,
        blobs: Blobs,
        keystore: Keystore,
        tokens: Tokens,
        ledgers: NumberLedgers,
    ) -> None:
        self._signer = signer
        self._directory = directory
        self._api = api
        self._blobs = blobs
        self._keystore = keystore
        self._tokens = tokens
        self._ledgers = ledgers

    async def number(self, pen: EntryWriter, post: Post, following: str | None) -> None:
        """Take the next number of this year's ledger.

        Raises:
            JinshuError: `numbers.conflict`, the ledger the server shows does not hang together; `documents.ink_…`, the
                page could not be sealed, and no number is spent on it; `documents.setting_unlisted`.
        """
        code = self._directory.organisation.bodies[post.body].number_code
        now = self._signer.now_ms()
        following_line = await self._ledgers.following(post.body, code, shanghai_day(now).year)
        elements = self._signed_elements(pen.book)
        await self._check_setting()
        await asyncio.to_thread(lambda: press().proof(elements, shanghai_day(now)))
        signed, text = await self._ledgers.write(following_line, post, pen.book.file.case)
        head = {"number": text, "number_entry": signed.entry_id, "next": following}
        await pen.write(Step.NUMBER, post, head, {}, number_entry=signed)

    async def seal_token(self, body: str) -> SealToken | None:
        """The token that must sign when a body's document is sealed here; None if the seal's key lies in this device's store.

        Raises:
            JinshuError: `keys.no_key`, `keys.seal_key_damaged`; `keys.token_absent`, `keys.token_other`, `keys.token_driver_*`.
        """
        _record, key = await self._seal_key(body)
        if key.token is None:
            return None
        return SealToken(key.token.token.label, await self._tokens.signing_state(key.token))

    async def wants_pin(self, body: str) -> bool:
        """Whether the key of a body's seal lies in a token, plugged in or not.

        Raises:
            JinshuError: `keys.no_key`, `keys.seal_key_damaged`.
        """
        return (await self._seal_key(body))[1].token is not None

    async def seal(
        self, pen: EntryWriter, post: Post, following: str | None, pin: TokenPin | None = None
    ) -> None:
        """Set the signed elements, seal what was set, and send it up.

        Args:
            pin: of the token that holds the seal's key; not looked at where the key is on this device.

        Raises:
            JinshuError: `keys.no_key`, this device has no seal yet; `keys.token_*`, the seal's token did not sign;
                `documents.element_hash_mismatch`; `documents.case_head_stale`; `documents.setting_unlisted`, pages this machine
                sets do not count here.
        """
        book = pen.book
        elements = self._signed_elements(book)
        await self._check_setting()
        record, key = await self._seal_key(post.body)
        if key.token is not None and pin is None:
            raise JinshuError(ErrorCode.KEYS_TOKEN_PIN_WANTED, token=key.token.token.label)
        head = await self._fresh_head(book)
        now = self._signer.now_ms()
        name = self._directory.organisation.seals[record.seal].name

        def set_pages() -> PreparedSeal:
            used = press().setting()
            extract = make_extract(
                book,
                self._directory,
                record,
                head,
                now_ms=now,
                setting=(used.template, used.fonts, used.engine),
            )
            prepared: PreparedSeal = press().set_for_seal(
                elements, extract, name, record.certificate, sealed_at_ms=now
            )
            return prepared

        prepared = await asyncio.to_thread(set_pages)
        signature = await self._signature(key, prepared.message, pin)
        pdf = await asyncio.to_thread(prepared.complete, signature)
        # What the recipients will check is checked before it leaves: a seal that proves nothing is not given.
        root, listed = self._directory.trust.root, self._directory.organisation.page_settings
        await asyncio.to_thread(lambda: press().check(pdf, root, listed))
        blob = await self._blobs.encrypt_bytes(pdf)
        visible = {
            "pdf_hash": blob.sha256,
            "seal": record.seal,
            "element_hash": element_hash(elements),
            "case_head": head.entry_id,
            "next": following,
        }
        ref = {"blob": blob.id, "key": blob.key, "sha256": blob.sha256, "size": blob.size}
        await pen.write(Step.SEAL, post, visible, {"pdf": ref}, blobs=[blob.id])

    async def dispatch(self, pen: EntryWriter, post: Post) -> None:
        """Seal the issue to every recipient body.

        Raises:
            JinshuError: `documents.case_head_stale`.
        """
        file, paper, book = pen.book.file, paper_of(pen.book), pen.book
        if paper.signed_off is None or paper.sealed is None or paper.numbered is None:
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=file.case)
        head = await self._fresh_head(book)
        drafted, sealed = book.fields(paper.drafted), book.fields(paper.sealed)
        issue = pen.new_object(IdKind.ISSUE)
        signed_off: Mapping[str, Any] = paper.signed_off.entry.head
        visible = {
            "issue": issue,
            "pdf_hash": paper.sealed.entry.head["pdf_hash"],
            "recipients": signed_off["recipients"],
            "copies": signed_off["copies"],
            "number": paper.numbered.entry.head["number"],
            "case_head": head.entry_id,
        }
        names = ("title", "elements", "attachments")
        fields = {name: drafted[name] for name in names} | {"pdf": sealed["pdf"]}
        blobs = [sealed["pdf"]["blob"], *(value["blob"] for value in drafted["attachments"])]
        await pen.write(Step.DISPATCH, post, visible, fields, object_id=issue, blobs=blobs)

    async def _check_setting(self) -> None:
        used = await asyncio.to_thread(lambda: press().setting())
        page_proof.check_setting(used, self._directory.organisation)

    def _signed_elements(self, book: LocalCase) -> Elements:
        found = book.file.objects.get(book.file.case)
        elements = elements_of(book, found) if found is not None else None
        signed_off = paper_of(book).signed_off
        if elements is None or signed_off is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=book.file.case)
        if element_hash(elements) != signed_off.entry.head["element_hash"]:
            raise JinshuError(ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH)
        return elements

    async def _signature(self, key: SealKey, message: bytes, pin: TokenPin | None) -> bytes:
        """Of the seal's key, wherever it lies (r ‖ s)."""
        if isinstance(key.key, TokenKey):
            given = pin or TokenPin("")
            return await self._tokens.sign(key.key, given.pin, message, last_try=given.last_try)
        return key.key.sign(message)

    async def _seal_key(self, body: str) -> tuple[SealRecord, SealKey]:
        """The newest certificate of a body's seal whose key this device has, and that key.

        A newer one may stand in the directory a moment before this device has taken it, and then the former still seals.
        """
        mine = [
            record
            for record in self._directory.state.seal_certificates(body)
            if record.device == self._signer.me.device
        ]
        if not mine:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=body)
        for record in reversed(mine):
            key = await self._keystore.seal_key(record.seal)
            if public_key_of(record.certificate) == key.key.public_spki:
                return record, key
        raise JinshuError(ErrorCode.KEYS_NO_KEY, object=body)

    async def _fresh_head(self, book: LocalCase) -> Signed:
        """Where the case stands, signed over a nonce of ours: nothing that was accepted before can be hidden from us.

        Raises:
            JinshuError: `documents.case_head_stale`, the server knows of more than it has shown us.
        """
        nonce = self._signer.entropy(_NONCE)
        path = f"/documents/objects/{book.file.case}/head"
        reply = await self._api.post(path, CaseHeadRequest(nonce=nonce), CaseHeadReply)
        signed = Signed.parse(reply.head, SignedType.CASE_HEAD)
        trust = self._directory.trust
        now = self._signer.now_ms()
        log = verify_chain(trust.log_certificate, trust.issuing, trust.root, at_ms=now, profile=Profile.LOG)
        verify(signed, log.public_key, SignedType.CASE_HEAD)
        facts = CaseHead.parse(signed.value())
        if (facts.object, facts.nonce) != (book.file.case, nonce):
            raise RemoteProtocolError(ErrorCode.SYNC_REPLAYED)
        if facts.heads != sorted(book.file.line_heads):
            raise JinshuError(ErrorCode.DOCUMENTS_CASE_HEAD_STALE)
        return signed
