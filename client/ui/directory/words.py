"""The address book's keys in words."""

from __future__ import annotations

from client.ui.base.language import tr


def standing_words(standing: str) -> str:
    """Why a device is believed to be its person's."""
    return {
        "first": tr("first device, certified by the CA"),
        "consented": tr("confirmed from another device of the same person"),
        "recovered": tr("confirmed with the recovery code"),
        "on_ca_word": tr("only the CA vouches for it"),
    }.get(standing, standing)


def enrolled_words(enrolled: bool) -> str:
    return tr("Enrolled") if enrolled else tr("Not enrolled yet")


def duty_words(duty: str) -> str:
    """A duty by the clerk's word for it."""
    return {
        "draft": tr("drafting"),
        "review": tr("reviewing"),
        "vet": tr("vetting"),
        "sign": tr("signing off"),
        "recheck": tr("rechecking"),
        "number": tr("numbering"),
        "seal": tr("sealing"),
        "dispatch": tr("dispatching"),
        "receive": tr("receiving"),
        "consult": tr("answering consultations"),
        "registry": tr("registry"),
        "records": tr("records"),
    }.get(duty, duty)
