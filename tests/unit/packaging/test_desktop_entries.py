"""What the package tells a desktop of itself: its entries start what the program understands, for kinds of files that are declared."""

from __future__ import annotations

import shlex
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from client.command_line import parse
from protocol.invitation import SUFFIX, is_link

DEBIAN = Path(__file__).resolve().parents[3] / "packaging" / "debian"
_MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"


def entry(name: str) -> dict[str, str]:
    read = ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(DEBIAN / "applications" / f"cn.jinshu.{name}.desktop", "utf-8")
    return dict(read["Desktop Entry"])


def kinds() -> dict[str, list[str]]:
    """The kinds of files the package declares, and the names they are known by."""
    tree = ElementTree.parse(DEBIAN / "mime" / "cn.jinshu.client.xml")
    return {
        each.attrib["type"]: [glob.attrib["pattern"] for glob in each.iter(f"{_MIME}glob")]
        for each in tree.iter(f"{_MIME}mime-type")
    }


def words_of(name: str, given: str) -> list[str]:
    """The command line a desktop makes of an entry for one file or link."""
    program, *words = shlex.split(entry(name)["Exec"])
    assert program.endswith("/bin/jinshu")
    return [given if word in ("%u", "%f") else word for word in words]


@pytest.mark.parametrize("given", ["jinshu://enrol?x=y", "/home/王芳/邀请.jinshu", "file:///home/w/i.jinshu"])
def test_an_invitation_opens_the_client(given: str) -> None:
    arguments = parse(words_of("client", given))
    assert (arguments.opened, arguments.verify, arguments.hidden) == (given, None, False)


@pytest.mark.parametrize("given", ["/home/王芳/通知 一.pdf", "/tmp/a.jinshu-record"])
def test_a_file_to_verify_opens_the_verifier(given: str) -> None:
    assert parse(words_of("verify", given)).verify == Path(given)


def test_the_client_takes_its_link_and_its_file_and_the_verifier_what_it_can_judge() -> None:
    taken = {name: entry(name)["MimeType"].strip(";").split(";") for name in ("client", "verify")}
    assert taken["client"] == ["application/x-jinshu-invitation", "x-scheme-handler/jinshu"]
    assert taken["verify"] == ["application/pdf", "application/x-jinshu-record"]
    assert kinds()["application/x-jinshu-invitation"] == [f"*{SUFFIX}"]
    assert is_link("jinshu://x")
    declared = {kind for kinds_taken in taken.values() for kind in kinds_taken if "jinshu-" in kind}
    assert declared == set(kinds())


def test_the_verifier_is_no_program_of_the_menu() -> None:
    assert entry("verify")["NoDisplay"] == "true"
    assert "NoDisplay" not in entry("client")
