"""The seal: valid and trusted for an independent reader, and not a bit of the file can change under it."""

from __future__ import annotations

import asyncio
import io
import random
import shutil
import subprocess
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from client.sealing.check import embedded_files, verify_seal
from client.sealing.pades import SealingError, apply_seal, prepare_seal
from client.typesetting.sheet import AssociatedFile
from client.typesetting.typeset import Typesetter
from protocol.crypto.keys import SigningKey
from protocol.errors import ErrorCode, JinshuError
from tests.support.sample_documents import DETAILS, NOW_MS, SEAL_NAME, SealKeys, notice, seal_keys

SEALED_AT = NOW_MS + 60_000
FILES = (AssociatedFile("elements.cbor", "application/cbor", "签发的要素", b"elements" * 40),)


@lru_cache(maxsize=1)
def keys() -> SealKeys:
    return seal_keys()


@lru_cache(maxsize=1)
def base() -> bytes:
    return Typesetter().typeset(notice(2), DETAILS, sealed=True, seal_name=SEAL_NAME, files=FILES).pdf


def seal(pdf: bytes, by: SealKeys) -> bytes:
    return apply_seal(pdf, by.key, by.certificate, by.issuing, reason="用印", signed_at_ms=SEALED_AT)


@lru_cache(maxsize=1)
def sealed() -> bytes:
    return seal(base(), keys())


def refusal(pdf: bytes, root: bytes) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        verify_seal(pdf, root)
    return caught.value.code


def test_a_seal_proves_whose_it_is_and_what_it_covers() -> None:
    facts = verify_seal(sealed(), keys().root)
    assert facts.base == base()
    assert sealed().startswith(base())
    assert facts.certificate.name == SEAL_NAME
    assert facts.certificate_der == keys().certificate
    assert facts.sealed_at_ms == SEALED_AT
    assert embedded_files(sealed()) == {"elements.cbor": FILES[0].data}


def test_a_seal_in_two_halves_is_the_seal_in_one() -> None:
    """What must be signed is known before the key is; whoever signs it has sealed the file."""
    by = keys()
    prepared = prepare_seal(base(), by.certificate, by.issuing, reason="用印", signed_at_ms=SEALED_AT)
    facts = verify_seal(prepared.complete(by.key.sign(prepared.message)), by.root)
    assert (facts.base, facts.certificate_der, facts.sealed_at_ms) == (base(), by.certificate, SEALED_AT)


def test_a_seal_completed_with_another_signature_proves_nothing() -> None:
    by = keys()
    for wrong in (SigningKey.generate().sign, lambda message: by.key.sign(message + b"x")):
        prepared = prepare_seal(base(), by.certificate, by.issuing, reason="用印", signed_at_ms=SEALED_AT)
        assert refusal(prepared.complete(wrong(prepared.message)), by.root) is ErrorCode.VERIFY_SEAL_BROKEN
    for short in (b"", bytes(63), bytes(72)):
        prepared = prepare_seal(base(), by.certificate, by.issuing, reason="用印", signed_at_ms=SEALED_AT)
        with pytest.raises(SealingError):
            prepared.complete(short)


def test_a_sealed_file_still_says_it_is_pdf_a_3b() -> None:
    """Metadata is untouched, the field is printable, and nothing forbidden has come in."""
    with pikepdf.open(io.BytesIO(sealed())) as pdf, pikepdf.open(io.BytesIO(base())) as before:
        assert pdf.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert pdf.docinfo.keys() == before.docinfo.keys()
        (field,) = pdf.Root.AcroForm.Fields
        assert int(field.F) & 4
        assert not int(field.F) & 2
        assert "/NeedAppearances" not in pdf.Root.AcroForm
        assert "/AA" not in field
        assert "/Version" not in pdf.Root


