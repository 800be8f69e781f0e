"""C9 on whole files: what a forger with a program, a clerk, or the real keeper of the seal could try."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.stamp import TextStampStyle

from client.sealing import pades
from client.verify.check import verify_document
from client.verify.extract import DATED, Extract
from client.verify.verdict import Verdict
from protocol.directory.organisation import PageSettings
from protocol.documents.model import Elements
from protocol.documents.page_checks import PageCheck
from protocol.errors import ErrorCode, JinshuError
from protocol.release import RELEASE
from tests.support.sealed_document import (
    OTHER,
    SealedCity,
    base_of,
    city,
    city_with,
    elements_of,
    genuine,
    setter,
)
from tests.support.sealed_organisation import (
    BODY_NAME,
    BUREAU,
    FINANCE,
    FINANCE_SEAL,
    READER,
    READER_POST,
    SEALED_AT,
    SIGNED_ON,
    STRANGER,
)
from tests.vectors.make_sealed import FOLDER

Edit = Callable[[bytes], bytes]


def check(pdf: bytes, root: bytes | None = None) -> Verdict:
    return verify_document(pdf, root or city().root, typesetter=setter())


def refusal(pdf: bytes, root: bytes | None = None) -> tuple[ErrorCode, object]:
    with pytest.raises(JinshuError) as caught:
        check(pdf, root)
    return caught.value.code, caught.value.params.get("reason")


def extract(elements: Elements | None = None, **changes: Any) -> Extract:
    return replace(city().extract(elements or elements_of(), setter=setter()), **changes)


def issued(made: Extract, elements: Elements | None = None, printed: Elements | None = None) -> bytes:
    return city().sealed(base_of(elements or elements_of(), made, printed=printed))


def test_a_genuine_document_proves_all_its_facts() -> None:
    verdict = check(genuine())
    assert verdict.elements == elements_of()
    assert (verdict.number, verdict.signed_on, verdict.issuer_id) == ("锦发改〔2026〕12号", SIGNED_ON, BUREAU)
    assert (verdict.issuer, verdict.signer_post, verdict.signer) == (BODY_NAME, "主任", "周正")
    assert (verdict.seal_name, verdict.sealed_by, verdict.sealed_at_ms) == (BODY_NAME, "王芳", SEALED_AT)
    assert (verdict.recipients, verdict.copies) == (("市财政局",), ("市政府办公室",))
    assert (verdict.page_check, verdict.setting_listed, verdict.list_signed) == (PageCheck.PAGE, True, False)
    assert verdict.pages == 2


SEALED = sorted(FOLDER.glob("*.pdf"))


def test_a_document_of_each_release_is_kept() -> None:
    """When this fails: run `python -m tests.vectors.make_sealed`, and leave those of before as they are."""
    assert {"0.2.0", RELEASE} <= {path.stem for path in SEALED}


@pytest.mark.parametrize("path", SEALED, ids=lambda path: path.stem)
def test_what_earlier_releases_sealed_is_read_for_ever(path: Path) -> None:
    root = x509.load_pem_x509_certificate(path.with_suffix(".pem").read_bytes()).public_bytes(Encoding.DER)
    verdict = check(path.read_bytes(), root)
    assert verdict.elements == elements_of()
    assert verdict.setting_listed
    assert verdict.list_signed is (path.stem != "0.2.0")
    assert verdict.page_check in (PageCheck.PAGE, PageCheck.WORDS)


def test_the_extract_of_another_document_is_refused_though_the_keeper_seals_it() -> None:
    other = extract(elements_of("锦川市发展和改革委员会关于另一件事的通知"))
    assert refusal(issued(other)) == (ErrorCode.VERIFY_EXTRACT_SWAPPED, "elements")


def test_other_words_on_the_page_are_refused_though_the_keeper_seals_them() -> None:
    printed = elements_of(paragraphs=3)
    assert refusal(issued(extract(), printed=printed)) == (ErrorCode.VERIFY_PAGES_EDITED, "bytes")


def redrawn(base: bytes) -> bytes:
    """A white sheet with a black bar over the first page."""
    with pikepdf.open(io.BytesIO(base)) as pdf:
        pdf.pages[0].contents_add(b"q 0 g 100 400 300 20 re f Q")
        return saved(pdf)


def one_glyph(base: bytes) -> bytes:
    """The first two glyphs shown on page 1 change places."""
    with pikepdf.open(io.BytesIO(base)) as pdf:
        operators = [(list(line.operands), line.operator) for line in shown(pdf.pages[0])]
        for operands, operator in operators:
            if str(operator) == "TJ" and len(bytes(operands[0][0])) >= 4:
                text = bytes(operands[0][0])
                operands[0][0] = pikepdf.String(text[2:4] + text[:2] + text[4:])
                break
        pdf.pages[0].Contents = pdf.make_stream(pikepdf.unparse_content_stream(operators))
        return saved(pdf)


def shown(page: pikepdf.Page) -> list[pikepdf.ContentStreamInstruction]:
    found = pikepdf.parse_content_stream(page)
    return [line for line in found if isinstance(line, pikepdf.ContentStreamInstruction)]


def updated(base: bytes) -> bytes:
    """An incremental update that touches a page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(base))
    page = writer.root["/Pages"]["/Kids"][0]
    content = page["/Contents"]
    content._data = content.data + b"\n"
    content._encoded_data = None
    writer.update_container(content)
    output = io.BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


