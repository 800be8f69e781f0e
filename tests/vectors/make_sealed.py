"""Keeps a document as this release seals it, and its root, in `sealed/`: `python -m tests.vectors.make_sealed`, once a release.

What stands there is never made again: later releases must read it (C41). The self-test verifies a copy of the newest one on each
computer (`resources/self_test`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from client.documents import press
from client.self_test.pages import SAMPLE
from client.typesetting.typeset import RESOURCES
from protocol.documents.dispatch import VERSIONS
from protocol.release import RELEASE
from tests.support.sealed_document import city_with, elements_of, setter
from tests.support.sealed_organisation import BODY_NAME, SEALED_AT

FOLDER: Final = Path(__file__).parent / "sealed"


def main() -> None:
    """Seal a document of a city that signs what pages may be set with."""
    if not (FOLDER / f"{RELEASE}.pdf").exists():
        seal()
    for suffix in ("pdf", "pem"):
        kept = (FOLDER / f"{RELEASE}.{suffix}").read_bytes()
        (RESOURCES / "self_test" / f"{SAMPLE}.{suffix}").write_bytes(kept)


def seal() -> None:
    """Keep one of this release."""
    city, elements = city_with({setter().setting()}), elements_of()
    # Signed under the newest version of 发文, as a case begun today is.
    act = city.sign_off(elements, procedure=VERSIONS[-1].reference)
    extract = city.extract(elements, setter=setter(), sign_off=act)
    prepared = press.set_for_seal(elements, extract, BODY_NAME, city.seal.certificate, sealed_at_ms=SEALED_AT)
    pdf = prepared.complete(city.seal.key.sign(prepared.message))
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{RELEASE}.pdf").write_bytes(pdf)
    (FOLDER / f"{RELEASE}.pem").write_bytes(city.root_pem)


if __name__ == "__main__":
    main()