@pytest.mark.skipif(
    not (shutil.which("pdfsig") and shutil.which("certutil")), reason="poppler-utils and libnss3-tools"
)
def test_poppler_says_valid_and_trusted(tmp_path: Path) -> None:
    (tmp_path / "root.der").write_bytes(keys().root)
    (tmp_path / "sealed.pdf").write_bytes(sealed())
    (tmp_path / "nss").mkdir()
    for command in (
        ["certutil", "-N", "-d", "nss", "--empty-password"],
        ["certutil", "-A", "-d", "nss", "-n", "root", "-t", "CT,C,C", "-i", "root.der"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    command = ["pdfsig", "-nssdir", "nss", "sealed.pdf"]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "Signature is Valid." in said
    assert "Certificate is Trusted." in said
    assert "Total document signed" in said


@pytest.mark.expects_logs
def test_no_bit_of_a_sealed_file_can_be_flipped() -> None:
    """A sample from all over the file, thicker where the signature itself is."""
    whole = sealed()
    chance = random.Random(9704)
    start = whole.index(b"/Contents <", len(base()))
    places = chance.sample(range(len(whole)), 120) + chance.sample(range(start, start + 2600), 120)
    places += chance.sample(range(start + 2600, len(whole)), 60)
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        refusal(bytes(flipped), keys().root)


def test_bytes_added_after_the_seal_are_refused() -> None:
    assert refusal(sealed() + b"\n", keys().root) is ErrorCode.VERIFY_SEAL_BROKEN


@pytest.mark.expects_logs
def test_a_foreign_root_is_refused() -> None:
    assert refusal(sealed(), seal_keys().root) is ErrorCode.VERIFY_FOREIGN_ROOT


@pytest.mark.expects_logs
def test_a_device_certificate_is_no_seal() -> None:
    """The right chain, the wrong profile."""
    other = seal_keys()
    assert refusal(
        seal(base(), replace(keys(), certificate=other.certificate, key=other.key)), keys().root
    ) in {
        ErrorCode.VERIFY_FOREIGN_ROOT,
        ErrorCode.VERIFY_SEAL_BROKEN,
    }


@pytest.mark.expects_logs
def test_the_key_must_be_the_certificate_s() -> None:
    assert (
        refusal(seal(base(), replace(keys(), key=SigningKey.generate())), keys().root)
        is ErrorCode.VERIFY_SEAL_BROKEN
    )


def test_an_unsealed_document_has_no_seal() -> None:
    assert refusal(base(), keys().root) is ErrorCode.VERIFY_NO_SEAL


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"GIF89a", bytes(1000)])
@pytest.mark.expects_logs
def test_what_is_no_document_is_refused(data: bytes) -> None:
    assert refusal(data, keys().root) is ErrorCode.VERIFY_NOT_JINSHU


@pytest.mark.expects_logs
def test_a_page_edited_and_sealed_again_by_the_real_keeper_is_refused() -> None:
    """The edit is an update of its own between the set document and the seal."""
    writer = IncrementalPdfFileWriter(io.BytesIO(base()))
    page = writer.root["/Pages"]["/Kids"][0]
    content = page["/Contents"]
    content._data = content.data + b"\n"
    content._encoded_data = None
    writer.update_container(content)
    edited = io.BytesIO()
    writer.write(edited)  # type: ignore[no-untyped-call]
    assert refusal(seal(edited.getvalue(), keys()), keys().root) is ErrorCode.VERIFY_PAGES_EDITED


def test_a_document_is_sealed_once() -> None:
    with pytest.raises(SealingError):
        seal(sealed(), keys())


def test_only_pdf_is_sealed() -> None:
    with pytest.raises(SealingError):
        seal(b"no pdf", keys())


def test_an_expired_seal_is_refused_at_a_later_time() -> None:
    with pytest.raises(JinshuError):
        verify_seal(sealed(), keys().root, at_ms=NOW_MS + 40 * 365 * 86_400_000)


async def test_checking_on_a_loop_s_own_thread_is_our_mistake_and_not_a_broken_seal() -> None:
    pdf = await asyncio.to_thread(sealed)
    with pytest.raises(RuntimeError, match="worker thread"):
        verify_seal(pdf, keys().root)
