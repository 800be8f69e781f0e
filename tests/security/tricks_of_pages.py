"""Tricks with a sealed file by whoever keeps the seal: each signs with the real key, and none may pass for a set page (C9)."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from client.documents import page_proof
from client.sealing import check, plain, update
from client.verify import check as verifying
from client.verify.extract import EMBEDDED
from client.verify.verdict import Verdict
from protocol.directory.organisation import Organisation
from protocol.documents.model import Elements
from protocol.errors import ErrorCode
from tests.support import forged_seal as forging
from tests.support.document_town import organisation
from tests.support.forged_seal import Change, Edit, edited, forge, set_document
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
from tests.support.sealed_organisation import BODY_NAME

_EDITED: Final = ErrorCode.VERIFY_PAGES_EDITED


@dataclass(frozen=True, slots=True)
class Trick:
    """What is done, and the code and the part that name it."""

    code: ErrorCode
    part: str | None
    run: Callable[[], object]

    @property
    def name(self) -> str:
        return self.run.__name__


TRICKS: list[Trick] = []
_Entered = Callable[[Callable[[], object]], Callable[[], object]]


def trick(part: str | None, code: ErrorCode = _EDITED) -> _Entered:
    """Enter a trick."""

    def enter(run: Callable[[], object]) -> Callable[[], object]:
        TRICKS.append(Trick(code, part, run))
        return run

    return enter


def opened(pdf: bytes) -> object:
    """Read the file as the confined process does, in this one: what is switched off here is off over there, too."""
    return check.open_sealed(pdf, city().root, EMBEDDED)


def verified(pdf: bytes, by: SealedCity | None = None) -> Verdict:
    return verifying.verify_document(pdf, (by or city()).root, typesetter=setter())


def sealed_with(change: Change) -> object:
    return opened(forge(set_document(), change))


def set_with(edit: Edit) -> object:
    return opened(city().sealed(edited(edit, set_document())))


# In the update that is the seal


@trick("revisions")
def a_page_is_changed_between_setting_and_sealing() -> object:
    writer = IncrementalPdfFileWriter(io.BytesIO(set_document()))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b""))
    writer.update_container(page)
    output = io.BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return opened(city().sealed(output.getvalue()))


@trick("trailer")
def the_file_gets_another_title() -> object:
    return sealed_with(forging.other_title)


@trick("replaced")
def a_font_is_written_again() -> object:
    return sealed_with(forging.other_font)


@trick("replaced")
def a_program_is_started_on_opening() -> object:
    return sealed_with(forging.open_action)


@trick("replaced")
def a_page_is_drawn_anew() -> object:
    return sealed_with(forging.redrawn_page)


@trick("form")
def a_form_of_xml_lies_over_the_page() -> object:
    return sealed_with(forging.form_of_xml)


@trick("annotations")
def a_file_is_attached_to_the_page() -> object:
    return sealed_with(forging.attached_file)


@trick("annotations")
def a_second_field_is_filled_in() -> object:
    return sealed_with(forging.second_field)


@trick("field")
def a_script_waits_behind_the_seal() -> object:
    return sealed_with(forging.script_behind_the_field)


@trick("field")
def the_seal_is_drawn_over_the_page() -> object:
    return sealed_with(forging.field_that_is_shown)


@trick("field")
def the_seal_stands_on_another_page() -> object:
    return sealed_with(forging.field_of_another_page)


@trick("signature_entries")
def the_seal_says_where_it_was_given() -> object:
    return opened(forge(set_document(), forging.nothing, location="国务院"))


@trick("signature_entries")
def the_seal_says_another_name() -> object:
    return opened(forge(set_document(), forging.nothing, name="国务院"))


@trick("added")
def an_object_waits_to_be_referred_to() -> object:
    return sealed_with(forging.object_in_waiting)


@trick("added")
def bytes_lie_between_the_objects() -> object:
    base, whole = set_document(), genuine()
    tail = whole[len(base) :].replace(b"endobj\n", b"endobj\n% another object\n", 1)
    return update.check_update(base, PdfFileReader(io.BytesIO(whole), strict=True), tail)


@trick("reason")
def the_seal_was_given_for_another_document() -> object:
    return verified(city().sealed(set_document(), reason=f"{BODY_NAME} 锦发改〔2026〕13号"))


# In the set document, where no other machine sets it again


@trick("active")
def the_file_is_encrypted() -> None:
    """Without a word to open it: every reader does, and sees what others do not."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(set_document())) as pdf:
        pdf.save(output, encryption=pikepdf.Encryption(owner="", user=""))
    plain.check_plain(output.getvalue(), EMBEDDED)


