"""What a keeper with a program of his own could write: a real signature over a file that is more than a sealed document."""

from __future__ import annotations

import asyncio
import datetime
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata

from client.sealing import pades
from client.sealing.update import SEAL_FIELD
from client.verify.extract import EXTRACT_NAME
from tests.support.sealed_document import REASON, SealedCity, base_of, city, elements_of, extract_of
from tests.support.sealed_organisation import SEALED_AT

name: Any = generic.NameObject
pdf_text: Any = generic.pdf_string
number: Any = generic.NumberObject
_mapping: Any = generic.DictionaryObject


@dataclass(frozen=True, slots=True)
class Update:
    """The update while it is written: the catalog, page 1, the form and the field are there, the signature is not."""

    writer: Any
    page: Any
    field: Any

    @property
    def catalog(self) -> Any:
        return self.writer.root

    @property
    def form(self) -> Any:
        return self.writer.root["/AcroForm"]

    def put(self, holder: Any, key: str, value: Any) -> None:
        holder[name(key)] = value
        self.writer.update_container(holder)

    def add(self, value: Any) -> Any:
        return self.writer.add_object(value)


Change = Callable[[Update], None]


def dictionary(**entries: Any) -> Any:
    """A dictionary of PDF by its keys, without their slashes."""
    return _mapping({name(f"/{key}"): value for key, value in entries.items()})


def forge(base: bytes, change: Change, by: SealedCity | None = None, **metadata: str) -> bytes:
    """`base` sealed as ever, with `change` in the same update; `metadata` goes into the signature's dictionary."""
    keeper = by or city()
    writer = pades._PlainWriter(io.BytesIO(base), strict=True)
    spec = SigFieldSpec(SEAL_FIELD, on_page=0)
    append_signature_field(writer, spec)
    page = writer.root["/Pages"]["/Kids"][0]
    field = writer.root["/AcroForm"]["/Fields"][0]
    change(Update(writer, page, field))
    return _signed(writer, keeper, {"field_name": SEAL_FIELD, "reason": REASON} | metadata)


def signed_again(pdf: bytes) -> bytes:
    """A sealed file with a second signature by the same hand."""
    writer = pades._PlainWriter(io.BytesIO(pdf), strict=True)
    append_signature_field(writer, SigFieldSpec("Second", on_page=0))
    return _signed(writer, city(), {"field_name": "Second", "reason": REASON})


def _signed(writer: Any, keeper: SealedCity, metadata: dict[str, str]) -> bytes:
    by = pades._SealSigner(keeper.seal.certificate, keeper.issuing)
    signer: Any = pades._PlainPdfSigner(
        PdfSignatureMetadata(
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=False,
            **metadata,  # type: ignore[arg-type]
        ),
        by,
    )
    moment = datetime.datetime.fromtimestamp(SEALED_AT / 1000, tz=datetime.UTC)
    prepared = asyncio.run(pades._prepared(signer, by, writer, moment))
    return prepared.complete(keeper.seal.key.sign(prepared.message))


# In the update that adds the seal


def nothing(_update: Update) -> None:
    """The seal alone: what everybody accepts."""


def script_behind_the_field(update: Update) -> None:
    action = dictionary(S=name("/JavaScript"), JS=pdf_text("app.alert('x')"))
    update.put(update.field, "/AA", dictionary(E=action))


def field_that_is_shown(update: Update) -> None:
    update.put(update.field, "/Rect", generic.ArrayObject([number(each) for each in (100, 300, 400, 420)]))


def field_of_another_page(update: Update) -> None:
    update.put(update.field, "/P", update.writer.root["/Pages"]["/Kids"].raw_get(1))


def attached_file(update: Update) -> None:
    """A file behind a mark that no picture of the page shows, because it is only drawn on paper."""
    content = update.add(generic.StreamObject(stream_data=b"another text"))
    specification = dictionary(
        Type=name("/Filespec"), F=pdf_text("通知.pdf"), UF=pdf_text("通知.pdf"), EF=dictionary(F=content)
    )
    mark = dictionary(
        Type=name("/Annot"),
        Subtype=name("/FileAttachment"),
        Rect=generic.ArrayObject([number(each) for each in (0, 0, 0, 0)]),
        F=number(32),
        FS=specification,
    )
    page = update.page
    update.put(page, "/Annots", generic.ArrayObject([*_raw(page["/Annots"]), update.add(mark)]))