def saved(pdf: pikepdf.Pdf) -> bytes:
    output = io.BytesIO()
    pdf.save(output, static_id=True)
    return output.getvalue()


@pytest.mark.expects_logs
@pytest.mark.parametrize("edit", [redrawn, one_glyph, updated])
def test_an_edited_page_is_refused_though_the_keeper_seals_it_again(edit: Edit) -> None:
    base = base_of(elements_of(), extract())
    edited = edit(base)
    assert edited != base
    assert refusal(city().sealed(edited))[0] is ErrorCode.VERIFY_PAGES_EDITED


def test_a_field_that_draws_over_the_page_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sealing update may add a field: the keeper makes it a visible one, right over the text."""

    class Visible(pades._PlainPdfSigner):
        def __init__(self, metadata: Any, signer: Any, new_field_spec: SigFieldSpec) -> None:
            spec = SigFieldSpec(new_field_spec.sig_field_name, on_page=0, box=(100, 300, 400, 420))
            style = TextStampStyle(stamp_text="void")
            super().__init__(metadata, signer, stamp_style=style, new_field_spec=spec)

    monkeypatch.setattr(pades, "_PlainPdfSigner", Visible)
    assert refusal(issued(extract())) == (ErrorCode.VERIFY_PAGES_EDITED, "field")


@pytest.mark.expects_logs
def test_an_update_after_the_seal_breaks_it() -> None:
    assert refusal(updated(genuine()))[0] is ErrorCode.VERIFY_SEAL_BROKEN


@pytest.mark.expects_logs
def test_a_document_of_another_city_is_foreign() -> None:
    assert refusal(genuine(), SealedCity().root)[0] is ErrorCode.VERIFY_FOREIGN_ROOT


def test_a_seal_of_another_body_is_refused() -> None:
    hand = city().finance_seal
    entry = (
        city()
        .seal_entry(seal=FINANCE_SEAL, body=FINANCE, keeper=STRANGER, certificate=hand.certificate)
        .to_bytes()
    )
    for made in (extract(), extract(seal_entry=entry)):
        sealed = city().sealed(base_of(elements_of(), made), hand)
        assert refusal(sealed)[0] is ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED


def test_a_revoked_seal_is_refused() -> None:
    made = extract(revocations=city().revocations(city().seal).to_bytes())
    assert refusal(issued(made)) == (ErrorCode.VERIFY_SEAL_REVOKED, "seal")


def test_a_sign_off_without_the_duty_is_refused() -> None:
    act = city().sign_off(elements_of(), actor=READER, post=READER_POST)
    made = city().extract(elements_of(), setter=setter(), sign_off=act)
    assert refusal(issued(made)) == (ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign")


def test_a_sealed_file_of_other_origin_has_no_record() -> None:
    base = setter().typeset(elements_of(), extract().details, sealed=True, seal_name=BODY_NAME).pdf
    assert refusal(city().sealed(base)) == (ErrorCode.VERIFY_EXTRACT_MALFORMED, "missing")


@pytest.mark.parametrize("field", ["template", "fonts", "engine"])
def test_made_with_other_tools_the_words_are_compared_and_it_says_so(field: str) -> None:
    changes: dict[str, Any] = {field: "typst 0.1" if field == "engine" else b"t" * 32}
    verdict = check(issued(extract(**changes)))
    assert (verdict.page_check, verdict.setting_listed) == (PageCheck.WORDS, False)
    assert verdict.pages == 2


def test_made_with_other_tools_other_words_are_refused() -> None:
    made = extract(engine="typst 0.1")
    printed = elements_of(paragraphs=3)
    assert refusal(issued(made, printed=printed)) == (ErrorCode.VERIFY_PAGES_EDITED, "words")


def test_the_list_the_city_signed_says_what_counts() -> None:
    signing, elements = city_with({OTHER}), elements_of()
    made = signing.extract(elements, setter=setter())
    other = replace(made, template=OTHER.template, fonts=OTHER.fonts, engine=OTHER.engine)
    for each, listed in ((made, False), (other, True)):
        verdict = check(signing.sealed(base_of(elements, each)), signing.root)
        # What this machine reproduces proves nothing where it does not count; what counts and is not here proves words.
        assert (verdict.page_check, verdict.setting_listed, verdict.list_signed) == (
            PageCheck.WORDS,
            listed,
            True,
        )
    both = city_with({OTHER, setter().setting()})
    verdict = check(both.sealed(base_of(elements, both.extract(elements, setter=setter()))), both.root)
    assert (verdict.page_check, verdict.setting_listed, verdict.list_signed) == (PageCheck.PAGE, True, True)


def test_a_list_that_the_city_did_not_sign_is_refused() -> None:
    """The keeper writes himself a list and puts it where the city's would be."""
    elements, forged = elements_of(), PageSettings.of({OTHER}).to_bytes()
    made = extract(elements, template=OTHER.template, fonts=OTHER.fonts, engine=OTHER.engine)
    entries = (*made.organisation_entries[:-1], forged)
    assert refusal(issued(replace(made, organisation_entries=entries))) == (
        ErrorCode.VERIFY_ORGANISATION_UNPROVED,
        "entry",
    )