@trick("active")
def a_script_runs_on_opening() -> object:
    return set_with(forging.script_on_opening)


@trick("active")
def a_script_has_a_name() -> object:
    return set_with(forging.script_by_name)


@trick("active")
def a_program_stands_in_the_outline() -> object:
    return set_with(forging.program_behind_an_outline)


@trick("active")
def a_note_is_printed_on_the_page() -> object:
    return set_with(forging.note_on_the_page)


@trick("active")
def the_page_has_layers() -> object:
    return set_with(forging.layers)


@trick("active")
def dictionaries_are_nested_without_end() -> object:
    def nest(pdf: pikepdf.Pdf) -> None:
        inner = pikepdf.Dictionary()
        for _ in range(80):
            inner = pikepdf.Dictionary(K=inner)
        pdf.Root.Nested = inner

    return set_with(nest)


@trick("embedded")
def another_file_is_embedded() -> object:
    return set_with(forging.another_attachment)


@trick("embedded")
def a_record_has_a_path_for_a_name() -> object:
    return set_with(forging.an_attachment_with_a_path)


@trick("embedded")
def a_record_has_two_names() -> object:
    return set_with(forging.an_attachment_under_two_names)


@trick("embedded")
def a_record_has_two_contents() -> object:
    return set_with(forging.an_attachment_of_two_contents)


@trick("embedded")
def a_record_is_there_twice() -> object:
    return set_with(forging.the_same_attachment_twice)


@trick("embedded")
def a_record_is_out_of_the_list() -> object:
    return set_with(forging.an_attachment_out_of_the_list)


@trick("missing", ErrorCode.VERIFY_EXTRACT_MALFORMED)
def a_record_is_missing() -> object:
    def alone(pdf: pikepdf.Pdf) -> None:
        del pdf.Root.Names.EmbeddedFiles.Names[2:4]
        del pdf.Root.AF[1]
        pdf.remove_unreferenced_resources()

    return verified(city().sealed(edited(alone, set_document())))


# Against the comparison of pages


@trick("bytes")
def another_font_is_in_the_file() -> object:
    def swap(pdf: pikepdf.Pdf) -> None:
        """Two fonts change places: the words read the same, and look otherwise."""
        fonts = [
            each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/FontFile3" in each
        ]
        fonts[0].FontFile3, fonts[1].FontFile3 = fonts[1].FontFile3, fonts[0].FontFile3

    return verified(city().sealed(edited(swap, set_document())))


def other_words(by: SealedCity, elements: Elements, printed: Elements) -> Verdict:
    made = replace(by.extract(elements, setter=setter()), template=OTHER.template, engine=OTHER.engine)
    return verified(by.sealed(base_of(elements, made, printed=printed)), by)


@trick("words")
def other_words_are_printed_with_what_nobody_has() -> object:
    return other_words(city(), elements_of(), elements_of(paragraphs=3))


@trick("not_settable")
def what_cannot_be_set_is_claimed_of_what_does_not_count() -> object:
    rare = elements_of("锦川市发展和改革委员会关于\U00031350的通知")
    return other_words(city(), rare, elements_of())


# At the desk


@trick(None, ErrorCode.DOCUMENTS_SETTING_UNLISTED)
def a_page_is_sealed_that_does_not_count() -> None:
    nothing_signed: Organisation = organisation()
    page_proof.check_setting(setter().setting(), nothing_signed)
    page_proof.check_setting(OTHER, nothing_signed)


@trick(None, ErrorCode.DOCUMENTS_SETTING_REFUSED)
def a_page_is_received_that_does_not_count() -> None:
    by = city_with({OTHER})
    verdict = verified(by.sealed(base_of(elements_of(), by.extract(elements_of(), setter=setter()))), by)
    assert not verdict.setting_listed
    page_proof.check_receivable(verdict)
