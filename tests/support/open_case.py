"""A case in a real server whose content is really sealed, so that a real client among its readers can open it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any, Final

from protocol.cases.entries import DocumentEntry
from protocol.crypto.content import ContentContext, derive_object_key, key_commitment, seal_content
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, wrap
from protocol.crypto.keys import SecretKey, XWingPublicKey
from protocol.crypto.signature import Signed, SignedType
from protocol.documents.kinds import Kind
from protocol.documents.model import Elements, Label, RecipientRef, Urgency, element_hash
from protocol.documents.steps import Step
from protocol.identifiers import IdKind, id_kind
from server_stub.documents import numbers
from tests.support.document_builder import HIDDEN, WHO
from tests.support.document_city import DocumentCity, LiveCase
from tests.support.document_town import body
from tests.support.sample_documents import notice
from tests.support.small_city import Device, b64

CHAIN: Final = f"{body('bureau')}/云bureau/2026"
ELEMENTS: Final = replace(
    notice(3, files=0),
    kind=Kind.NOTICE,
    issuer_body_id=body("bureau"),
    main_recipients=(RecipientRef(body("finance"), "finance"),),
    copy_recipients=(RecipientRef(body("audit"), "audit"),),
    urgency=Urgency.NONE,
    label=Label.INTERNAL,
)
PDF: Final = {"blob": "ab" * 32, "key": bytes(32), "sha256": bytes(32), "size": 1}


class NumberedCase(LiveCase):
    """A case that takes the next number of the year, whatever other cases have taken."""

    def line(self, who: str, **changes: Any) -> Signed:
        last = self.city.database.read_now(lambda connection: numbers.last(connection, CHAIN))
        following = {"previous": last[0], "n": last[1].n + 1} if last is not None else {}
        return super().line(who, **(following | changes))


class OpenCase(NumberedCase):
    """Everything in it can be read by whom it was sealed to."""

    def __init__(self, city: DocumentCity, name: str, elements: Elements = ELEMENTS) -> None:
        super().__init__(city, name)
        self.key = SecretKey.generate()
        self.elements = elements
        self.padded = False

    def key_of(self, object_id: str) -> SecretKey:
        return self.key if id_kind(object_id) is IdKind.CASE else derive_object_key(self.key, object_id)

    def wrapped(self, entry: DocumentEntry, who: str, principal: str, **changes: Any) -> WrapRecord:
        """A record of the object's real key."""
        number, public = self.city.public[principal]
        sender = self.city.devices[who].id
        info = EnvelopeInfo(Purpose.OBJECT_KEY, entry.object, sender, principal, number)
        return replace(wrap(XWingPublicKey(public), info, bytes(self.key_of(entry.object))), **changes)

    def said(self, step: Step) -> dict[str, Any]:
        """What a step hides."""
        words = {
            "title": self.elements.title,
            "elements": self.elements.to_cbor_value(),
            "attachments": [],
            "pdf": PDF,
            "opinion": "同意",
            "reason": "撤回重拟",
        }
        return {name: words[name] for name in HIDDEN.get(step, ())}

    def request(
        self,
        step: Step,
        who: str | None = None,
        *,
        head: Any = None,
        device: Device | None = None,
        hides: dict[str, Any] | None = None,
        **said: Any,
    ) -> dict[str, Any]:
        """The body of a POST, its content sealed with the object's key; `hides`: instead of what the step says."""
        who = who or WHO[step]
        named = dict(head or {})
        if step in (Step.SIGN_OFF, Step.RECHECK_PASS, Step.SEAL):
            named = {"element_hash": element_hash(self.elements)} | named
        if step in (Step.SEAL, Step.DISPATCH):
            named = {"pdf_hash": PDF["sha256"]} | named
        if step == Step.DISPATCH:
            named = {"number": self.find(Step.NUMBER).entry.head["number"]} | named
        made = super().request(step, who, head=named, device=device, **said)
        value = Signed.parse(base64.b64decode(made["entry"])).value()
        context = ContentContext(value["object"], value["step"], value["actor"])
        fields = self.said(step) if hides is None else hides
        ciphertext, hidden = seal_content(self.key_of(value["object"]), context, fields, padded=self.padded)
        value |= {"hidden": hidden, "content": hashlib.sha256(ciphertext).digest()}
        if value["key_commitment"] is not None and "key_commitment" not in said:
            value["key_commitment"] = key_commitment(value["object"], self.key_of(value["object"]))
        signer = device or self.city.devices[who]
        entry = signer.signed(SignedType.DOCUMENT_ENTRY, value)
        return made | {"entry": b64(entry.to_bytes()), "ciphertext": b64(ciphertext)}