def test_a_newer_list_than_the_documents_comes_before_it() -> None:
    dropped = verify_document(genuine(), city().root, typesetter=setter(), listed=frozenset({OTHER}))
    assert (dropped.page_check, dropped.setting_listed) == (PageCheck.WORDS, False)
    listed = frozenset({setter().setting()})
    assert verify_document(genuine(), city().root, typesetter=setter(), listed=listed).reproduced


@pytest.mark.parametrize("listed", [True, False])
def test_what_cannot_be_set_here_is_no_proof_and_refused_unless_its_setting_counts(listed: bool) -> None:
    """A release with a font for a character that no font of this one has; and whoever only says so."""
    signing = city_with({OTHER} if listed else {setter().setting()})
    rare = elements_of("锦川市发展和改革委员会关于\U00031350的通知")
    made = replace(
        signing.extract(rare, setter=setter()),
        template=OTHER.template,
        fonts=OTHER.fonts,
        engine=OTHER.engine,
    )
    pdf = signing.sealed(base_of(rare, made, printed=elements_of()))
    if listed:
        verdict = check(pdf, signing.root)
        assert (verdict.page_check, verdict.setting_listed) == (PageCheck.NONE, True)
    else:
        assert refusal(pdf, signing.root) == (ErrorCode.VERIFY_PAGES_EDITED, "not_settable")


def test_an_overdue_revocation_list_is_said_to_be() -> None:
    assert not check(genuine()).revocations_overdue
    late = city().revocations(next_update=SEALED_AT - 1).to_bytes()
    assert check(issued(extract(revocations=late))).revocations_overdue


def test_a_document_whose_statements_name_the_log_is_proved_all_the_same() -> None:
    """What the CA signs since it dates the log (C45) is read by the same checks."""
    named: dict[str, Any] = {"log_size": 5, "log_root": b"l" * 32}
    made = extract(
        v=DATED,
        organisation_root=city().organisation_root(**named).to_bytes(),
        revocations=city().revocations(**named).to_bytes(),
    )
    assert check(issued(made)).number == "锦发改〔2026〕12号"