def second_field(update: Update) -> None:
    field = dictionary(FT=name("/Tx"), T=pdf_text("x"), V=pdf_text("another text"))
    form = update.form
    update.put(form, "/Fields", generic.ArrayObject([*_raw(form["/Fields"]), update.add(field)]))


def form_of_xml(update: Update) -> None:
    update.put(update.form, "/XFA", update.add(generic.StreamObject(stream_data=b"<xdp/>")))


def open_action(update: Update) -> None:
    action = dictionary(S=name("/Launch"), F=pdf_text("calc.exe"))
    update.put(update.catalog, "/OpenAction", action)


def other_title(update: Update) -> None:
    update.writer.set_info(update.add(dictionary(Title=pdf_text("another title"))))


def redrawn_page(update: Update) -> None:
    """Page 1 gets another content, a white sheet."""
    update.put(update.page, "/Contents", update.add(generic.StreamObject(stream_data=b"")))


def other_font(update: Update) -> None:
    """The first font of page 1 is written again as another one."""
    font = next(iter(update.page["/Resources"]["/Font"].values())).get_object()
    update.put(font, "/BaseFont", name("/Other"))


def object_in_waiting(update: Update) -> None:
    update.add(dictionary(Type=name("/Page"), Note=pdf_text("nothing refers to this")))


def _raw(array: Any) -> list[Any]:
    return [array.raw_get(index) for index in range(len(array))]


# In the set document itself, which no other machine sets again when the keeper names what nobody has

Edit = Callable[[pikepdf.Pdf], None]
_SCRIPT: Final = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('x')")


def edited(edit: Edit, base: bytes) -> bytes:
    """A set document with something more in it."""
    with pikepdf.open(io.BytesIO(base)) as pdf:
        edit(pdf)
        output = io.BytesIO()
        # As the engine writes it: a table of plain entries and one line's end after it.
        pdf.save(
            output,
            static_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return output.getvalue().rstrip(b"\n") + b"\n"


def script_on_opening(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = _SCRIPT


def script_by_name(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names.JavaScript = pikepdf.Dictionary(Names=["x", _SCRIPT])


def program_behind_an_outline(pdf: pikepdf.Pdf) -> None:
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")
    item = pdf.make_indirect(pikepdf.Dictionary(Title="x", A=launch))
    pdf.Root.Outlines = pdf.make_indirect(pikepdf.Dictionary(First=item, Last=item, Count=1))


def note_on_the_page(pdf: pikepdf.Pdf) -> None:
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.FreeText,
        Rect=[0, 0, 0, 0],
        F=32,
        Contents="another text",
    )
    pdf.pages[1].Annots = pikepdf.Array([pdf.make_indirect(note)])


def layers(pdf: pikepdf.Pdf) -> None:
    group = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="x"))
    pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[group], D=pikepdf.Dictionary(OFF=[group]))


def another_attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["通知.pdf"] = b"another text"


def an_attachment_with_a_path(pdf: pikepdf.Pdf) -> None:
    _named(pdf, "../../" + EXTRACT_NAME)


def an_attachment_under_two_names(pdf: pikepdf.Pdf) -> None:
    _listed(pdf)[3].F = pikepdf.String("C:\\run.exe")


def an_attachment_of_two_contents(pdf: pikepdf.Pdf) -> None:
    _listed(pdf)[3].EF.UF = pdf.make_stream(b"another record")


def the_same_attachment_twice(pdf: pikepdf.Pdf) -> None:
    listed = _listed(pdf)
    copy = pdf.make_indirect(pikepdf.Dictionary(listed[3]))
    pdf.Root.Names.EmbeddedFiles.Names = pikepdf.Array([*listed, listed[2], copy])


def an_attachment_out_of_the_list(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF.append(pdf.make_indirect(pikepdf.Dictionary(_listed(pdf)[3])))


def _listed(pdf: pikepdf.Pdf) -> Any:
    return pdf.Root.Names.EmbeddedFiles.Names


def _named(pdf: pikepdf.Pdf, called: str) -> None:
    listed = _listed(pdf)
    listed[2] = pikepdf.String(called)
    listed[3].F = listed[3].UF = pikepdf.String(called)


def set_document() -> bytes:
    """What the keeper of an honest document would seal."""
    elements = elements_of()
    return base_of(elements, extract_of(elements))
